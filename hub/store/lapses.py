"""What is owed and has lapsed, for whoever chases it: what is due next, and how far each has climbed its ladder."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from hub.store.owed import MOST_COUNTED

_LAPSED = text(
    "SELECT owed.id, what, owed_by, owed_to, owed.message_id, share_id, due_at, step, protocol_of, ladder,"
    " limit_text, clause, sender, recipient, sent_at, steps, ladder_of_share,"
    " (SELECT kind FROM message WHERE message.id = owed.message_id) AS kind FROM ("
    "SELECT id, what, owed_by, owed_to, message_id, share_id, due_at, step, stage, protocol AS protocol_of, ladder,"
    " limit_text, clause"
    " FROM owed WHERE met_at IS NULL AND next_at <= :at ORDER BY next_at, id LIMIT :limit"
    " FOR NO KEY UPDATE SKIP LOCKED) AS owed"
    " LEFT JOIN LATERAL (SELECT sender, recipient, sent_at,"
    " COALESCE(terms -> 'stages' -> CAST(stage AS int) -> 'ladder_steps', terms -> 'ladder_steps') AS steps,"
    " terms ->> 'ladder' AS ladder_of_share FROM share"
    " WHERE share.id = owed.share_id) AS ends ON true"
)


def due(conn: Connection, *, at: datetime, limit: int) -> list[Any]:
    """What is open and of which the next step is due, the longest due first: locked, past what others have locked.
    With the ends of its share and the steps of its ladder, where it is about a share; and of which kind its message is.
    """
    return list(conn.execute(_LAPSED, {"at": at, "limit": limit}))


_CLIMB = text(
    "UPDATE owed SET step = given.step, next_at = given.next_at"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:steps AS smallint[]), CAST(:nexts AS timestamptz[]))"
    " AS given(id, step, next_at) WHERE owed.id = given.id"
)


def climb(conn: Connection, climbed: Sequence[tuple[UUID, int, datetime | None]]) -> None:
    """(what, how many steps were told now, when the next is due) of rows that this transaction has locked."""
    conn.execute(
        _CLIMB,
        {
            "ids": [one for one, _, _ in climbed],
            "steps": [step for _, step, _ in climbed],
            "nexts": [next_at for _, _, next_at in climbed],
        },
    )


def look_again(conn: Connection, ids: Sequence[UUID], *, at: datetime) -> None:
    """These, which this transaction has locked, are chased again then, though nobody more is told of them."""
    if ids:
        given = {"ids": list(ids), "at": at}
        conn.execute(text("UPDATE owed SET next_at = :at WHERE id = ANY(CAST(:ids AS uuid[]))"), given)


def unchased(conn: Connection, *, since: datetime) -> int:
    """How many steps should have been told before then and were not; up to MOST_COUNTED."""
    late = "SELECT 1 FROM owed WHERE met_at IS NULL AND next_at < :since LIMIT :most"
    found: int = conn.execute(
        text(f"SELECT count(*) FROM ({late}) AS late"), {"since": since, "most": MOST_COUNTED}
    ).scalar_one()
    return found
