"""When to try again: pure values. Soon at first, then ever more seldom, and never giving up.

A step of the hub's own (route, seal, deliver) is tried for as long as its message is open: nothing that was
accepted is dropped. Webhooks have a pace of their own, in `agencies.reach.backoff`.
"""

from datetime import datetime, timedelta

FIRST = timedelta(seconds=2)
LONGEST = timedelta(minutes=10)
_DOUBLINGS = 16  # more would only make the sum larger than `LONGEST` again


def again_at(attempts: int, *, now: datetime, jitter: float) -> datetime:
    """The next try after `attempts` of them failed. `jitter`, from 0 to 1, spreads what failed together."""
    doubled = FIRST * (1 << min(max(attempts - 1, 0), _DOUBLINGS))
    return now + min(doubled, LONGEST) * (0.5 + jitter / 2)


def reconnect_after(failures: int) -> float:
    """Seconds to wait before a lost server is asked again: a restart is noticed within two."""
    return float(min(0.1 * (1 << min(failures, _DOUBLINGS)), 2.0))
