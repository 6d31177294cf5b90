"""How much one caller may ask: a bucket of tokens each, that fills again steadily."""

from collections.abc import Callable
from dataclasses import dataclass

MOST_BUCKETS = 20_000


@dataclass(slots=True)
class _Bucket:
    left: float
    looked: float


class Buckets:
    """`take` answers 0.0, or how many seconds until there is one to take. One process, one event loop."""

    def __init__(self, per_minute: int, *, seconds: Callable[[], float]) -> None:
        self._size = float(per_minute)
        self._pace = per_minute / 60
        self._seconds = seconds
        self._buckets: dict[str, _Bucket] = {}

    def take(self, whose: str) -> float:
        now = self._seconds()
        bucket = self._buckets.get(whose)
        if bucket is None:
            if len(self._buckets) >= MOST_BUCKETS:
                self._forget_the_full(now)
            bucket = self._buckets[whose] = _Bucket(self._size, now)
        bucket.left = min(self._size, bucket.left + (now - bucket.looked) * self._pace)
        bucket.looked = now
        if bucket.left >= 1:
            bucket.left -= 1
            return 0.0
        return (1 - bucket.left) / self._pace

    def _forget_the_full(self, now: float) -> None:
        """Who has a full bucket again is as good as new. Should nobody have, all begin anew."""
        self._buckets = {
            whose: one
            for whose, one in self._buckets.items()
            if one.left + (now - one.looked) * self._pace < self._size
        }
        if len(self._buckets) >= MOST_BUCKETS:
            self._buckets.clear()
