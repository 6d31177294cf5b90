"""Notes: the sealed turns of the talk about one share, one copy for each end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, text

from hub.store import bulk
from hub.store.tables import note


@dataclass(frozen=True, slots=True)
class Note:
    id: UUID
    share_id: UUID
    kind: str
    by_agency: str
    at: datetime
    for_sender: bytes
    for_recipient: bytes | None
    request_key: str | None = None
    request_fingerprint: bytes | None = None


def add(conn: Connection, notes: Sequence[Note]) -> None:
    bulk.insert(conn, note, [bulk.row_of(one) for one in notes])


def of_share(conn: Connection, share_id: UUID) -> list[Any]:
    return list(conn.execute(select(note).where(note.c.share_id == share_id).order_by(note.c.at, note.c.id)))


_TOLD_OF_CALLS = text(
    "SELECT share_id, by_agency, count(*) AS n FROM ("
    "SELECT share_id, by_agency FROM note WHERE share_id = ANY(CAST(:shares AS uuid[])) AND kind = 'call'"
    " UNION ALL SELECT share_id, by_agency FROM audit WHERE message_id = ANY(CAST(:messages AS uuid[]))"
    " AND share_id = ANY(CAST(:shares AS uuid[])) AND event = 'share.check_back' AND detail ? 'spoke_to'"
    ") AS told GROUP BY share_id, by_agency"
)


def told_of_calls(
    conn: Connection, shares: Sequence[UUID], messages: Sequence[UUID]
) -> dict[tuple[UUID, str], int]:
    """How many calls each end of these shares has told of, in a note of its own or with its check-back."""
    if not shares:
        return {}
    rows = conn.execute(_TOLD_OF_CALLS, {"shares": list(shares), "messages": list(messages)})
    return {(row.share_id, row.by_agency): row.n for row in rows}


def of_request(conn: Connection, share_id: UUID, by_agency: str, request_key: str) -> Any:  # noqa: ANN401 - a row or None
    """The note that an earlier try of this very request wrote, if it got so far."""
    return conn.execute(
        select(note.c.id, note.c.kind, note.c.at, note.c.request_fingerprint).where(
            note.c.share_id == share_id, note.c.by_agency == by_agency, note.c.request_key == request_key
        )
    ).one_or_none()
