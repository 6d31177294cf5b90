"""Where a day ends in the record: fixed once, so that what is told of a day never changes.

A moment alone is no end. What is written of 23:59:59 may be committed after midnight, by a transaction that was under
way or by a process whose clock is behind; whoever asked in between would have been told something else. So a day is
closed by keeping PostgreSQL's own snapshot of what had been committed when it was. Of the day is what has its moment
before the midnight that ends it, in England, and had been committed by then. Neither can ever change of a row that is
never written again; and what came too late belongs to the day after. docs/adr/0010 has the proof.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine, text

from hub.clock import LONDON, whole_day_after
from hub.store.connect import looking
from hub.store.order import SETTLED

SETTLING = timedelta(
    minutes=10
)  # after midnight, before a day is closed: what was under way has come in by then
ASTRAY = timedelta(hours=1)  # by no more than this do the clocks of a hub's machines differ
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DayEnd:
    """What belongs to a day and to those before it."""

    day: date
    base: int  # of the numbers of transactions, when it was closed: see hub.store.order
    snapshot: str

    @property
    def midnight(self) -> datetime:
        return whole_day_after(self.day)


@dataclass(frozen=True, slots=True)
class Ends:
    """Of one day: where it began, where it ended, and from where on the record must be looked at to tell of it."""

    before: DayEnd
    after: DayEnd
    first_tx: int  # all that is numbered lower belongs to an earlier day


def last_ended(at: datetime) -> date:
    """The newest day that is over for good."""
    return (at - SETTLING).astimezone(LONDON).date() - A_DAY


def close_last(conn: Connection, *, at: datetime) -> None:
    day = last_ended(at)
    if _find(conn, day) is None:
        _close(conn, day, at=at)


def ends_of(engine: Engine, day: date, *, at: datetime) -> Ends | None:
    """Of a day that has ended, closing it if nobody has. None: the hub's record begins later."""
    with looking(engine) as conn:
        if not _has_begun(conn, day):
            return None
        found = _read(conn, day)
    if found is not None:
        return found
    with engine.begin() as conn:
        _close(conn, day, at=at)
        return _read(conn, day)


_FIRST = text("SELECT at FROM audit ORDER BY id LIMIT 1")


def _has_begun(conn: Connection, day: date) -> bool:
    first = conn.execute(_FIRST).scalar_one_or_none()
    return first is not None and whole_day_after(day) > first - A_DAY


_CLOSE = text(
    "INSERT INTO day_end (day, tx, base, snapshot, closed_at)"
    # As much as the day after has, if that was closed earlier: what belongs to a day belongs to those after it.
    f" SELECT given.day, COALESCE(later.tx, {SETTLED}), COALESCE(later.base, (SELECT base FROM tx_base)),"
    " COALESCE(later.snapshot, pg_current_snapshot()::text), COALESCE(later.closed_at, :at)"
    " FROM unnest(CAST(:days AS date[])) AS given(day)"
    " LEFT JOIN LATERAL (SELECT * FROM day_end WHERE day > given.day ORDER BY day LIMIT 1) AS later ON true"
    " ON CONFLICT (day) DO NOTHING"
)


def _close(conn: Connection, day: date, *, at: datetime) -> None:
    """The day, and the one before it, where it begins."""
    conn.execute(text("LOCK TABLE day_end IN SHARE ROW EXCLUSIVE MODE"))
    conn.execute(_CLOSE, {"days": [day - A_DAY, day], "at": at})


_FIND = text("SELECT day, base, snapshot FROM day_end WHERE day = :day")
_LOW = text("SELECT COALESCE(max(tx), 0) FROM day_end WHERE closed_at <= :long_before")


def _find(conn: Connection, day: date) -> DayEnd | None:
    row = conn.execute(_FIND, {"day": day}).one_or_none()
    return None if row is None else DayEnd(*row)


def _read(conn: Connection, day: date) -> Ends | None:
    before, after = _find(conn, day - A_DAY), _find(conn, day)
    if before is None or after is None:
        return None
    # What had been committed well before the day began is of an earlier day, whatever the clocks say.
    low: int = conn.execute(_LOW, {"long_before": before.midnight - ASTRAY}).scalar_one()
    return Ends(before, after, low)
