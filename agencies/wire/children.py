"""One child in many messages: as an agency may know it, and the question whether two are one."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from agencies.wire.acts import Act
from agencies.wire.base import Text, Told


class ChildAt(Told):
    """A child of a message, by their place in `children`, and the id by which your agency can follow them."""

    place: int
    child: UUID


class ChildMessage(Told):
    """A message about the child that your agency sent, or was sent a share of."""

    message: UUID
    share: UUID | None  # yours; none: your agency sent the message
    kind: str
    sender: str
    sent_at: datetime  # to you; or by you, where you are the sender
    state: str  # of your share; or of the message


class ChildTold(Told):
    id: UUID
    messages: tuple[ChildMessage, ...]
    next: UUID | None = None  # pass as `after`; None: that was all


class Mention(Told):
    """A message that speaks of a person: whom to ask, and never what it says."""

    message: UUID
    sender: str
    kind: str
    sent_at: datetime


class MatchPerson(Told):
    child: UUID  # for un-merging
    messages: tuple[Mention, ...]


class Match(Told):
    """The question whether two persons are one: which marks of theirs agree, and which do not."""

    id: UUID
    why: tuple[str, ...]
    raised_by: UUID  # the message
    asked_at: datetime
    due_at: datetime | None
    one: MatchPerson
    other: MatchPerson
    are_one: bool  # by what was answered so far, to this question or to others
    answer: Literal["same", "different"] | None
    answered_at: datetime | None


class Matches(Told):
    matches: tuple[Match, ...]
    next: str | None  # pass as `after`; None: that was all


class AnswerMatch(Act):
    answer: Literal["same", "different"]
    because: Text


class Unmerge(Act):
    because: Text


class Unmerged(Told):
    child: UUID
    at: datetime
