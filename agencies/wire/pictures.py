"""The pictures of one child's world: who is family (a genogram) and who is involved (an ecomap).

The hub knows no names. People are labelled by what they are to the child; `told` says in which messages, and at which
place of them, each stands, so that whoever opened a copy can put the name in.
"""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import RootModel

from agencies.wire.base import Told

Sex = Literal["female", "male", "indeterminate", "not_known"]
Lives = Literal["yes", "no", "sometimes", "not_known"]


class ToldIn(Told):
    """Where it is said: in which message, and at which place of it."""

    message: UUID
    share: UUID | None = None  # your share of it; none: it is your own message
    place: str  # "children.0", "household.2", "involvement.1", "services.school"


class Pictured(Told):
    """One person, as far as the caller may see them."""

    ref: str  # this person in this picture
    label: str  # "Mother", "Older sibling A"
    relation: str
    sex: Sex | None = None  # as it was said, or as "mother" and "father" say it
    age: str | None = None  # "7", "4 months"
    unborn: bool = False
    lives_there: Lives
    since: date | None = None
    left_on: date | None = None
    died_on: date | None = None
    nameless: bool = False  # the sender did not know who this is
    told: tuple[ToldIn, ...]


class Couple(Told):
    """Two people who are or were a couple, or who have a child together."""

    a: str
    b: str
    how: Literal["together", "apart", "not_known"] = "not_known"


class Descent(Told):
    """Whose child somebody is, as far as it is told."""

    child: str
    parents: tuple[str, ...]


class Genogram(Told):
    """Who is family. Children stand in the order of their birth, as far as the caller may know it."""

    child: UUID
    as_of: datetime
    index: str  # the child whose picture this is
    people: tuple[Pictured, ...]
    couples: tuple[Couple, ...]
    descents: tuple[Descent, ...]


class Tie(Told):
    """That an agency works with one person, or with the family."""

    to: str | None = None  # a ref; none: the family, or somebody who cannot be told apart or was not shown
    relation: str | None = None  # of somebody who cannot be told apart: what they are to the child
    since: date | None = None
    until: date | None = None
    engages: Literal["yes", "partly", "no", "not_known"] | None = None
    told: tuple[ToldIn, ...]

    @property
    def line(self) -> Literal["working", "weak", "ended"]:
        """How it is drawn: a weak tie is one that the person does not work with, or only in part."""
        if self.until is not None:
            return "ended"
        return "weak" if self.engages in ("no", "partly") else "working"


class Around(Told):
    """One agency, or a service of which it was not told which."""

    ref: str
    role: str
    agency: str | None = None
    name: str | None = None  # as the directory has it
    ties: tuple[Tie, ...]


class Drawn(RootModel[str]):
    """A picture as SVG: text of its own, no JSON."""


class Ecomap(Told):
    """Who is involved with the child and the child's household."""

    child: UUID
    as_of: datetime
    index: str
    people: tuple[Pictured, ...]  # the child, who lives there, and whoever a service works with
    agencies: tuple[Around, ...]
