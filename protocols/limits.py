"""How long somebody has: a figure and a unit, as a protocol writes it ("4 working hours"); and two of them at once.

When it is over, `protocols.deadlines` reckons, by the hours and the calendar of whoever owes it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from operator import le, lt


class Unit(StrEnum):
    HOURS = "hours"
    WORKING_HOURS = "working hours"
    WORKING_DAYS = "working days"
    SCHOOL_DAYS = "school days"
    DAYS = "days"


_LIMIT = re.compile(r"(0|[1-9][0-9]{0,2}) ((?:working )?(?:hour|day)|school day)s?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Limit:
    """A figure and a unit, as a protocol writes them. `str` and `parse` are each other's inverse."""

    figure: int
    unit: Unit
    also: tuple["Limit", ...] = ()  # asked as well, by another clause or protocol: whichever falls due first

    @classmethod
    def parse(cls, text: str) -> "Limit":
        return _limit(text)

    def __str__(self) -> str:
        return _OR.join(
            f"{one.figure} {one.unit.removesuffix('s') if one.figure == 1 else one.unit}" for one in self.each
        )

    @property
    def each(self) -> tuple["Limit", ...]:
        return (Limit(self.figure, self.unit), *self.also) if self.also else (self,)


_OR = " or "


@lru_cache(maxsize=512)
def _limit(text: str) -> Limit:
    first, *others = map(_one, text.split(_OR))
    return Limit(first.figure, first.unit, tuple(others))


def _one(text: str) -> Limit:
    found = _LIMIT.fullmatch(text)
    if found is None:
        units = ", ".join(Unit)
        raise ValueError(f'write a limit as "4 working hours": a figure from 0 to 999, then one of {units}')
    return Limit(int(found[1]), Unit(found[2] + "s"))


def both(a: Limit, b: Limit) -> Limit:
    """Where both are asked, whichever falls due first. Which that is may depend on the agency and on the calendar, so
    both are kept, but for one that can never be the first.
    """
    least: dict[Unit, Limit] = {}
    for one in (*a.each, *b.each):
        if one.unit not in least or one.figure < least[one.unit].figure:
            least[one.unit] = one
    first, *others = [
        one for one in least.values() if not any(_never_later(other, one) for other in least.values())
    ]
    return Limit(first.figure, first.unit, tuple(others))


def _in_a_night(hours: int, days: int) -> bool:
    return hours == 0 or (
        days > 0 and hours <= (days - 1) * 24 + 12
    )  # nobody who has a working day closes before noon


def _in_open_days(hours: int, days: int) -> bool:
    return hours <= days * 7  # that long somebody is at the desk, at the least


# Of two units, when so many of the first are due before so many of the second or with them, whenever they start and
# whoever owes it. Every school day is a working day; a day may have an hour more or less.
_NEVER_LATER: Mapping[tuple[Unit, Unit], Callable[[int, int], bool]] = {
    (Unit.HOURS, Unit.WORKING_HOURS): le,
    (Unit.HOURS, Unit.DAYS): lambda hours, days: hours == 0 or hours <= days * 24 - 1,
    (Unit.HOURS, Unit.WORKING_DAYS): _in_a_night,
    (Unit.HOURS, Unit.SCHOOL_DAYS): _in_a_night,
    (Unit.DAYS, Unit.HOURS): lambda days, hours: days * 24 + 1 <= hours,
    (Unit.DAYS, Unit.WORKING_HOURS): lambda days, hours: days * 24 + 1 <= hours,
    (Unit.DAYS, Unit.WORKING_DAYS): lt,
    (Unit.DAYS, Unit.SCHOOL_DAYS): lt,
    (Unit.WORKING_HOURS, Unit.WORKING_DAYS): _in_open_days,
    (Unit.WORKING_HOURS, Unit.SCHOOL_DAYS): _in_open_days,
    (Unit.WORKING_DAYS, Unit.SCHOOL_DAYS): le,
}


def _never_later(a: Limit, b: Limit) -> bool:
    rule = _NEVER_LATER.get((a.unit, b.unit))
    return rule is not None and rule(a.figure, b.figure)
