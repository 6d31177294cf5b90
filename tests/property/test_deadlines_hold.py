"""Deadlines for any limit, any hours and any start: never early, never when nobody is there, never in doubt."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from protocols.deadlines import LONDON, Calendar, Limit, OpeningHours, Unit, both, due, stricter

WORKING = (Unit.WORKING_HOURS, Unit.WORKING_DAYS, Unit.SCHOOL_DAYS)
HOLIDAYS = {
    date(year, month, day)
    for year in range(2025, 2032)
    for month, day in ((1, 1), (5, 4), (12, 25), (12, 28))
}
CALENDAR = Calendar(
    is_bank_holiday=lambda day: day in HOLIDAYS,
    is_school_day=lambda day: day.weekday() < 5 and day.month != 8 and day not in HOLIDAYS,
)

minutes = st.integers(min_value=0, max_value=24 * 60)
spells = st.lists(minutes, max_size=6, unique=True).map(
    lambda ends: tuple(zip(sorted(ends)[: len(ends) // 2 * 2 : 2], sorted(ends)[1::2], strict=True))
)
hours = st.one_of(
    st.just(OpeningHours.always()),
    st.builds(
        OpeningHours,
        week=st.tuples(*[spells] * 7).filter(any),
        open_on_bank_holidays=st.booleans(),
    ),
)
limits = st.builds(Limit, figure=st.integers(min_value=0, max_value=40), unit=st.sampled_from(Unit))
any_limit = st.builds(Limit, figure=st.integers(min_value=0, max_value=999), unit=st.sampled_from(Unit))
# Weighted towards the two nights of the year in which the clocks change.
starts = st.one_of(
    st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1)),  # noqa: DTZ001 - Hypothesis adds the zone
    st.datetimes(datetime(2026, 3, 28), datetime(2026, 3, 30)),  # noqa: DTZ001 - as above
    st.datetimes(datetime(2026, 10, 24), datetime(2026, 10, 26)),  # noqa: DTZ001 - as above
).map(lambda moment: moment.replace(tzinfo=UTC))


def is_open(moment: datetime, opening: OpeningHours) -> bool:
    """Whether the agency is there: at any minute from opening to closing, both counted."""
    local = moment.astimezone(LONDON)
    for day in (local.date(), local.date() - timedelta(days=1)):
        since = int((local.replace(tzinfo=None) - datetime.combine(day, datetime.min.time())).total_seconds())
        for opens, closes in opening.on(day, bank_holiday=day in HOLIDAYS):
            if opens * 60 <= since <= closes * 60:
                return True
    return False


@given(any_limit)
def test_a_limit_printed_and_read_is_the_same(limit: Limit) -> None:
    assert Limit.parse(str(limit)) == limit


@given(hours)
def test_hours_printed_and_read_are_the_same(opening: OpeningHours) -> None:
    assert OpeningHours.parse(str(opening)) == opening


@given(limits, starts, hours)
def test_nothing_is_due_before_it_starts(limit: Limit, start: datetime, opening: OpeningHours) -> None:
    moment = due(limit, start=start, hours=opening, calendar=CALENDAR)
    assert moment >= start
    assert moment.tzinfo is LONDON


@given(limits.filter(lambda limit: limit.unit in WORKING), starts, hours)
def test_working_time_never_falls_outside_hours(limit: Limit, start: datetime, opening: OpeningHours) -> None:
    moment = due(limit, start=start, hours=opening, calendar=CALENDAR)
    # In the hour that the clocks skip, an agency that opens within it opens as late as the clock does.
    assume(moment.date() not in {date(2026, 3, 29), date(2027, 3, 28), date(2028, 3, 26)})
    assert is_open(moment, opening)


@given(limits, starts, hours)
def test_more_time_never_falls_due_earlier(limit: Limit, start: datetime, opening: OpeningHours) -> None:
    more = Limit(limit.figure + 1, limit.unit)
    first, second = (due(one, start=start, hours=opening, calendar=CALENDAR) for one in (limit, more))
    assert first <= second


@given(limits, starts, st.timedeltas(timedelta(0), timedelta(days=10)), hours)
def test_what_starts_later_never_falls_due_earlier(
    limit: Limit, start: datetime, later: timedelta, opening: OpeningHours
) -> None:
    first = due(limit, start=start, hours=opening, calendar=CALENDAR)
    second = due(limit, start=start + later, hours=opening, calendar=CALENDAR)
    # A day limit keeps the time on the clock, and one hour of the year is on the clock twice.
    slack = timedelta(hours=1) if limit.unit is Unit.DAYS else timedelta(0)
    assert first <= second + slack


def _clocks_change(start: datetime, end: datetime) -> bool:
    return start.astimezone(LONDON).utcoffset() != end.astimezone(LONDON).utcoffset()


def _ends(opening: OpeningHours) -> set[int]:
    return {end for day in opening.week for spell in day for end in spell}


@given(st.integers(min_value=0, max_value=5), starts, hours)
def test_working_hours_are_so_many_hours_of_open_time(
    figure: int, start: datetime, opening: OpeningHours
) -> None:
    """Counted again, the slow way: minute by minute, in real time."""
    start = start.replace(second=0, microsecond=0)
    moment = due(Limit(figure, Unit.WORKING_HOURS), start=start, hours=opening, calendar=CALENDAR)
    if moment - start > timedelta(days=9):  # the slow way is slow
        return
    # Within the hour that the clock on the wall skips or has twice, an agency opens and closes at the first moment that
    # can be meant. The slow way looks at that clock, and would have it open in the second hour, or before the first.
    assume(not _clocks_change(start, moment) or not any(60 < end < 120 for end in _ends(opening)))
    open_minutes = 0
    at = start
    while at < moment:
        open_minutes += is_open(at, opening) and is_open(at + timedelta(minutes=1), opening)
        at += timedelta(minutes=1)
    assert abs(open_minutes - figure * 60) <= 2 * sum(map(len, opening.week)) + 2


@given(limits, limits, starts, hours)
def test_the_stricter_of_two_is_one_of_them_and_falls_due_first(
    a: Limit, b: Limit, start: datetime, opening: OpeningHours
) -> None:
    chosen = stricter(a, b, start=start, hours=opening, calendar=CALENDAR)
    dues = [due(one, start=start, hours=opening, calendar=CALENDAR) for one in (chosen, a, b)]
    assert chosen in (a, b)
    assert dues[0] == min(dues)


# As agencies are open: seven hours of every working day at the least, and not only in the morning.
ORDINARY = ("always", "Mon-Fri 09:00-17:00", "Mon-Fri 08:00-18:30", "Mon-Fri 08:30-15:30")


@given(limits, limits, limits, starts, st.sampled_from(ORDINARY).map(OpeningHours.parse))
def test_where_several_are_asked_the_first_of_them_is_due(
    a: Limit, b: Limit, c: Limit, start: datetime, opening: OpeningHours
) -> None:
    asked = both(both(a, b), c)
    dues = [due(one, start=start, hours=opening, calendar=CALENDAR) for one in (asked, a, b, c)]
    assert dues[0] == min(dues[1:])
    assert set(asked.each) <= {a, b, c}
    assert Limit.parse(str(asked)) == both(asked, asked) == asked


@given(hours)
def test_the_spells_of_a_day_stand_in_order(opening: OpeningHours) -> None:
    for day in opening.week:
        assert all(first[1] < second[0] for first, second in pairwise(day))
