"""One information sharing protocol, as data: who hears of what, how much of it, by when, and who hears of a lapse.

A protocol is written in TOML and read by `protocols.parse`; nothing here reads, decides or knows the time.
Two protocols that say the same have the same digest, however their files are laid out, so that a share can
prove years later by which words it was made.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property

from protocols.conditions import Age, When
from protocols.deadlines import Limit
from protocols.owing import By
from protocols.vocabulary import Area, Kind, Role, View
from protocols.watches import Watch


class Direction(StrEnum):
    """Which border a clause minds."""

    WITHIN = "within"  # none: all of it happens in this area
    OUTBOUND = "outbound"  # the family's way out, or news of a child who lives elsewhere
    INBOUND = "inbound"  # their way in, or news of a child of ours from elsewhere
    UNTRACED = "untraced"  # they left, and nobody knows where to
    ANYWHERE = "anywhere"  # every border alike: within the area, out of it and into it


_BORDERS = (Direction.WITHIN, Direction.OUTBOUND, Direction.INBOUND)


class Owed(StrEnum):
    """What somebody owes once a share is made. Each has a limit in every protocol."""

    RECEIPT = "receipt"  # the recipient fetches it
    CHECK_BACK = "check_back"  # the recipient says what they understood and what they will do
    AGREEMENT = "agreement"  # the sender reads that, and agrees or challenges
    ANSWER = "answer"  # either side answers a challenge
    ACCEPTANCE = "acceptance"  # a named practitioner takes the responsibility over
    REDIRECT = "redirect"  # the sender finds the right party after a decline
    CALL = "call"  # the sender telephones, where a clause wants the call first
    CALL_ACCOUNT = "call_account"  # the other end of a call that one has logged says what it understood


@dataclass(frozen=True, kw_only=True)
class Grant:
    """One recipient of a clause: which role, of which area, sees which view, and owes what by when."""

    role: Role
    area: Area
    view: str
    call_first: bool = False
    takes_responsibility: bool = False
    if_named: bool = False  # only where the message names one; naming none is no fault
    limits: Mapping[Owed, Limit] = field(default_factory=dict, hash=False)  # where they differ from the usual
    owes: Mapping[str, By] = field(default_factory=dict, hash=False)  # what else is asked of them, by name
    ladder: str | None = None
    reads: str | None = None  # of leave to read: the view of the other message
    read_for: Limit | None = None  # and for how long at the most


@dataclass(frozen=True, kw_only=True)
class Kept:
    """That nobody hears, said by a clause; and what the sender owes itself then. Nobody else is told of a lapse."""

    owes: Mapping[str, By] = field(hash=False)
    ladder: str


@dataclass(frozen=True, kw_only=True)
class Clause:
    id: str
    says: str
    direction: Direction
    when: When
    share: tuple[Grant, ...]  # empty only where nobody hears
    kept: Kept | None = None

    def holds(self, direction: Direction) -> bool:
        return self.direction is direction or (self.direction is Direction.ANYWHERE and direction in _BORDERS)


@dataclass(frozen=True)
class Step:
    after: Limit
    tell: tuple[str, ...]  # "recipient.duty_lead", "sender.safeguarding_lead", "partnership"


@dataclass(frozen=True)
class Ladder:
    name: str
    steps: tuple[Step, ...]

    @property
    def stays_at_home(self) -> bool:
        """It tells the sender's own people, and nobody else."""
        told = [target for step in self.steps for target in step.tell]
        return bool(told) and all(target.startswith("sender.") for target in told)

    def terms(self) -> list[dict[str, object]]:
        return [{"after": str(step.after), "tell": list(step.tell)} for step in self.steps]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage of a disagreement: who speaks there, by when a challenge is answered, and who hears if it is not."""

    name: str
    between: tuple[str, ...]  # as a step of a ladder tells
    answer: Limit
    ladder: str | None = None
    binds: bool = False  # what is concluded here holds for both, and there is no higher stage


@dataclass(frozen=True, kw_only=True)
class Protocol:
    id: str
    title: str
    version: str
    area: str
    effective: date
    review_by: date
    lawful_basis: tuple[str, ...]
    parties: tuple[Role, ...]
    limits: Mapping[Owed, Limit] = field(hash=False)  # the usual ones: every Owed has one
    ladder: str  # the one that is climbed where a clause names no other
    views: Mapping[str, View] = field(hash=False)
    ladders: Mapping[str, Ladder] = field(hash=False)
    stages: tuple[
        Stage, ...
    ] = ()  # which a disagreement climbs; none: a challenge has the usual limit, and no other
    clauses: tuple[Clause, ...]
    watches: tuple[Watch, ...] = ()

    @cached_property
    def digest(self) -> str:
        """SHA-256 over what the protocol says, free of how its file is laid out."""
        said = json.dumps(_plain(self), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(said.encode()).hexdigest()

    @cached_property
    def _by_case(self) -> dict[tuple[Direction, Kind], tuple[Clause, ...]]:
        return {
            (direction, kind): tuple(
                clause for clause in self.clauses if clause.when.kind is kind and clause.holds(direction)
            )
            for direction in Direction
            for kind in Kind
        }

    def clauses_for(self, direction: Direction, kind: Kind) -> tuple[Clause, ...]:
        return self._by_case[direction, kind]

    @cached_property
    def _by_grant(self) -> dict[int, Mapping[Owed, Limit]]:
        """Kept by identity: the grants live as long as their protocol, and hashing one by value costs more."""
        grants = (grant for clause in self.clauses for grant in clause.share)
        return {id(grant): {**self.limits, **grant.limits} for grant in grants}

    def limits_of(self, grant: Grant) -> Mapping[Owed, Limit]:
        """Every limit of one of its grants: its own, and the usual one where it gives none."""
        return self._by_grant[id(grant)]


def _plain(protocol: Protocol) -> dict[str, object]:
    """The protocol as JSON can say it, each set in an order of its own."""
    return {
        "id": protocol.id,
        "title": protocol.title,
        "version": protocol.version,
        "area": protocol.area,
        "effective": protocol.effective.isoformat(),
        "review_by": protocol.review_by.isoformat(),
        "lawful_basis": list(protocol.lawful_basis),
        "parties": sorted(protocol.parties),
        "limits": _strings(protocol.limits),
        "ladder": protocol.ladder,
        "views": {
            name: {"sections": sorted(view.sections), "withhold": sorted(view.withhold)}
            for name, view in protocol.views.items()
        },
        "ladders": {name: ladder.terms() for name, ladder in protocol.ladders.items()},
        # Left out where there is none: a protocol of before keeps its digest.
        **({"stages": [_plain_stage(one) for one in protocol.stages]} if protocol.stages else {}),
        "clauses": [_plain_clause(clause) for clause in protocol.clauses],
        # Left out where there is none: a protocol of before keeps its digest.
        **({"watches": [watch.plain() for watch in protocol.watches]} if protocol.watches else {}),
    }


def _plain_stage(stage: Stage) -> dict[str, object]:
    return {**vars(stage), "between": list(stage.between), "answer": str(stage.answer)}


def _plain_clause(clause: Clause) -> dict[str, object]:
    when = {
        name: _sorted(value) for name, value in vars(clause.when).items() if value is not None and value != ()
    }
    share = [
        {
            **{name: value for name, value in vars(grant).items() if name not in _APART},
            "limits": _strings(grant.limits),
            # Left out where there is none: a protocol of before keeps its digest.
            **({"owes": _asked(grant.owes)} if grant.owes else {}),
            **({"reads": grant.reads, "read_for": str(grant.read_for)} if grant.reads else {}),
        }
        for grant in clause.share
    ]
    kept = clause.kept
    return {
        "id": clause.id,
        "says": clause.says,
        "direction": clause.direction,
        "when": when,
        "share": share,
        **({"kept": {"owes": _asked(kept.owes), "ladder": kept.ladder}} if kept else {}),
    }


def _asked(owes: Mapping[str, By]) -> dict[str, str]:
    return {what: str(by) for what, by in owes.items()}


_APART = frozenset({"limits", "owes", "reads", "read_for"})


def _sorted(value: object) -> object:
    if isinstance(value, tuple):
        return sorted(value)
    return str(value) if isinstance(value, Age) else value


def _strings(limits: Mapping[Owed, Limit]) -> dict[str, str]:
    return {owed.value: str(limit) for owed, limit in limits.items()}
