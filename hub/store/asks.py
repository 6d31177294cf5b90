"""What people are asked to do, where the hub cannot go on by itself: rows of what is owed, like every other duty."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from hub.store.owed import Owed
from hub.store.tables import IS_TASK, SEE_TO_WATCH

# What a person is asked for so that somebody hears at all: until it is settled, its message is not done.
HOLDS_OPEN = ("resolve_refusal", "resolve_stuck", "register_key")
_TASK = "SELECT id, what, owed_by, owed_to, message_id, share_id, started_at, due_at, about FROM owed"


def still_open(conn: Connection, *, limit: int) -> list[Owed]:
    """What people were asked to do and have not done, the most pressing first."""
    where = f" WHERE met_at IS NULL AND {IS_TASK} ORDER BY due_at, id LIMIT :limit"
    return _tasks(conn.execute(text(_TASK + where), {"limit": limit}))


def find(conn: Connection, task_id: UUID) -> Owed | None:
    where = f" WHERE id = :id AND met_at IS NULL AND {IS_TASK}"
    found = _tasks(conn.execute(text(_TASK + where), {"id": task_id}))
    return found[0] if found else None


def about(conn: Connection, message: UUID, whom: str) -> list[Owed]:
    """Open tasks on this message that are about this."""
    where = f" WHERE message_id = :message AND about = :about AND met_at IS NULL AND {IS_TASK}"
    return _tasks(conn.execute(text(_TASK + where), {"message": message, "about": whom}))


def is_open(conn: Connection, row: Owed) -> bool:
    """Whether the same is asked of the same office already."""
    found = conn.execute(
        text(
            "SELECT 1 FROM owed WHERE message_id = :message AND what = :what AND owed_by = :owed_by"
            " AND met_at IS NULL AND share_id IS NOT DISTINCT FROM CAST(:share AS uuid)"
            " AND about IS NOT DISTINCT FROM CAST(:about AS text)"
        ),
        {
            "message": row.message_id,
            "share": row.share_id,
            "what": row.what,
            "owed_by": row.owed_by,
            "about": row.about,
        },
    )
    return found.first() is not None


def ever_asked(conn: Connection, messages: Sequence[UUID], what: str) -> set[UUID]:
    """Of these messages, those about which a person was asked this, whether or not it is done."""
    rows = conn.execute(
        text(
            "SELECT DISTINCT message_id FROM owed WHERE message_id = ANY(CAST(:messages AS uuid[])) AND what = :what"
        ),
        {"messages": list(messages), "what": what},
    )
    return {row.message_id for row in rows}


def by_office(conn: Connection) -> dict[str, int]:
    """How many tasks are open, by who is asked."""
    rows = conn.execute(
        text(
            f"SELECT owed_by, count(*) AS n FROM owed WHERE met_at IS NULL AND {IS_TASK}"
            " GROUP BY owed_by ORDER BY owed_by"
        ),
    )
    return {row.owed_by: row.n for row in rows}


def of_offices(conn: Connection, offices: Sequence[str], *, limit: int) -> list[Owed]:
    """Open tasks that these were asked for, but for what a watch asks: it asks another by itself."""
    where = (
        f" WHERE owed_by = ANY(CAST(:offices AS text[])) AND met_at IS NULL AND {IS_TASK} AND what <> '{SEE_TO_WATCH}'"
        " ORDER BY id LIMIT :limit"
    )
    given = {"offices": list(offices), "limit": limit}
    return _tasks(conn.execute(text(_TASK + where), given))


def unheard(conn: Connection, after: UUID, *, limit: int) -> list[UUID]:
    """Routed messages of which nobody hears while somebody should, and that are not about to be routed again."""
    rows = conn.execute(
        text(
            "SELECT DISTINCT owed.message_id FROM owed JOIN message ON message.id = owed.message_id"
            " WHERE owed.what = 'resolve_refusal' AND owed.met_at IS NULL AND message.state = 'routed'"
            " AND owed.message_id > :after"
            " AND NOT EXISTS (SELECT 1 FROM share WHERE share.message_id = owed.message_id)"
            " AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.message_id = owed.message_id AND step = 'route')"
            " ORDER BY owed.message_id LIMIT :limit"
        ),
        {"after": after, "limit": limit},
    )
    return [row.message_id for row in rows]


def settle(conn: Connection, task_id: UUID, *, by: str, at: datetime, how: str = "done") -> bool:
    """Whether it was still open."""
    settled = conn.execute(
        text("UPDATE owed SET met_at = :at, met_by = :by, met_how = :how WHERE id = :id AND met_at IS NULL"),
        {"at": at, "by": by, "id": task_id, "how": how},
    )
    return settled.rowcount == 1


def settle_all(
    conn: Connection, messages: Sequence[UUID], whats: Sequence[str], *, by: str, at: datetime
) -> None:
    """Settle these tasks on the messages themselves: what a person was asked to mend has been mended."""
    if not messages:
        return
    conn.execute(
        text(
            "UPDATE owed SET met_at = :at, met_by = :by, met_how = 'done'"
            " WHERE message_id = ANY(CAST(:messages AS uuid[])) AND what = ANY(CAST(:whats AS text[]))"
            " AND share_id IS NULL AND met_at IS NULL"
        ),
        {"at": at, "by": by, "messages": list(messages), "whats": list(whats)},
    )


def _tasks(rows: Iterable[Any]) -> list[Owed]:
    return [Owed(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's documented way to a mapping
