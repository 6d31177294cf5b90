"""The append-only record. Only `hub.journey` writes here what moves, so no state changes without its row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from hub.store import bulk
from hub.store.order import TX
from hub.store.tables import audit


@dataclass(frozen=True, slots=True)
class Entry:
    at: datetime
    event: str
    message_id: UUID
    sender: str
    by_agency: str
    share_id: UUID | None = None
    recipient: str | None = None
    credential: str | None = None
    person_hidden: bytes | None = None
    state_from: str | None = None
    state_to: str | None = None
    detail: dict[str, Any] | None = None


def write(conn: Connection, entries: Sequence[Entry]) -> None:
    bulk.insert(conn, audit, [bulk.row_of(entry) for entry in entries], also=(("tx", TX),))


def of_message(conn: Connection, message_id: UUID) -> list[dict[str, Any]]:
    rows = conn.execute(select(audit).where(audit.c.message_id == message_id).order_by(audit.c.id))
    return [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's documented way to a mapping


def newest(conn: Connection, *, limit: int) -> list[dict[str, Any]]:
    rows = conn.execute(select(audit).order_by(audit.c.id.desc()).limit(limit))
    return [dict(row._mapping) for row in rows][::-1]  # noqa: SLF001 - as above


def state_after(conn: Connection, message_id: UUID, note_id: UUID) -> str | None:
    """The state that the act of this note led to."""
    found: str | None = conn.execute(
        select(audit.c.state_to)
        .where(audit.c.message_id == message_id, audit.c.detail["note"].astext == str(note_id))
        .order_by(audit.c.id)
        .limit(1)
    ).scalar_one_or_none()
    return found
