"""What a recipient fetches, and one share as either end sees it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from agencies.wire.base import Asked, Note, Told
from agencies.wire.children import ChildAt
from agencies.wire.sending import Cited, Deadline


class InboxItem(Told):
    share: UUID
    message: UUID
    sender: str
    kind: str
    sent_at: datetime
    deadlines: tuple[Deadline, ...]
    envelope: dict[str, Any]


class Inbox(Told):
    shares: tuple[InboxItem, ...]
    next: str | None  # pass as `after`
    overdue: int = 0  # how much of what your agency owes is past its moment: GET /v1/owed lists it


class Received(Asked):
    shares: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=100)]


class ReceivedOne(Told):
    share: UUID
    state: str | None  # None: no such share of yours
    moved: bool
    explanation: str | None = None


class ReceivedAll(Told):
    shares: tuple[ReceivedOne, ...]


class DisagreementStage(Told):
    """One stage of it: the notes of `id` and after hold what was said there."""

    id: UUID  # the note that opened it
    stage: str
    opened_by: str
    opened_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    outcome: str | None  # answered, escalated, no_reply, agreed, decision_stands; void: the share ended first


class Disagreement(Told):
    """A challenge, and how it climbed. Nothing of it is ever taken away."""

    id: UUID  # the note of the challenge that began it
    begun_by: str
    begun_at: datetime
    ended_at: datetime | None
    outcome: str | None  # that of its last stage; None: it is open
    stages: tuple[DisagreementStage, ...]


class Share(Told):
    id: UUID
    message: UUID
    sender: str
    recipient: str
    kind: str
    state: str
    since: datetime
    view: str
    protocol: str
    protocol_version: str
    clauses: tuple[str, ...]
    also: tuple[Cited, ...] = ()
    call_first: bool
    takes_responsibility: bool
    deadlines: tuple[Deadline, ...]
    case_reference: str | None
    redirected_to: UUID | None
    children: tuple[ChildAt, ...] = ()  # where the view shows the children
    envelope: dict[str, Any] | None  # the recipient's own copy; None for the sender, who has the file copy
    thread: tuple[Note, ...]
    disagreements: tuple[Disagreement, ...] = ()


class Reading(Told):
    """What leave to read opens, closed to its reader. Each answer of this kind is a row in the record."""

    share: UUID  # the leave
    of: UUID  # the message that is lent
    author: str  # who wrote it
    lent_by: str
    until: datetime  # the leave ends then, by itself
    read_at: datetime
    envelope: dict[str, Any]


class Moved(Told):
    """The answer to an act: where the share stands now, or the message if nobody hears of it; and what is owed next."""

    share: UUID | None
    state: str
    at: datetime
    note: UUID | None
    deadlines: tuple[Deadline, ...]
    redirected_to: UUID | None = None


class Withdrawn(Told):
    id: UUID
    state: str
    at: datetime
