"""Whether somebody in a message is somebody whom the hub knows: certain, likely, or unknown. Pure, and never a guess.

    certain   the same NHS number, and no other date of birth beside it; the same mother's pregnancy; or, for those
              round a child, the same name and date of birth beside that same child
    likely    something agrees and something does not, or what agrees is not enough, or it fits two people alike:
              they stay apart, and a person is asked
    unknown   nothing agrees: somebody new
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import NamedTuple, Self
from uuid import UUID

from hub.pseudonyms import What

Marks = Mapping[What, AbstractSet[bytes]]
NONE: frozenset[bytes] = frozenset()


class Certainty(StrEnum):
    CERTAIN = "certain"
    LIKELY = "likely"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody as one message speaks of them."""

    part: str
    place: int
    what: str  # child or adult
    marks: Mapping[What, bytes] = field(default_factory=dict)
    near: frozenset[bytes] = frozenset()  # what the same pregnancy may have been marked by elsewhere
    claims: frozenset[bytes] = frozenset()  # locked besides
    relation: str | None = None

    @property
    def sought(self) -> frozenset[bytes]:
        return self.near | frozenset(self.marks.values())


class Likeness(NamedTuple):
    """Somebody who may be the same, and which marks agree or do not."""

    person: UUID
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    certainty: Certainty
    person: UUID | None  # None: somebody new
    likes: tuple[Likeness, ...]  # whom a person is asked about

    @classmethod
    def unknown(cls) -> Self:
        return cls(Certainty.UNKNOWN, None, ())


class _Weight(IntEnum):
    """What speaks for the same person; where something weightier fits somebody else, that one it is."""

    QUESTION = 0
    FAMILY = 1  # name and date of birth, beside the same child
    NUMBER = 2  # or pregnancy
    NUMBER_AND_BIRTH = 3


def match(entry: Entry, known: Mapping[UUID, Marks], family: AbstractSet[UUID] = frozenset()) -> Match:
    """Among those who share a mark, or none. `family` are those who are known to stand beside this message's children."""
    weighed = {one: found for one in sorted(known) if (found := _weigh(entry, known[one], one in family))}
    if not weighed:
        return Match.unknown()
    most = max(weight for weight, _ in weighed.values())
    best = [one for one, (weight, _) in weighed.items() if weight == most]
    is_certain = most is not _Weight.QUESTION and len(best) == 1
    person = best[0] if is_certain else None
    likes = tuple(Likeness(one, why) for one, (_, why) in weighed.items() if one != person)
    return Match(Certainty.CERTAIN if is_certain else Certainty.LIKELY, person, likes)


def _weigh(entry: Entry, known: Marks, is_family: bool) -> tuple[_Weight, tuple[str, ...]] | None:  # noqa: FBT001
    if _shares(What.NHS_NUMBER, entry, known):
        return _by_number(entry, known)
    if _shares(What.MOTHER_AND_DUE, entry, known):
        return _Weight.NUMBER, (What.MOTHER_AND_DUE,)
    if entry.near & known.get(What.MOTHER_AND_DUE, NONE):
        return _Weight.QUESTION, ("mother", "another_due_date")
    if _shares(What.NAME_AND_BIRTH, entry, known):
        return _by_name(entry, known, is_family)
    return None


def _by_number(entry: Entry, known: Marks) -> tuple[_Weight, tuple[str, ...]]:
    if _shares(What.NUMBER_AND_BIRTH, entry, known):
        return _Weight.NUMBER_AND_BIRTH, (What.NHS_NUMBER,)
    if What.NUMBER_AND_BIRTH in entry.marks and known.get(What.NUMBER_AND_BIRTH):
        return _Weight.QUESTION, (What.NHS_NUMBER, "another_date_of_birth")
    return _Weight.NUMBER, (What.NHS_NUMBER,)


def _by_name(entry: Entry, known: Marks, is_family: bool) -> tuple[_Weight, tuple[str, ...]]:  # noqa: FBT001
    if What.NHS_NUMBER in entry.marks and known.get(What.NHS_NUMBER):
        return _Weight.QUESTION, (What.NAME_AND_BIRTH, "another_nhs_number")
    if is_family and entry.part != "children":
        return _Weight.FAMILY, (What.NAME_AND_BIRTH,)
    return _Weight.QUESTION, (What.NAME_AND_BIRTH,)


def _shares(what: What, entry: Entry, known: Marks) -> bool:
    return entry.marks.get(what) in known.get(what, NONE)


class People:
    """Those whom the hub knows, by their marks: as the database has them, and as one batch of messages adds to them."""

    def __init__(self, rows: Iterable[tuple[UUID, str, bytes]]) -> None:
        self._marks: dict[UUID, dict[What, set[bytes]]] = {}
        self._holders: dict[bytes, set[UUID]] = {}
        for person, what, mark in rows:
            self.learn(person, What(what), bytes(mark))

    def learn(self, person: UUID, what: What, mark: bytes) -> bool:
        """Whether that is new."""
        kept = self._marks.setdefault(person, {}).setdefault(what, set())
        is_new = mark not in kept
        kept.add(mark)
        self._holders.setdefault(mark, set()).add(person)
        return is_new

    def sharing(self, entry: Entry, *, but: AbstractSet[UUID]) -> dict[UUID, Marks]:
        """Who has a mark of these; not those whom this message names elsewhere, as it names everybody once."""
        found = {one for mark in entry.sought for one in self._holders.get(mark, ())}
        return {one: self._marks[one] for one in found - but}

    def everybody(self) -> list[UUID]:
        return list(self._marks)
