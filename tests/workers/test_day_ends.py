"""Where a day ends: fixed once, whatever is under way at midnight, whoever asks first, and whatever the clocks say."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from agencies import wire
from hub import journey, reading
from hub.journey import Actor, Wanted
from hub.store import days, order, shares
from hub.store.connect import looking
from tests.workers.town import RECORDS, Town
from workers.housekeep import Housekeeper

BRUISE = "concern-bruise-non-mobile-baby"
SENDER, MASH = "sandwell-0-19", "sandwell-mash"
WEDNESDAY, THURSDAY, FRIDAY = date(2026, 4, 15), date(2026, 4, 16), date(2026, 4, 17)
MIDNIGHT = datetime(2026, 4, 15, 23, tzinfo=UTC)  # that ends Wednesday, in summer time
A_MOMENT = timedelta(seconds=1)


@pytest.fixture
def share(town: Town) -> UUID:
    """Sent at noon on Wednesday, and not fetched."""
    message = town.send(BRUISE)
    town.drain()
    with town.engine.begin() as conn:  # as if no scheduler had come by
        conn.exec_driver_sql("TRUNCATE day_end")
    found: UUID = town.shares(message)[MASH].id
    return found


@contextmanager
def receiving(town: Town, share: UUID, *, at: datetime) -> Iterator[None]:
    """In a transaction that commits in the end."""
    with town.engine.begin() as conn:
        locked = shares.lock(conn, [share])[share]
        moves = [(Wanted(share, "receive", Actor(MASH, "c")), locked)]
        journey.move(conn, moves, known=town.known(), at=at)
        yield


def standing(town: Town, day: date, agency: str = MASH) -> list[str]:
    return [line.standing for line in statement(town, day, agency).lines if line.recipient == MASH]


def statement(town: Town, day: date, agency: str = MASH) -> wire.Statement:
    ends = days.ends_of(town.engine, day, at=town.now)
    with looking(town.engine) as conn:
        return reading.statement(conn, agency, day, ends, after=None, limit=500, records=RECORDS)


def test_what_is_under_way_at_midnight_belongs_to_the_day_after(town: Town, share: UUID) -> None:
    town.now = MIDNIGHT + days.SETTLING
    with receiving(town, share, at=MIDNIGHT - A_MOMENT):
        before = [statement(town, WEDNESDAY, agency) for agency in (MASH, SENDER)]
        assert [line.standing for line in before[0].lines] == ["not_fetched"]
    assert [statement(town, WEDNESDAY, agency) for agency in (MASH, SENDER)] == before
    town.later(days=1)
    assert standing(town, THURSDAY) == standing(town, THURSDAY, SENDER) == ["not_registered"]
    assert [statement(town, WEDNESDAY, agency) for agency in (MASH, SENDER)] == before


def test_what_was_committed_by_then_belongs_to_the_day(town: Town, share: UUID) -> None:
    with receiving(town, share, at=MIDNIGHT - A_MOMENT):
        pass
    town.now = MIDNIGHT + days.SETTLING
    assert standing(town, WEDNESDAY) == ["not_registered"]


def test_a_clock_that_is_behind_does_not_change_a_day_that_was_told(town: Town, share: UUID) -> None:
    town.now = MIDNIGHT + days.SETTLING
    before = statement(town, WEDNESDAY)
    with receiving(town, share, at=MIDNIGHT - A_MOMENT):
        pass
    assert statement(town, WEDNESDAY) == before
    assert statement(town, WEDNESDAY, SENDER).between[0].lines


def test_the_day_ends_at_midnight_in_england_however_late_it_is_closed(town: Town, share: UUID) -> None:
    with receiving(town, share, at=MIDNIGHT):
        pass
    town.now = MIDNIGHT + timedelta(days=300)
    assert standing(town, WEDNESDAY) == ["not_fetched"]
    assert standing(town, THURSDAY) == ["not_registered"]
    assert standing(town, FRIDAY) == ["not_registered"], "it is still without a case"


def test_in_whatever_order_days_are_asked_for_a_late_row_is_in_one_and_those_after(
    town: Town, share: UUID
) -> None:
    town.now = MIDNIGHT + timedelta(days=3)
    assert standing(town, FRIDAY) == ["not_fetched"]  # closes Thursday with it
    with receiving(town, share, at=MIDNIGHT - A_MOMENT):
        pass
    assert standing(town, WEDNESDAY) == ["not_fetched"], "as much as Thursday has"
    assert standing(town, THURSDAY) == standing(town, FRIDAY) == ["not_fetched"]
    assert standing(town, FRIDAY + timedelta(days=1)) == ["not_registered"]


def test_many_who_ask_first_close_it_once(town: Town, share: UUID) -> None:
    del share
    town.now = MIDNIGHT + days.SETTLING
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: statement(town, WEDNESDAY), range(16)))
    assert all(one == found[0] for one in found)
    closed = town.rows("SELECT day FROM day_end ORDER BY day")
    assert [row.day for row in closed] == [WEDNESDAY - timedelta(days=1), WEDNESDAY]


def test_a_restore_leaves_the_days_that_were_closed(town: Town, share: UUID) -> None:
    """What is added to PostgreSQL's count is raised; what is written afterwards is of none of the days before."""
    town.now = MIDNIGHT + days.SETTLING
    before = statement(town, WEDNESDAY)
    with town.engine.begin() as conn:
        order.mend(conn, restored=True)
    with receiving(town, share, at=MIDNIGHT - A_MOMENT):
        pass
    assert statement(town, WEDNESDAY) == before
    town.later(days=1)
    assert standing(town, THURSDAY) == ["not_registered"]
    with town.engine.begin() as conn:
        order.mend(conn, restored=True)
    assert statement(town, WEDNESDAY) == before
    assert standing(town, THURSDAY) == ["not_registered"]


def test_the_scheduler_closes_a_day_ten_minutes_after_midnight(town: Town, share: UUID) -> None:
    del share
    town.now = MIDNIGHT + days.SETTLING - A_MOMENT
    Housekeeper(town.line()).round()
    closed = "SELECT day, closed_at FROM day_end ORDER BY day DESC LIMIT 1"
    assert [row.day for row in town.rows(closed)] == [WEDNESDAY - timedelta(days=1)]
    town.later(seconds=1)
    Housekeeper(town.line()).round()
    then = town.rows(closed)
    assert [tuple(row) for row in then] == [(WEDNESDAY, town.now)]
    town.later(hours=5)
    Housekeeper(town.line()).round()
    assert town.rows(closed) == then


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 3, 29, 0, 9, 59, tzinfo=UTC), date(2026, 3, 27)),
        (datetime(2026, 3, 29, 0, 10, tzinfo=UTC), date(2026, 3, 28)),
        (datetime(2026, 3, 29, 23, 10, tzinfo=UTC), date(2026, 3, 29)),  # a day of 23 hours
        (datetime(2026, 10, 25, 23, 59, tzinfo=UTC), date(2026, 10, 24)),
        (datetime(2026, 10, 26, 0, 10, tzinfo=UTC), date(2026, 10, 25)),  # and one of 25
    ],
)
def test_a_day_is_over_when_it_is_in_england(at: datetime, day: date) -> None:
    assert days.last_ended(at) == day


def test_of_a_hub_that_has_heard_nothing_yet_no_day_is_kept(town: Town) -> None:
    assert days.ends_of(town.engine, WEDNESDAY, at=MIDNIGHT + days.SETTLING) is None
    assert statement(town, date(1, 1, 1)).lines == ()
