"""What an act is, who may know of a share, and what the hub needs at hand to take acts."""

from dataclasses import dataclass
from uuid import UUID

from agencies import wire
from agencies.callers import Caller
from agencies.keys import SignPrivate
from hub import errors
from hub.records import Records
from hub.store.shares import Share


@dataclass(frozen=True, slots=True)
class Act:
    """One person's act on one share, as it came in."""

    share_id: UUID
    event: str
    body: wire.Act
    caller: Caller
    request_key: str | None = None  # its Idempotency-Key, if it came with one

    def marked(self, records: Records) -> tuple[str, bytes] | None:
        """What is kept of the key, and of what was said under it."""
        if self.request_key is None:
            return None
        return records.mark(self.request_key), records.fingerprint(self.body.model_dump_json().encode())


@dataclass(frozen=True, slots=True)
class Desk:
    """What the hub needs at hand to take acts: the name it seals under, and its keys for notes and records."""

    hub: str
    signer: SignPrivate
    records: Records


def no_such_share() -> errors.NotFound:
    return errors.NotFound(
        "there is no such share, or it is not your agency's",
        next="take the ids of your shares from GET /v1/inbox or GET /v1/events",
    )


def concerns(share: Share, agency: str) -> bool:
    """A recipient hears of a share once it is sent. Before that, or withdrawn before that, it is not there."""
    return agency == share.sender or (agency == share.recipient and share.sent_at is not None)
