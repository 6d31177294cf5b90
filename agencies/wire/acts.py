"""What people say and do about a share. Every act names a person and their role."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from agencies.wire.base import AgencyId, Asked, Day, Person, Short, Text


class Action(Asked):
    what: Text
    who: Short
    by_when: Day


class Act(Asked):
    by: Person


class SpokeTo(Asked):
    """A call between the two ends: direct communication is the best way to share."""

    name: Short
    role: Short
    at: datetime
    understood: Text


class Call(Act):
    """A call between the two ends, as one of them tells of it."""

    spoke_to: SpokeTo


class CheckBack(Act):
    case_reference: Annotated[str, Field(min_length=1, max_length=64)]
    understanding: Text
    significance: Text
    actions: tuple[Action, ...] = Field(default=(), max_length=50)
    no_actions_because: Text | None = None
    review_on: Day
    spoke_to: SpokeTo | None = None
    accepts_responsibility: bool = False

    @model_validator(mode="after")
    def actions_or_why_none(self) -> Self:
        if bool(self.actions) == (self.no_actions_because is not None):
            raise ValueError('give "actions", or say why there are none in "no_actions_because"; not both')
        return self


class Agree(Act):
    comment: Text | None = None


Stage = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,39}$")]


class Challenge(Act):
    reason: Text
    stage: Stage | None = None  # a stage of the protocol's; without it the first, or the one above the last
    jump_because: Text | None = None  # why the stages below are passed over


class Answer(Act):
    answer: Text


class Escalate(Act):
    """A disagreement goes up: no reply, or none that helps, or it cannot wait."""

    reason: Text
    stage: Stage | None = None  # without it the next


class Conclude(Act):
    """How a disagreement ends. What either side said stays beside it, whatever was decided."""

    outcome: Literal["agreed", "decision_stands", "no_reply"]
    decision: Text
    dissent: Text | None = None  # whose view differs, and what it is
    chaired_by: Person | None = None  # at the last stage: who is independent of both, and decided

    @model_validator(mode="after")
    def dissent_where_there_is_some(self) -> Self:
        if self.outcome == "decision_stands" and self.dissent is None:
            raise ValueError(
                'say in "dissent" whose view differs, and what it is: it stands beside the decision'
            )
        if self.outcome == "agreed" and self.dissent is not None:
            raise ValueError('where somebody dissents it is not "agreed": say "decision_stands"')
        return self


DeclineReason = Literal["not_our_child", "not_our_area", "moved_on", "not_registered_here", "wrong_service"]


class Decline(Act):
    reason: DeclineReason
    explanation: Text
    suggests: AgencyId | None = None  # who may be the right one, if the decliner knows


class Redirect(Act):
    to: AgencyId
    reason: Text


class Release(Act):
    reason: Text


class AcceptResponsibility(Act):
    comment: Text | None = None


class Close(Act):
    outcome: Text
    review_held_on: Day


class Read(Act):
    """A named person reads what their agency has leave to read."""

    because: Text | None = None


class Met(Act):
    """A duty is met: a named person of whoever owes it says what was done, and what shows it."""

    done: Text
    evidence: Text | None = None


class Meet(Met):
    """The same, with the duty that it is about."""

    owed: UUID


class StoodDown(Act):
    """A safeguarding lead says why nobody needs to enquire any more. `by.role` says that they are one."""

    reason: Text


class StandDown(StoodDown):
    """The same, with the enquiry that it is about."""

    owed: UUID


class PlaceChild(Act):
    """Who holds a child whom the hub cannot place, as a named person of the partnership's office has found out."""

    holder: AgencyId
    accepted_by: Person | None = None
    """The practitioner there who takes it over: needed where another than the holder of record is to hold."""
    because: Text


class Withdraw(Act):
    reason: Text
