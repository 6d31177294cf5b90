"""What a clause gives one agency, and how two such offers become one.

- Within one protocol they *widen*: if two clauses hold, both reasons to tell are good, so the agency sees what
  either shows and owes by the earlier limit.
- Across a border they *narrow*: both protocols must allow it, so the agency sees only what both show, owes by the
  earlier limit, and takes the responsibility only where both say so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from protocols.cited import Cited
from protocols.deadlines import Limit, both, stricter
from protocols.decision import Party, Reads, ShareDecision
from protocols.facts import Facts
from protocols.owing import By
from protocols.protocol import Clause, Grant, Ladder, Owed, Protocol
from protocols.stages import Held, earlier, held
from protocols.vocabulary import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    protocol: Protocol
    clauses: tuple[Clause, ...]
    view: View
    limits: Mapping[Owed, Limit]
    owes: Mapping[str, By]
    ladder: Ladder
    reads: Reads | None
    stages: tuple[Held, ...]
    call_first: bool
    takes_responsibility: bool
    other: "Offer | None" = None  # the other side of a border

    @classmethod
    def of(cls, protocol: Protocol, clause: Clause, grant: Grant) -> "Offer":
        return cls(
            protocol=protocol,
            clauses=(clause,),
            view=protocol.views[grant.view],
            limits=protocol.limits_of(grant),
            owes=grant.owes,
            ladder=protocol.ladders[grant.ladder or protocol.ladder],
            reads=_reads(protocol, grant),
            stages=held(protocol, grant.limits, grant.ladder),
            call_first=grant.call_first,
            takes_responsibility=grant.takes_responsibility,
        )

    def widened(self, other: "Offer", at: datetime) -> "Offer":
        return Offer(
            protocol=self.protocol,
            clauses=self.clauses + tuple(clause for clause in other.clauses if clause not in self.clauses),
            view=self.view.widen(other.view),
            limits=self._limits_with(other),
            owes=all_of(self.owes, other.owes),
            ladder=_sooner(self.ladder, other.ladder, at),
            reads=_both_read(self.reads, other.reads),
            stages=earlier(self.stages, other.stages),
            call_first=self.call_first or other.call_first,
            takes_responsibility=self.takes_responsibility or other.takes_responsibility,
        )

    def _limits_with(self, other: "Offer") -> dict[Owed, Limit]:
        """The earlier of each, but that only a clause that gives the responsibility says when it is accepted."""
        limits = _stricter(self.limits, other.limits)
        if self.takes_responsibility is not other.takes_responsibility:
            taken = self if self.takes_responsibility else other
            limits[Owed.ACCEPTANCE] = taken.limits[Owed.ACCEPTANCE]
        return limits

    def narrowed(self, other: "Offer", at: datetime) -> "Offer":
        return Offer(
            protocol=self.protocol,
            clauses=self.clauses,
            view=self.view.intersect(other.view),
            limits=_stricter(self.limits, other.limits),
            owes=all_of(self.owes, other.owes),
            ladder=_sooner(self.ladder, other.ladder, at),
            reads=_both_read(self.reads, other.reads),
            stages=earlier(self.stages, other.stages),
            call_first=self.call_first or other.call_first,
            takes_responsibility=self.takes_responsibility and other.takes_responsibility,
            other=other,
        )

    def made_to(self, recipient: Party, facts: Facts) -> ShareDecision:
        also = (self.other.cited(),) if self.other else ()
        basis = self.protocol.lawful_basis + (self.other.protocol.lawful_basis if self.other else ())
        cited = self.cited()
        return ShareDecision(
            recipient=recipient,
            protocol_id=cited.protocol_id,
            version=cited.version,
            digest=cited.digest,
            also=also,
            clauses=cited.clauses,
            says=cited.says,
            view=self.view,
            call_first=self.call_first,
            takes_responsibility=self.takes_responsibility,
            lawful_basis=tuple(dict.fromkeys(basis)),
            limits={
                owed.value: str(limit)
                for owed, limit in self.limits.items()
                if owed is not Owed.CALL or self.call_first
            },
            owes=dict(self.owes),
            reads=self.reads,
            named_day=facts.named_day,
            called=recipient.agency in facts.phoned,
            own_actions=tuple(
                one
                for one in facts.own_actions
                if recipient.agency == one.agency or recipient.role == one.role
            ),
            steps=self.ladder,
            stages=self.stages,
        )

    def cited(self) -> Cited:
        return Cited(
            protocol_id=self.protocol.id,
            version=self.protocol.version,
            digest=self.protocol.digest,
            clauses=tuple(clause.id for clause in self.clauses),
            says=tuple(clause.says for clause in self.clauses),
        )


def _stricter(ours: Mapping[Owed, Limit], theirs: Mapping[Owed, Limit]) -> dict[Owed, Limit]:
    return {owed: both(limit, theirs[owed]) for owed, limit in ours.items()}


def _reads(protocol: Protocol, grant: Grant) -> Reads | None:
    if grant.reads is None or grant.read_for is None:
        return None
    return Reads(protocol.views[grant.reads], grant.read_for)


def _both_read(ours: Reads | None, theirs: Reads | None) -> Reads | None:
    """Leave to read is narrowed also within one protocol: two clauses that lend, lend what both do."""
    if ours is None or theirs is None:
        return None
    return Reads(ours.view.intersect(theirs.view), both(ours.at_most, theirs.at_most))


def all_of(ours: Mapping[str, By], theirs: Mapping[str, By]) -> dict[str, By]:
    """What either asks. Across a border too: a duty to act is no leave to see, and each side needs its own done."""
    asked = {what: by.with_(theirs[what]) for what, by in ours.items() if what in theirs}
    return {**ours, **theirs, **asked}


def _sooner(a: Ladder, b: Ladder, at: datetime) -> Ladder:
    """The ladder that reaches the partnership first; if both do together, the one that starts first, then `a`."""
    if a == b:
        return a
    for limit_of in _RUNGS:
        first, second = limit_of(a), limit_of(b)
        if first != second:
            return a if stricter(first, second, start=at) == first else b
    return a


def _reaches_partnership(ladder: Ladder) -> Limit:
    return next(step.after for step in ladder.steps if "partnership" in step.tell)


def _starts(ladder: Ladder) -> Limit:
    return ladder.steps[0].after


_RUNGS: tuple[Callable[[Ladder], Limit], ...] = (_reaches_partnership, _starts)
