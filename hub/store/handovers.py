"""What each handover gives away, and which of them overtakes another. See `docs/adr/0012`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from hub.store import bulk
from hub.store.tables_of_responsibility import handover


@dataclass(frozen=True, slots=True)
class Handover:
    """`giver` and `service`: whose responsibility. Of one that goes after a family that moved again, the first's."""

    message_id: UUID
    service: str
    giver: str
    at: datetime
    follows: UUID | None = None


def add(conn: Connection, rows: Sequence[Handover]) -> None:
    """Once: one that is decided again stays as it was."""
    bulk.insert(
        conn, handover, [bulk.row_of(row) for row in rows], tail="ON CONFLICT (message_id) DO NOTHING"
    )


_OF = text("SELECT * FROM handover WHERE message_id = ANY(CAST(:ids AS uuid[])) ORDER BY message_id")


def of_messages(conn: Connection, messages: Sequence[UUID]) -> dict[UUID, Any]:
    return {row.message_id: row for row in conn.execute(_OF, {"ids": list(messages)})} if messages else {}


_FOLLOWED = text(
    "SELECT follows, message_id FROM handover WHERE follows = ANY(CAST(:ids AS uuid[]))"
    " AND ended_how IS DISTINCT FROM 'withdrawn' ORDER BY at, message_id"
)


def followed(conn: Connection, messages: Sequence[UUID]) -> dict[UUID, UUID]:
    """Of these messages, those that another overtook, and by which."""
    if not messages:
        return {}
    return {row.follows: row.message_id for row in conn.execute(_FOLLOWED, {"ids": list(messages)})}


_BEFORE = text(
    "WITH RECURSIVE chain AS ("
    " SELECT follows AS id, 1 AS place FROM handover WHERE message_id = :id AND follows IS NOT NULL"
    " UNION ALL SELECT handover.follows, place + 1 FROM chain"
    " JOIN handover ON handover.message_id = chain.id WHERE handover.follows IS NOT NULL"
    ") SELECT id FROM chain ORDER BY place"
)


def before(conn: Connection, message_id: UUID) -> list[UUID]:
    """All that it overtook, the last one first: what it follows, what that followed, and so on."""
    return [row.id for row in conn.execute(_BEFORE, {"id": message_id})]


def end(conn: Connection, messages: Sequence[UUID], how: str, *, at: datetime) -> None:
    conn.execute(
        text(
            "UPDATE handover SET ended_at = :at, ended_how = :how"
            " WHERE message_id = ANY(CAST(:ids AS uuid[])) AND ended_at IS NULL"
        ),
        {"ids": list(messages), "how": how, "at": at},
    )


def reopen(conn: Connection, message_id: UUID) -> None:
    """Whoever had accepted it has closed: somebody else may accept it."""
    conn.execute(
        text(
            "UPDATE handover SET ended_at = NULL, ended_how = NULL WHERE message_id = :id AND ended_how = 'accepted'"
        ),
        {"id": message_id},
    )


def is_known_to(conn: Connection, message_id: UUID, agency: str) -> bool:
    """Whether it sent this message, or holds a share of it."""
    found = conn.execute(
        text(
            "SELECT 1 FROM message WHERE id = :id AND (sender = :agency OR EXISTS (SELECT 1 FROM share"
            " WHERE message_id = message.id AND recipient = :agency AND sent_at IS NOT NULL))"
        ),
        {"id": message_id, "agency": agency},
    )
    return found.first() is not None


def void_acceptances(conn: Connection, *, by: str, at: datetime, limit: int) -> int:
    """Nobody owes the acceptance of what was overtaken, also where it was sent only afterwards."""
    gone = conn.execute(
        text(
            "UPDATE owed SET met_at = :at, met_by = :by, met_how = 'void' WHERE id IN ("
            "SELECT owed.id FROM handover JOIN owed ON owed.message_id = handover.follows"
            " WHERE owed.what = 'acceptance' AND owed.met_at IS NULL"
            " AND handover.ended_at IS NULL ORDER BY owed.id LIMIT :limit FOR NO KEY UPDATE OF owed SKIP LOCKED)"
        ),
        {"at": at, "by": by, "limit": limit},
    )
    return gone.rowcount


def void_acceptance(conn: Connection, message_id: UUID, *, by: str, at: datetime) -> None:
    """Nobody owes the acceptance of this one any more."""
    conn.execute(
        text(
            "UPDATE owed SET met_at = :at, met_by = :by, met_how = 'void'"
            " WHERE message_id = :message AND what = 'acceptance' AND met_at IS NULL"
        ),
        {"at": at, "by": by, "message": message_id},
    )
