"""When to try a delivery again: soon at first, then ever more seldom, for a day; then a person must look."""

from datetime import datetime, timedelta

FIRST = timedelta(seconds=5)
LONGEST = timedelta(hours=2)
GIVE_UP = timedelta(hours=24)


def next_attempt(
    attempt: int, *, first_at: datetime, now: datetime, jitter: float, after: float | None = None
) -> datetime | None:
    """The moment of the next try, after `attempt` of them failed; None: a day has passed, give it to a person.

    `jitter`, from 0 to 1, spreads the tries of many shares to one agency that is coming back, each between half
    of its pause and the whole. `after` is how many seconds the agency asked for. The last try is at the very end
    of the day, so that an agency which comes back in time is always found.
    """
    end = first_at + GIVE_UP
    if now >= end:
        return None
    doubled = FIRST * (1 << min(attempt - 1, 16))
    pause = min(doubled, LONGEST) * (0.5 + jitter / 2)
    asked = timedelta(seconds=min(after or 0.0, GIVE_UP.total_seconds()))
    return min(now + max(pause, asked), end)
