"""What is owed, as an agency may see it: by it, to it, or told to it because it has lapsed."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from agencies import wire
from hub import errors
from hub.reading import cursors
from hub.store import crossings, messages, owed
from hub.store.tables import SEE_TO_WATCH

BEGINNING = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))


def owed_all(
    conn: Connection, agency: str, side: str, *, after: str | None, overdue: bool, limit: int, at: datetime
) -> wire.OwedAll:
    """A page of what is open, the first due first."""
    rows = owed.open_of(conn, agency, side, after=place(after), overdue=overdue, at=at, limit=limit + 1)
    page = rows[:limit]
    return wire.OwedAll(
        owed=tuple(_told(row, at) for row in page),
        next=cursor(page[-1].due_at, page[-1].id) if len(rows) > limit else None,
    )


def owed_one(conn: Connection, owed_id: UUID, agency: str, *, at: datetime) -> wire.OwedTold:
    row = owed.of_id(conn, owed_id, agency)
    if row is None:
        raise errors.NotFound(
            "nothing of this id is owed by your agency, to it, or was told to it",
            next="GET /v1/owed lists what is",
        )
    return _told(row, at).model_copy(update={"counted": _counted(conn, row, agency)})


def _counted(conn: Connection, row: Any, agency: str) -> tuple[UUID, ...] | None:  # noqa: ANN401 - a row
    """An office that is asked to see to it reads no message, and may know which they are."""
    ids = crossings.counted_for(conn, row.id)
    if row.what == SEE_TO_WATCH and row.owed_by == agency:
        return tuple(ids)
    known = messages.kinds_known_to(conn, ids, agency)
    return tuple(one for one in ids if one in known) or None


def overdue(conn: Connection, agency: str, *, at: datetime) -> int:
    """How much of what it owes is past its moment."""
    return owed.count_overdue(conn, agency, at=at)


def _told(row: Any, at: datetime) -> wire.OwedTold:  # noqa: ANN401 - a row
    return wire.OwedTold(
        id=row.id,
        what=row.what,
        owed_by=row.owed_by,
        owed_to=row.owed_to,
        message=row.message_id,
        share=row.share_id,
        started_at=row.started_at,
        due_at=row.due_at,
        limit=row.limit_text,
        protocol=row.protocol,
        clause=row.clause,
        ladder=row.ladder,
        overdue=row.met_at is None and row.due_at is not None and row.due_at < at,
        told=row.step,
        next_at=row.next_at if row.met_at is None else None,
        met_at=row.met_at,
        met_how=row.met_how,
        about=row.about,
    )


def place(after: str | None) -> tuple[datetime, UUID]:
    """A cursor is the moment at which the last one was due, in microseconds, and its id."""
    found = cursors.of_inbox(after)
    if found is None:
        return BEGINNING
    microseconds, last = found
    try:
        return BEGINNING[0] + timedelta(microseconds=microseconds), last
    except OverflowError:
        raise cursors.unknown() from None


def cursor(due_at: datetime, last: UUID) -> str:
    return f"{(due_at - BEGINNING[0]) // timedelta(microseconds=1)}.{last}"
