"""Supervision: what a service that supervises an adult tells, or asks, because a child may live with them.

It *tells* that an adult of a household with a child is under supervision and how that goes, above all that they do
not work with it. Or it *asks* whether there are children: a household enquiry, in which no child need be known. The
inspectorate of probation found such enquiries made in 55 of 100 cases that needed them, and answered for fewer still;
so an enquiry's answer is owed like everything else, and both are signed off by a supervisor, or it is said why not.
"""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from protocols.messages.account import ExpectedResponse
from protocols.messages.common import AtAnAddress
from protocols.messages.faults import Findings, refuse_at
from protocols.messages.fields import AgencyId, Because, Part, PastDate, PlannedDate, Short, Text
from protocols.messages.people import Child, HouseholdMember, Services, WhichMember


class Oversight(Part):
    """The order, licence or care that an adult is under, and whether they work with it."""

    what: Text
    """The order, licence, bail or plan of care, and what it asks of them."""
    since: PastDate | None = None
    until: PlannedDate | None = None
    agency: AgencyId | None = None
    """Who supervises, where that is not the one that sends this."""
    engages: Literal["yes", "partly", "no", "not_known"]
    """Whether they work with it: "no" is what those who see the child must hear."""
    missed: Text | None = None
    """What was missed or refused, and when."""
    risk: Text | None = None
    """What it may mean for a child, as the supervising service sees it."""

    @model_validator(mode="after")
    def _says_what_was_missed(self) -> Self:
        if self.engages in {"no", "partly"} and self.missed is None:
            refuse_at("missed", "say what was missed or refused, and when")
        return self


class SignOff(Part):
    """The supervisor who has read this before it is sent."""

    by: Short | None = None
    job: Short | None = None
    on: PastDate | None = None
    not_signed_off_because: Because | None = None

    @model_validator(mode="after")
    def _signed_or_says_why(self) -> Self:
        signed = (self.by, self.job, self.on)
        if self.not_signed_off_because is not None:
            if any(one is not None for one in signed):
                refuse_at("not_signed_off_because", "leave it out where a supervisor has signed it off")
        elif any(one is None for one in signed):
            refuse_at(
                "by",
                "say who signed it off, their job and the day, or in not_signed_off_because why nobody did",
            )
        return self


class Supervision(AtAnAddress):
    kind: Literal["supervision"]
    version: Literal[1]
    says: Literal["tells", "asks"]
    """Whether it tells of an adult who lives with a child, or asks whether there are children."""
    household: Annotated[tuple[HouseholdMember, ...], Field(min_length=1, max_length=30)]
    """The supervised adult, and who else is known to live there."""
    supervised: WhichMember = 0
    """Which of the household is supervised, by place."""
    children: Annotated[tuple[Child, ...], Field(max_length=12)] = ()
    """The children who live there or whom the adult sees; at least one where it tells."""
    services: Services | None = None
    """The services that know the children; where it tells."""
    supervision: Oversight
    """What the adult is under, and how it goes."""
    asked_because: Because | None = None
    """Why it is asked now: a report to a court, a release, a new address, what the adult said. Where it asks."""
    expected_response: ExpectedResponse
    """What is asked of those who read this."""
    signed_off: SignOff
    """The supervisor's sign-off."""

    @property
    def asks(self) -> bool:
        return self.says == "asks"

    def people(self) -> tuple[tuple[str, tuple[Child | HouseholdMember, ...]], ...]:
        return (*super().people(), ("children", self.children), ("household", self.household))

    def look(self, found: Findings, today: date) -> None:
        super().look(found, today)
        if self.supervised >= len(self.household):
            found.append(("supervised", "must be the place of one of the household, counted from 0"))
        elif self.household[self.supervised].name is None:
            says = "must be given: nobody can answer for somebody who has no name"
            found.append((f"household.{self.supervised}.name", says))
        (self._asked if self.asks else self._told)(found)

    def _asked(self, found: Findings) -> None:
        if self.asked_because is None:
            found.append(
                ("asked_because", "say why it is asked now: those who answer must know what hangs on it")
            )

    def _told(self, found: Findings) -> None:
        if not self.children:
            says = 'name the child who lives there or whom the adult sees; if you know of none, says must be "asks"'
            found.append(("children", says))
        if self.services is None:
            found.append(("services", "name the GP practice and the school of the children, or say why not"))
        if self.asked_because is not None:
            found.append(
                ("asked_because", 'is for a household enquiry: leave it out, or says must be "asks"')
            )
