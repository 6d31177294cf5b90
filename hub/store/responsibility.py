"""Who holds the responsibility that a handover is about: exactly one agency at every moment."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, text

from hub.ids import new_id
from hub.store import bulk
from hub.store.tables import responsibility


def begin(conn: Connection, rows: Sequence[tuple[UUID, str]], *, at: datetime) -> None:
    """The sender of a handover holds it from the moment that it is accepted."""
    bulk.insert(
        conn,
        responsibility,
        [{"id": new_id(), "message_id": message, "holder": holder, "since": at} for message, holder in rows],
    )


def now(conn: Connection, message_id: UUID) -> Any:  # noqa: ANN401 - a row or None
    return conn.execute(
        select(responsibility).where(
            responsibility.c.message_id == message_id, responsibility.c.until.is_(None)
        )
    ).one_or_none()


_HOLDERS = text(
    "SELECT message_id, holder FROM responsibility"
    " WHERE message_id = ANY(CAST(:ids AS uuid[])) AND until IS NULL ORDER BY message_id FOR NO KEY UPDATE"
)


def holders(conn: Connection, message_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Who holds it now, of each of these messages for which anybody does: locked, in the order of their ids."""
    if not message_ids:
        return {}
    return {row.message_id: row.holder for row in conn.execute(_HOLDERS, {"ids": list(message_ids)})}


def held_by(conn: Connection, agencies: Sequence[str], *, after: UUID, limit: int) -> list[Any]:
    """The next open messages of which one of these holds the responsibility: (message_id, sender, holder)."""
    return list(
        conn.execute(
            text(
                "SELECT message_id, sender, holder FROM responsibility JOIN message ON message.id = message_id"
                " WHERE holder = ANY(CAST(:agencies AS text[])) AND until IS NULL AND state = 'routed'"
                " AND message_id > :after ORDER BY message_id LIMIT :limit"
            ),
            {"agencies": list(agencies), "after": after, "limit": limit},
        )
    )


def history(conn: Connection, message_id: UUID) -> list[Any]:
    return list(
        conn.execute(
            select(responsibility)
            .where(responsibility.c.message_id == message_id)
            .order_by(responsibility.c.since, responsibility.c.id)
        )
    )


def hand_over(
    conn: Connection,
    *,
    message_id: UUID,
    share_id: UUID,
    giver: str,
    taker: str,
    row_id: UUID,
    person_hidden: bytes | None,
    at: datetime,
) -> bool:
    """From the giver's hands into the taker's, in one transaction. False: the giver did not hold it any more."""
    ended = conn.execute(
        text(
            "UPDATE responsibility SET until = :at"
            " WHERE message_id = :message AND until IS NULL AND holder = :giver RETURNING id"
        ),
        {"at": at, "message": message_id, "giver": giver},
    ).all()
    if len(ended) != 1:
        return False
    conn.execute(
        responsibility.insert().values(
            id=row_id,
            message_id=message_id,
            holder=taker,
            person_hidden=person_hidden,
            share_id=share_id,
            since=at,
        )
    )
    return True
