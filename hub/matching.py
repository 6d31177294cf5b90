"""Whether somebody in a message is somebody whom the hub knows: certain, likely, or unknown. Pure, and never a guess.

certain   the same NHS number, and no other date of birth beside it; the same mother's pregnancy, of which nobody
          else is born; or, for those round a child, the same name and date of birth beside the same child, mother or
          other of the family
likely    something agrees and something does not, or what agrees is not enough (a name and a birth alone, or a birth
          that says which notice it follows), or it fits two people alike: they stay apart, and a person is asked
unknown   nothing agrees: somebody new
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import NamedTuple
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
    tells: bool = False  # of those beside them: it is by a number that they are known


class _Weight(IntEnum):
    """What speaks for the same person; where something weightier fits somebody else, that one it is."""

    QUESTION = 0
    FAMILY = 1  # name and date of birth, beside somebody who is known by a number
    NUMBER = 2  # or pregnancy
    NUMBER_AND_BIRTH = 3


def match(entry: Entry, known: Mapping[UUID, Marks], family: AbstractSet[UUID] = frozenset()) -> Match:
    """Among those who share a mark, or none. `family` are those who stood beside somebody of this message before."""
    weighed = {one: found for one in sorted(known) if (found := _weigh(entry, known[one], one in family))}
    if not weighed:
        return Match(Certainty.UNKNOWN, None, ())
    most = max(weight for weight, _ in weighed.values())
    best = [one for one, (weight, _) in weighed.items() if weight == most]
    is_certain = most is not _Weight.QUESTION and len(best) == 1
    person = best[0] if is_certain else None
    likes = tuple(Likeness(one, why) for one, (_, why) in weighed.items() if one != person)
    certainty = Certainty.CERTAIN if is_certain else Certainty.LIKELY
    return Match(certainty, person, likes, tells=is_certain and most > _Weight.FAMILY)


def _weigh(entry: Entry, known: Marks, is_family: bool) -> tuple[_Weight, tuple[str, ...]] | None:  # noqa: FBT001
    if _shares(What.NHS_NUMBER, entry, known):
        return _by_number(entry, known)
    if _shares(What.MOTHER_AND_DUE, entry, known):
        return _by_pregnancy(entry, known)
    if entry.near & known.get(What.MOTHER_AND_DUE, NONE):
        return _Weight.QUESTION, ("mother", "another_due_date")
    if entry.near & known.get(What.NOTICE, NONE):
        return _Weight.QUESTION, (What.NOTICE,)
    if _shares(What.NAME_AND_BIRTH, entry, known):
        return _by_name(entry, known, is_family)
    return None


def _by_number(entry: Entry, known: Marks) -> tuple[_Weight, tuple[str, ...]]:
    if _shares(What.NUMBER_AND_BIRTH, entry, known):
        return _Weight.NUMBER_AND_BIRTH, (What.NHS_NUMBER,)
    if What.NUMBER_AND_BIRTH in entry.marks and known.get(What.NUMBER_AND_BIRTH):
        return _Weight.QUESTION, (What.NHS_NUMBER, "another_date_of_birth")
    return _Weight.NUMBER, (What.NHS_NUMBER,)


def _by_pregnancy(entry: Entry, known: Marks) -> tuple[_Weight, tuple[str, ...]]:
    """An unborn baby is whoever is born of that pregnancy; of two who are born, each told of alone, both may be."""
    born = (What.NHS_NUMBER, What.NAME_AND_BIRTH)
    is_born, was_born = any(what in entry.marks for what in born), any(known.get(what) for what in born)
    numbered = What.NHS_NUMBER in entry.marks and bool(known.get(What.NHS_NUMBER))
    if is_born and was_born and (numbered or not _shares(What.NAME_AND_BIRTH, entry, known)):
        return _Weight.QUESTION, (What.MOTHER_AND_DUE, "born_already")
    return _Weight.NUMBER, (What.MOTHER_AND_DUE,)


def _by_name(entry: Entry, known: Marks, is_family: bool) -> tuple[_Weight, tuple[str, ...]]:  # noqa: FBT001
    if What.NHS_NUMBER in entry.marks and known.get(What.NHS_NUMBER):
        return _Weight.QUESTION, (What.NAME_AND_BIRTH, "another_nhs_number")
    if is_family and entry.part != "children":
        return _Weight.FAMILY, (What.NAME_AND_BIRTH,)
    return _Weight.QUESTION, (What.NAME_AND_BIRTH,)


def _shares(what: What, entry: Entry, known: Marks) -> bool:
    return entry.marks.get(what) in known.get(what, NONE)


# The mark by which one of several who are the same is taken, the most telling first.
_TELLING = (What.NUMBER_AND_BIRTH, What.NHS_NUMBER, What.MOTHER_AND_DUE, What.NAME_AND_BIRTH)


class People:
    """Those whom the hub knows, by their marks: as the database has them, and as one batch of messages adds to them.

    Whoever was found to be the same by a person is matched as one, by the marks of all. Each keeps its own, so that
    after an un-merge everything lies where it would lie without the merge.
    """

    def __init__(self, rows: Iterable[tuple[UUID, UUID, str, bytes]] = ()) -> None:
        self._root: dict[UUID, UUID] = {}
        self._same: dict[UUID, set[UUID]] = {}  # of a root: all who are the same
        self._own: dict[UUID, set[bytes]] = {}
        self._marks: dict[UUID, dict[What, set[bytes]]] = {}  # of a root: those of all who are the same
        self._roots: dict[bytes, set[UUID]] = {}
        for person, root, what, mark in rows:
            self._root[person] = root
            self.learn(person, What(what), bytes(mark))

    def learn(self, person: UUID, what: What, mark: bytes) -> bool:
        """Whether that is new of them."""
        root = self._root.setdefault(person, person)
        self._same.setdefault(root, set()).add(person)
        own = self._own.setdefault(person, set())
        if mark in own:
            return False
        own.add(mark)
        self._marks.setdefault(root, {}).setdefault(what, set()).add(mark)
        self._roots.setdefault(mark, set()).add(root)
        return True

    def roots(self) -> list[UUID]:
        return list(self._marks)

    def sharing(self, entry: Entry, *, but: AbstractSet[UUID] = frozenset()) -> dict[UUID, Marks]:
        """Which roots have a mark of these; not those whom this message names elsewhere, as it names each once."""
        found = {one for mark in entry.sought for one in self._roots.get(mark, ())}
        return {one: self._marks[one] for one in found - but}

    def member(self, root: UUID, entry: Entry) -> UUID:
        """Of those who are the same, the one whom the entry itself speaks of."""
        for what in _TELLING:
            mark = entry.marks.get(what)
            own = [one for one in self._same[root] if mark in self._own[one]]
            if own:
                return min(own)
        return root
