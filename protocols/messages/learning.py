"""Learning from a review: what was learnt, who must do what about it by when, and what is to show that it was done.

It goes to every agency of an area, and so it is about no child: reviews are anonymised before they are published, and
what can be checked of that is checked. A name cannot be told from a word; an NHS number can.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from protocols.messages.common import Message, OwnAction, texts
from protocols.messages.faults import Findings, refuse_at
from protocols.messages.fields import (
    AgencyId,
    Because,
    Part,
    PastDate,
    PlannedDate,
    Short,
    Text,
    WebAddress,
    Word,
    is_nhs_number,
)
from protocols.vocabulary import Role

_TEN_FIGURES = re.compile(r"(?<![0-9])[0-9](?:[ .\-]?[0-9]){9}(?![0-9])", re.ASCII)


class Review(Part):
    """Which review it was."""

    which: Literal["LCSPR", "SCR", "DHR", "SAR"]
    """A local child safeguarding practice review, serious case review, domestic homicide review, safeguarding adults
    review.
    """
    name: Short
    """As it is published: letters that stand for nobody."""
    published_on: PastDate | None = None
    link: WebAddress | None = None
    """Where the publication is."""
    not_published_because: Because | None = None

    @model_validator(mode="after")
    def _published_or_says_why(self) -> Self:
        if (self.link is None) == (self.not_published_because is None):
            refuse_at(
                "link",
                "give the address of the publication, or say in not_published_because why there is none",
            )
        return self


class Theme(Part):
    title: Short
    learnt: Text
    """What happened in general, what was learnt, and what is to be otherwise."""


class LearningAction(Part):
    """Something that one agency, or every agency of a role, does about it."""

    agency: AgencyId | None = None
    role: Annotated[Role, Word] | None = None
    what: Text
    by: PlannedDate
    evidence: Text
    """What is to show that it was done: an audit, a changed form, a register of who was trained."""

    @model_validator(mode="after")
    def _owned(self) -> Self:
        found = Findings()
        if (self.agency is None) == (self.role is None):
            found.append(
                ("agency", "give the agency that does it, or the role if each of them does; one of the two")
            )
        if self.role is Role.PARTNERSHIP:
            found.append(("role", "is who sends this: what the office does itself it owes to nobody here"))
        found.end()
        return self


class Learning(Message):
    kind: Literal["learning"]
    version: Literal[1]
    review: Review
    themes: tuple[Theme, ...] = Field(min_length=1, max_length=20)
    """What was learnt, theme by theme."""
    actions: tuple[LearningAction, ...] = Field(default=(), max_length=50)
    """Who does what by when, and what shows it."""

    @property
    def own_actions(self) -> tuple[OwnAction, ...]:
        return tuple(
            OwnAction(place, action.role, action.agency, action.by)
            for place, action in enumerate(self.actions)
        )

    def look(self, found: Findings, today: date) -> None:
        super().look(found, today)
        for place, action in enumerate(self.actions):
            if action.by < today:
                found.append((f"actions.{place}.by", "is past: give a day from today on"))
        for path in self._numbers():
            says = "holds an NHS number: a bulletin is about no child and goes to all; take it out"
            found.append((path, says))

    def _numbers(self) -> Iterator[str]:
        """The paths of texts in which ten figures are an NHS number, however they are grouped."""
        said = self.model_dump(mode="json", exclude={"practitioner"}, exclude_none=True)
        for path, text in texts(said):
            if any(is_nhs_number(re.sub(r"[^0-9]", "", ten)) for ten in _TEN_FIGURES.findall(text)):
                yield path
