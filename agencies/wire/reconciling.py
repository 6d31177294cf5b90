"""What has a registered case at the other end and what has none, what differs from an agency's own records, and how a
day left things.
"""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StrictBool, model_validator

from agencies.wire.base import Asked, Moment, Told

MOST_COMPARED = 1_000

Side = Literal["sent", "received"]
Standing = Literal[
    "nobody_hears",  # accepted, and not routed yet; or there is nobody to send it to, and a person has been asked
    "not_sent",  # decided, and not sent yet: it waits for a key, or for a way
    "not_fetched",  # it lies at the hub: the recipient's system has not taken it
    "not_registered",  # the recipient's system has taken it: no named person has registered a case
    "declined",  # declined, or handed back as the agency closed: the sender is to redirect or to release it
    "registered",  # a named person has checked back, with a case reference
    "ended",  # released, withdrawn, or redirected to another
]
Sought = Literal[Standing, "missing"]  # all that has no registered case and may yet get one


class Line(Told):
    """One share, or a message that nobody hears, as both of its ends see it."""

    share: UUID | None  # None: a message that has no share yet
    message: UUID
    sender: str
    recipient: str | None
    kind: str
    accepted_at: datetime | None  # only of what was never sent
    sent_at: datetime | None
    standing: Standing
    state: str
    case_reference: str | None
    due_at: datetime | None  # when the check-back is due
    overdue: bool  # it was, and no case is registered


class Lines(Told):
    lines: tuple[Line, ...]
    next: str | None  # pass as `after`; None: that was all


class Period(Asked):
    """From the one moment on, and before the other."""

    since: Annotated[
        Moment | None,
        Field(description="Sent then or later; of what was never sent, accepted then or later."),
    ] = None
    before: Annotated[Moment | None, Field(description="And before then.")] = None

    @model_validator(mode="after")
    def in_order(self) -> Self:
        if self.since is not None and self.before is not None and self.since >= self.before:
            raise ValueError('"since" must lie before "before"')
        return self


class Mine(Asked):
    """What an agency's own system has of a share."""

    share: UUID
    case_reference: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    open: StrictBool | None = None  # None: it does not say


class Compare(Period):
    """What an agency's own system has. With a period it is all that it has of that, on that side: what it lacks is
    told then as well.
    """

    side: Side = "received"
    shares: Annotated[tuple[Mine, ...], Field(max_length=MOST_COMPARED)] = ()


Differs = Literal[
    "not_known_here",
    "not_fetched",
    "taken_and_dropped",
    "not_in_yours",
    "not_marked_received",
    "case_not_registered_here",
    "no_case_in_yours",
    "case_reference_differs",
    "ended_here",
    "open_here",
]


class Difference(Told):
    """A share on which the two do not agree: in how far, in plain words, and how it stands at the hub."""

    share: UUID
    differs: tuple[Differs, ...]
    says: tuple[str, ...]
    here: Line | None  # None: it is not known here


class Compared(Told):
    compared: int  # how many were posted
    differences: tuple[Difference, ...]


class Between(Told):
    """What this statement and that of another agency have in common: both have the same digest, or they differ."""

    side: Side
    agency: str
    lines: int
    digest: str


class Statement(Told):
    """How a day left things: what moved on it, and whatever had no registered case at its end."""

    agency: str
    day: date
    ends_at: datetime
    count: int
    digest: str  # of all lines, not only of this page
    between: tuple[Between, ...]
    lines: tuple[Line, ...]
    next: str | None  # pass as `after`; None: that was all
