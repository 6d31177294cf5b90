"""Notes: the sealed turns of the talk about one share, one copy for each end."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

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
    for_recipient: bytes


def add(conn: Connection, notes: Sequence[Note]) -> None:
    bulk.insert(conn, note, [asdict(one) for one in notes])


def of_share(conn: Connection, share_id: UUID) -> list[Any]:
    return list(conn.execute(select(note).where(note.c.share_id == share_id).order_by(note.c.at, note.c.id)))
