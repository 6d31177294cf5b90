"""How much one caller may ask: never more than the bucket holds, and steadily more again."""

from hypothesis import given
from hypothesis import strategies as st

from hub.web import limits
from hub.web.limits import Buckets


class Seconds:
    """A clock that stands until a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_empties_and_fills_again() -> None:
    seconds = Seconds()
    buckets = Buckets(60, seconds=seconds)
    assert [buckets.take("a") for _ in range(60)] == [0.0] * 60
    wait = buckets.take("a")
    assert 0 < wait <= 1
    assert buckets.take("b") == 0.0
    seconds.now += wait
    assert buckets.take("a") == 0.0
    assert buckets.take("a") > 0


@given(steps=st.lists(st.floats(min_value=0, max_value=5), max_size=200))
def test_nobody_gets_more_than_the_bucket_and_what_flowed_in(steps: list[float]) -> None:
    seconds = Seconds()
    buckets = Buckets(30, seconds=seconds)
    taken = 0
    for step in steps:
        seconds.now += step
        taken += buckets.take("a") == 0.0
    assert taken <= 30 + (seconds.now - 1000) * 0.5 + 1e-6


def test_strangers_without_end_take_no_memory_without_end() -> None:
    seconds = Seconds()
    buckets = Buckets(2, seconds=seconds)
    for number in range(limits.MOST_BUCKETS + 50):
        buckets.take(str(number))
    assert len(buckets._buckets) <= limits.MOST_BUCKETS


def test_who_is_in_debt_is_not_forgotten_for_the_sake_of_others() -> None:
    seconds = Seconds()
    buckets = Buckets(2, seconds=seconds)
    assert [buckets.take("guesser") == 0.0 for _ in range(3)] == [True, True, False]
    for number in range(limits.MOST_BUCKETS // 2):
        buckets.take(f"early {number}")
    seconds.now += 45  # the early ones are full again, and so is the guesser, all but for one
    buckets.take("guesser")
    for number in range(limits.MOST_BUCKETS // 2):
        buckets.take(f"late {number}")
    assert buckets._buckets["guesser"].left < 2
