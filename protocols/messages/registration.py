"""A registration: a GP practice says that the baby has a doctor, and who else of the household has one there.

A household of which everybody is accounted for is what links a baby to a father whom nobody had written down.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StrictInt

from protocols.messages.common import AboutFamily, Following, Noted
from protocols.messages.faults import Findings
from protocols.messages.fields import Part, PastDate, Text


class MemberRegistered(Part):
    member: Annotated[StrictInt, Field(ge=0, le=29)]
    """The place in `household`, from 0."""
    registered: Literal["here", "elsewhere", "nowhere", "not_known"]


class Registered(Part):
    on: PastDate
    """The day on which the practice registered the children."""
    household: tuple[MemberRegistered, ...] = Field(min_length=1, max_length=30)
    """Everybody of the household, each once: who is registered at the same practice, and who is not."""
    missing: tuple[Text, ...] = Field(max_length=20)
    """What is still missing: records from elsewhere, a first check, immunisations. An empty list: nothing is."""


class Registration(AboutFamily, Following):
    """Sent by the practice itself: `services.gp` is its own code, with registered true."""

    kind: Literal["registration"]
    version: Literal[1]
    registration: Registered

    @property
    def own_practice(self) -> str | None:
        return self.services.gp.ods if self.services.gp else None

    @property
    def noted(self) -> tuple[Noted, ...]:
        return tuple(Noted(place, self.registration.on) for place in range(len(self.children)))

    def look(self, found: Findings, today: date) -> None:
        super().look(found, today)
        if self.services.gp is None:
            found.append(
                ("services.gp", "give your own practice, with registered true: it is you who registered them")
            )
        elif not self.services.gp.registered:
            found.append(
                ("services.gp.registered", "must be true: this says that the children are registered")
            )
        if any(child.unborn for child in self.children):
            found.append(("children", "tell of a baby who is not born: a practice registers those who are"))
        if any(
            self.registration.on < (child.date_of_birth or self.registration.on) for child in self.children
        ):
            found.append(
                ("registration.on", "is before one of these children was born: look for a slip of the pen")
            )
        told = [one.member for one in self.registration.household]
        if sorted(told) != list(range(len(self.household))):
            says = "must tell of everybody in household, by their place from 0, each once"
            found.append(("registration.household", says))
