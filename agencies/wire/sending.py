"""A message sent, and what its sender sees of it."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from agencies.wire.acts import CheckBack
from agencies.wire.base import AgencyId, Asked, Note, Person, Text, Told
from agencies.wire.children import ChildAt
from protocols.vocabulary import Role


class Withhold(Asked):
    """A party that the protocol names and the sender decides not to tell, with the reason."""

    agency: AgencyId | None = None
    role: Role | None = None
    reason: Text

    @model_validator(mode="after")
    def one_party(self) -> Self:
        if (self.agency is None) == (self.role is None):
            raise ValueError('name the party by "agency" or by "role", one of the two')
        return self


class Post(Asked):
    """The body of POST /v1/messages and of its preview. `message` is read by `protocols.messages`."""

    message: dict[str, Any]
    check_back: CheckBack | None = (
        None  # for a message that answers a request: the check-back of that request with it
    )
    withhold: tuple[Withhold, ...] = Field(default=(), max_length=50)


class Accepted(Told):
    id: UUID
    state: Literal["accepted"] = "accepted"
    accepted_at: datetime
    follow: str  # where the sender's grid is


class Deadline(Told):
    what: str  # receipt, check_back, agreement, answer, acceptance, redirect, call, call_account, action, review
    owed_by: str
    limit: str | None  # as the clause says it: "4 working hours"
    due_at: datetime | None
    met_at: datetime | None = None


class Cited(Told):
    """The other side's protocol: across a border it must allow the share as well, and these clauses of it do."""

    protocol: str
    protocol_version: str
    clauses: tuple[str, ...]
    says: tuple[str, ...]


class Party(Told):
    """One line of a decision: somebody who hears, or somebody who does not, and the clause that says so. `keep` is of a
    decision not to share: nobody hears, as the clause says.
    """

    outcome: Literal["share", "refuse", "withhold", "keep"]
    agency: str | None
    role: str
    area: str | None = None
    protocol: str | None
    protocol_version: str | None
    clauses: tuple[str, ...] = ()
    says: tuple[str, ...] = ()  # the clauses, in their own words
    also: tuple[Cited, ...] = ()
    reason: str | None = None  # for a refusal: a code that a program can read
    explanation: str | None = None  # and a sentence that a person can
    view: str | None = None
    sections: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    call_first: bool = False
    takes_responsibility: bool = False
    lawful_basis: tuple[str, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    reads_for: str | None = (
        None  # of leave to read: the longest that the clause allows, whatever the leave asks
    )
    waits_for_key: bool = (
        False  # has no good key now: its share waits for one, and a person is asked to see to it
    )


class Preview(Told):
    parties: tuple[Party, ...]


class Holder(Told):
    """Who holds the responsibility for this child and service, now."""

    agency: str
    person: Person | None
    since: datetime


class GridShare(Told):
    id: UUID
    recipient: str
    role: str
    state: str
    since: datetime
    view: str
    clauses: tuple[str, ...]
    also: tuple[Cited, ...] = ()
    deadlines: tuple[Deadline, ...]
    redirected_to: UUID | None = None
    recipient_closed: bool = False  # the agency is no more: what it left open comes back to the sender
    successor: str | None = None  # who does its work now, if anybody does


class Grid(Told):
    id: UUID
    kind: str
    version: int
    state: str
    accepted_at: datetime
    closed_at: datetime | None
    protocol: str | None
    shares: tuple[GridShare, ...]
    decisions: tuple[Party, ...]
    children: tuple[ChildAt, ...] = ()  # once the message is routed
    responsibility: Holder | None
    owed: tuple[Deadline, ...]
    notes: tuple[Note, ...] = ()  # where nobody hears: what was said when it was looked at again
    copy_envelope: dict[str, Any] | None  # the sender's file copy, sealed to the sender
