"""A decision not to share, recorded like sharing: who decided, from whom it is kept, on what ground, and until when.

The law makes sharing the rule: what bears on a child's safety or welfare is shared, unless that would be more
detrimental to the child, or the threshold is not met and the family refuses. Whoever decides so answers for it by name.
Nobody else hears of it, neither that there is such a decision nor of whom. So it says as little of the child as whoever
decided needs to find them again, and it is matched with nobody.
"""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, model_validator

from protocols.messages.account import ChildsVoice
from protocols.messages.common import Message, Reference
from protocols.messages.faults import Findings, refuse_at
from protocols.messages.fields import Because, MessageId, Part, PlannedDate, Short, Text, Word
from protocols.messages.fields import Reference as CaseReference
from protocols.messages.people import NamedService
from protocols.vocabulary import Ground, Kind


class DecidedAbout(Part):
    """One child whom the decision is about: enough for whoever decided to find them again, and no more."""

    case_reference: CaseReference | None = None
    """Your own reference for this child; no name and no NHS number."""
    name: Short | None = None
    """Only where you have no reference of your own."""

    @model_validator(mode="after")
    def _can_be_found_again(self) -> Self:
        if self.case_reference is None and self.name is None:
            refuse_at(
                "case_reference", "give your own reference for this child, or the name where you have none"
            )
        return self


class DecidedBy(Part):
    """The named practitioner who decided, and answers for it."""

    name: Short
    job: Short
    """What they are: named nurse, designated safeguarding lead, …"""


class KeptFrom(Part):
    """From whom it is kept: from everybody, or from these alone."""

    everybody: StrictBool = False
    parties: tuple[NamedService, ...] = Field(default=(), max_length=20)
    """Roles, or the very agencies. None of them is told, nor asked."""

    @model_validator(mode="after")
    def _from_somebody(self) -> Self:
        if self.everybody == bool(self.parties):
            refuse_at("everybody", "say true, or name in parties those from whom it is kept; not both")
        return self


class Advised(Part):
    """Whether anybody was asked for advice first: a decision like this is better not made alone."""

    message: MessageId | None = None
    """The advice that was asked through the hub: the id of that message."""
    asked_of: Short | None = None
    """Who was asked otherwise, and what they are: a safeguarding lead, a legal adviser, a Caldicott guardian."""
    not_asked_because: Because | None = None

    @model_validator(mode="after")
    def _asked_or_says_why(self) -> Self:
        asked = self.message is not None or self.asked_of is not None
        if asked == (self.not_asked_because is not None):
            refuse_at(
                "asked_of",
                "say who was asked, in message or asked_of, or in not_asked_because why nobody was",
            )
        return self


class NotSharing(Message):
    kind: Literal["not_sharing"]
    version: Literal[1]
    decided_by: DecidedBy
    decided_about: tuple[DecidedAbout, ...] = Field(min_length=1, max_length=12)
    """The child or the children."""
    not_shared: Text
    """What is not shared, in a few words: enough to look at it again."""
    kept_from: KeptFrom
    ground: Annotated[Ground, Word]
    """Why, in the words of the law and of practice."""
    reason: Because
    """Why, in the practitioner's own words."""
    considered: Text
    """What was weighed: what may come to the child of not sharing, and of sharing."""
    advised: Advised
    childs_voice: ChildsVoice
    """What the child says about its being shared or not, or why they were not asked."""
    review_on: PlannedDate
    """The day on which it is looked at again. The protocol may ask for it sooner, and never later."""

    def look(self, found: Findings, today: date) -> None:
        super().look(found, today)
        if self.review_on < today:
            found.append(("review_on", "is past: give the day on which it is looked at again, from today on"))

    @property
    def named_day(self) -> date | None:
        return self.review_on

    @property
    def refers_to(self) -> tuple[Reference, ...]:
        asked = self.advised.message
        return () if asked is None else (Reference("advised.message", asked, (Kind.ADVICE,)),)
