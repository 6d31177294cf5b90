"""From one [[watch]] of a protocol to a `Counting` or a `Waiting`."""

from collections.abc import Iterator, Mapping
from typing import Any

from protocols.conditions import Age, Plan
from protocols.deadlines import Limit, Unit
from protocols.owing import ENQUIRY, NAME, RESERVED
from protocols.parse_clause import SLUG, SLUG_SHOWN
from protocols.parse_owing import unfit_ladder
from protocols.protocol import Protocol
from protocols.reading import Table
from protocols.vocabulary import ABOUT_NO_CHILD, KEPT, Kind, Role
from protocols.watches import Across, Counting, Waiting, Watch

MOST = 99  # what a watch may count to; and what one message may count as
NO_TIME, NO_AGE = Limit(0, Unit.HOURS), Age(0, "day")  # to read on with, where there is a fault


def read_watch(table: Table) -> Watch | None:
    """None, with its faults told, where it cannot be told which messages it would watch for."""
    what, limit = _owes(table)
    common: dict[str, Any] = {
        "id": table.text("id", like=SLUG, shown=SLUG_SHOWN),
        "says": table.text("says"),
        "what": what,
        "limit": limit,
        "by": table.choices("by", Role, required=True),
        "ladder": table.text("ladder", required=False) or None,
    }
    if common["says"] and not common["says"].endswith("."):
        table.fault('"says" must be a whole sentence that can be read aloud, with its full stop', "says")
    counts, waits = table.has("counts"), table.has("waits_for")
    if counts == waits:
        table.fault('a watch either "counts" messages of a kind or "waits_for" one: write one of the two')
        return None
    watch = _counting(table, common) if counts else _waiting(table, common)
    table.done()
    return watch


def _owes(table: Table) -> tuple[str, Limit]:
    owes = table.table("owes")
    if table.has("owes") and len(owes.data) != 1:
        table.fault('a watch opens one duty: write it as owes = { look_together = "2 working days" }', "owes")
    what = next(iter(owes.data), "")
    if what and (NAME.fullmatch(what) is None or what in RESERVED or what == ENQUIRY):
        owes.fault(
            f'"{what}" cannot be the name of what is owed: small letters, digits and "_", and no name that every share'
            " owes already",
            what,
        )
    return what, (owes.parsed(what, Limit.parse) if what else None) or NO_TIME


def _counting(table: Table, common: Mapping[str, Any]) -> Counting | None:
    kind = _kind(table, "counts")
    within = table.parsed("within", Age.parse, required=True)
    if within is not None and within.in_days < 1:
        table.fault('"within" must be a day or longer', "within")
    own: dict[str, Any] = {
        "within": within or NO_AGE,
        "across": table.choice("across", Across) or Across.CHILD,
        "threshold": table.number("threshold", least=1, most=MOST) or 1,
        "weights": dict(_weights(table.table("weights", required=False))),
    }
    return None if kind is None else Counting(kind=kind, **common, **own)


def _weights(table: Table) -> Iterator[tuple[Plan, int]]:
    for name in table.data:
        if name not in set(Plan):
            table.fault(f'there is no plan "{name}": write one of {", ".join(Plan)}', name)
            continue
        weight = table.number(name, least=1, most=MOST)
        if weight is not None:
            yield Plan(name), weight


def _waiting(table: Table, common: Mapping[str, Any]) -> Waiting | None:
    kind = _kind(table, "waits_for")
    begins = table.choices("from", Kind, required=True)
    until = table.parsed("until", Age.parse, required=True) or NO_AGE
    if kind in begins:
        table.fault(f"it cannot wait for a {kind} from a {kind}: take it out", "from")
    for place, one in enumerate(begins):
        if one in _UNCOUNTED:
            table.fault(_NO_CHILD.format(one), "from", place)
    return None if kind is None or not begins else Waiting(kind=kind, begins=begins, until=until, **common)


_UNCOUNTED = ABOUT_NO_CHILD | KEPT
_NO_CHILD = "a {} is about no child, or nobody hears of it, so there is nothing to watch for"


def _kind(table: Table, key: str) -> Kind | None:
    kind = table.choice(key, Kind)
    if kind in _UNCOUNTED:
        table.fault(_NO_CHILD.format(kind), key)
    return kind


def unfit(watch: Watch, protocol: Protocol) -> Iterator[tuple[str, str]]:
    """What of it does not fit the whole: (what to do, the key)."""
    if any(clause.id == watch.id for clause in protocol.clauses):
        yield "a clause has this id: give the watch its own, as duties name it", "id"
    for says in unfit_ladder(watch.ladder, protocol):
        yield says, "ladder"
    told = _told(protocol, _sets_off(watch))
    for role in watch.by:
        if protocol.parties and role not in protocol.parties:
            yield f'{role} is not among the "parties" of {protocol.id}: only who has signed may owe', "by"
        elif role not in told:
            kinds = " or ".join(sorted(_sets_off(watch)))
            yield f"no clause tells the {role} of a {kinds}, and nobody owes what they were not told of", "by"


def _sets_off(watch: Watch) -> frozenset[Kind]:
    return watch.kinds - {watch.kind} if isinstance(watch, Waiting) else watch.kinds


def _told(protocol: Protocol, kinds: frozenset[Kind]) -> frozenset[Role]:
    clauses = (clause for clause in protocol.clauses if clause.when.kind in kinds)
    return frozenset(grant.role for clause in clauses for grant in clause.share)


ReadWatches = Mapping[str, tuple[Watch, Table]]


def read_watches(top: Table) -> dict[str, tuple[Watch, Table]]:
    """Every [[watch]] of one file, by its id."""
    found: dict[str, tuple[Watch, Table]] = {}
    for table in top.tables("watch"):
        watch = read_watch(table)
        if watch is None:
            continue
        if watch.id in found:
            table.fault(f'there is a watch "{watch.id}" already: give this one its own name', "id")
        found[watch.id] = (watch, table)
    return found
