"""When an agency is open, as people write it: "Mon-Fri 09:00-17:00; Sat 09:00-12:00", or "always".

Parts are set apart by semicolons; a day may have several spells ("Mon 09:00-12:30, 13:30-17:00"). A part that
is "bank holidays" says that the agency keeps its hours on them too; without it, it is shut on bank holidays.
"""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

LONDON: Final = ZoneInfo("Europe/London")
DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SATURDAY: Final = 5
MIDNIGHT: Final = 24 * 60
DAY_ENDS: Final = (
    MIDNIGHT - 1
)  # a day that never closes ends at 23:59, so that its deadline reads as that day

Spell = tuple[int, int]  # minutes from midnight: opens, closes
Week = tuple[tuple[Spell, ...], ...]  # seven days, from Monday

_ALL_DAY: Final = ((0, MIDNIGHT),)
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00", re.ASCII)
_HELP: Final = 'write opening hours as "Mon-Fri 09:00-17:00; Sat 09:00-12:00", or "always"'


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """A week of opening hours. `str` and `parse` are each other's inverse."""

    week: Week
    open_on_bank_holidays: bool = False

    def __post_init__(self) -> None:
        if len(self.week) != len(DAYS) or not any(self.week):
            raise ValueError(f"an agency is open at some time of the week: {_HELP}")
        for spells in self.week:
            _check(spells)

    @classmethod
    def parse(cls, text: str) -> "OpeningHours":
        return _parse(text)

    @classmethod
    def always(cls) -> "OpeningHours":
        return cls(week=(_ALL_DAY,) * 7, open_on_bank_holidays=True)

    @property
    def always_open(self) -> bool:
        return self.open_on_bank_holidays and all(spells == _ALL_DAY for spells in self.week)

    def on(self, day: date, *, bank_holiday: bool) -> tuple[Spell, ...]:
        """The spells of that day, in order; none when closed."""
        return () if bank_holiday and not self.open_on_bank_holidays else self.week[day.weekday()]

    def __str__(self) -> str:
        if self.always_open:
            return "always"
        parts: list[str] = []
        first = 0
        for day, spells in enumerate(self.week):
            if day + 1 < len(DAYS) and self.week[day + 1] == spells:
                continue
            if spells:
                name = DAYS[day] if first == day else f"{DAYS[first]}-{DAYS[day]}"
                parts.append(f"{name} {', '.join(f'{_clock(a)}-{_clock(b)}' for a, b in spells)}")
            first = day + 1
        return "; ".join([*parts, "bank holidays"] if self.open_on_bank_holidays else parts)


@lru_cache(maxsize=1024)
def _parse(text: str) -> OpeningHours:
    if text.strip() == "always":
        return OpeningHours.always()
    week: dict[int, tuple[Spell, ...]] = {}
    bank_holidays = False
    for part in (part.strip() for part in text.split(";")):
        if part == "bank holidays":
            bank_holidays = True
            continue
        names, _, spells = part.partition(" ")
        for day in _weekdays(names):
            if day in week:
                raise ValueError(f"{DAYS[day]} stands twice: put all of its hours together")
            week[day] = tuple(_spell(spell) for spell in spells.split(","))
    return OpeningHours(tuple(week.get(day, ()) for day in range(7)), bank_holidays)


def _weekdays(text: str) -> range:
    first, _, last = text.partition("-")
    last = last or first
    if first not in DAYS or last not in DAYS or DAYS.index(first) > DAYS.index(last):
        raise ValueError(f"weekdays are {', '.join(DAYS)}, alone or from an earlier to a later; {_HELP}")
    return range(DAYS.index(first), DAYS.index(last) + 1)


def _spell(text: str) -> Spell:
    opens, _, closes = text.strip().partition("-")
    return _minutes(opens), _minutes(closes)


def _minutes(text: str) -> int:
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(f"a time is written as 09:00, from 00:00 to 24:00; {_HELP}")
    return int(found[1]) * 60 + int(found[2]) if found[1] else MIDNIGHT


def _check(spells: tuple[Spell, ...]) -> None:
    if any(not 0 <= opens < closes <= MIDNIGHT for opens, closes in spells):
        raise ValueError(
            "hours must close after they open; what goes over midnight is split between two days"
        )
    if any(before[1] >= after[0] for before, after in pairwise(spells)):
        raise ValueError("the spells of one day must stand in order and not touch or overlap")


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
