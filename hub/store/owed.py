"""What is owed: one kind of row for every duty, opened and settled by the moves of the journey."""

from collections.abc import Sequence
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


def count_owed_by(conn: Connection, agencies: Sequence[str]) -> int:
    """On how many shares these owe something."""
    counted = text(
        "SELECT count(DISTINCT share_id) FROM owed WHERE owed_by = ANY(CAST(:agencies AS text[])) AND met_at IS NULL"
    )
    found: int = conn.execute(counted, {"agencies": list(agencies)}).scalar_one()
    return found
