"""What a message tells, in the order of SAFER: situation, assessment, family, expected response, recording.

Fact and opinion are separate: a fact has a source and a day, an opinion says what would change it. The child is
heard in their own part. What the family was told, and who was rung already, stands beside them.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, model_validator

from protocols.messages.faults import Findings, refuse_at
from protocols.messages.fields import (
    AgencyId,
    Because,
    Part,
    PastDate,
    PastMoment,
    Phone,
    PlannedDate,
    Short,
    Text,
    Word,
)
from protocols.vocabulary import Role

Source = Literal[
    "seen_by_practitioner",
    "child",
    "mother",
    "father",
    "partner",
    "relative",
    "practitioner_of_another_agency",
    "record",
    "referrer",
    "other",
]


class Fact(Part):
    """One thing that was seen, said or recorded; not what it may mean."""

    fact: Text
    source: Source
    """How it is known: who saw it or said it."""
    source_detail: Short | None = None
    on: PastDate | None = None
    around: Short | None = None
    """When, where no one day can be given: "over the last three weeks"."""

    @model_validator(mode="after")
    def _dated(self) -> Self:
        if (self.on is None) == (self.around is None):
            refuse_at("on", "give the day, or say in around when it was; one of the two")
        return self


class Situation(Part):
    """What is known to have happened."""

    facts: tuple[Fact, ...] = Field(min_length=1, max_length=60)
    """The facts, one by one, each with its source and its day."""


class LeadProfessional(Part):
    """The one person who holds the plan together."""

    name: Short
    job: Short
    agency: AgencyId | None = None
    phone: Phone | None = None
    since: PastDate | None = None


class Plan(Part):
    """The plan that the child is on, or the one that lately ended."""

    kind: Literal["child_protection", "child_in_need", "looked_after", "early_help", "none", "not_known"]
    """The plan the child is on now; "none" and "not_known" are answers."""
    since: PastDate | None = None
    because: Text | None = None
    """The category or need that the plan is for."""
    ended_on: PastDate | None = None
    """For "none": when the last plan ended, if one did. A plan just ended still matters."""
    next_meeting_on: PlannedDate | None = None
    lead_professional: LeadProfessional | None = None

    @property
    def goes_on(self) -> bool:
        return self.kind not in {"none", "not_known"} and self.ended_on is None

    @property
    def says_both(self) -> bool:
        """That there is a plan, and that it has ended."""
        return self.kind not in {"none", "not_known"} and self.ended_on is not None


class ChildsVoice(Part):
    """What the child says, or what their behaviour says for them."""

    said: Text | None = None
    """The child's own words, as nearly as can be."""
    observed: Text | None = None
    """How the child is: with each carer, at rest, at play. A baby has a voice too."""
    not_obtained_because: Because | None = None

    @model_validator(mode="after")
    def _heard_or_says_why(self) -> Self:
        heard = self.said is not None or self.observed is not None
        if heard == (self.not_obtained_because is not None):
            says = "give what the child said or what you observed, or say in not_obtained_because why neither"
            refuse_at("said", says)
        return self


class Assessment(Part):
    """Opinion, owned as such."""

    opinion: Text
    """What the practitioner thinks it means for the child."""
    worries: tuple[Text, ...] = Field(default=(), max_length=20)
    strengths: tuple[Text, ...] = Field(default=(), max_length=20)
    what_would_change_this_view: Text
    """What, if it were learnt, would make the practitioner think otherwise."""
    family_history: Text | None = None


class Ask(Part):
    """What is asked of one service."""

    of: Annotated[Role, Word]
    what: Text


class ExpectedResponse(Part):
    what: Text
    """What the sender expects to be done."""
    of_each: tuple[Ask, ...] = Field(default=(), max_length=20)
    """The same, service by service, where they differ."""


class PhoneCall(Part):
    """A conversation that was had already."""

    whom: Short
    """Whom the practitioner spoke to, by name and job."""
    agency: AgencyId | None = None
    when: PastMoment
    understood: Text
    """What the other said they understood and would do."""


class RedBook(Part):
    """The child's own health record, which the family keeps."""

    written: StrictBool
    """Whether it was written into the red book."""
    what: Text | None = None
    not_written_because: Because | None = None

    @model_validator(mode="after")
    def _written_or_says_why(self) -> Self:
        if self.written == (self.not_written_because is not None):
            refuse_at("not_written_because", "is for, and only for, what was not written: say why")
        return self


class Recording(Part):
    """What was told to the family, who was rung, what was written down."""

    family_told: StrictBool
    """Whether the family knows that this is shared."""
    family_told_what: Text | None = None
    not_told_because: Because | None = None
    family_agrees: StrictBool | None = None
    shared_without_agreement_because: Because | None = None
    """Agreement is not needed where a child is at risk, but the reason is recorded."""
    phoned_already: tuple[PhoneCall, ...] = Field(default=(), max_length=20)
    red_book: RedBook | None = None

    @model_validator(mode="after")
    def _told_or_says_why(self) -> Self:
        found = Findings()
        if self.family_told and (self.family_told_what is None or self.not_told_because is not None):
            found.append(("family_told_what", "say what the family was told, and leave out not_told_because"))
        if not self.family_told and (self.not_told_because is None or self.family_told_what is not None):
            found.append(
                ("not_told_because", "say why the family was not told, and leave out family_told_what")
            )
        if self.family_agrees is False and self.shared_without_agreement_because is None:
            found.append(("shared_without_agreement_because", "say why it is shared all the same"))
        if self.family_agrees and self.shared_without_agreement_because is not None:
            found.append(("shared_without_agreement_because", "leave it out: the family agrees"))
        found.end()
        return self
