"""From a TOML text to a `Protocol`, or to everything that is wrong with it, each fault with its file and line.

1. Each file is read on its own: its head, its usual limits, its views, ladders, clauses and watches.
2. What it includes is read the same way and put underneath: a view, ladder, clause or watch of the file
   replaces the included one of the same name, wholly.
3. Only then are names followed: a clause's views, ladders and parties must exist in the whole.

`print_` is the inverse: it writes the whole, with nothing left to include, as the hub keeps it.
"""

from collections.abc import Iterable, Iterator, Mapping

from protocols.deadlines import Limit
from protocols.owing import NAME
from protocols.parse_clause import GSS, GSS_SHOWN, SLUG, SLUG_SHOWN, ReadClause, read_clause, read_limits
from protocols.parse_owing import unfit_ladder
from protocols.parse_watch import read_watches, unfit
from protocols.parts import Parts
from protocols.printing import print_
from protocols.protocol import Grant, Ladder, Owed, Protocol, Stage, Step
from protocols.reading import Fault, ProtocolFaults, Source, Table
from protocols.vocabulary import Role, Section, View, Withheld

__all__ = ["Fault", "ProtocolFaults", "parse", "print_"]

TOLD = r"(recipient|sender)\.(duty_lead|deputy|safeguarding_lead|out_of_hours|single_point_of_contact)|partnership"
NAME_SHOWN = 'small letters, digits and "_", as "independent_chair"'
TOLD_SHOWN = '"recipient.duty_lead", "sender.safeguarding_lead" and the like, or "partnership"'


def parse(text: str, *, file: str, include: Mapping[str, str] | None = None) -> Protocol:
    """Raises `ProtocolFaults`. `include` holds the texts that the file may name in its `include` list."""
    faults: list[Fault] = []
    top = Source(file, faults).open(text)
    parts = _parts(top)
    own, given = parts.names(), dict[tuple[str, str], str]()
    for name in top.texts("include"):
        included = (include or {}).get(name)
        if included is None:
            top.fault(f'there is no "{name}" to include; there is {_known(include or ())}', "include")
        else:
            part = _included(included, file=f"{name}.toml", faults=faults)
            for what, same in sorted((given.keys() & part.names()) - own):
                top.fault(
                    f'{given[what, same]} and {name} both give a {what} "{same}": say it in this file, or rename one',
                    "include",
                )
            given.update(dict.fromkeys(part.names(), name))
            parts = parts.over(part)
    if not (top.has("id") or top.has("area")):
        if top.source.lines is not None:
            top.fault('without "id" and "area" this is a part for protocols to include: check one of those')
        raise ProtocolFaults(faults)
    protocol = _whole(top, parts)
    top.done()
    if faults:
        raise ProtocolFaults(faults)
    return protocol


def _included(text: str, *, file: str, faults: list[Fault]) -> Parts:
    top = Source(file, faults).open(text)
    parts = _parts(top)
    top.done()
    return parts


def _parts(top: Table) -> Parts:
    usual = top.table("usual", required=False)
    parts = Parts(
        limits=dict(read_limits(usual)),
        ladder=usual.text("ladder", required=False),
        views=dict(_views(top)),
        ladders=dict(_ladders(top)),
        watches=read_watches(top),
        stages=tuple(_stages(top)),
    )
    usual.done()
    for number, table in enumerate(top.tables("clause")):
        read = read_clause(table)
        if read.clause.id in parts.clauses:
            table.fault(f'there is a clause "{read.clause.id}" already: give this one its own name', "id")
        parts.clauses[read.clause.id or f"the clause with number {number}"] = read
    return parts


def _whole(top: Table, parts: Parts) -> Protocol:
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
        stages=tuple(stage for stage, _ in parts.stages),
        clauses=tuple(read.clause for read in parts.clauses.values()),
        watches=tuple(watch for watch, _ in parts.watches.values()),
    )
    if protocol.review_by <= protocol.effective:
        top.fault('"review_by" must be after "effective": until when does the protocol hold?', "review_by")
    _check_usual(top, protocol)
    if not parts.clauses:
        top.fault("there is no [[clause]]: a protocol without clauses shares nothing with anybody")
    _follow_names(parts, protocol)
    return protocol


