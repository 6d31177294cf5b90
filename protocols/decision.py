"""What a decision is made of: the parties, what each is given and by which words, and who is refused and why.

These are values. `protocols.decide` makes them; whoever stores, shows or carries them out has no say in them.
Sentences carry agency ids, roles and area codes, never anything that a message says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

from protocols.cited import Cited
from protocols.deadlines import Limit
from protocols.kept import KeptDecision
from protocols.messages.common import OwnAction
from protocols.owing import By, asked
from protocols.protocol import Ladder
from protocols.stages import Held
from protocols.vocabulary import Role, View


@dataclass(frozen=True, slots=True, order=True)
class Party:
    """An agency, as far as a protocol cares."""

    agency: str
    role: Role
    area: str


@dataclass(frozen=True, slots=True)
class Gone:
    """An agency that has closed, and who came after it, if anybody did."""

    successor: str | None


class Finder(Protocol):
    """Who there is. Answers are for one moment; nobody who is closed or not yet open is ever found."""

    def find(self, role: Role, area: str, at: datetime | date) -> Sequence[Party]: ...

    def gp(self, ods: str, at: datetime | date) -> Party | Gone | None: ...

    def named(self, agency_id: str, at: datetime | date) -> Party | Gone | None: ...


@dataclass(frozen=True, slots=True)
class WithheldParty:
    """A party that the sender decides not to tell: an agency, or every agency of a role."""

    reason: str
    agency: str | None = None
    role: Role | None = None

    def means(self, *, agency: str | None, role: Role | None) -> bool:
        return (self.agency is not None and self.agency == agency) or (
            self.role is not None and self.role == role
        )


class Reason(StrEnum):
    """Why a party does not hear. A program reads this; a person reads the sentence beside it."""

    NO_PROTOCOL = "no_protocol"
    PROTOCOL_EXPIRED = "protocol_expired"
    PROTOCOL_NOT_YET = "protocol_not_yet"
    NO_CLAUSE = "no_clause"
    AMBIGUOUS = "ambiguous"
    NOBODY = "nobody"
    GONE = "gone"
    AREA_UNKNOWN = "area_unknown"
    OTHER_SIDE_SILENT = "other_side_silent"
    UNKNOWN_GP = "unknown_gp"
    NOT_FROM_HERE = "not_from_here"  # a handover out of an area that is not the sender's


@dataclass(frozen=True, slots=True)
class Reads:
    """What leave to read gives: how much of the other message, and for how long at the most."""

    view: View
    at_most: Limit

    def terms(self) -> dict[str, Any]:
        return {
            "view": self.view.name,
            "sections": sorted(self.view.sections),
            "withhold": sorted(self.view.withhold),
            "at_most": str(self.at_most),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareDecision:
    recipient: Party
    protocol_id: str
    version: str
    digest: str
    also: tuple[Cited, ...]  # across a border: the other side's protocol, which allows it too
    clauses: tuple[str, ...]
    says: tuple[str, ...]
    view: View
    call_first: bool
    takes_responsibility: bool
    lawful_basis: tuple[str, ...]
    limits: Mapping[str, str]  # receipt, check_back, agreement, answer, acceptance, redirect
    owes: Mapping[str, By]  # what else is asked, by the protocol's own names
    named_day: date | None = None  # the day that the message names
    reads: Reads | None = None  # of leave to read
    called: bool = False  # the message says that they were telephoned already
    own_actions: tuple[OwnAction, ...] = ()  # what the message asks of this recipient
    steps: Ladder
    stages: tuple[Held, ...] = ()  # which a disagreement about it climbs

    @property
    def ladder(self) -> str:
        return self.steps.name

    @property
    def cited(self) -> Cited:
        return Cited(self.protocol_id, self.version, self.digest, self.clauses, self.says)

    def terms(self) -> dict[str, Any]:
        """All of it as JSON can say it, to be kept with the share."""
        return {
            "agency": self.recipient.agency,
            "role": self.recipient.role.value,
            "area": self.recipient.area,
            "protocol_id": self.protocol_id,
            "version": self.version,
            "digest": self.digest,
            "also": [cited.terms() for cited in self.also],
            "clauses": list(self.clauses),
            "says": list(self.says),
            "view": self.view.name,
            "sections": sorted(self.view.sections),
            "withhold": sorted(self.view.withhold),
            "call_first": self.call_first,
            **({"called": True} if self.called else {}),
            "takes_responsibility": self.takes_responsibility,
            "lawful_basis": list(self.lawful_basis),
            "limits": dict(self.limits),
            **({"owes": asked(self.owes, self.named_day)} if self.owes else {}),
            **({"reads": self.reads.terms()} if self.reads else {}),
            **({"actions": [_action(one) for one in self.own_actions]} if self.own_actions else {}),
            "ladder": self.ladder,
            "ladder_steps": self.steps.terms(),
            **({"stages": [one.terms() for one in self.stages]} if self.stages else {}),
        }


def _action(one: OwnAction) -> dict[str, str]:
    """Where it stands in the message, and by when: what it is, the recipient's own copy says, and nothing else."""
    return {"where": one.where, "day": one.by.isoformat()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Somebody who does not hear. Without a role it is about the message as a whole: nobody hears."""

    reason: Reason
    sentence: str
    role: Role | None = None
    area: str | None = None
    agency: str | None = None
    protocol_id: str | None = None
    version: str | None = None
    clause: str | None = None

    def terms(self) -> dict[str, Any]:
        return {
            "agency": self.agency,
            "role": self.role.value if self.role else "anyone",
            "area": self.area,
            "reason": self.reason.value,
            "sentence": self.sentence,
            "protocol_id": self.protocol_id,
            "version": self.version,
            "clause": self.clause,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class WithheldDecision:
    """Somebody whom the sender decided not to tell. Without a clause, no clause would have told them."""

    reason: str
    agency: str | None
    role: Role | None
    area: str | None = None
    protocol_id: str | None = None
    version: str | None = None
    clauses: tuple[str, ...] = ()
    says: tuple[str, ...] = ()

    def terms(self) -> dict[str, Any]:
        return {
            "agency": self.agency,
            "role": self.role.value if self.role else "anyone",
            "area": self.area,
            "reason": self.reason,
            "protocol_id": self.protocol_id,
            "version": self.version,
            "clauses": list(self.clauses),
            "says": list(self.says),
        }


@dataclass(frozen=True, slots=True)
class Decision:
    shares: tuple[ShareDecision, ...]
    refusals: tuple[Refusal, ...] = ()
    withheld: tuple[WithheldDecision, ...] = ()
    kept: KeptDecision | None = None

    def terms(self) -> dict[str, Any]:
        return {
            "shares": [share.terms() for share in self.shares],
            "refusals": [refusal.terms() for refusal in self.refusals],
            "withheld": [withheld.terms() for withheld in self.withheld],
            **({"kept": self.kept.terms()} if self.kept else {}),
        }
