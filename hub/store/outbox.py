"""The queue of record: what is to be done next, written in the transaction that made it necessary.

A row is due, then leased (its `due_at` moves into the future), then done (deleted, in the transaction that records
the outcome). A lease that nobody finished comes due again by itself; so a killed worker delays and loses nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, func, select, text

from hub.store import bulk
from hub.store.tables import outbox

WAKE = "checkback_outbox"  # the channel on which the pump listens


@dataclass(frozen=True, slots=True)
class Work:
    step: str
    message_id: UUID
    share_id: UUID | None
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Row:
    id: int
    step: str
    message_id: UUID
    share_id: UUID | None
    first_at: datetime
    attempts: int


_OF_ROW = (
    outbox.c.id,
    outbox.c.step,
    outbox.c.message_id,
    outbox.c.share_id,
    outbox.c.first_at,
    outbox.c.attempts,
)


def put(conn: Connection, works: Sequence[Work]) -> None:
    if not works:
        return
    bulk.insert(
        conn,
        outbox,
        [
            {
                "step": work.step,
                "message_id": work.message_id,
                "share_id": work.share_id,
                "first_at": work.due_at,
                "due_at": work.due_at,
            }
            for work in works
        ],
    )
    conn.execute(text(f"NOTIFY {WAKE}"))


@dataclass(frozen=True, slots=True)
class Leased:
    id: int
    attempts: int  # how often it was handed out, this time included


_LEASE = text(
    "WITH due AS MATERIALIZED ("
    " SELECT found.id FROM unnest(CAST(:steps AS text[]), CAST(:limits AS integer[])) AS given(step, most),"
    " LATERAL (SELECT id FROM outbox WHERE step = given.step AND due_at <= :now"
    " ORDER BY due_at, id LIMIT given.most FOR NO KEY UPDATE SKIP LOCKED) AS found"
    ") UPDATE outbox SET due_at = :until, attempts = attempts + 1"
    " FROM due WHERE outbox.id = due.id RETURNING outbox.id, outbox.step, outbox.attempts"
)


def lease(
    conn: Connection, limits: Mapping[str, int], *, now: datetime, lease_for: timedelta
) -> dict[str, list[Leased]]:
    """Take what is due, of each step so many rows at the most: oldest first, past those that another pump holds.

    Each step has a limit of its own, so that a flood of one never keeps another waiting. Every handing out counts
    as an attempt, so that a row which kills whoever works it is seen to do so.
    """
    rows = conn.execute(
        _LEASE,
        {"steps": list(limits), "limits": list(limits.values()), "until": now + lease_for, "now": now},
    )
    taken: dict[str, list[Leased]] = {step: [] for step in limits}
    for row in sorted(rows, key=lambda row: row.id):
        taken[row.step].append(Leased(row.id, row.attempts))
    return taken


def peek(conn: Connection, ids: Sequence[int], *, step: str) -> list[Row]:
    """These rows as they stand, without a lock: for work that is done before the transaction that records it."""
    rows = conn.execute(
        select(*_OF_ROW)
        .where(outbox.c.id == func.any(list(ids)), outbox.c.step == step)
        .order_by(outbox.c.id)
    )
    return [Row(*row) for row in rows]


def hold(conn: Connection, ids: Sequence[int], *, step: str) -> list[Row]:
    """Lock these rows for this transaction. One that is done is not among them.

    Nothing is skipped for being locked: a pump that looked at a row just as it was leased holds it for a moment, and
    a row that was left out for that would wait for its lease to lapse.
    """
    rows = conn.execute(
        select(*_OF_ROW)
        .where(outbox.c.id == func.any(list(ids)), outbox.c.step == step)
        .order_by(outbox.c.id)
        .with_for_update()
    )
    return [Row(*row) for row in rows]


_CLAIM = text(
    "UPDATE outbox SET due_at = :until"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:attempts AS integer[])) AS given(id, attempts)"
    " WHERE outbox.id = given.id AND outbox.attempts = given.attempts AND outbox.step = :step"
    " RETURNING outbox.id, outbox.step, outbox.message_id, outbox.share_id, outbox.first_at, outbox.attempts"
)


def claim(conn: Connection, leased: Sequence[Leased], *, step: str, until: datetime) -> list[Row]:
    """For work outside of any transaction: the rows that are still ours, leased afresh from now on.

    A row that was handed out again since is not among them, as that raised its attempts.
    """
    rows = conn.execute(
        _CLAIM,
        {
            "ids": [one.id for one in leased],
            "attempts": [one.attempts for one in leased],
            "step": step,
            "until": until,
        },
    )
    return sorted((Row(*row) for row in rows), key=lambda row: row.id)


def done(conn: Connection, ids: Sequence[int]) -> None:
    conn.execute(text("DELETE FROM outbox WHERE id = ANY(:ids)"), {"ids": list(ids)})


def again(conn: Connection, row_id: int, *, due_at: datetime, fault: str | None) -> None:
    """Put a row back for later, with the code of what was wrong."""
    conn.execute(
        text("UPDATE outbox SET due_at = :due_at, last_fault = :fault WHERE id = :id"),
        {"id": row_id, "due_at": due_at, "fault": fault},
    )


def stuck(conn: Connection, *, limit: int) -> list[UUID]:
    """Messages of which a step fails again and again. A push, or a key that is missing, has a task of its own."""
    rows = conn.execute(
        text(
            "SELECT message_id FROM outbox WHERE attempts >= 5 AND step <> 'push'"
            " AND last_fault IS DISTINCT FROM 'no_key' ORDER BY first_at LIMIT :limit"
        ),
        {"limit": limit},
    )
    return [row.message_id for row in rows]


def hasten(conn: Connection, *, now: datetime) -> None:
    """What failed before is due now, since what it failed for may have changed."""
    conn.execute(
        text(
            "UPDATE outbox SET due_at = :now WHERE id IN ("
            " SELECT id FROM outbox WHERE last_fault IS NOT NULL AND due_at > :now FOR NO KEY UPDATE SKIP LOCKED)"
        ),
        {"now": now},
    )
    conn.execute(text(f"NOTIFY {WAKE}"))


def waiting(conn: Connection) -> dict[str, int]:
    """How many rows wait, by step: for metrics and `doctor`."""
    return {
        row.step: row.n for row in conn.execute(text("SELECT step, count(*) AS n FROM outbox GROUP BY step"))
    }


def oldest(conn: Connection) -> datetime | None:
    found: datetime | None = conn.execute(text("SELECT min(first_at) FROM outbox")).scalar_one()
    return found
