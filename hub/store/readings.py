"""What is lent to be read, and for how long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from hub.store import bulk
from hub.store.tables_of_readings import reading_copy


@dataclass(frozen=True, slots=True)
class Lent:
    share_id: UUID
    of_message: UUID
    author: str
    envelope: bytes
    expires_at: datetime
    of_share: UUID | None


def add(conn: Connection, rows: Sequence[Lent]) -> None:
    """One that is there already stays as it is."""
    bulk.insert(
        conn, reading_copy, [bulk.row_of(row) for row in rows], tail="ON CONFLICT (share_id) DO NOTHING"
    )


# Taken back by its author, or not the lender's own any more: then it is not theirs to lend either.
_OF_LEAVE = text(
    "SELECT share_id, of_message, author, envelope, expires_at, message.state = 'withdrawn' OR EXISTS (SELECT 1"
    " FROM share WHERE id = of_share AND state IN ('released', 'redirected', 'declined')) AS taken_back"
    " FROM reading_copy JOIN message ON message.id = of_message WHERE share_id = :id"
)


def of_leave(conn: Connection, share_id: UUID) -> Any:  # noqa: ANN401 - a row or None
    return conn.execute(_OF_LEAVE, {"id": share_id}).one_or_none()


_FORGET = text(
    "UPDATE reading_copy SET envelope = NULL WHERE share_id IN (SELECT share_id FROM reading_copy"
    " WHERE envelope IS NOT NULL AND expires_at <= :at ORDER BY expires_at LIMIT :limit FOR UPDATE SKIP LOCKED)"
)


def forget_expired(conn: Connection, *, at: datetime, limit: int) -> int:
    """Destroy the copies whose leave has ended."""
    return conn.execute(_FORGET, {"at": at, "limit": limit}).rowcount


_CAN_BE_LENT = text(
    "SELECT EXISTS (SELECT 1 FROM message_body WHERE message_id = :message) AND NOT EXISTS (SELECT 1 FROM decision"
    " WHERE message_id = :message AND outcome = 'withhold' AND (agency = :agency OR (agency IS NULL AND role = :role)))"
)


def can_be_lent(conn: Connection, message: UUID, *, role: str, agency: str) -> bool:
    """While the hub still holds it; and not to a party from whom its author withholds it."""
    lent: bool = conn.execute(_CAN_BE_LENT, {"message": message, "role": role, "agency": agency}).scalar_one()
    return lent
