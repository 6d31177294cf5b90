"""What is lent to be read, and for how long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from hub.store import bulk
from hub.store.shares import SHOWS_NO_MORE
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


_OVER = ", ".join(f"'{one}'" for one in SHOWS_NO_MORE)
# Taken back by its author, or not the lender's own any more: then it is not theirs to lend either.
_OF_LEAVE = text(
    "SELECT share_id, of_message, author, envelope, expires_at, message.state = 'withdrawn' OR EXISTS (SELECT 1"
    f" FROM share WHERE id = of_share AND state IN ({_OVER})) AS taken_back"
    " FROM reading_copy JOIN message ON message.id = of_message WHERE share_id = :id"
)


def of_leave(conn: Connection, share_id: UUID) -> Any:  # noqa: ANN401 - a row or None
    return conn.execute(_OF_LEAVE, {"id": share_id}).one_or_none()


_FORGET = text(
    "UPDATE reading_copy SET envelope = NULL WHERE share_id IN (SELECT reading_copy.share_id FROM reading_copy"
    " JOIN message ON message.id = of_message JOIN share AS leave ON leave.id = reading_copy.share_id"
    " LEFT JOIN share AS lenders ON lenders.id = of_share WHERE reading_copy.envelope IS NOT NULL"
    " AND (expires_at <= :at OR message.state = 'withdrawn'"
    f" OR leave.state IN ({_OVER}, 'closed') OR lenders.state IN ({_OVER}))"
    " ORDER BY reading_copy.share_id LIMIT :limit FOR UPDATE OF reading_copy SKIP LOCKED)"
)


def forget_ended(conn: Connection, *, at: datetime, limit: int) -> int:
    """Destroy the copies whose leave has ended, or that are nobody's to lend any more."""
    return conn.execute(_FORGET, {"at": at, "limit": limit}).rowcount


_HELD = text("SELECT EXISTS (SELECT 1 FROM message_body WHERE message_id = :message)")
_WITHHELD = text(
    "SELECT EXISTS (SELECT 1 FROM decision JOIN message ON message.id = message_id WHERE message_id = :message"
    " AND outcome = 'withhold' AND (agency = :agency OR (agency IS NULL AND role = :role))"
    " AND (CAST(:author AS text) IS NULL OR sender = :author))"
)


def is_held(conn: Connection, message: UUID) -> bool:
    """Whether the hub has its own copy still: without it nothing can be lent."""
    held: bool = conn.execute(_HELD, {"message": message}).scalar_one()
    return held


def is_withheld(
    conn: Connection, message: UUID, *, role: str, agency: str, author: str | None = None
) -> bool:
    """Whether its author withholds it from this party; if `author` is given, only where that is who asks: to nobody
    else is it told from whom it is withheld.
    """
    given = {"message": message, "role": role, "agency": agency, "author": author}
    withheld: bool = conn.execute(_WITHHELD, given).scalar_one()
    return withheld
