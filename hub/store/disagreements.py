"""Disagreements: which stages one has climbed, who opened each, and how each ended. What was said are the notes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, text

from hub.store import bulk
from hub.store.tables import disagreement


@dataclass(frozen=True, slots=True)
class Opened:
    id: UUID
    begun: UUID
    share_id: UUID
    stage: int
    name: str
    opened_by: str
    opened_at: datetime


def begin(conn: Connection, rows: Sequence[Opened]) -> None:
    bulk.insert(conn, disagreement, [bulk.row_of(row) for row in rows])


_ANSWERED = text(
    "UPDATE disagreement SET answered_at = :at"
    " WHERE share_id = ANY(CAST(:shares AS uuid[])) AND ended_at IS NULL AND answered_at IS NULL"
)


def answered(conn: Connection, shares: Sequence[UUID], *, at: datetime) -> None:
    if shares:
        conn.execute(_ANSWERED, {"shares": list(shares), "at": at})


_END = text(
    "UPDATE disagreement SET ended_at = :at, outcome = given.outcome"
    " FROM unnest(CAST(:shares AS uuid[]), CAST(:outcomes AS text[])) AS given(share_id, outcome)"
    " WHERE disagreement.share_id = given.share_id AND ended_at IS NULL"
)


def end(conn: Connection, ended: Sequence[tuple[UUID, str]], *, at: datetime) -> None:
    """End the stage that is open of each (share, outcome), if one is."""
    if ended:
        given = {"shares": [share for share, _ in ended], "outcomes": [how for _, how in ended]}
        conn.execute(_END, {**given, "at": at})


_OPEN = text(
    "SELECT id, begun, share_id, stage, name, answered_at FROM disagreement"
    " WHERE share_id = ANY(CAST(:shares AS uuid[])) AND ended_at IS NULL"
)


def open_of(conn: Connection, shares: Sequence[UUID]) -> dict[UUID, Any]:
    """The stage that is open of each of these shares, of those that have one."""
    return {row.share_id: row for row in conn.execute(_OPEN, {"shares": list(shares)})} if shares else {}


def of_share(conn: Connection, share_id: UUID) -> list[Any]:
    """Every stage, in the order in which they were opened."""
    return list(
        conn.execute(
            select(disagreement)
            .where(disagreement.c.share_id == share_id)
            .order_by(disagreement.c.opened_at, disagreement.c.id)
        )
    )
