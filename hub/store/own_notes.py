"""What a sender says to itself about a message of which nobody hears."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from hub.store import bulk
from hub.store.tables_of_own_notes import own_note


@dataclass(frozen=True, slots=True)
class OwnNote:
    id: UUID
    message_id: UUID
    kind: str
    by_agency: str
    at: datetime
    envelope: bytes
    request_key: str | None = None
    request_fingerprint: bytes | None = None


def add(conn: Connection, notes: Sequence[OwnNote]) -> None:
    bulk.insert(conn, own_note, [bulk.row_of(one) for one in notes])


def of_message(conn: Connection, message_id: UUID) -> list[Any]:
    found = select(own_note).where(own_note.c.message_id == message_id)
    return list(conn.execute(found.order_by(own_note.c.at, own_note.c.id)))


def of_request(conn: Connection, message_id: UUID, request_key: str) -> Any:  # noqa: ANN401 - a row or None
    """What an earlier try of this very request wrote, if it got so far."""
    found = select(own_note.c.id, own_note.c.at, own_note.c.request_fingerprint)
    return conn.execute(
        found.where(own_note.c.message_id == message_id, own_note.c.request_key == request_key)
    ).one_or_none()
