"""What the rows of a directory must agree on, so that it answers every question in one way.

Each rule finds all that breaks it; nothing stops at the first fault. `disagreements` must be empty for any
directory; `gaps` as well for one that a partnership describes, because a ladder would fall through them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from itertools import combinations, pairwise

from agencies.agency import Agency
from protocols.vocabulary import Role


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    file: str
    line: int
    entry: str
    says: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " if self.file else ""
        return f"{where}{self.entry}: {self.says}" if self.entry else f"{where}{self.says}"


class DirectoryFaults(Exception):
    """A directory that cannot be used, with everything that is wrong with it."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        count = f"{len(self.faults)} faults" if len(self.faults) > 1 else "one fault"
        super().__init__("\n".join([f"the directory has {count}; mend them:", *map(str, self.faults)]))


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands, and each of its contacts."""

    file: str
    line: int
    contacts: tuple[int, ...] = ()

    def line_of(self, where: Sequence[str | int]) -> int:
        """The line of a part of the entry, as near as its headers say."""
        match where:
            case ("contacts", int(number), *_) if number < len(self.contacts):
                return self.contacts[number]
            case _:
                return self.line


NOWHERE = Place("", 0)
Places = Mapping[int, Place]  # by the identity of the row: two rows may be equal and stand in two files

# -- what rows must agree on --------------------------------------------------------------------------------

_Rule = Callable[[dict[str, list[Agency]]], Iterator[tuple[Agency, str]]]


def disagreements(
    rows: Sequence[Agency], places: Places | None = None, *, unread: AbstractSet[str] = frozenset()
) -> list[Fault]:
    """Where rows contradict each other. `unread` are ids whose entries have faults of their own: they are there."""
    by_id: dict[str, list[Agency]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.opens):
        by_id[row.id].append(row)
    rules: tuple[_Rule, ...] = (
        _one_at_a_time,
        partial(_succeeds, unread=unread),
        _one_ods,
        _one_partnership,
    )
    found = [fault for rule in rules for fault in rule(by_id)]
    return sorted(_at(row, says, places) for row, says in found)


def _at(row: Agency, says: str, places: Places | None) -> Fault:
    place = (places or {}).get(id(row), NOWHERE)
    return Fault(place.file, place.line, row.id, says)


def _overlap(one: Agency, other: Agency) -> bool:
    first, second = sorted((one, other), key=lambda row: row.opens)
    return first.closes is None or second.opens <= first.closes


def _one_at_a_time(by_id: dict[str, list[Agency]]) -> Iterator[tuple[Agency, str]]:
    for rows in by_id.values():
        for earlier, later in pairwise(rows):
            if _overlap(earlier, later):
                yield (
                    later,
                    (
                        f"its rows overlap: the one that opens on {earlier.opens} must close before {later.opens}"
                    ),
                )
            if earlier.role is not later.role:
                yield (
                    later,
                    "its role changes: an agency with another role is another agency, with another id",
                )
            if earlier.successor is not None:
                yield earlier, 'only the last row of an id may name a "successor"'


def _succeeds(by_id: dict[str, list[Agency]], *, unread: AbstractSet[str]) -> Iterator[tuple[Agency, str]]:
    for rows in by_id.values():
        last = rows[-1]
        if last.successor is None or last.successor in unread or last.closes is None:
            continue
        heirs = by_id.get(last.successor)
        if heirs is None:
            yield last, f"its successor {last.successor} is not in the directory: add it, or mend the id"
        # As every successor closes later than whom it succeeds, successions cannot run in a circle.
        elif heirs[-1].closes is not None and heirs[-1].closes <= last.closes:
            yield (
                last,
                f"its successor {last.successor} closes no later than itself: name who came after both",
            )


def _one_ods(by_id: dict[str, list[Agency]]) -> Iterator[tuple[Agency, str]]:
    by_ods: dict[str, list[Agency]] = defaultdict(list)
    for row in _all(by_id):
        if row.ods is not None and row.role is Role.GP_PRACTICE:
            by_ods[row.ods].append(row)
    for ods, rows in by_ods.items():
        for one, other in combinations(rows, 2):
            if one.id != other.id and _overlap(one, other):
                yield other, f"{one.id} has the ODS code {ods} as well, at the same time"


def _one_partnership(by_id: dict[str, list[Agency]]) -> Iterator[tuple[Agency, str]]:
    by_area: dict[str, list[Agency]] = defaultdict(list)
    for row in _all(by_id):
        if row.role is Role.PARTNERSHIP:
            by_area[row.area].append(row)
    for area, rows in by_area.items():
        for one, other in combinations(rows, 2):
            if one.id != other.id and _overlap(one, other):
                yield other, f"{one.id} is the partnership of {area} as well, at the same time"


def _all(by_id: dict[str, list[Agency]]) -> Iterator[Agency]:
    return (row for rows in by_id.values() for row in rows)


# -- what a described directory must not leave out ----------------------------------------------------------


def gaps(rows: Sequence[Agency], places: Places | None = None) -> list[Fault]:
    """What a ladder would fall through: an agency with nobody to ring, an area with no partnership."""
    faults = [
        _at(row, "nobody can be reached: add at least one [[agency.contact]]", places)
        for row in rows
        if row.closes is None and not row.contacts
    ]
    last = {row.area: row for row in rows if row.closes is None}
    kept = {row.area for row in rows if row.role is Role.PARTNERSHIP and row.closes is None}
    faults += [
        _at(row, f"the area {area} has no agency of the role partnership, which hears of what lapses", places)
        for area, row in last.items()
        if area not in kept
    ]
    return faults
