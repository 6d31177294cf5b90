"""Messages that answer another: which share of the request each of them answers."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, text

from hub.store import bulk
from hub.store.shares import STILL_SHOWS
from hub.store.tables import reply

_HELD = text(
    "SELECT id FROM share WHERE message_id = :request AND recipient = :agency AND kind = 'report_request'"
    f" AND {STILL_SHOWS}"
)


def held(conn: Connection, request: UUID, agency: str) -> UUID | None:
    """The share of this request that the agency holds: sent to it, and neither handed back nor taken away since."""
    return conn.execute(_HELD, {"request": request, "agency": agency}).scalar_one_or_none()


def add(conn: Connection, pairs: Sequence[tuple[UUID, UUID]]) -> None:
    """Messages, and the shares that they answer."""
    bulk.insert(conn, reply, [{"message_id": message, "share_id": share} for message, share in pairs])


_ANSWERED = text(
    "SELECT message_id, share_id FROM reply WHERE message_id = ANY(CAST(:ids AS uuid[])) ORDER BY share_id"
)


def answered(conn: Connection, messages: Sequence[UUID]) -> dict[UUID, UUID]:
    """Of these messages, those that answer a request, each with the share that it answers."""
    if not messages:
        return {}
    rows = conn.execute(_ANSWERED, {"ids": list(messages)})
    return {row.message_id: row.share_id for row in rows}


_OTHERS = text(
    "SELECT 1 FROM reply JOIN share ON share.message_id = reply.message_id"
    " WHERE reply.share_id = :answered AND reply.message_id <> :but AND share.sent_at IS NOT NULL"
    " AND share.state <> 'released' LIMIT 1"
)


def answered_besides(conn: Connection, share: UUID, *, but: UUID) -> bool:
    """Whether another message answers this share, and is there to be read."""
    return conn.execute(_OTHERS, {"answered": share, "but": but}).first() is not None


def was_sent(conn: Connection, message: UUID) -> bool:
    """Whether anybody could read it."""
    found = text("SELECT 1 FROM share WHERE message_id = :message AND sent_at IS NOT NULL LIMIT 1")
    return conn.execute(found, {"message": message}).first() is not None
