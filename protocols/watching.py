"""Whether a watch is met: by how many messages, on which days, of which children. Pure, and the same in any order.

What is counted are occasions, and each once, also where two agencies tell of the same one. A count is not a mark of a
family: it says that people who have names should talk, and it says of which messages.
"""

from calendar import monthrange
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from protocols.conditions import Age
from protocols.watches import Counting, Waiting

_ONE = 1


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that may count: of which child, on which day, of which service; and on which plan."""

    id: Hashable
    child: Hashable
    day: date
    of: str | None = None
    plan: str | None = None


def met(watch: Counting, seen: Iterable[Seen]) -> tuple[Seen, ...]:
    """What meets it together; nothing, if nothing does. Of several spells that would, the latest, whole.

    The first and the last day of a spell lie `within` of each other, both counted.
    """
    occasions = sorted(_occasions(seen), key=lambda some: some[0].day)
    for end in sorted({some[0].day for some in occasions}, reverse=True):
        spell = [some for some in occasions if before(end, watch.within) <= some[0].day <= end]
        if sum(_weight(watch, some) for some in spell) >= watch.threshold:
            return tuple(one for some in spell for one in some)
    return ()


def _occasions(seen: Iterable[Seen]) -> list[list[Seen]]:
    in_order = sorted(seen, key=lambda one: (occasion(one), str(one.id)))
    return [list(same) for _, same in groupby(in_order, occasion)]


def occasion(one: Seen) -> tuple[str, ...]:
    """Told by two, it is one: the same child's appointment with the same service on the same day."""
    return (str(one.child), one.day.isoformat(), one.of or "", "" if one.of else str(one.id))


def _weight(watch: Counting, told: Iterable[Seen]) -> int:
    """Who does not know of a plan does not make it less."""
    weights = {plan.value: weight for plan, weight in watch.weights.items()}
    return max(weights.get(one.plan or "", _ONE) for one in told)


def last_day(watch: Waiting, begins: date) -> date:
    """The last on which what it waits for is in time."""
    return after(begins, watch.until)


def after(day: date, age: Age) -> date:
    return _moved(day, age, 1)


def before(day: date, age: Age) -> date:
    return _moved(day, age, -1)


def _moved(day: date, age: Age, sign: int) -> date:
    """By the calendar: six months from the end of August is the end of February."""
    if age.unit in ("day", "week"):
        try:
            return day + sign * timedelta(days=age.in_days)
        except OverflowError:
            return date.max if sign > 0 else date.min
    months = day.year * 12 + day.month - 1 + sign * age.figure * (12 if age.unit == "year" else 1)
    year, month = divmod(months, 12)
    if not date.min.year <= year <= date.max.year:
        return date.max if sign > 0 else date.min
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
