"""Who a message speaks of, told apart: each child, and whoever of the household can be told, is a person or a new one.

Marks are made while the message is open. Persons are matched and written in the transaction that routes the message,
under locks on their marks, so that two workers which meet a new child at once make one of it. Whether somebody is who
they are likely to be is asked of a person (`workers.tasks`), once for any two.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import combinations
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection

from hub.clock import LONDON
from hub.ids import new_id
from hub.matching import Entry, Match, People, match
from hub.pseudonyms import Pseudonyms, What
from hub.store import persons
from hub.store.messages import Message as Row
from hub.store.tables import SAME_CHILD
from protocols.messages import AboutFamily, AtAnAddress, Message
from protocols.messages.people import ADULT, Child, HouseholdMember, Relation
from workers.tasks import Task

CHILDREN = "children"
_OF_CHILDREN = {Relation.SIBLING, Relation.OTHER_CHILD}


# -- marks --------------------------------------------------------------------------------------------------


def entries(message: Message, pseudonyms: Pseudonyms, *, id_: UUID, at: datetime) -> tuple[Entry, ...]:
    """Everybody in this message who is told apart, the children first. A message about nobody has none."""
    if not isinstance(message, AtAnAddress):
        return ()
    today = at.astimezone(LONDON).date()
    told = _Marking(pseudonyms, id_, message.follows_on, _mothers_number(message), today)
    was_due = message.was_due
    speaks: Sequence[Child] = getattr(message, CHILDREN, ())
    children = [
        told.child(place, child, child.due_date if child.unborn else was_due.get(place))
        for place, child in enumerate(speaks)
    ]
    theirs = {child.marks.get(What.NAME_AND_BIRTH) for child in children}
    # A household that lists the message's own child again speaks of nobody new; nor can it be told which of twins.
    others = [
        entry
        for part, members in message.people()
        if part != CHILDREN
        for place, member in enumerate(members)
        if isinstance(member, HouseholdMember)
        for entry in [told.member(part, place, member)]
        if entry.marks and entry.marks.get(What.NAME_AND_BIRTH, b"") not in theirs
    ]
    # Who is known by a number tells who stands beside them.
    others.sort(key=lambda entry: What.NHS_NUMBER not in entry.marks)
    return (*children, *others)


def _mothers_number(message: AtAnAddress) -> str | None:
    """None where two mothers are named: which of them carries the baby is not for the hub to guess."""
    if not isinstance(message, AboutFamily):
        return None
    mothers = [one for one in message.household if one.role is Relation.MOTHER]
    return mothers[0].nhs_number if len(mothers) == 1 else None


@dataclass(slots=True)
class _Marking:
    pseudonyms: Pseudonyms
    message: UUID
    follows: UUID | None  # the notice of a pregnancy that has ended in this birth
    mothers_number: str | None
    today: date
    pregnancies: int = 0  # met so far: among twins each has its place

    def child(self, place: int, child: Child, due: date | None) -> Entry:
        """`due` is when an unborn baby is due, or one who is born by now was: so it goes on as the same."""
        marks = self._marks(child.nhs_number, child.name, child.date_of_birth)
        if due is None:
            return Entry(CHILDREN, place, "child", marks)
        among, self.pregnancies = self.pregnancies, self.pregnancies + 1
        near, claims = set[bytes](), set[bytes]()
        if child.unborn:
            marks[What.NOTICE] = self.pseudonyms.notice(self.message, among)
        elif self.follows is not None:
            near.add(self.pseudonyms.notice(self.follows, among))
            claims |= near
        if self.mothers_number is not None:
            number = self.mothers_number
            marks[What.MOTHER_AND_DUE] = self.pseudonyms.mother_and_due(number, due, among)
            near.update(self.pseudonyms.near_due(number, due, among))
            claims.add(self.pseudonyms.pregnant(number))
        return Entry(CHILDREN, place, "child", marks, near=frozenset(near), claims=frozenset(claims))

    def member(self, part: str, place: int, member: HouseholdMember) -> Entry:
        marks = self._marks(member.nhs_number, member.name, member.date_of_birth)
        what = "child" if self._is_child(member) else "adult"
        return Entry(part, place, what, marks, relation=str(member.role))

    def _is_child(self, member: HouseholdMember) -> bool:
        born = member.date_of_birth
        if born is None:
            return member.role in _OF_CHILDREN
        return (
            self.today.year - born.year - ((self.today.month, self.today.day) < (born.month, born.day))
            < ADULT
        )

    def _marks(self, number: str | None, name: str | None, born: date | None) -> dict[What, bytes]:
        found: dict[What, bytes] = {}
        if number is not None:
            found[What.NHS_NUMBER] = self.pseudonyms.nhs_number(number)
        if number is not None and born is not None:
            found[What.NUMBER_AND_BIRTH] = self.pseudonyms.number_and_birth(number, born)
        named = self.pseudonyms.name_and_birth(name, born) if name is not None and born is not None else None
        if named is not None:
            found[What.NAME_AND_BIRTH] = named
        return found


# -- match and record ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Spoken:
    """A message, with whom it speaks of, and the area whose office is asked about them."""

    message: Row
    entries: tuple[Entry, ...]
    area: str | None


def tell_apart(conn: Connection, spoken: Sequence[Spoken], *, at: datetime) -> list[Task]:
    """Record who each of these locked messages speaks of, once; answers with what a person is to be asked."""
    before = persons.recorded(conn, [one.message.id for one in spoken if one.entries])
    new = sorted(
        (one for one in spoken if one.entries and one.message.id not in before),
        key=lambda one: one.message.id,
    )
    if not new:
        return []
    speaks = [entry for one in new for entry in one.entries]
    persons.lock(conn, [mark for entry in speaks for mark in (*entry.marks.values(), *entry.claims)])
    people = People(persons.known(conn, [mark for entry in speaks for mark in entry.sought]))
    telling = _Telling(people, at)
    if roots := people.roots():
        telling.asked = persons.asked(conn, roots)
        for one_of, another in persons.seen_together(conn, _who_may_be_family(people, new)):
            telling.families[one_of].add(another)
            telling.families[another].add(one_of)
    for one in new:
        telling.take(one)
    persons.add(conn, telling.persons, telling.marks, telling.appearances, telling.likenesses)
    return telling.tasks


def _who_may_be_family(people: People, spoken: Sequence[Spoken]) -> set[tuple[UUID, UUID]]:
    """Each two of the known whom one of these messages may speak of."""
    return {
        pair
        for one in spoken
        for pair in combinations(sorted({root for entry in one.entries for root in people.sharing(entry)}), 2)
    }


@dataclass(slots=True)
class _Telling:
    """What a batch of messages adds, message by message: each is matched with what those before it said."""

    people: People
    at: datetime
    asked: set[frozenset[UUID]] = field(default_factory=set)
    families: dict[UUID, set[UUID]] = field(default_factory=lambda: defaultdict(set))
    persons: list[dict[str, Any]] = field(default_factory=list)
    marks: list[dict[str, Any]] = field(default_factory=list)
    appearances: list[dict[str, Any]] = field(default_factory=list)
    likenesses: list[dict[str, Any]] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)

    def take(self, spoken: Spoken) -> None:
        named: set[UUID] = set()  # as roots
        telling: set[UUID] = set()
        for entry in spoken.entries:
            family = frozenset().union(*(self.families[one] for one in telling))
            found = match(entry, self.people.sharing(entry, but=named), family)
            person = self._person(spoken, entry, found)
            root = found.person or person
            named.add(root)
            if found.tells:
                telling.add(root)
            self._keep(spoken, entry, found, person)
            self._ask(spoken, found, person, root)
        for one in named:
            self.families[one] |= named

    def _person(self, spoken: Spoken, entry: Entry, found: Match) -> UUID:
        if found.person is not None:
            return self.people.member(found.person, entry)
        person = uuid4()  # agencies are told it: it must not say when anybody first spoke of the child
        self.persons.append(
            {
                "id": person,
                "what": entry.what,
                "message_id": spoken.message.id,
                "at": self.at,
                "root": person,
            }
        )
        return person

    def _keep(self, spoken: Spoken, entry: Entry, found: Match, person: UUID) -> None:
        for what, mark in entry.marks.items():
            if self.people.learn(person, what, mark):
                self.marks.append({"mark": mark, "person_id": person, "what": str(what)})
        self.appearances.append(
            {
                "message_id": spoken.message.id,
                "part": entry.part,
                "place": entry.place,
                "person_id": person,
                "certainty": str(found.certainty),
                "relation": entry.relation,
            }
        )

    def _ask(self, spoken: Spoken, found: Match, person: UUID, root: UUID) -> None:
        for like in found.likes:
            pair = frozenset((root, like.person))
            if pair in self.asked:
                continue
            self.asked.add(pair)
            one, other = sorted((person, like.person))
            question = new_id()
            self.likenesses.append(
                {
                    "id": question,
                    "one": one,
                    "other": other,
                    "message_id": spoken.message.id,
                    "why": list(like.why),
                    "asked_at": self.at,
                }
            )
            message = spoken.message
            self.tasks.append(Task(SAME_CHILD, message.id, message.sender, spoken.area, about=str(question)))
