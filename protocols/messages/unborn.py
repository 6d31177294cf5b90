"""A notice before birth: a baby is expected, and those who can help a family begin while there is time.

It is for the unborn-baby network, which health professionals lead. The father or partner is spoken of like the mother:
an assessment that met one of two parents has met half of the baby's home.
"""

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from protocols.messages.account import ExpectedResponse, Recording, Situation
from protocols.messages.common import AboutFamily, Attaching, Noted
from protocols.messages.faults import Findings, refuse_at
from protocols.messages.fields import Because, Part, PastDate, PlannedDate, Text
from protocols.messages.people import Adult, NamedService


class Pregnancy(Part):
    """How the pregnancy goes, and whether a midwife sees her."""

    booked_on: PastDate | None = None
    """The day on which a midwife booked her."""
    not_booked_because: Because | None = None
    antenatal_care: Text | None = None
    """Appointments kept and missed, scans, what the midwife has seen."""

    @model_validator(mode="after")
    def _booked_or_says_why(self) -> Self:
        if (self.booked_on is None) == (self.not_booked_because is None):
            refuse_at("booked_on", "give the day, or say in not_booked_because why no midwife has booked her")
        return self


class Unborn(AboutFamily, Attaching):
    kind: Literal["unborn"]
    version: Literal[1]
    pregnancy: Pregnancy
    to_be_born_at: NamedService | None = None
    """The hospital or the midwives that the birth is planned with."""
    adults: tuple[Adult, ...] = Field(default=(), max_length=12)
    """What is known of both parents, and of others who will live with the baby."""
    situation: Situation
    """Fact: why this baby is told of before birth."""
    expected_response: ExpectedResponse
    """What is asked of those who read this."""
    network_on: PlannedDate | None = None
    """The day on which the unborn-baby network talks about this baby, or did."""
    assessment_by: PlannedDate | None = None
    """By when the pre-birth assessment is asked for, where the day the baby is due is too late."""
    recording: Recording
    """What the family was told and who was rung."""

    @property
    def named_day(self) -> date | None:
        """The assessment must be there before the baby is: by the day that the sender names, or the day it is due."""
        days = (self.assessment_by, *(child.due_date for child in self.children))
        return min((day for day in days if day is not None), default=None)

    @property
    def noted(self) -> tuple[Noted, ...]:
        """Each baby who is expected, on the day they are due; brothers and sisters are born, and long registered."""
        return tuple(
            Noted(place, child.due_date) for place, child in enumerate(self.children) if child.unborn
        )

    def look(self, found: Findings, today: date) -> None:
        super().look(found, today)
        due = [child.due_date for child in self.children if child.unborn and child.due_date is not None]
        if not due:
            says = (
                "tell of nobody who is not born yet: one entry with a due_date, or send a birth or a concern"
            )
            found.append(("children", says))
        elif self.assessment_by is not None and self.assessment_by > min(due):
            found.append(("assessment_by", "must not be later than the day the baby is due"))
