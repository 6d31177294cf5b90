"""The hub's own copies of what has ended are destroyed, and the record says so."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from hub.journey import HUB
from hub.store import audit, messages


def shred(conn: Connection, *, ended_before: datetime, limit: int, at: datetime) -> list[UUID]:
    """Destroy the hub's own copies of messages that ended, and say so in the audit."""
    gone = messages.shred(conn, ended_before=ended_before, limit=limit, at=at)
    audit.write(
        conn,
        [
            audit.Entry(at=at, event="message.shred", message_id=one, sender=sender, by_agency=HUB)
            for one, sender in gone
        ],
    )
    return [one for one, _ in gone]
