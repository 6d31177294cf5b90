"""From one [[clause]] of a protocol to a `Clause`: its sentence, its conditions and whom it tells."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from protocols.conditions import Age, Plan, When
from protocols.deadlines import Limit
from protocols.owing import ENQUIRY
from protocols.parse_owing import faults_of_keeping, read_kept, read_owes
from protocols.protocol import Clause, Direction, Grant, Owed
from protocols.reading import Table
from protocols.vocabulary import (
    ABOUT_NO_CHILD,
    NAMES_A_DAY,
    Area,
    Category,
    Change,
    Ground,
    Kind,
    Role,
    Urgency,
)

GSS = r"[EWSN][0-9]{8}"
GSS_SHOWN = 'a local authority\'s GSS code, as "E08000028"'
SLUG = r"[a-z0-9]+(-[a-z0-9]+)*"
SLUG_SHOWN = 'small letters and digits with hyphens between, as "bruise-non-mobile"'
CHOSEN = frozenset({Role.GP_PRACTICE, Role.SCHOOL})  # by the family, so never guessed from an area
AREAS_OF = {
    **dict.fromkeys(Kind, (Area.HOME, Area.REGISTERED)),
    Kind.HANDOVER: (Area.ORIGIN, Area.DESTINATION, Area.REGISTERED),
    **dict.fromkeys(
        (Kind.PLAN_CHANGE, Kind.REPORT_REQUEST, Kind.REPORT), (Area.HOME, Area.REGISTERED, Area.ADDRESSED)
    ),
    **dict.fromkeys(ABOUT_NO_CHILD, (Area.EVERY,)),
}
NAMED = frozenset({Area.REGISTERED, Area.ADDRESSED, Area.EVERY})  # nobody is guessed in these


@dataclass
class ReadClause:
    """A clause and its grants, each with the table that it was read from, to point at."""

    clause: Clause
    table: Table
    grants: tuple[tuple[Grant, Table], ...]


def read_limits(table: Table) -> Iterator[tuple[Owed, Limit]]:
    for owed in Owed:
        limit = table.parsed(owed, Limit.parse)
        if limit is not None:
            yield owed, limit


def read_clause(table: Table) -> ReadClause:
    kept = read_kept(table)
    grants = () if kept else tuple(_grants(table))
    clause = Clause(
        id=table.text("id", like=SLUG, shown=SLUG_SHOWN),
        says=table.text("says"),
        direction=table.choice("direction", Direction, required=False) or Direction.WITHIN,
        when=_when(table.table("when")),
        share=tuple(grant for grant, _ in grants),
        kept=kept,
    )
    if clause.says and not clause.says.endswith("."):
        table.fault('"says" must be a whole sentence that can be read aloud, with its full stop', "says")
    _check_when(clause, table)
    _check_grants(clause, grants)
    for says, key in faults_of_keeping(clause):
        table.fault(says, key)
    table.done()
    return ReadClause(clause, table, grants)


def _when(table: Table) -> When:
    when = When(
        kind=table.choice("kind", Kind) or Kind.CONCERN,
        sender=table.choices("sender", Role),
        category=table.choices("category", Category),
        urgency=table.choices("urgency", Urgency),
        plan=table.choices("plan", Plan),
        change=table.choices("change", Change),
        ground=table.choices("ground", Ground),
        adult_services=table.choices("adult_services", Role),
        involved=table.choices("involved", Role),
        other_area=table.texts("other_area", like=GSS, shown=GSS_SHOWN),
        child_mobile=table.flag("child_mobile"),
        unborn=table.flag("unborn"),
        gp_registered=table.flag("gp_registered"),
        adult_supervision=table.flag("adult_supervision"),
        asks=table.flag("asks"),
        disengaged=table.flag("disengaged"),
        youngest_under=table.parsed("youngest_under", Age.parse),
        pregnant_from=table.parsed("pregnant_from", Age.parse),
        oldest_from=table.parsed("oldest_from", Age.parse),
    )
    table.done()
    return when


def _grants(clause: Table) -> Iterator[tuple[Grant, Table]]:
    for table in clause.tables("share", required=True):
        role, area = table.choice("with", Role), table.choice("area", Area)
        view = table.text("view")
        flags = {
            name: table.flag(name) or False for name in ("call_first", "takes_responsibility", "if_named")
        }
        limits = dict(read_limits(table))
        owes = read_owes(table.table("owes", required=False))
        ladder = table.text("ladder", required=False) or None
        reads = table.text("reads", required=False) or None
        read_for = table.parsed("read_for", Limit.parse)
        table.done()
        if role is not None and area is not None:
            yield (
                Grant(
                    role=role,
                    area=area,
                    view=view,
                    limits=limits,
                    owes=owes,
                    ladder=ladder,
                    reads=reads,
                    read_for=read_for,
                    **flags,
                ),
                table,
            )


# Conditions that only one kind of message can meet, and what such a message has.
_ONLY_OF = {
    "category": (Kind.CONCERN, "a concern has a"),
    "change": (Kind.PLAN_CHANGE, "a change of plan has a"),
    "ground": (Kind.NOT_SHARING, "a decision not to share has a"),
    "involved": (Kind.INVOLVEMENT, "an involvement says who is"),
    "asks": (Kind.SUPERVISION, "a supervision tells or"),
    "disengaged": (Kind.SUPERVISION, "a supervision tells of somebody who is"),
}


def _check_when(clause: Clause, table: Table) -> None:
    for key, known in (("child_mobile", False), ("adult_supervision", True), ("disengaged", True)):
        if getattr(clause.when, key) is (not known):
            table.fault(
                f"nobody can know that: write {key} = {str(known).lower()}, or leave it out", "when", key
            )
    for key, (kind, says) in _ONLY_OF.items():
        if getattr(clause.when, key) not in (None, ()) and clause.when.kind is not kind:
            table.fault(f'only {says} "{key}"', "when", key)
    _check_direction(clause, table)


def _check_direction(clause: Clause, table: Table) -> None:
    if clause.when.kind in ABOUT_NO_CHILD and clause.direction is not Direction.WITHIN:
        table.fault("what is about no child crosses no border: it is told within the area", "direction")
    if clause.direction is Direction.UNTRACED and clause.when.kind is not Kind.HANDOVER:
        table.fault("only a family that is handed over can be untraced", "direction")
    if clause.direction is Direction.ANYWHERE and clause.when.kind is Kind.HANDOVER:
        table.fault("a handover says which way it goes: within, outbound or inbound", "direction")
    if clause.direction not in {Direction.OUTBOUND, Direction.INBOUND} and clause.when.other_area:
        table.fault(
            '"other_area" is for clauses whose direction is outbound or inbound', "when", "other_area"
        )


def _check_grants(clause: Clause, grants: Iterable[tuple[Grant, Table]]) -> None:
    seen: set[tuple[Role, Area]] = set()
    taken = False
    for grant, table in grants:
        if (grant.role, grant.area) in seen:
            table.fault(f"{grant.role} of the same area is named twice: make one of the two")
        seen.add((grant.role, grant.area))
        if grant.takes_responsibility and taken:
            table.fault("only one can take the responsibility, never two, each trusting the other")
        taken = taken or grant.takes_responsibility
        for says, key in _faults_of(grant, clause):
            table.fault(says, key)


def _areas(clause: Clause) -> tuple[Area, ...]:
    """Which areas a clause may mean. Only a plan that is transferred goes from somewhere to somewhere."""
    if clause.direction is Direction.UNTRACED:
        return (Area.ORIGIN, Area.REGISTERED)
    areas = AREAS_OF[clause.when.kind]
    return (*areas, Area.DESTINATION) if clause.when.change == (Change.TRANSFERRED,) else areas


def _faults_of(grant: Grant, clause: Clause) -> Iterator[tuple[str, str]]:
    kind = clause.when.kind
    meant = _areas(clause)
    if grant.role in CHOSEN and grant.area not in NAMED:
        yield (
            f'families choose their {grant.role}: write area = "registered", the one the message names',
            "area",
        )
    elif grant.area not in meant:
        yield f'"{grant.area}" is unclear in this clause: write one of {", ".join(meant)}', "area"
    if grant.takes_responsibility and (kind is not Kind.HANDOVER or clause.direction is Direction.UNTRACED):
        yield "only a handover to somewhere gives the responsibility away", "takes_responsibility"
    lends = (grant.reads is not None, grant.read_for is not None)
    if lends != (kind is Kind.READ_GRANT,) * 2:
        yield (
            'leave to read, and nothing else, needs "reads" (a view) and "read_for" (the most time)',
            "reads",
        )
    if kind not in NAMES_A_DAY and any(by.named_day for by in grant.owes.values()):
        yield "no message of this kind names a day: write a limit", "owes"
    enquiry = grant.owes.get(ENQUIRY)
    if enquiry is not None and (clause.direction is not Direction.UNTRACED or enquiry.limit is None):
        says = 'is for a family that nobody can trace (direction = "untraced"), with a limit, by which it is owed again'
        yield f'"{ENQUIRY}" {says}', "owes"
    if Owed.ACCEPTANCE in grant.limits and not grant.takes_responsibility:
        yield '"acceptance" is owed only by the party that takes the responsibility', "acceptance"
