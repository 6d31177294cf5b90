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
from hub.store.connect import together
from hub.store.tables import outbox

WAKE = "checkback_outbox"  # the channel on which the pump listens


@dataclass(frozen=True, slots=True)
class Work:
    step: str
    message_id: UUID
    share_id: UUID | None
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Leased:
    id: int
    attempts: int  # how often it was handed out, this time included


@dataclass(frozen=True, slots=True)
class Row(Leased):
    step: str
    message_id: UUID
    share_id: UUID | None
    first_at: datetime


_OF_ROW = "id, attempts, step, message_id, share_id, first_at"
_WAKE = text(f"NOTIFY {WAKE}")


def put(conn: Connection, works: Sequence[Work], *, in_hand_until: datetime | None = None) -> list[Row]:
    """Due at once, and the pump is woken; or in the hands of whoever puts it there, who is given the rows."""
    if not works:
        return []
    rows = [
        {
            "step": work.step,
            "message_id": work.message_id,
            "share_id": work.share_id,
            "first_at": work.due_at,
            "due_at": in_hand_until or work.due_at,
            "attempts": 1 if in_hand_until else 0,
        }
        for work in works
    ]
    if in_hand_until is not None:
        return [Row(*row) for row in bulk.insert(conn, outbox, rows, tail=f"RETURNING {_OF_ROW}")]
    with together(conn):
        bulk.insert(conn, outbox, rows)
        conn.execute(_WAKE)
    return []


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


_BY_ID = f"SELECT {_OF_ROW} FROM outbox WHERE id = ANY(:ids) AND step = :step ORDER BY id"
_PEEK = text(_BY_ID)
_HOLD = text(_BY_ID + " FOR UPDATE")


def peek(conn: Connection, leased: Sequence[Leased], *, step: str) -> list[Row]:
    """These rows as they stand, without a lock: for work that is done before the transaction that records it.

    One that was handed out again since is not among them, as that raised its attempts.
    """
    given = {one.id: one.attempts for one in leased}
    rows = [Row(*row) for row in conn.execute(_PEEK, {"ids": list(given), "step": step})]
    return [row for row in rows if row.attempts == given[row.id]]


def hold(conn: Connection, ids: Sequence[int], *, step: str) -> list[Row]:
    """Lock these rows for this transaction. One that is done is not among them.

    Nothing is skipped for being locked: a pump that looked at a row just as it was leased holds it for a moment, and
    a row that was left out for that would wait for its lease to lapse.
    """
    return [Row(*row) for row in conn.execute(_HOLD, {"ids": list(ids), "step": step})]


_CLAIM = text(
    "UPDATE outbox SET due_at = :until"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:attempts AS integer[])) AS given(id, attempts)"
    " WHERE outbox.id = given.id AND outbox.attempts = given.attempts AND outbox.step = :step"
    " RETURNING outbox.id, outbox.attempts, outbox.step, outbox.message_id, outbox.share_id, outbox.first_at"
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


def still_ours(conn: Connection, rows: Sequence[Row]) -> set[int]:
    """Of these rows, those that nobody has finished, and that were handed to nobody else since; locked."""
    given = {row.id: row.attempts for row in rows}
    found = conn.execute(
        select(outbox.c.id, outbox.c.attempts)
        .where(outbox.c.id == func.any(list(given)))
        .order_by(outbox.c.id)
        .with_for_update()
    )
    return {row.id for row in found if given[row.id] == row.attempts}


_DONE = text("DELETE FROM outbox WHERE id = ANY(:ids)")


def done(conn: Connection, ids: Sequence[int]) -> None:
    conn.execute(_DONE, {"ids": list(ids)})


def again(conn: Connection, row_id: int, *, due_at: datetime, fault: str | None) -> None:
    """Put a row back for later, with the code of what was wrong."""
    conn.execute(
        text("UPDATE outbox SET due_at = :due_at, last_fault = :fault WHERE id = :id"),
        {"id": row_id, "due_at": due_at, "fault": fault},
    )


def stuck(conn: Connection, *, long_ago: datetime, limit: int) -> list[UUID]:
    """Open messages of which a step fails again and again, and of which nobody has been told yet; their rows are
    locked, so that none is finished meanwhile. One that is being worked on is left out.

    A row without a fault was handed out in vain: the servers were away, or it kills whoever works it. That is for a
    person only once it has gone on for long. A push, or a key that is missing, has a task of its own.
    """
    rows = conn.execute(
        text(
            "SELECT message_id FROM outbox JOIN message ON message.id = outbox.message_id"
            " WHERE attempts >= 5 AND step <> 'push' AND last_fault IS DISTINCT FROM 'no_key'"
            " AND (last_fault IS NOT NULL OR first_at < :long_ago)"
            " AND message.state IN ('accepted', 'routed')"
            " AND NOT EXISTS (SELECT 1 FROM owed WHERE owed.message_id = outbox.message_id"
            " AND owed.what = 'resolve_stuck' AND owed.met_at IS NULL)"
            " ORDER BY first_at LIMIT :limit FOR UPDATE OF outbox SKIP LOCKED"
        ),
        {"long_ago": long_ago, "limit": limit},
    )
    return [row.message_id for row in rows]


# Faults of which the cure is something known: a key, an agency, a protocol.
OF_WHAT_IS_KNOWN = ("no_key", "bad_url", "no_secret", "UnknownAgency", "ClosedAgency", "NotYetOpen")


def hasten(conn: Connection, *, now: datetime) -> None:
    """What failed for something that is known by now is due now. Whatever else failed keeps its pace."""
    conn.execute(
        text(
            "UPDATE outbox SET due_at = :now WHERE id IN ("
            " SELECT id FROM outbox WHERE last_fault = ANY(:faults) AND due_at > :now FOR NO KEY UPDATE SKIP LOCKED)"
        ),
        {"now": now, "faults": list(OF_WHAT_IS_KNOWN)},
    )
    conn.execute(_WAKE)


def give_back(conn: Connection, *, now: datetime) -> int:
    """What was handed out is due now. For a moment in which nobody works: whoever held it was killed."""
    held = text("UPDATE outbox SET due_at = :now WHERE due_at > :now AND attempts > 0 AND last_fault IS NULL")
    return conn.execute(held, {"now": now}).rowcount


def waiting(conn: Connection) -> dict[str, int]:
    """How many rows wait, by step: for metrics and `doctor`."""
    return {
        row.step: row.n for row in conn.execute(text("SELECT step, count(*) AS n FROM outbox GROUP BY step"))
    }


def overdue(conn: Connection, *, since: datetime) -> int:
    """How many rows nobody has taken that were due before then: a row in back-off, or leased, is not among them."""
    found: int = conn.execute(
        text("SELECT count(*) FROM outbox WHERE due_at < :since"), {"since": since}
    ).scalar_one()
    return found


def oldest(conn: Connection) -> datetime | None:
    found: datetime | None = conn.execute(text("SELECT min(first_at) FROM outbox")).scalar_one()
    return found
