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
def england() -> Calendar:
    """England's bank holidays. School terms differ by area and are not known here, so each weekday counts as a
    school day: a deadline in school days then falls early, never late.
    """
    bank_holidays = holidays.country_holidays("GB", subdiv="ENG")

    @cache
    def is_bank_holiday(day: date) -> bool:
        return day in bank_holidays

    @cache
    def is_school_day(day: date) -> bool:
        return day.weekday() < SATURDAY and not is_bank_holiday(day)

    return Calendar(is_bank_holiday=is_bank_holiday, is_school_day=is_school_day)


def whole_day_after(day: date) -> datetime:
    """The moment at which a promise "by that day" lapses: the midnight that ends it, in England."""
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=LONDON).astimezone(UTC)
