"""What is owed: one kind of row for every duty, opened and settled by the moves of the journey."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from hub.ids import new_id
from hub.store import bulk
from hub.store.tables import owed


@dataclass(frozen=True, slots=True)
class Owed:
    what: str
    owed_by: str
    owed_to: str
    message_id: UUID
    share_id: UUID | None
    started_at: datetime
    due_at: datetime | None
    limit_text: str | None = None
    protocol: str | None = None
    clause: str | None = None
    ladder: str | None = None
    note_id: UUID | None = None
    id: UUID = field(default_factory=new_id)


def start(conn: Connection, rows: Sequence[Owed]) -> None:
    bulk.insert(conn, owed, [bulk.row_of(row) for row in rows])


_SETTLE = text(
    "UPDATE owed SET met_at = :at, met_by = given.met_by, met_how = 'done'"
    " FROM unnest(CAST(:shares AS uuid[]), CAST(:whats AS text[]), CAST(:by AS text[]))"
    " AS given(share_id, what, met_by)"
    " WHERE owed.share_id = given.share_id AND owed.what = given.what AND owed.met_at IS NULL"
)


def settle(conn: Connection, settled: Sequence[tuple[UUID, str, str]], *, at: datetime) -> None:
    """Settle what is open of each (share, what, by whom)."""
    if settled:
        conn.execute(
            _SETTLE,
            {
                "at": at,
                "shares": [share for share, _, _ in settled],
                "whats": [what for _, what, _ in settled],
                "by": [by for _, _, by in settled],
            },
        )


_SETTLE_ALL = text(
    "UPDATE owed SET met_at = :at, met_by = given.met_by, met_how = given.how"
    " FROM unnest(CAST(:shares AS uuid[]), CAST(:by AS text[]), CAST(:how AS text[]))"
    " AS given(share_id, met_by, how)"
    " WHERE owed.share_id = given.share_id AND owed.met_at IS NULL"
)


def settle_all(conn: Connection, ended: Sequence[tuple[UUID, str, str]], *, at: datetime) -> None:
    """Settle all that is open of each (share, by whom, how): done, or void, which is no longer asked for."""
    if ended:
        conn.execute(
            _SETTLE_ALL,
            {
                "at": at,
                "shares": [share for share, _, _ in ended],
                "by": [by for _, by, _ in ended],
                "how": [how for _, _, how in ended],
            },
        )


_SETTLE_MESSAGES = text(
    "UPDATE owed SET met_at = :at, met_by = :by, met_how = :how"
    " WHERE message_id = ANY(CAST(:messages AS uuid[])) AND met_at IS NULL"
)


def settle_messages(conn: Connection, messages: Sequence[UUID], *, by: str, at: datetime, how: str) -> None:
    """Settle all that is open on these messages and their shares, a task for a person included."""
    if not messages:
        return
    conn.execute(
        _SETTLE_MESSAGES,
        {"at": at, "by": by, "how": how, "messages": list(messages)},
    )


_OF_SHARES = text(
    "SELECT * FROM owed WHERE share_id = ANY(CAST(:shares AS uuid[])) ORDER BY started_at, due_at, what, id"
)


def of_shares(conn: Connection, shares: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """All that was and is owed on each share, in the order in which it began; of what began at once, the first due."""
    found: dict[UUID, list[dict[str, Any]]] = {share: [] for share in shares}
    for row in conn.execute(_OF_SHARES, {"shares": list(shares)}):
        found[row.share_id].append(dict(row._mapping))  # noqa: SLF001 - SQLAlchemy's documented way to a mapping
    return found


def of_message(conn: Connection, message_id: UUID) -> list[dict[str, Any]]:
    """What is owed on the message as a whole, not on one share."""
    rows = conn.execute(
        text(
            "SELECT * FROM owed WHERE message_id = :id AND share_id IS NULL ORDER BY started_at, due_at, what, id"
        ),
        {"id": message_id},
    )
    return [dict(row._mapping) for row in rows]  # noqa: SLF001 - as above


def task_is_open(
    conn: Connection, *, message_id: UUID, share_id: UUID | None, what: str, owed_by: str
) -> bool:
    found = conn.execute(
        text(
            "SELECT 1 FROM owed WHERE message_id = :message AND what = :what AND owed_by = :owed_by"
            " AND met_at IS NULL AND share_id IS NOT DISTINCT FROM CAST(:share AS uuid)"
        ),
        {"message": message_id, "share": share_id, "what": what, "owed_by": owed_by},
    )
    return found.first() is not None


# What a person is asked for so that somebody hears at all: until it is settled, its message is not done.
HOLDS_OPEN = ("resolve_refusal", "resolve_stuck", "register_key")
TASKS = (*HOLDS_OPEN, "deliver_by_hand", "find_successor")

_TASK = "SELECT id, what, owed_by, owed_to, message_id, share_id, started_at, due_at FROM owed"


def _tasks(rows: Iterable[Any]) -> list[Owed]:
    return [Owed(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's documented way to a mapping


def open_tasks(conn: Connection, *, limit: int) -> list[Owed]:
    """What people were asked to do and have not done, the most pressing first."""
    where = " WHERE met_at IS NULL AND what = ANY(:whats) ORDER BY due_at, id LIMIT :limit"
    return _tasks(conn.execute(text(_TASK + where), {"whats": list(TASKS), "limit": limit}))


def open_task(conn: Connection, task_id: UUID) -> Owed | None:
    where = " WHERE id = :id AND met_at IS NULL AND what = ANY(:whats)"
    found = _tasks(conn.execute(text(_TASK + where), {"id": task_id, "whats": list(TASKS)}))
    return found[0] if found else None


def tasks_by_office(conn: Connection) -> dict[str, int]:
    """How many tasks are open, by who is asked."""
    rows = conn.execute(
        text(
            "SELECT owed_by, count(*) AS n FROM owed WHERE met_at IS NULL AND what = ANY(:whats)"
            " GROUP BY owed_by ORDER BY owed_by"
        ),
        {"whats": list(TASKS)},
    )
    return {row.owed_by: row.n for row in rows}


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


_OWED_BY = text(
    "SELECT DISTINCT owed.message_id, share_id, sender, recipient FROM owed"
    " JOIN share ON share.id = share_id AND owed_by IN (sender, recipient)"
    " WHERE owed_by = ANY(CAST(:agencies AS text[])) AND met_at IS NULL"
    " AND (owed.message_id, share_id) > (CAST(:message AS uuid), CAST(:share AS uuid))"
    " ORDER BY message_id, share_id LIMIT :limit"
)


def shares_owed_by(
    conn: Connection, agencies: Sequence[str], *, after: tuple[UUID, UUID], limit: int
) -> list[Any]:
    """The next shares of which one end is among these and owes something: (message_id, share_id, sender, recipient)."""
    message, share = after
    given = {"agencies": list(agencies), "message": message, "share": share, "limit": limit}
    return list(conn.execute(_OWED_BY, given))


def ever_asked(conn: Connection, messages: Sequence[UUID], what: str) -> set[UUID]:
    """Of these messages, those about which a person was asked this, whether or not it is done."""
    rows = conn.execute(
        text(
            "SELECT DISTINCT message_id FROM owed WHERE message_id = ANY(CAST(:messages AS uuid[])) AND what = :what"
        ),
        {"messages": list(messages), "what": what},
    )
    return {row.message_id for row in rows}


def tasks_of(conn: Connection, offices: Sequence[str], *, limit: int) -> list[Owed]:
    """Open tasks that these were asked for, locked."""
    where = (
        " WHERE owed_by = ANY(CAST(:offices AS text[])) AND met_at IS NULL AND what = ANY(:whats)"
        " ORDER BY id LIMIT :limit FOR NO KEY UPDATE"
    )
    given = {"offices": list(offices), "whats": list(TASKS), "limit": limit}
    return _tasks(conn.execute(text(_TASK + where), given))


def settle_one(conn: Connection, task_id: UUID, *, by: str, at: datetime, how: str = "done") -> None:
    conn.execute(
        text("UPDATE owed SET met_at = :at, met_by = :by, met_how = :how WHERE id = :id AND met_at IS NULL"),
        {"at": at, "by": by, "id": task_id, "how": how},
    )


def settle_tasks(
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
