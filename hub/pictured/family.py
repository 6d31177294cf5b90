"""Everybody that messages tell of, each once, and how they are tied.

People of several messages are one where they are known to be (`same`), and never guessed to be. Of somebody who cannot
be told apart, the newest message that speaks of that relation says who it is; an older one then says nothing more, nor
does one that tells only of those whom a service works with.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from hub.pictured.rows import CHILDREN, HOUSEHOLD, At, Person
from protocols.messages.people import Relation

_SEX_OF: dict[str, str] = {Relation.MOTHER: "female", Relation.FATHER: "male"}


@dataclass(slots=True)
class Somebody:
    """One person, from all that was told of them; the newest last."""

    rows: list[Person] = field(default_factory=list)

    @property
    def newest(self) -> Person:
        known = [row for row in self.rows if row.lives_there != "not_known"]
        return (known or self.rows)[-1]

    @property
    def born(self) -> date | None:
        return next((row.born for row in reversed(self.rows) if row.born), None)

    @property
    def sex(self) -> str | None:
        """As it was said, or as the word for what they are says it."""
        said = next((row.sex for row in reversed(self.rows) if row.sex), None)
        return said or _SEX_OF.get(self.newest.relation)

    @property
    def is_child(self) -> bool:
        return any(row.part == CHILDREN for row in self.rows)


class Family:
    """Everybody that the messages tell of, each once, and how they are tied. `rows` come the earliest first."""

    def __init__(self, rows: Sequence[Person], index: UUID) -> None:
        self.index = index
        self.of: dict[At, int] = {}
        self.people: dict[int, Somebody] = {}
        self._by_same: dict[UUID, int] = {}
        for row in self._told(rows):
            self._take(row)
        self.relations = {row.at: row.relation for row in rows if row.part != CHILDREN}
        self.parents = {ref: self._parents(ref) for ref, one in self.people.items() if one.is_child}

    @property
    def child(self) -> int:
        return self._by_same[self.index]

    def _take(self, row: Person) -> None:
        known = self._by_same.get(row.same) if row.same is not None else None
        ref = len(self.people) if known is None else known
        self.people.setdefault(ref, Somebody()).rows.append(row)
        self.of[row.at] = ref
        if row.same is not None:
            self._by_same[row.same] = ref

    def _told(self, rows: Sequence[Person]) -> list[Person]:
        """Without those of whom a better word is there: a newer one, and above all one of the whole household."""
        better: dict[str, list[Person]] = defaultdict(list)
        held: set[At] = set()
        newest_first = reversed(list(dict.fromkeys(row.message for row in rows)))
        by_message = {message: [row for row in rows if row.message == message] for message in newest_first}
        for told in sorted(by_message.values(), key=lambda told: not told[0].whole):
            held |= {row.at for row in told if row.part == CHILDREN or _adds(row, better[row.relation])}
            for row in told:
                if row.part != CHILDREN:
                    better[row.relation].append(row)
        return [row for row in rows if row.at in held]

    def _parents(self, ref: int) -> tuple[int, ...]:
        """Whose child this is: as the newest message says outright, or as the newest that leaves no doubt."""
        told = [self._parents_in(row) for row in self.people[ref].rows if row.part == CHILDREN]
        found = [parents for outright, parents in told if outright] or [
            parents for _, parents in told if parents
        ]
        return found[-1] if found else ()

    def _parents_in(self, child: Person) -> tuple[bool, tuple[int, ...]]:
        """Those whom one message says to be the child's parents, and whether it says so of this child alone."""
        if not child.whole:
            return False, ()
        rows = [
            row
            for one in self.people.values()
            for row in one.rows
            if row.message == child.message and row.relation in _SEX_OF
        ]
        outright = [row for row in rows if row.of_children is not None and child.place in row.of_children]
        of_all = [row for row in rows if row.of_children is None]
        if len(outright) + len(of_all) > 2:  # noqa: PLR2004 - somebody is no parent of this child, and who is not said
            mothers = [row for row in of_all if row.relation == "mother"]
            of_all = mothers if len(mothers) == 1 and len(outright) < 2 else []  # noqa: PLR2004
        found = dict.fromkeys(self.of[row.at] for row in (*outright, *of_all) if row.at in self.of)
        return bool(outright), tuple(found)

    def couples(self) -> list[tuple[int, int, str]]:
        found: dict[tuple[int, int], str] = {}
        for ref, one in self.people.items():
            for row in one.rows:
                other = (
                    self.of.get((row.message, HOUSEHOLD, row.couple_with))
                    if row.couple_with is not None
                    else None
                )
                if other is not None and other != ref:
                    found[min(ref, other), max(ref, other)] = row.couple or "not_known"
        return [(a, b, how) for (a, b), how in found.items()]


def _adds(row: Person, better: Sequence[Person]) -> bool:
    """Whether it adds somebody: of whom no better word is there, or who is known to be the same, or somebody else."""
    if not better or (row.same is not None and any(row.same == one.same for one in better)):
        return True
    return row.same is not None and all(one.same is not None for one in better)
