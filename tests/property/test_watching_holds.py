"""Whatever is seen, by whomever and in whatever order: a watch counts the same, and never more than there is."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from protocols.conditions import Age, Plan
from protocols.deadlines import Limit
from protocols.vocabulary import Kind, Role
from protocols.watches import Across, Counting
from protocols.watching import Seen, after, before, met

FIRST = date(2026, 1, 1)
AGES = st.builds(Age, st.integers(1, 40), st.sampled_from(["day", "week", "month"]))
DAYS = st.integers(0, 500).map(lambda days: FIRST + timedelta(days=days))
WATCHES = st.builds(
    Counting,
    id=st.just("again"),
    says=st.just("So many."),
    kind=st.just(Kind.WAS_NOT_BROUGHT),
    what=st.just("look_together"),
    limit=st.just(Limit.parse("2 days")),
    by=st.just((Role.HEALTH_VISITING,)),
    within=AGES,
    across=st.sampled_from(Across),
    threshold=st.integers(1, 6),
    weights=st.dictionaries(st.sampled_from(Plan), st.integers(1, 6)),
)


@st.composite
def seen(draw: st.DrawFn) -> list[Seen]:
    some = st.tuples(
        st.sampled_from("abc"),
        DAYS,
        st.sampled_from([None, "hospital", "midwifery"]),
        st.none() | st.sampled_from(Plan),
    )
    return [
        Seen(number, child, day, of, plan and plan.value)
        for number, (child, day, of, plan) in enumerate(draw(st.lists(some, max_size=9)))
    ]  # fmt: skip


@given(WATCHES, seen(), st.data())
def test_the_order_in_which_they_come_does_not_matter(watch: Counting, given: list[Seen], data: Any) -> None:  # noqa: ANN401 - Hypothesis's own
    counted = met(watch, given)
    event("met" if counted else "not met")
    assert met(watch, data.draw(st.permutations(given))) == counted
    assert set(counted) <= set(given)
    assert len(set(counted)) == len(counted)


@given(WATCHES, seen())
def test_what_counts_lies_within_the_window_and_weighs_enough(watch: Counting, given: list[Seen]) -> None:
    counted = met(watch, given)
    if not counted:
        return
    days = [one.day for one in counted]
    assert before(max(days), watch.within) <= min(days)
    most = max([1, *watch.weights.values()])
    assert len(counted) * most >= watch.threshold


@given(WATCHES, seen(), seen())
def test_what_is_met_is_not_unmet_by_more(watch: Counting, given: list[Seen], more: list[Seen]) -> None:
    if met(watch, given):
        assert met(watch, [*given, *(replace(one, id=100 + int(str(one.id))) for one in more)])


@given(WATCHES, st.sampled_from("abc"), DAYS)
def test_just_so_many_on_the_edges_of_the_window_meet_it_and_a_day_more_does_not(
    watch: Counting, child: str, day: date
) -> None:
    watch = replace(watch, weights={}, threshold=2)
    first = before(day, watch.within)
    ends = [Seen(1, child, first, "hospital"), Seen(2, child, day, "hospital")]
    assert met(watch, ends) == tuple(ends)
    assert met(watch, [replace(ends[0], day=first - timedelta(days=1)), ends[1]]) == ()


@given(WATCHES, seen())
def test_two_persons_who_are_found_to_be_one_count_as_one(watch: Counting, given: list[Seen]) -> None:
    """What was told of each is told of both from then on; the same occasion, told of each, is one occasion."""
    merged = [replace(one, child="a" if one.child == "b" else one.child) for one in given]
    of_a = [one for one in given if one.child == "a"]
    of_both = [one for one in merged if one.child == "a"]
    if met(watch, of_a):
        assert met(watch, of_both)
    if met(watch, merged):
        assert met(watch, given), "merging makes no occasion out of nothing"


@given(AGES, DAYS)
def test_a_period_is_never_shorter_than_it_says_by_more_than_a_months_end(age: Age, day: date) -> None:
    assert day < after(day, age)
    assert before(day, age) < day
    assert abs((after(before(day, age), age) - day).days) <= 3
