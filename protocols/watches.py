"""What a protocol watches for where no one message says it: several of a kind, or one that does not come.

A watch opens a duty: a conversation between people who have names. It counts messages and nothing else; it adds up no
traits of a family, ranks nobody and predicts nothing. `protocols.watching` does the counting.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from protocols.conditions import Age, Plan
from protocols.deadlines import Limit
from protocols.vocabulary import Kind, Role


class Across(StrEnum):
    """Whose messages count together."""

    CHILD = "child"
    SIBLINGS = "siblings"  # the child's, and those of brothers and sisters


@dataclass(frozen=True, kw_only=True)
class _Watch:
    """What both forms have."""

    id: str
    says: str
    kind: Kind  # that is counted, or waited for
    what: str  # the duty that it opens, by a name of the protocol's own
    limit: Limit
    by: tuple[Role, ...]  # who owes it: the first that was told, and when that lapses the next
    ladder: str | None = None

    @property
    def kinds(self) -> frozenset[Kind]:
        """The messages of which it must know."""
        return frozenset({self.kind})

    def plain(self) -> dict[str, object]:
        """As a protocol's file has it."""
        return {
            "id": self.id,
            "says": self.says,
            **self.own(),
            "owes": {self.what: str(self.limit)},
            "by": self.by,
            **({"ladder": self.ladder} if self.ladder else {}),
        }

    def own(self) -> dict[str, object]:
        """What its form alone has."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Counting(_Watch):
    """So many messages of a kind within so long."""

    within: Age
    across: Across
    threshold: int
    weights: Mapping[Plan, int] = field(
        default_factory=dict, hash=False
    )  # of a child on such a plan; others: one

    def own(self) -> dict[str, object]:
        return {
            "counts": self.kind,
            "within": str(self.within),
            "across": self.across,
            "threshold": self.threshold,
            **({"weights": {plan.value: self.weights[plan] for plan in Plan if plan in self.weights}}
               if self.weights else {}),
        }  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Waiting(_Watch):
    """A message that must come within so long of the day that an earlier one gives."""

    begins: tuple[Kind, ...]
    until: Age

    @property
    def kinds(self) -> frozenset[Kind]:
        return frozenset({self.kind, *self.begins})

    def own(self) -> dict[str, object]:
        return {"waits_for": self.kind, "from": self.begins, "until": str(self.until)}


Watch = Counting | Waiting
