"""Notices: who is told that something owed has lapsed. Their rows are the record and the queue at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from hub.ids import new_id
from hub.store import bulk
from hub.store.tables import notice


@dataclass(frozen=True, slots=True)
class Notice:
    owed_id: UUID
    step: int
    agency: str
    contact: str
    at: datetime
    due_at: datetime
    id: UUID = field(default_factory=new_id)


def add(conn: Connection, rows: Sequence[Notice]) -> None:
    bulk.insert(conn, notice, [bulk.row_of(row) for row in rows], tail="ON CONFLICT DO NOTHING")


_ADDRESSES = text(
    "SELECT agency, contact FROM notice WHERE sent_at IS NULL AND due_at <= :now"
    " GROUP BY agency, contact ORDER BY min(due_at) LIMIT :limit"
)


def addresses(conn: Connection, *, now: datetime, limit: int) -> list[tuple[str, str]]:
    """(agency, contact role) to whom something is to be told now, who waits longest first."""
    return [(row.agency, row.contact) for row in conn.execute(_ADDRESSES, {"now": now, "limit": limit})]


_LEASE = text(
    "WITH mine AS MATERIALIZED (SELECT id FROM notice WHERE agency = :agency AND contact = :contact"
    " AND sent_at IS NULL AND due_at <= :now ORDER BY id LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED)"
    " UPDATE notice SET due_at = :until, attempts = attempts + 1 FROM mine WHERE notice.id = mine.id"
    " RETURNING notice.id, notice.owed_id, notice.at, notice.attempts"
)


def lease(
    conn: Connection, address: tuple[str, str], *, now: datetime, lease_for: timedelta, limit: int
) -> list[Any]:
    """What is to be told there, in this teller's hands for so long."""
    agency, contact = address
    given = {"agency": agency, "contact": contact, "now": now, "until": now + lease_for, "limit": limit}
    return list(conn.execute(_LEASE, given))


_STILL_OWED = text(
    "SELECT id, what, owed_by, owed_to, message_id, share_id, due_at FROM owed"
    " WHERE id = ANY(CAST(:ids AS uuid[])) AND met_at IS NULL ORDER BY due_at, id"
)


def still_owed(conn: Connection, ids: Sequence[UUID]) -> list[Any]:
    """Of what was to be told, what is still owed: nobody is written to about what has been done meanwhile."""
    return list(conn.execute(_STILL_OWED, {"ids": list(ids)}))


def sent(conn: Connection, ids: Sequence[UUID], *, how: str, at: datetime) -> None:
    conn.execute(
        text(
            "UPDATE notice SET sent_at = :at, how = :how WHERE id = ANY(CAST(:ids AS uuid[])) AND sent_at IS NULL"
        ),
        {"ids": list(ids), "how": how, "at": at},
    )


def again(conn: Connection, ids: Sequence[UUID], *, due_at: datetime, fault: str) -> None:
    conn.execute(
        text(
            "UPDATE notice SET due_at = :due_at, last_fault = :fault"
            " WHERE id = ANY(CAST(:ids AS uuid[])) AND sent_at IS NULL"
        ),
        {"ids": list(ids), "due_at": due_at, "fault": fault},
    )


def unsent(conn: Connection, *, since: datetime) -> tuple[int, str | None]:
    """How many notices wait that are older than that, and what kept the last of them from arriving."""
    rows = text(
        "SELECT last_fault FROM notice WHERE sent_at IS NULL AND due_at < 'infinity'::timestamptz AND at < :since"
        " ORDER BY due_at LIMIT 1000"
    )
    faults = [row.last_fault for row in conn.execute(rows, {"since": since})]
    return len(faults), next((fault for fault in reversed(faults) if fault), None)
