"""The contract of every way to reach an agency. One adapter a file; all of them pass the same tests.

A worker hands an adapter shares that are sealed and recorded, holds no transaction open meanwhile, and records
afterwards what came of each. Of an adapter it may rely on this:

- **Durability.** `Delivered` means: the agency's system has the envelope, or can fetch it from the hub at any
  time from now on. It says nothing of a person. After `Retry` or `Refused` the agency may have it all the same
  (the answer was lost): a worker never concludes that an agency does *not* know.
- **Idempotence.** The worker may be killed between a delivery and its record, so the same share may be handed
  over again, any number of times. Each time the agency is shown the same name for it, the share's id, by which it
  can tell a repetition.
- **Never raises** for anything that the world outside does. What goes wrong out there is an outcome with a
  reason of our own words: nothing that an endpoint answers is repeated in it, for it may hold a child's name.
- **Bounded.** One delivery ends within the adapter's time limit, whatever the other end does; deliveries of one
  call run side by side, so the whole call does too.
- **Concurrency.** An adapter may be used from several threads and processes at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from agencies.wire import InboxItem, Lapses


@dataclass(frozen=True, kw_only=True)
class Sending:
    """Something for one agency. `attempt` counts from 1; `at` is now."""

    recipient: str
    at: datetime
    attempt: int = 1
    url: str | None = None
    secret: str | None = field(default=None, repr=False)

    @property
    def name(self) -> UUID:
        """The same on every try."""
        raise NotImplementedError

    @property
    def body(self) -> str:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Delivery(Sending):
    """One share, sealed."""

    item: InboxItem

    @property
    def share(self) -> UUID:
        return self.item.share

    @property
    def name(self) -> UUID:
        return self.item.share

    @property
    def body(self) -> str:
        return self.item.model_dump_json()


@dataclass(frozen=True, kw_only=True)
class Word(Sending):
    """Word of what has lapsed there."""

    lapses: Lapses

    @property
    def name(self) -> UUID:
        return self.lapses.notice

    @property
    def body(self) -> str:
        return self.lapses.model_dump_json()


@dataclass(frozen=True)
class Delivered:
    """The agency has it, or can fetch it."""


@dataclass(frozen=True)
class Retry:
    """Not this time. `after` is how many seconds the agency asks us to wait, if it does."""

    reason: str  # a code for a program: timeout, connection, status_503
    says: str  # a sentence for a person
    after: float | None = None


@dataclass(frozen=True)
class Refused:
    """Trying again will not help until a person has changed something: make it a task for one, at once."""

    reason: str
    says: str


Outcome = Delivered | Retry | Refused


class Reach(Protocol):
    def deliver(self, delivery: Sending) -> Outcome:
        """One delivery."""
        ...

    def deliver_all(self, deliveries: Sequence[Sending]) -> list[Outcome]:
        """Many at once: the outcomes, in the order of the deliveries. One that fails hinders no other."""
        ...
