"""Who holds a child, service by service."""

from datetime import datetime
from uuid import UUID

from agencies.wire.base import Person, Told


class Held(Told):
    """One agency's time with a child, in one service. What the caller may not know of it is null."""

    child: UUID | None  # as the caller knows it; null: by no message of its own
    service: str  # the role: health_visiting, midwifery, school, probation …
    holder: str | None  # null: where the child's services are is not for the caller to know
    person: Person | None  # who accepted; for the two ends
    since: datetime
    until: datetime | None
    how: str  # handed_over: it said that it holds; accepted; fell_back; placed; as_before
    passed_to: str | None = None  # the service that it went on in, where it was another
    message: UUID | None = None  # by which it came, if the caller knows it
    share: UUID | None = None
    accept_by: datetime | None = None  # of what is offered to the caller: when its acceptance is due
    alarms: tuple[UUID, ...] = ()  # what the partnership's office is asked about this, for its holder


class HeldAll(Told):
    held: tuple[Held, ...]
    next: str | None  # pass as `after`; None: that was all


class ChildHeld(Told):
    child: UUID
    now: tuple[Held, ...]
    history: tuple[Held, ...]  # all that was and is, the first at the head


class AlarmTold(Told):
    """What cannot be placed, for the office that is asked: which child it is, those who hold it can say."""

    id: UUID
    service: str
    why: (
        str  # two_holders, two_ways, follows_nothing, receiver_closed, holder_closed, one_child, two_children
    )
    holder: str  # who holds by the record, and holds on
    other: str | None  # who says so too, or has closed
    message: UUID
    other_message: UUID | None
    raised_at: datetime
    owed: UUID  # the task
    due_at: datetime | None


class Alarms(Told):
    alarms: tuple[AlarmTold, ...]
    next: str | None


class Placed(Told):
    id: UUID
    holder: str
    at: datetime
