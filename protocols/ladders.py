"""Up the ladder: who is told when something owed has lapsed, and at which moment each step is due.

A step's `after` is counted from the lapse, in its own unit and in the hours of whoever owes. Pure: the same arguments
give the same moment.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from protocols.deadlines import Calendar, Limit, OpeningHours, Unit, due
from protocols.protocol import Step

AT_ONCE = Limit(0, Unit.HOURS)

# Where the terms of a share name no steps: a lapse is never heard by nobody.
USUAL = (
    Step(AT_ONCE, ("recipient.duty_lead",)),
    Step(Limit.parse("2 working days"), ("recipient.safeguarding_lead", "sender.safeguarding_lead")),
    Step(Limit.parse("5 working days"), ("partnership",)),
)


def steps_of(terms: Sequence[Mapping[str, Any]] | None) -> tuple[Step, ...]:
    """The steps as a share's terms hold them."""
    if not terms:
        return USUAL
    return _steps(tuple((str(one["after"]), tuple(one["tell"])) for one in terms))


@lru_cache(maxsize=256)
def _steps(told: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[Step, ...]:
    return tuple(Step(Limit.parse(after), tell) for after, tell in told)


def step_due(
    steps: Sequence[Step], place: int, *, lapsed_at: datetime, hours: OpeningHours, calendar: Calendar
) -> datetime | None:
    """When this step is told, if the thing is still owed then; None: there is no such step. No step is due before
    the one below it, however a protocol has written them.
    """
    if place >= len(steps):
        return None
    below = {step.after for step in steps[: place + 1]}
    return max(due(after, start=lapsed_at, hours=hours, calendar=calendar) for after in below)


def is_at_once(steps: Sequence[Step], place: int) -> bool:
    """Whether this step is told with the lapse itself, whatever the hours."""
    return place < len(steps) and all(step.after == AT_ONCE for step in steps[: place + 1])
