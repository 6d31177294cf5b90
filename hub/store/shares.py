"""Shares: one recipient's own copy of a message, and where it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, text

from hub.store import bulk
from hub.store.order import TX
from hub.store.tables import share


@dataclass(frozen=True, slots=True)
class Share:
    """What an act on a share needs to know of it. All but `state` and below never change."""

    id: UUID
    message_id: UUID
    kind: str
    sender: str
    recipient: str
    role: str
    protocol: str
    protocol_version: str
    digest: str
    terms: dict[str, Any]
    takes_responsibility: bool
    state: str
    state_at: datetime
    challenged_by: str | None
    redirected_to: UUID | None
    sent_at: datetime | None


# Of a share that was sent: what was declined, sent on to another or released shows its recipient nothing any more.
STILL_SHOWS = "share.sent_at IS NOT NULL AND share.state NOT IN ('declined', 'redirected', 'released')"
SHOWS_NO_MORE = ("declined", "redirected", "released")

_COLUMNS = (
    "id, message_id, kind, sender, recipient, role, protocol, protocol_version, digest, terms,"
    " takes_responsibility, state, state_at, challenged_by, redirected_to, sent_at"
)
_BY_ID = f"SELECT {_COLUMNS} FROM share WHERE id = ANY(CAST(:ids AS uuid[]))"
_LOCK = text(_BY_ID + " ORDER BY id FOR NO KEY UPDATE")
_READ = text(_BY_ID)


def add(conn: Connection, rows: Sequence[bulk.Row]) -> None:
    bulk.insert(conn, share, rows)


def read_many(conn: Connection, ids: Sequence[UUID]) -> dict[UUID, Share]:
    return {row.id: Share(*row) for row in conn.execute(_READ, {"ids": list(ids)})}


def lock(conn: Connection, ids: Sequence[UUID]) -> dict[UUID, Share]:
    """Lock shares in the order of their ids, so that two groups of acts never wait for each other in a ring."""
    return {row.id: Share(*row) for row in conn.execute(_LOCK, {"ids": list(ids)})}


_LOCK_AGAIN = text(
    "SELECT id, state, state_at, challenged_by, redirected_to, sent_at FROM share"
    " WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE"
)


def lock_again(conn: Connection, seen: Mapping[UUID, Share]) -> dict[UUID, Share]:
    """The same for shares that were read before: only what may have changed since is read again."""
    return {
        row.id: replace(
            seen[row.id],
            state=row.state,
            state_at=row.state_at,
            challenged_by=row.challenged_by,
            redirected_to=row.redirected_to,
            sent_at=row.sent_at,
        )
        for row in conn.execute(_LOCK_AGAIN, {"ids": list(seen)})
    }


def lock_free(conn: Connection, ids: Sequence[UUID]) -> set[UUID]:
    """Those of these in which nobody acts just now: locked, past what others have locked."""
    rows = conn.execute(
        text(
            "SELECT id FROM share WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"
        ),
        {"ids": list(ids)},
    )
    return set(rows.scalars())


_OF_MESSAGES = text(f"SELECT {_COLUMNS} FROM share WHERE message_id = ANY(CAST(:ids AS uuid[])) ORDER BY id")


def of_messages(conn: Connection, messages: Sequence[UUID]) -> list[Share]:
    """All shares of these messages, without a lock."""
    if not messages:
        return []
    return [Share(*row) for row in conn.execute(_OF_MESSAGES, {"ids": list(messages)})]


_PLANNED_OF = text(
    f"SELECT {_COLUMNS} FROM share WHERE message_id = ANY(CAST(:ids AS uuid[]))"
    " AND state = 'planned' ORDER BY id"
)


def planned_of(conn: Connection, messages: Sequence[UUID]) -> list[Share]:
    """What is still to be sealed of these messages, without a lock."""
    return [Share(*row) for row in conn.execute(_PLANNED_OF, {"ids": list(messages)})]


def of_recipient(conn: Connection, message: UUID, recipient: str) -> Share | None:
    """What this agency was sent of a message."""
    found = text(
        f"SELECT {_COLUMNS} FROM share WHERE message_id = :message AND recipient = :recipient AND {STILL_SHOWS}"
    )
    row = conn.execute(found, {"message": message, "recipient": recipient}).one_or_none()
    return None if row is None else Share(*row)


def envelopes(conn: Connection, ids: Sequence[UUID]) -> dict[UUID, bytes]:
    rows = conn.execute(
        text("SELECT id, envelope FROM share WHERE id = ANY(CAST(:ids AS uuid[])) AND envelope IS NOT NULL"),
        {"ids": list(ids)},
    )
    return {row.id: bytes(row.envelope) for row in rows}


def lock_of_messages(conn: Connection, messages: Sequence[UUID], *, state: str | None = None) -> list[Share]:
    """Lock the shares of messages, all of them or those in one state."""
    rows = conn.execute(
        text(
            f"SELECT {_COLUMNS} FROM share WHERE message_id = ANY(CAST(:ids AS uuid[]))"
            " AND (CAST(:state AS text) IS NULL OR state = :state) ORDER BY id FOR NO KEY UPDATE"
        ),
        {"ids": list(messages), "state": state},
    )
    return [Share(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Swap:
    """One state for another, and what is set with it. None leaves a column as it is."""

    id: UUID
    old: str
    new: str
    envelope: bytes | None = None
    case_reference_hidden: bytes | None = None
    challenged_by: str | None = None
    redirected_to: UUID | None = None


_SWAP_COLUMNS = (
    ("id", "UUID"),
    ("old", "TEXT"),
    ("new", "TEXT"),
    ("envelope", "BYTEA"),
    ("case_reference_hidden", "BYTEA"),
    ("challenged_by", "TEXT"),
    ("redirected_to", "UUID"),
)
_SWAP = text(
    "UPDATE share SET state = given.new, state_at = :at,"
    " envelope = COALESCE(given.envelope, share.envelope),"
    " case_reference_hidden = COALESCE(given.case_reference_hidden, share.case_reference_hidden),"
    " challenged_by = COALESCE(given.challenged_by, share.challenged_by),"
    " redirected_to = COALESCE(given.redirected_to, share.redirected_to),"
    f" sent_tx = CASE WHEN given.new = 'sent' THEN {TX} ELSE share.sent_tx END,"
    " sent_at = CASE WHEN given.new = 'sent' THEN :at ELSE share.sent_at END"
    f" FROM {bulk.source(_SWAP_COLUMNS)}"
    " WHERE share.id = given.id AND share.state = given.old RETURNING share.id"
)


def swap(conn: Connection, swaps: Sequence[Swap], *, at: datetime) -> set[UUID]:
    """Compare and swap. Called by `hub.journey.move` alone. The answer holds the shares that stood as expected."""
    rows = conn.execute(_SWAP, {"at": at, **bulk.values(_SWAP_COLUMNS, map(bulk.row_of, swaps))})
    return {row.id for row in rows}


_SWAP_MESSAGES = text(
    "UPDATE message SET state = given.new, state_at = :at"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:olds AS text[]), CAST(:news AS text[]))"
    " AS given(id, old, new) WHERE message.id = given.id AND message.state = given.old RETURNING message.id"
)


def swap_messages(conn: Connection, swaps: Sequence[Swap], *, at: datetime) -> set[UUID]:
    """The same for messages."""
    rows = conn.execute(
        _SWAP_MESSAGES,
        {
            "at": at,
            "ids": [one.id for one in swaps],
            "olds": [one.old for one in swaps],
            "news": [one.new for one in swaps],
        },
    )
    return {row.id for row in rows}


def of_message(conn: Connection, message_id: UUID) -> list[Any]:
    return list(conn.execute(select(share).where(share.c.message_id == message_id).order_by(share.c.id)))


def read_whole(conn: Connection, share_id: UUID) -> Any:  # noqa: ANN401 - a row or None
    return conn.execute(select(share).where(share.c.id == share_id)).one_or_none()
