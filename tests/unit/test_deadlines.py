"""When something falls due: the cases a safeguarding lead would ask about."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from protocols.deadlines import (
    LONDON,
    OFFICE_HOURS,
    WEEKDAYS,
    Calendar,
    Limit,
    OpeningHours,
    Unit,
    both,
    due,
    stricter,
)

GOOD_FRIDAY, EASTER_MONDAY, MAY_DAY = date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 4)
HOLIDAYS = {GOOD_FRIDAY, EASTER_MONDAY, MAY_DAY}
SPRING = Calendar(
    is_bank_holiday=lambda day: day in HOLIDAYS,
    is_school_day=lambda day: (
        day.weekday() < 5 and day not in HOLIDAYS and not date(2026, 3, 30) <= day <= date(2026, 4, 10)
    ),
)
CLINIC = OpeningHours.parse("Mon-Fri 09:00-17:00; Sat 09:00-12:00")
ALWAYS = OpeningHours.always()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


def falls(limit: str, start: str, hours: OpeningHours = OFFICE_HOURS, calendar: Calendar = SPRING) -> str:
    moment = due(Limit.parse(limit), start=at(start), hours=hours, calendar=calendar)
    assert moment.tzinfo is LONDON
    return moment.strftime("%a %d %b %H:%M")


@pytest.mark.parametrize(
    ("limit", "start", "falls_due"),
    [
        ("0 hours", "2026-04-15T10:00", "Wed 15 Apr 10:00"),
        ("24 hours", "2026-04-17T16:30", "Sat 18 Apr 16:30"),
        ("1 hour", "2026-04-18T23:30", "Sun 19 Apr 00:30"),
        ("10 days", "2026-04-15T10:00", "Sat 25 Apr 10:00"),
        ("0 days", "2026-04-15T10:00", "Wed 15 Apr 10:00"),
        # Working hours: only while the agency is open.
        ("4 working hours", "2026-04-15T10:00", "Wed 15 Apr 14:00"),
        ("4 working hours", "2026-04-15T15:00", "Thu 16 Apr 11:00"),
        ("4 working hours", "2026-04-15T13:00", "Wed 15 Apr 17:00"),
        ("4 working hours", "2026-04-15T17:00", "Thu 16 Apr 13:00"),
        ("4 working hours", "2026-04-15T03:00", "Wed 15 Apr 13:00"),
        ("4 working hours", "2026-04-17T16:00", "Mon 20 Apr 12:00"),
        ("4 working hours", "2026-04-02T16:00", "Tue 07 Apr 12:00"),  # Easter lies between
        ("0 working hours", "2026-04-18T11:00", "Mon 20 Apr 09:00"),
        ("0 working hours", "2026-04-15T11:00", "Wed 15 Apr 11:00"),
        ("0 working hours", "2026-04-15T17:00", "Thu 16 Apr 09:00"),
        # Working days: today does not count, and the last one ends when the agency closes.
        ("1 working day", "2026-04-15T00:01", "Thu 16 Apr 17:00"),
        ("1 working day", "2026-04-15T23:59", "Thu 16 Apr 17:00"),
        ("1 working day", "2026-04-17T16:59", "Mon 20 Apr 17:00"),
        ("1 working day", "2026-04-18T12:00", "Mon 20 Apr 17:00"),
        ("1 working day", "2026-04-02T10:00", "Tue 07 Apr 17:00"),  # Good Friday to Easter Monday
        ("15 working days", "2026-04-15T10:00", "Thu 07 May 17:00"),  # the May bank holiday lies between
        ("0 working days", "2026-04-15T10:00", "Wed 15 Apr 17:00"),
        ("0 working days", "2026-04-15T17:00", "Thu 16 Apr 17:00"),
        # School days: the Easter holidays do not count.
        ("1 school day", "2026-03-27T10:00", "Mon 13 Apr 17:00"),
        ("5 school days", "2026-04-15T10:00", "Wed 22 Apr 17:00"),
    ],
)
def test_an_office_in_spring(limit: str, start: str, falls_due: str) -> None:
    assert falls(limit, start) == falls_due


def test_an_agency_that_opens_on_saturday_works_then() -> None:
    assert falls("4 working hours", "2026-04-17T16:00", CLINIC) == "Sat 18 Apr 12:00"
    assert falls("1 working day", "2026-04-17T16:00", CLINIC) == "Mon 20 Apr 17:00"


def test_an_agency_that_never_closes_works_through_the_night_and_through_easter() -> None:
    assert falls("4 working hours", "2026-04-03T22:00", ALWAYS) == "Sat 04 Apr 02:00"
    assert falls("1 working day", "2026-04-02T10:00", ALWAYS) == "Tue 07 Apr 23:59"


def test_an_agency_open_on_bank_holidays_works_then() -> None:
    hours = OpeningHours.parse("Mon-Fri 09:00-17:00; bank holidays")
    assert falls("4 working hours", "2026-04-02T16:00", hours) == "Fri 03 Apr 12:00"


def test_a_day_limit_waits_for_an_agency_that_is_shut_on_the_last_day() -> None:
    assert (
        falls("1 working day", "2026-04-14T10:00", OpeningHours.parse("Mon-Tue 09:00-17:00"))
        == "Mon 20 Apr 17:00"
    )
    assert (
        falls("1 school day", "2026-04-14T10:00", OpeningHours.parse("Sat 10:00-12:00")) == "Sat 18 Apr 12:00"
    )


def test_an_evening_that_closes_at_midnight_closes_then() -> None:
    evenings = OpeningHours.parse("Mon-Sun 22:00-24:00")
    assert falls("1 working hour", "2026-04-15T23:00", evenings) == "Thu 16 Apr 00:00"
    assert falls("3 working hours", "2026-04-15T22:30", evenings) == "Thu 16 Apr 23:30"
    assert falls("1 working day", "2026-04-15T22:30", evenings) == "Thu 16 Apr 23:59"


def test_where_nothing_is_known_a_week_is_an_office_week() -> None:
    assert falls("3 school days", "2026-04-16T10:00", OFFICE_HOURS, WEEKDAYS) == "Tue 21 Apr 17:00"


def test_a_lunch_break_is_not_working_time() -> None:
    hours = OpeningHours.parse("Mon-Fri 09:00-12:30, 13:30-17:00")
    assert falls("4 working hours", "2026-04-15T09:00", hours) == "Wed 15 Apr 14:00"


def test_hours_run_through_the_night_the_clocks_change() -> None:
    assert falls("24 hours", "2026-03-28T12:00") == "Sun 29 Mar 13:00"
    assert falls("24 hours", "2026-10-24T12:00") == "Sun 25 Oct 11:00"
    assert falls("1 day", "2026-03-28T12:00") == "Sun 29 Mar 12:00"
    assert falls("1 day", "2026-10-24T12:00") == "Sun 25 Oct 12:00"


def test_working_hours_of_a_night_in_which_the_clocks_change_are_real_hours() -> None:
    nights = OpeningHours.parse("Mon-Sun 00:00-06:00")
    assert falls("5 working hours", "2026-03-28T23:00", nights) == "Sun 29 Mar 06:00"
    assert falls("7 working hours", "2026-10-24T23:00", nights) == "Sun 25 Oct 06:00"


def test_nothing_added_to_the_second_half_past_one_stays_there() -> None:
    second = datetime(2026, 10, 25, 1, 30, tzinfo=LONDON, fold=1)
    assert (
        due(Limit.parse("0 days"), start=second, hours=OFFICE_HOURS, calendar=SPRING).astimezone(UTC).hour
        == 1
    )


def test_where_the_start_is_written_in_another_zone_the_day_is_still_londons() -> None:
    start = datetime(2026, 4, 14, 23, 30, tzinfo=UTC)  # 00:30 on the 15th in London
    moment = due(Limit.parse("1 working day"), start=start, hours=OFFICE_HOURS, calendar=SPRING)
    assert moment == at("2026-04-16T17:00")


def test_a_start_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        due(Limit.parse("1 hour"), start=datetime(2026, 4, 15), hours=ALWAYS, calendar=SPRING)  # noqa: DTZ001 - the point


def test_a_calendar_without_term_dates_is_refused_and_never_waited_for() -> None:
    empty = Calendar(is_bank_holiday=lambda _: False, is_school_day=lambda _: False)
    with pytest.raises(ValueError, match="term dates"):
        falls("1 school day", "2026-04-15T10:00", OFFICE_HOURS, empty)
    closed = Calendar(is_bank_holiday=lambda _: True, is_school_day=lambda _: True)
    with pytest.raises(ValueError, match="look at its hours"):
        falls("1 working hour", "2026-04-15T10:00", OFFICE_HOURS, closed)
    with pytest.raises(ValueError, match="look at its hours"):
        falls("1 school day", "2026-04-15T10:00", OFFICE_HOURS, closed)


@pytest.mark.parametrize(
    "text",
    ["0 hours", "1 hour", "4 working hours", "1 working day", "15 working days", "1 school day", "999 days"],
)
def test_a_limit_is_printed_as_it_was_read(text: str) -> None:
    assert str(Limit.parse(text)) == text


def test_a_limit_may_be_read_in_the_singular_and_is_printed_properly() -> None:
    assert Limit.parse("4 working hour") == Limit(4, Unit.WORKING_HOURS)
    assert str(Limit.parse("1 days")) == "1 day"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4",
        "hours",
        "4 weeks",
        "-1 hours",
        "1.5 hours",
        "04 hours",
        "1000 days",
        "4  hours",
        "4 hours ",
        "٤ hours",
        "4 school hours",
    ],
)
def test_what_is_no_limit_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="4 working hours"):
        Limit.parse(text)


def test_the_stricter_limit_is_the_one_that_falls_due_first() -> None:
    day, hours = Limit.parse("1 working day"), Limit.parse("24 hours")
    midweek, friday = at("2026-04-15T10:00"), at("2026-04-17T10:00")
    assert stricter(day, Limit.parse("2 working days"), start=midweek) == day
    assert stricter(day, hours, start=midweek) == hours
    assert stricter(day, hours, start=friday) == hours
    assert stricter(Limit.parse("3 days"), day, start=at("2026-04-18T10:00")) == day
    assert stricter(day, Limit.parse("1 school day"), start=midweek) is day


def test_of_two_limits_that_are_asked_the_first_is_due_by_the_calendar_of_the_year() -> None:
    """Two school days from the end of July are in September, and three working days are not."""
    school, work = Limit.parse("2 school days"), Limit.parse("3 working days")
    asked = both(school, work)
    assert str(asked) == "2 school days or 3 working days"
    summer = replace(SPRING, is_school_day=lambda day: day.weekday() < 5 and day.month != 8 and day.day < 24)
    assert falls(str(asked), "2026-07-24T10:00", calendar=summer) == "Wed 29 Jul 17:00"
    assert falls(str(school), "2026-07-24T10:00", calendar=summer) == "Wed 02 Sep 17:00"
    assert both(Limit.parse("4 hours"), Limit.parse("1 working day")) == Limit.parse("4 hours")
    assert both(Limit.parse("1 school day"), Limit.parse("1 working day")) == Limit.parse("1 working day")
    assert str(both(Limit.parse("48 hours"), Limit.parse("1 working day"))) == "48 hours or 1 working day"


def test_which_is_stricter_may_depend_on_the_agency() -> None:
    fixed, working = Limit.parse("20 hours"), Limit.parse("8 working hours")
    start = at("2026-04-15T10:00")
    assert stricter(fixed, working, start=start) == fixed
    assert stricter(fixed, working, start=start, hours=ALWAYS, calendar=WEEKDAYS) == working


def test_it_is_quick_enough_to_do_for_every_share() -> None:
    start = at("2026-04-02T16:00")
    limit = Limit.parse("15 working days")
    before = datetime.now(UTC)
    for _ in range(200):
        due(limit, start=start, hours=CLINIC, calendar=SPRING)
    assert datetime.now(UTC) - before < timedelta(
        milliseconds=200
    )  # about 20 µs each where nobody else works
