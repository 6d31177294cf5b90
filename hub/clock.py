"""Time, read in one place, and England's calendar. Everything below is handed its time as an argument."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from protocols.deadlines import Calendar

Clock = Callable[[], datetime]

SATURDAY = 5
LONDON = ZoneInfo("Europe/London")


def now() -> datetime:
    return datetime.now(UTC)


@cache
def _bank_holidays() -> holidays.HolidayBase:
    return holidays.country_holidays("GB", subdiv="ENG")


def england(is_school_day: Callable[[date], bool | None]) -> Calendar:
    """England's bank holidays, and an area's school terms. Where the terms are not known (None), each weekday counts
    as a school day: a deadline in school days then falls early, never late.
    """

    @cache
    def bank_holiday(day: date) -> bool:
        return day in _bank_holidays()

    @cache
    def school_day(day: date) -> bool:
        open_then = is_school_day(day)
        weekday = day.weekday() < SATURDAY
        return (weekday if open_then is None else open_then) and not bank_holiday(day)

    return Calendar(is_bank_holiday=bank_holiday, is_school_day=school_day)


def whole_day_after(day: date) -> datetime:
    """The moment at which a promise "by that day" lapses: the midnight that ends it, in England."""
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=LONDON).astimezone(UTC)
