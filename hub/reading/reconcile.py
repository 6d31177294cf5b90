"""What stands at both ends of what an agency sent and received, now and when a day ended; and what its own records say
otherwise.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from agencies import comparing, wire
from hub import errors
from hub.clock import whole_day_after
from hub.reading.owed import BEGINNING, cursor, place
from hub.records import Records
from hub.store import reconcile
from hub.store import statement as record
from hub.store.days import Ends


def reconciled(
    conn: Connection,
    agency: str,
    side: wire.Side,
    standing: wire.Sought | None,
    *,
    period: wire.Period,
    after: str | None,
    limit: int,
    records: Records,
    at: datetime,
) -> wire.Lines:
    """A page of what was sent or received in the period, in the order of moments."""
    rows = reconcile.page(
        conn, agency, side, standing, since=period.since or BEGINNING[0], before=period.before,
        after=place(after), limit=limit + 1,
    )  # fmt: skip
    page = rows[:limit]
    return wire.Lines(
        lines=tuple(_line(row, records, at) for row in page),
        next=cursor(page[-1].moment, page[-1].id) if len(rows) > limit else None,
    )


def compared(
    conn: Connection, agency: str, own: wire.Compare, *, records: Records, at: datetime
) -> wire.Compared:
    """What differs. Another agency's share, and one that is not there, are the same answer."""
    ids = [one.share for one in own.shares]
    known = [_line(row, records, at) for row in reconcile.of_ids(conn, agency, ids)]
    found = list(comparing.compare(known, own.shares, agency=agency))
    if own.since is not None or own.before is not None:
        here = _all_of(conn, agency, own, records=records, at=at)
        found += comparing.missing(here, ids, side=own.side)
    return wire.Compared(compared=len(own.shares), differences=tuple(found))


def _all_of(
    conn: Connection, agency: str, own: wire.Compare, *, records: Records, at: datetime
) -> list[wire.Line]:
    rows = reconcile.page(
        conn, agency, own.side, None, since=own.since or BEGINNING[0], before=own.before,
        after=BEGINNING, limit=wire.MOST_COMPARED + 1,
    )  # fmt: skip
    if len(rows) > wire.MOST_COMPARED:
        raise errors.Invalid(
            f"there are more than {wire.MOST_COMPARED:,} shares of this period",
            next="take shorter periods, one after the other, and send what your system has of each",
            faults=(("since", f"leaves more than {wire.MOST_COMPARED:,} shares to compare at once"),),
        )
    return [_line(row, records, at) for row in rows]


# -- when a day ended ---------------------------------------------------------------------------------------


def statement(
    conn: Connection,
    agency: str,
    day: date,
    ends: Ends | None,
    *,
    after: str | None,
    limit: int,
    records: Records,
) -> wire.Statement:
    """A page of it. The digests are of the whole, so that every page says whether two systems have the same."""
    midnight = whole_day_after(day)
    lines = [] if ends is None else _lines_of(conn, agency, ends, records, midnight)
    left = [line for line in lines if _place(line) > place(after)]
    page = left[:limit]
    return wire.Statement(
        agency=agency,
        day=day,
        ends_at=midnight,
        count=len(lines),
        digest=comparing.digest(lines),
        between=tuple(
            wire.Between(side=side, agency=other, lines=len(some), digest=comparing.digest(some))
            for (side, other), some in comparing.by_other_end(lines, agency=agency).items()
        ),
        lines=tuple(page),
        next=cursor(*_place(page[-1])) if len(left) > limit else None,
    )


def _lines_of(
    conn: Connection, agency: str, ends: Ends, records: Records, midnight: datetime
) -> list[wire.Line]:
    sides: Sequence[wire.Side] = ("sent", "received")
    rows = [row for side in sides for row in record.lines(conn, agency, side, ends)]
    return sorted((_line(row, records, midnight) for row in rows), key=_place)


def _place(line: wire.Line) -> tuple[datetime, UUID]:
    """By the moment of sending or acceptance, and by id: the same in both ends' statements."""
    return line.sent_at or line.accepted_at or BEGINNING[0], line.share or line.message


def _line(row: Any, records: Records, at: datetime) -> wire.Line:  # noqa: ANN401 - a row
    stands = comparing.standing(row.state, of_share=row.share_id is not None)
    unregistered = stands in ("not_fetched", "not_registered")
    return wire.Line(
        share=row.share_id,
        message=row.message_id,
        sender=row.sender,
        recipient=row.recipient,
        kind=row.kind,
        accepted_at=row.accepted_at,
        sent_at=row.sent_at,
        standing=stands,
        state=row.state,
        case_reference=records.show(row.case_reference_hidden, where=f"case_reference {row.share_id}"),
        due_at=row.due_at,
        overdue=unregistered and row.due_at is not None and row.due_at < at,
    )
