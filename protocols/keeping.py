"""What nobody hears of: not for want of a clause, but because one says so.

Several clauses may hold at once, as where the ground asks for more: the sender then owes what any of them asks, by the
earliest. Where none holds, nothing is kept: it is refused, and the sender alone is told.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce

from protocols.cited import Cited
from protocols.deadlines import stricter
from protocols.decision import Decision, Reason, Refusal
from protocols.facts import Facts
from protocols.kept import KeptDecision
from protocols.offers import all_of
from protocols.owing import By
from protocols.protocol import Clause, Ladder, Protocol

KEEP_IT = (
    "keep the decision in your own record, and ask your partnership office for a clause about such decisions"
)


def keep(protocol: Protocol, clauses: Sequence[Clause], facts: Facts, at: datetime) -> Decision:
    """`clauses` are those whose conditions hold."""
    found = [(clause, clause.kept) for clause in clauses if clause.kept is not None]
    if not found:
        return Decision((), (_no_clause(protocol),))
    owes: dict[str, By] = {}
    for _, kept in found:
        owes = all_of(owes, kept.owes)
    ladders = [protocol.ladders[kept.ladder] for _, kept in found]
    return Decision(
        (),
        kept=KeptDecision(
            area=protocol.area,
            cited=Cited(
                protocol_id=protocol.id,
                version=protocol.version,
                digest=protocol.digest,
                clauses=tuple(clause.id for clause, _ in found),
                says=tuple(clause.says for clause, _ in found),
            ),
            owes=owes,
            named_day=facts.named_day,
            steps=reduce(lambda one, other: _sooner(one, other, at), ladders),
        ),
    )


def _sooner(a: Ladder, b: Ladder, at: datetime) -> Ladder:
    first = a.steps[0].after
    return a if stricter(first, b.steps[0].after, start=at) == first else b


def _no_clause(protocol: Protocol) -> Refusal:
    return Refusal(
        reason=Reason.NO_CLAUSE,
        area=protocol.area,
        sentence=f"{protocol.id} {protocol.version} has no clause for a decision not to share: {KEEP_IT}",
        protocol_id=protocol.id,
        version=protocol.version,
    )
