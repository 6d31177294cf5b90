"""What is owed, and what happened."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from agencies.wire.base import Told


class OwedTold(Told):
    """One duty: by whom, to whom, by when, under which words; and who was told that it lapsed."""

    id: UUID
    what: str
    owed_by: str
    owed_to: str
    message: UUID
    share: UUID | None
    started_at: datetime
    due_at: datetime | None
    limit: str | None
    protocol: str | None
    clause: str | None
    ladder: str | None
    overdue: bool
    told: int  # how many steps of the ladder have been told
    next_at: datetime | None  # when the next is told, if it is still owed then
    met_at: datetime | None = None
    met_how: str | None = None  # done; void: it is no longer asked for; again: it lapsed and is owed anew
    about: str | None = (
        None  # of an action that the message asks for: its place there; of a task: whom to reach
    )
    # Of one that a protocol's watch has opened: the messages that it counted, as far as your agency knows them.
    counted: tuple[UUID, ...] | None = None


class OwedAll(Told):
    owed: tuple[OwedTold, ...]
    next: str | None  # pass as `after`; None: that was all


class Lapses(Told):
    """What an agency's endpoint is posted when something lapses there: ids and moments, and never a word. Where
    nothing has lapsed yet, the people of a stage of a disagreement are told that they are asked.
    """

    type: Literal["owed.lapse", "owed.asked"] = "owed.lapse"
    notice: UUID
    contact: str  # the role that is told
    owed: tuple[UUID, ...]


class Event(Told):
    id: str
    at: datetime
    event: str
    message: UUID
    share: UUID | None
    by: str  # an agency, or "hub"
    state: str | None
    what: str | None = None  # of a task: what a person is asked to do; of a lapse: what was owed
    about: str | None = None  # of a task: whom it is to reach


class Events(Told):
    events: tuple[Event, ...]
    next: str | None