def _follow_names(parts: Parts, protocol: Protocol) -> None:
    for stage, table in parts.stages:
        for says in unfit_ladder(stage.ladder, protocol):
            table.fault(says, "ladder")
    for read in parts.clauses.values():
        for table, says, key in _unknown_in(read, protocol):
            table.fault(f'clause "{read.clause.id}": {says}', key)
    for watch, table in parts.watches.values():
        for says, key in unfit(watch, protocol):
            table.fault(f'watch "{watch.id}": {says}', key)


def _unknown_in(read: ReadClause, protocol: Protocol) -> Iterator[tuple[Table, str, str]]:
    kept = read.clause.kept
    for says in unfit_ladder(kept.ladder, protocol, at_home=True) if kept else ():
        yield read.table, says, "ladder"
    for grant, table in read.grants:
        for says, key in _unknown_names(grant, protocol):
            yield table, says, key


def _check_usual(top: Table, protocol: Protocol) -> None:
    usual = top.table("usual", required=False)
    for owed in Owed:
        if owed not in protocol.limits and not usual.has(owed):
            top.fault(f'[usual] must say by when "{owed}" is owed, as {owed} = "2 working days"', "usual")
    if protocol.ladder not in protocol.ladders:
        known = _known(protocol.ladders)
        top.fault(f'[usual] must name as "ladder" one of the [ladders]: {known}', "usual", "ladder")
        return
    for says in unfit_ladder(protocol.ladder, protocol):
        top.fault(f"[usual]: {says}", "usual", "ladder")


def _unknown_names(grant: Grant, protocol: Protocol) -> Iterator[tuple[str, str]]:
    if grant.view and grant.view not in protocol.views:
        yield f"there is no [views.{grant.view}]; there is {_known(protocol.views)}", "view"
    if grant.reads and grant.reads not in protocol.views:
        yield f"there is no [views.{grant.reads}]; there is {_known(protocol.views)}", "reads"
    for says in unfit_ladder(grant.ladder, protocol):
        yield says, "ladder"
    if protocol.parties and grant.role not in protocol.parties:
        yield (
            f'{grant.role} is not among the "parties" of {protocol.id}: only who has signed may hear',
            "with",
        )


def _known(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


# -- views, ladders and stages --------------------------------------------------------------------------------------


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
        ladder = Ladder(name, steps)
        if not ladder.stays_at_home and not any("partnership" in step.tell for step in steps):
            table.fault(f'the ladder "{name}" must reach the "partnership": a lapse never ends in silence')
        yield name, ladder
        table.done()


def _steps(ladder: Table) -> Iterator[Step]:
    for table in ladder.tables("steps", required=True):
        after = table.parsed("after", Limit.parse, required=True)
        tell = table.texts("tell", like=TOLD, shown=TOLD_SHOWN, required=True)
        table.done()
        if after is not None:
            yield Step(after, tell)


def _stages(top: Table) -> Iterator[tuple[Stage, Table]]:
    """A disagreement must come to an end somewhere: at the last stage, and at no other."""
    tables = list(top.tables("stage"))
    seen: set[str] = set()
    for table in tables:
        name = table.text("name", like=NAME.pattern, shown=NAME_SHOWN)
        if name in seen:
            table.fault(f'there is a stage "{name}" already: give this one its own name', "name")
        seen.add(name)
        between = table.texts("between", like=TOLD, shown=TOLD_SHOWN, required=True)
        answer = table.parsed("answer", Limit.parse, required=True)
        ladder = table.text("ladder", required=False) or None
        binds = table.flag("binds") or False
        if binds is not (table is tables[-1]):
            table.fault(
                "the last stage, and no other, says binds = true: what is concluded there holds", "binds"
            )
        table.done()
        if answer is not None:
            yield Stage(name=name, between=between, answer=answer, ladder=ladder, binds=binds), table
