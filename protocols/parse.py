"""From a TOML text to a `Protocol`, or to everything that is wrong with it, each fault with its file and line.

1. Each file is read on its own: its head, its usual limits, its views, ladders and clauses.
2. What it includes is read the same way and put underneath: a view, ladder or clause of the file replaces the
   included one of the same name, wholly.
3. Only then are names followed: a clause's views, ladders and parties must exist in the whole.

`print_` is the inverse: it writes the whole, with nothing left to include, as the hub keeps it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from protocols.deadlines import Limit
from protocols.printing import print_
from protocols.protocol import Age, Clause, Direction, Grant, Ladder, Owed, Plan, Protocol, Step, When
from protocols.reading import Fault, ProtocolFaults, Source, Table
from protocols.vocabulary import Area, Category, Kind, Role, Section, Urgency, View, Withheld

__all__ = ["Fault", "ProtocolFaults", "parse", "print_"]

GSS = r"[EWSN][0-9]{8}"
GSS_SHOWN = 'a local authority\'s GSS code, as "E08000028"'
CHOSEN = frozenset({Role.GP_PRACTICE, Role.SCHOOL})  # by the family, so never guessed from an area
SLUG = r"[a-z0-9]+(-[a-z0-9]+)*"
SLUG_SHOWN = 'small letters and digits with hyphens between, as "bruise-non-mobile"'
TOLD = r"(recipient|sender)\.(duty_lead|deputy|safeguarding_lead|out_of_hours|single_point_of_contact)|partnership"
TOLD_SHOWN = '"recipient.duty_lead", "sender.safeguarding_lead" and the like, or "partnership"'


@dataclass
class _Read:
    """A clause and its grants, each with the table that it was read from, to point at."""

    clause: Clause
    table: Table
    grants: tuple[tuple[Grant, Table], ...]


@dataclass
class _Parts:
    """What one file gives to the whole."""

    limits: dict[Owed, Limit] = field(default_factory=dict)
    ladder: str = ""
    views: dict[str, View] = field(default_factory=dict)
    ladders: dict[str, Ladder] = field(default_factory=dict)
    clauses: dict[str, _Read] = field(default_factory=dict)

    def over(self, under: "_Parts") -> "_Parts":
        """What the file says itself, on top of what it includes. Its own clauses come first."""
        return _Parts(
            limits={**under.limits, **self.limits},
            ladder=self.ladder or under.ladder,
            views={**under.views, **self.views},
            ladders={**under.ladders, **self.ladders},
            clauses={
                **self.clauses,
                **{id_: it for id_, it in under.clauses.items() if id_ not in self.clauses},
            },
        )


def parse(text: str, *, file: str, include: Mapping[str, str] | None = None) -> Protocol:
    """Raises `ProtocolFaults`. `include` holds the texts that the file may name in its `include` list."""
    faults: list[Fault] = []
    top = Source(file, faults).open(text)
    parts = _parts(top)
    for name in top.texts("include"):
        included = (include or {}).get(name)
        if included is None:
            top.fault(f'there is no "{name}" to include here', "include")
        else:
            parts = parts.over(_included(included, file=f"{name}.toml", faults=faults))
    if top.source.lines is None:
        raise ProtocolFaults(faults)
    protocol = _whole(top, parts)
    top.done()
    if faults:
        raise ProtocolFaults(faults)
    return protocol


def _included(text: str, *, file: str, faults: list[Fault]) -> _Parts:
    top = Source(file, faults).open(text)
    parts = _parts(top)
    top.done()
    return parts


def _parts(top: Table) -> _Parts:
    usual = top.table("usual", required=False)
    parts = _Parts(
        limits=dict(_limits(usual)),
        ladder=usual.text("ladder", required=False),
        views=dict(_views(top)),
        ladders=dict(_ladders(top)),
    )
    usual.done()
    for number, table in enumerate(top.tables("clause")):
        read = _clause(table)
        if read.clause.id in parts.clauses:
            table.fault(f'there is a clause "{read.clause.id}" already: give this one its own name', "id")
        parts.clauses[read.clause.id or f"the clause with number {number}"] = read
    return parts


def _whole(top: Table, parts: _Parts) -> Protocol:
    protocol = Protocol(
        id=top.text("id", like=SLUG, shown=SLUG_SHOWN),
        title=top.text("title"),
        version=top.text("version", like=r"[0-9A-Za-z][0-9A-Za-z.+-]*", shown='a version, as "2026.1"'),
        area=top.text("area", like=GSS, shown=GSS_SHOWN),
        effective=top.day("effective"),
        review_by=top.day("review_by"),
        lawful_basis=top.texts("lawful_basis", required=True),
        parties=top.choices("parties", Role, required=True),
        limits=parts.limits,
        ladder=parts.ladder,
        views=parts.views,
        ladders=parts.ladders,
        clauses=tuple(read.clause for read in parts.clauses.values()),
    )
    if protocol.review_by <= protocol.effective:
        top.fault('"review_by" must be after "effective": until when does the protocol hold?', "review_by")
    _check_usual(top, protocol)
    if not parts.clauses:
        top.fault("there is no [[clause]]: a protocol without clauses shares nothing with anybody")
    for read in parts.clauses.values():
        for grant, table in read.grants:
            for says, key in _unknown_names(grant, protocol):
                table.fault(f'clause "{read.clause.id}": {says}', key)
    return protocol


def _check_usual(top: Table, protocol: Protocol) -> None:
    for owed in Owed:
        if owed not in protocol.limits:
            top.fault(f'[usual] must say by when a "{owed}" is owed, as {owed} = "2 working days"', "usual")
    if protocol.ladder not in protocol.ladders:
        known = _known(protocol.ladders)
        top.fault(f'[usual] must name as "ladder" one of the [ladders]: {known}', "usual", "ladder")


def _unknown_names(grant: Grant, protocol: Protocol) -> Iterator[tuple[str, str]]:
    if grant.view and grant.view not in protocol.views:
        yield f"there is no [views.{grant.view}]; there is {_known(protocol.views)}", "view"
    if grant.ladder and grant.ladder not in protocol.ladders:
        yield f"there is no [ladders.{grant.ladder}]; there is {_known(protocol.ladders)}", "ladder"
    if protocol.parties and grant.role not in protocol.parties:
        yield (
            f'{grant.role} is not among the "parties" of {protocol.id}: only who has signed may hear',
            "with",
        )


def _known(names: Iterable[str]) -> str:
    return ", ".join(names) or "none yet"


# -- views and ladders --------------------------------------------------------------------------------------


def _views(top: Table) -> Iterator[tuple[str, View]]:
    for name, table in top.named_tables("views"):
        yield (
            name,
            View(
                name=name,
                sections=frozenset(table.choices("sections", Section, required=True)),
                withhold=frozenset(table.choices("withhold", Withheld)),
            ),
        )
        table.done()


def _ladders(top: Table) -> Iterator[tuple[str, Ladder]]:
    for name, table in top.named_tables("ladders"):
        steps = tuple(_steps(table))
        if not any("partnership" in step.tell for step in steps):
            table.fault(f'the ladder "{name}" must reach the "partnership": a lapse never ends in silence')
        yield name, Ladder(name, steps)
        table.done()


def _steps(ladder: Table) -> Iterator[Step]:
    for table in ladder.tables("steps", required=True):
        after = table.parsed("after", Limit.parse, required=True)
        tell = table.texts("tell", like=TOLD, shown=TOLD_SHOWN, required=True)
        table.done()
        if after is not None:
            yield Step(after, tell)


def _limits(table: Table) -> Iterator[tuple[Owed, Limit]]:
    for owed in Owed:
        limit = table.parsed(owed, Limit.parse)
        if limit is not None:
            yield owed, limit


# -- clauses ------------------------------------------------------------------------------------------------


def _clause(table: Table) -> _Read:
    grants = tuple(_grants(table))
    clause = Clause(
        id=table.text("id", like=SLUG, shown=SLUG_SHOWN),
        says=table.text("says"),
        direction=table.choice("direction", Direction, required=False) or Direction.WITHIN,
        when=_when(table.table("when")),
        share=tuple(grant for grant, _ in grants),
    )
    if clause.says and not clause.says.endswith("."):
        table.fault('"says" must be a whole sentence that can be read aloud, with its full stop', "says")
    _check_when(clause, table)
    _check_grants(clause, grants)
    table.done()
    return _Read(clause, table, grants)


def _when(table: Table) -> When:
    when = When(
        kind=table.choice("kind", Kind) or Kind.CONCERN,
        sender=table.choices("sender", Role),
        category=table.choices("category", Category),
        urgency=table.choices("urgency", Urgency),
        plan=table.choices("plan", Plan),
        adult_services=table.choices("adult_services", Role),
        other_area=table.texts("other_area", like=GSS, shown=GSS_SHOWN),
        child_mobile=table.flag("child_mobile"),
        unborn=table.flag("unborn"),
        gp_registered=table.flag("gp_registered"),
        adult_supervision=table.flag("adult_supervision"),
        youngest_under=table.parsed("youngest_under", Age.parse),
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
        limits = dict(_limits(table))
        ladder = table.text("ladder", required=False) or None
        table.done()
        if role is not None and area is not None:
            yield Grant(role=role, area=area, view=view, limits=limits, ladder=ladder, **flags), table


def _check_when(clause: Clause, table: Table) -> None:
    if clause.when.kind is Kind.HANDOVER and clause.when.category:
        table.fault('a handover has no "category": only a concern has', "when", "category")
    if clause.direction is Direction.WITHIN and clause.when.other_area:
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
        for says, key in _faults_of(grant, clause.when.kind):
            table.fault(says, key)


def _faults_of(grant: Grant, kind: Kind) -> Iterator[tuple[str, str]]:
    if grant.role in CHOSEN and grant.area is not Area.REGISTERED:
        yield (
            f'families choose their {grant.role}: write area = "registered", the one the message names',
            "area",
        )
    if grant.takes_responsibility and kind is not Kind.HANDOVER:
        yield "only a handover gives the responsibility away", "takes_responsibility"
    if Owed.ACCEPTANCE in grant.limits and not grant.takes_responsibility:
        yield '"acceptance" is owed only by the party that takes the responsibility', "acceptance"
