"""What goes over the wire: the bodies of Checkback's API, written once.

The hub's web layer checks what comes in against these and answers with them; the client that an agency
uses is typed by them. A message's own contents are in `protocols.messages`; here is everything around them.
"""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from protocols.vocabulary import Role

Text = Annotated[str, Field(min_length=1, max_length=8_000)]
Short = Annotated[str, Field(min_length=1, max_length=200)]
AgencyId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$")]


class Asked(BaseModel):
    """A body that somebody sends us. What we do not know, we refuse: nothing is dropped in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Told(BaseModel):
    """A body that we answer with."""

    model_config = ConfigDict(frozen=True)


# -- people -------------------------------------------------------------------------------------------------


class Person(Asked):
    """A named practitioner: every act of a person says who, and in which role."""

    name: Short
    role: Short
    contact: Short | None = None


# -- sending ------------------------------------------------------------------------------------------------


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
    withhold: tuple[Withhold, ...] = Field(default=(), max_length=50)


class Accepted(Told):
    id: UUID
    state: Literal["accepted"] = "accepted"
    accepted_at: datetime
    follow: str  # where the sender's grid is


class Deadline(Told):
    what: str  # receipt, check_back, agreement, answer, acceptance, redirect, action, review
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
    """One line of a decision: somebody who hears, or somebody who does not, and the clause that says so."""

    outcome: Literal["share", "refuse", "withhold"]
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
    waits_for_key: bool = (
        False  # has no good key now: its share waits for one, and a person is asked to see to it
    )


class Preview(Told):
    parties: tuple[Party, ...]


# -- the sender's grid --------------------------------------------------------------------------------------


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
    responsibility: Holder | None
    owed: tuple[Deadline, ...]
    copy_envelope: dict[str, Any] | None  # the sender's file copy, sealed to the sender


# -- the recipient's side -----------------------------------------------------------------------------------


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


class Received(Asked):
    shares: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=100)]


class ReceivedOne(Told):
    share: UUID
    state: str | None  # None: no such share of yours
    moved: bool
    explanation: str | None = None


class ReceivedAll(Told):
    shares: tuple[ReceivedOne, ...]


class Note(Told):
    id: UUID
    kind: str  # check_back, agree, challenge, answer, decline, redirect, release, accept, close, withdraw
    by: str  # the agency
    at: datetime
    envelope: dict[str, Any] | None  # sealed to the caller's agency


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
    envelope: dict[str, Any] | None  # the recipient's own copy; None for the sender, who has the file copy
    thread: tuple[Note, ...]


class Moved(Told):
    """The answer to an act: where the share stands now, and what is owed next."""

    share: UUID
    state: str
    at: datetime
    note: UUID | None
    deadlines: tuple[Deadline, ...]
    redirected_to: UUID | None = None


class Withdrawn(Told):
    id: UUID
    state: str
    at: datetime


# -- acts of people -----------------------------------------------------------------------------------------


class Action(Asked):
    what: Text
    who: Short
    by_when: date


class Act(Asked):
    by: Person


class SpokeTo(Asked):
    """A call between the two ends: direct communication is the best way to share."""

    name: Short
    role: Short
    at: datetime
    understood: Text


class CheckBack(Act):
    case_reference: Annotated[str, Field(min_length=1, max_length=64)]
    understanding: Text
    significance: Text
    actions: tuple[Action, ...] = Field(default=(), max_length=50)
    no_actions_because: Text | None = None
    review_on: date
    spoke_to: SpokeTo | None = None
    accepts_responsibility: bool = False

    @model_validator(mode="after")
    def actions_or_why_none(self) -> Self:
        if bool(self.actions) == (self.no_actions_because is not None):
            raise ValueError('give "actions", or say why there are none in "no_actions_because"; not both')
        return self


class Agree(Act):
    comment: Text | None = None


class Challenge(Act):
    reason: Text


class Answer(Act):
    answer: Text


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
    review_held_on: date


class Withdraw(Act):
    reason: Text


# -- what happened ------------------------------------------------------------------------------------------


class Event(Told):
    id: str
    at: datetime
    event: str
    message: UUID
    share: UUID | None
    by: str  # an agency, or "hub"
    state: str | None
    what: str | None = None  # of a task: what a person is asked to do


class Events(Told):
    events: tuple[Event, ...]
    next: str | None


# -- who and where ------------------------------------------------------------------------------------------


class ContactTold(Told):
    role: str
    name: str | None
    phone: str | None
    email: str | None
    out_of_hours: bool


class KeyTold(Told):
    kid: str
    use: str
    public: str  # base64url
    valid_from: datetime
    valid_to: datetime | None
    signs: str | None = (
        None  # of the hub's own: "shares" (and file copies) or "notes"; they are believed apart
    )


class Keys(Told):
    """The hub's own public keys: what it signs with."""

    hub: str  # the name that its envelopes carry
    keys: tuple[KeyTold, ...]


class AgencyTold(Told):
    id: str
    name: str
    role: str
    area: str
    ods: str | None
    opens: date
    closes: date | None
    successor: str | None
    hours: str  # in words
    contacts: tuple[ContactTold, ...]
    keys: tuple[KeyTold, ...]


class Agencies(Told):
    agencies: tuple[AgencyTold, ...]
    next: str | None = None  # pass as `after`; None: that was all


class Place(Told):
    postcode: str
    known: bool
    area: str | None
    area_name: str | None
    explanation: str | None = None


class ProtocolTold(Told):
    id: str
    title: str
    version: str
    area: str
    digest: str
    effective: date
    review_by: date
    lawful_basis: tuple[str, ...]
    explanation: str | None = None  # who gets what, when and why, in English


class Protocols(Told):
    protocols: tuple[ProtocolTold, ...]


class Problem(Told):
    """RFC 9457: what is wrong, which field, and what to do next."""

    type: str
    title: str
    status: int
    detail: str
    next: str
    errors: tuple[dict[str, str], ...] = ()
