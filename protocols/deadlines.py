"""When something is owed: a figure, a unit, the moment it starts, and the hours of the agency that owes it.

Figures and units are data in a protocol ("4 working hours"); none is a constant in code. Everything is
reckoned in Europe/London.

- hours: real hours round the clock, through a change of the clocks.
- days: the same time of day, that many days on.
- working hours: hours during which the agency is open, Saturdays and bank holidays too where it opens then.
- working days: Mondays to Fridays that are not bank holidays. The day it starts on does not count, at
  whatever hour. It ends when the agency closes on the last one.
- school days: the same, by the school calendar.

A limit in working or school time never falls outside the agency's hours: nobody is late for what nobody was
there to do. If the agency is shut on the last day, it ends when it closes on the next day that it opens.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from protocols.hours import DAY_ENDS, LONDON, MIDNIGHT, SATURDAY, OpeningHours
from protocols.limits import Limit, Unit, both

__all__ = [
    "LONDON",
    "OFFICE_HOURS",
    "WEEKDAYS",
    "Calendar",
    "Limit",
    "OpeningHours",
    "Unit",
    "both",
    "due",
    "stricter",
]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are holidays and which are school days. Both are asked for London dates."""

    is_bank_holiday: Callable[[date], bool]
    is_school_day: Callable[[date], bool]

    def is_working_day(self, day: date) -> bool:
        return day.weekday() < SATURDAY and not self.is_bank_holiday(day)


# For comparing two limits where no agency and no calendar is at hand: an ordinary week in an ordinary office.
OFFICE_HOURS = OpeningHours.parse("Mon-Fri 09:00-17:00")
WEEKDAYS = Calendar(is_bank_holiday=lambda _: False, is_school_day=lambda day: day.weekday() < SATURDAY)

# No limit that can be met reaches further: 999 units, at the least one hour or one day a week, and holidays.
_HORIZON = 999 * 7 + 3 * 366


def due(limit: Limit, *, start: datetime, hours: OpeningHours, calendar: Calendar) -> datetime:
    """The moment by which it is owed: never before `start`. Aware in, aware out, in London's time."""
    if start.tzinfo is None:
        raise ValueError("start must be aware of its time zone")
    if limit.also:
        return min(due(one, start=start, hours=hours, calendar=calendar) for one in limit.each)
    began = start.astimezone(UTC)
    match limit.unit:
        case Unit.HOURS:
            end = began + timedelta(hours=limit.figure)
        case Unit.DAYS:
            end = _same_time_later(start, limit.figure)
        case Unit.WORKING_HOURS:
            end = _in_open_time(timedelta(hours=limit.figure), began, hours, calendar)
        case Unit.WORKING_DAYS:
            last = _nth_day(limit.figure, began, calendar.is_working_day)
            end = _at_closing(last, began, hours, calendar)
        case Unit.SCHOOL_DAYS:
            last = _nth_day(limit.figure, began, calendar.is_school_day)
            end = _at_closing(last, began, hours, calendar)
    return end.astimezone(LONDON)


def is_open(hours: OpeningHours, calendar: Calendar, at: datetime) -> bool:
    """Whether somebody is at the desk."""
    if hours.always_open:
        return True
    day = at.astimezone(LONDON).date()
    spells = hours.on(day, bank_holiday=calendar.is_bank_holiday(day))
    return any(_moment(day, opens) <= at < _moment(day, closes) for opens, closes in spells)


def stricter(
    a: Limit,
    b: Limit,
    *,
    start: datetime,
    hours: OpeningHours = OFFICE_HOURS,
    calendar: Calendar = WEEKDAYS,
) -> Limit:
    """The one that falls due first from this start. If both fall together, `a`."""
    first, second = (due(limit, start=start, hours=hours, calendar=calendar) for limit in (a, b))
    return a if first <= second else b


def _same_time_later(start: datetime, days: int) -> datetime:
    if days == 0:  # adding nothing to a wall clock would still forget which of two 01:30s it was
        return start
    return start.astimezone(LONDON) + timedelta(days=days)


def _in_open_time(left: timedelta, began: datetime, hours: OpeningHours, calendar: Calendar) -> datetime:
    if hours.always_open:
        return began + left
    for day in _days_from(began):
        for opens, closes in hours.on(day, bank_holiday=calendar.is_bank_holiday(day)):
            start, end = max(began, _moment(day, opens)), _moment(day, closes)
            if start >= end:
                continue
            if left <= end - start:
                return start + left
            left -= end - start
    raise ValueError(
        "the agency is not open for that many hours in many years: look at its hours and the calendar"
    )


def _nth_day(count: int, began: datetime, counts: Callable[[date], bool]) -> date:
    days = _days_from(began)
    day = next(days)
    while count:
        following = next(days, None)
        if following is None:
            raise ValueError(
                "the calendar has not that many such days: load its bank holidays and term dates"
            )
        day = following
        count -= counts(day)
    return day


def _at_closing(last: date, began: datetime, hours: OpeningHours, calendar: Calendar) -> datetime:
    for day in _days_from(datetime.combine(last, time(12), LONDON)):
        spans = hours.on(day, bank_holiday=calendar.is_bank_holiday(day))
        if spans:
            closing = _moment(day, min(spans[-1][1], DAY_ENDS))
            if closing > began:
                return closing
    raise ValueError("the agency does not open again in many years: look at its hours and the calendar")


def _days_from(moment: datetime) -> Iterator[date]:
    first = moment.astimezone(LONDON).date()
    return (first + timedelta(days=n) for n in range(_HORIZON))


def _moment(day: date, minutes: int) -> datetime:
    """That time on London's clock, as an instant; a time that the clock skips, as it would have been."""
    if minutes == MIDNIGHT:
        day, minutes = day + timedelta(days=1), 0
    return datetime.combine(day, time(minutes // 60, minutes % 60), LONDON).astimezone(UTC)
