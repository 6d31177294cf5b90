"""Involvement: an agency says that it works with a child, or with an adult of the household, from when to when.

It is told in two parts, each with a permission of its own. *That* an agency is involved, since when and whom to ring,
stands in `involvement`; what it does, knows and how it goes stands in `work`. Whoever may see the first alone learns
whom to ask, and nothing of what that service knows.
"""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from protocols.messages.common import AboutChild
from protocols.messages.faults import Findings
from protocols.messages.fields import AgencyId, Part, PastDate, Phone, Short, Text, Word
from protocols.messages.people import Child, HouseholdMember, WhichChild, WhichMember
from protocols.vocabulary import Role

WhichInvolvement = Annotated[int, Field(ge=0, le=19, strict=True)]  # the place in `involvement`, from 0


class Ring(Part):
    """Whom to ring and ask."""

    name: Short
    job: Short
    phone: Phone


class Involved(Part):
    """That one agency works with one person."""

    child: WhichChild | None = None
    """With which child, by place in children."""
    member: WhichMember | None = None
    """With which adult, by place in household."""
    role: Annotated[Role, Word]
    """What the agency is for."""
    agency: AgencyId | None = None
    """Which agency; left out where it is the one that sends this."""
    name: Short | None = None
    """Its name in plain words, for people."""
    since: PastDate
    until: PastDate | None = None
    """The day on which it ended; left out while it goes on."""
    ring: Ring | None = None
    """Whom to ring; left out where it is the practitioner who writes."""

    @model_validator(mode="after")
    def _with_somebody(self) -> Self:
        found = Findings()
        if (self.child is None) == (self.member is None):
            found.append(
                ("child", "give child or member, the one with whom the agency works; one of the two")
            )
        if self.until is not None and self.until < self.since:
            found.append(("until", "must not be earlier than since"))
        found.end()
        return self


class Work(Part):
    """What an involved agency does and knows."""

    of: WhichInvolvement
    """Of which entry of involvement, by place."""
    does: Text
    """What it does with them, and how often."""
    knows: Text | None = None
    """What it has learnt that bears on the child."""
    goes: Text | None = None
    """How it goes."""
    engages: Literal["yes", "partly", "no", "not_known"]
    """Whether they work with the service."""


class Involvement(AboutChild):
    kind: Literal["involvement"]
    version: Literal[1]
    household: Annotated[tuple[HouseholdMember, ...], Field(max_length=30)] = ()
    """The adults with whom an agency works; nobody else is needed here."""
    involvement: Annotated[tuple[Involved, ...], Field(min_length=1, max_length=20)]
    """That an agency works with somebody: which, with whom, since when, and whom to ring."""
    work: Annotated[tuple[Work, ...], Field(max_length=20)] = ()
    """What it does and knows: for those who may see more than that it is involved."""

    def people(self) -> tuple[tuple[str, tuple[Child | HouseholdMember, ...]], ...]:
        return (*super().people(), ("household", self.household))

    def look(self, found: Findings, today: date) -> None:
        super().look(found, today)
        seen: set[tuple[object, ...]] = set()
        for place, one in enumerate(self.involvement):
            if one.child is not None and one.child >= len(self.children):
                says = "must be the place of one of the children, counted from 0"
                found.append((f"involvement.{place}.child", says))
            if one.member is not None and one.member >= len(self.household):
                says = "must be the place of one of the household, counted from 0"
                found.append((f"involvement.{place}.member", says))
            entry = (one.child, one.member, one.role, one.agency, one.since)
            if entry in seen:
                found.append((f"involvement.{place}", "is said twice"))
            seen.add(entry)
        self._work(found)

    def _work(self, found: Findings) -> None:
        told: set[int] = set()
        for place, work in enumerate(self.work):
            if work.of >= len(self.involvement):
                says = "must be the place of one of the involvements, counted from 0"
                found.append((f"work.{place}.of", says))
            if work.of in told:
                found.append((f"work.{place}.of", "is told of already: one entry of work an involvement"))
            told.add(work.of)
