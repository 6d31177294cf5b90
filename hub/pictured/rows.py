"""What a picture is made of: people and services, each as one message told of them and one agency was shown them."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

CHILDREN, HOUSEHOLD = "children", "household"

At = tuple[UUID, str, int]  # a message, a part of it, a place there


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person of one message, as far as the agency was shown them."""

    message: UUID
    share: UUID | None = None  # of the agency's, by which it was shown; none: it is the agency's own message
    part: str
    place: int
    whole: bool = True  # the message tells of the household, and not only of those whom a service works with
    same: UUID | None = None  # who it is; none: it cannot be told, or the agency was not shown by what
    relation: str
    lives_there: str
    since: date | None = None
    left_on: date | None = None
    died_on: date | None = None
    sex: str | None = None
    unborn: bool = False
    nameless: bool = False
    of_children: tuple[int, ...] | None = None  # none: of all the children of the message
    couple_with: int | None = None
    couple: str | None = None
    born: date | None = None

    @property
    def at(self) -> At:
        return self.message, self.part, self.place


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service round somebody, as far as the agency was shown it."""

    message: UUID
    share: UUID | None = None
    sender: str
    place: str
    section: str
    part: str | None = None
    person: int | None = None
    role: str
    agency: str | None = None
    since: date | None = None
    until: date | None = None
    engages: str | None = None
