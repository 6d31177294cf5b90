"""Up the ladder: when each step is due, and whom it means."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agencies.agency import ContactRole
from agencies.directory import Directory, shipped
from agencies.whom import Ends, Told, contact_of, whom
from hub.clock import england
from protocols.deadlines import LONDON, Limit, OpeningHours, Unit, is_open
from protocols.ladders import USUAL, step_due, steps_of
from protocols.protocol import Step

OFFICE = OpeningHours.parse("Mon-Fri 09:00-17:00")
ALWAYS = OpeningHours.always()
CALENDAR = england(lambda _: None)
WEDNESDAY = datetime(2026, 4, 15, 12, 0, tzinfo=UTC)  # one o'clock in England
SUNDAY = datetime(2026, 4, 19, 12, 0, tzinfo=UTC)
URGENT = [
    {"after": "0 hours", "tell": ["recipient.duty_lead"]},
    {"after": "2 hours", "tell": ["recipient.safeguarding_lead", "sender.safeguarding_lead"]},
    {"after": "8 hours", "tell": ["partnership"]},
]
MASH, SENDER = "sandwell-mash", "sandwell-0-19"
BY_MASH, BY_SENDER = Ends(SENDER, MASH, MASH), Ends(SENDER, MASH, SENDER)


def due(steps: Any, place: int, at: datetime = WEDNESDAY) -> datetime | None:  # noqa: ANN401 - steps
    return step_due(steps, place, lapsed_at=at, hours=OFFICE, calendar=CALENDAR)


def meant(
    tell: list[str], ends: Ends = BY_MASH, at: datetime = WEDNESDAY, directory: Directory | None = None
) -> list[str]:
    found = whom(tell, ends, directory=directory or shipped(), calendar=CALENDAR, at=at)
    return [str(one) for one in found]


def changed(agency: str, **more: Any) -> Directory:  # noqa: ANN401 - a row's fields
    rows = [{**row, **more} if row["id"] == agency else row for row in shipped().to_rows()]
    return Directory.from_rows(rows)


# -- when ---------------------------------------------------------------------------------------------------


def test_each_step_is_counted_from_the_lapse() -> None:
    steps = steps_of(URGENT)
    assert due(steps, 0) == WEDNESDAY
    assert due(steps, 1) == WEDNESDAY + timedelta(hours=2)
    assert due(steps, 2) == WEDNESDAY + timedelta(hours=8)
    assert due(steps, 3) is None


def test_working_days_are_those_of_whoever_owes() -> None:
    assert due(USUAL, 1) == datetime(2026, 4, 17, 17, 0, tzinfo=LONDON)


def test_terms_without_steps_are_climbed_all_the_same() -> None:
    assert steps_of(None) == steps_of([]) == USUAL
    assert "partnership" in USUAL[-1].tell


def test_a_step_is_not_due_before_the_one_below_it() -> None:
    steps = steps_of([URGENT[0], {**URGENT[1], "after": "9 hours"}, URGENT[2]])
    assert due(steps, 2) == due(steps, 1)


limits = st.builds(Limit, figure=st.integers(0, 20), unit=st.sampled_from(Unit))
# Both nights of the year on which the clocks change are among them.
moments = st.datetimes(datetime(2026, 3, 27), datetime(2026, 10, 30)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001 - as given


@given(st.lists(limits, min_size=1, max_size=5), moments, st.sampled_from([OFFICE, ALWAYS]))
def test_steps_are_due_in_order_and_never_before_the_lapse(
    afters: list[Limit], at: datetime, hours: OpeningHours
) -> None:
    steps = [Step(after, ("partnership",)) for after in afters]
    found = [
        step_due(steps, place, lapsed_at=at, hours=hours, calendar=CALENDAR) for place in range(len(steps))
    ]
    assert [one for one in found if one is not None and one >= at] == found
    assert found == sorted(found)  # type: ignore[type-var]


# -- whom ---------------------------------------------------------------------------------------------------


def test_a_step_names_roles_of_both_ends() -> None:
    assert meant(["recipient.duty_lead"]) == [f"{MASH}.duty_lead"]
    both = ["recipient.safeguarding_lead", "sender.safeguarding_lead"]
    assert meant(both) == [f"{MASH}.safeguarding_lead", f"{SENDER}.safeguarding_lead"]


def test_whoever_owes_it_hears_of_every_step() -> None:
    assert meant(["recipient.duty_lead"], BY_SENDER) == [f"{MASH}.duty_lead", f"{SENDER}.duty_lead"]
    assert meant(["partnership"]) == ["sandwell-partnership.safeguarding_lead", f"{MASH}.safeguarding_lead"]


def test_across_a_border_both_partnerships_hear() -> None:
    ends = Ends(SENDER, "birmingham-0-19", "birmingham-0-19")
    assert meant(["partnership"], ends)[:2] == [
        "birmingham-partnership.safeguarding_lead",
        "sandwell-partnership.safeguarding_lead",
    ]


def test_at_night_and_on_sundays_it_is_the_out_of_hours_contact() -> None:
    assert meant(["recipient.duty_lead"], at=SUNDAY) == [f"{MASH}.out_of_hours"]
    assert meant(["recipient.duty_lead"], at=WEDNESDAY.replace(hour=3)) == [f"{MASH}.out_of_hours"]
    easter_monday = datetime(2026, 4, 6, 12, 0, tzinfo=UTC)
    assert meant(["recipient.duty_lead"], at=easter_monday) == [f"{MASH}.out_of_hours"]


def test_who_has_nobody_out_of_hours_finds_it_in_the_morning() -> None:
    without = [
        one for one in shipped().get(MASH, SUNDAY).to_row()["contacts"] if one["role"] != "out_of_hours"
    ]
    assert meant(["recipient.duty_lead"], at=SUNDAY, directory=changed(MASH, contacts=without)) == [
        f"{MASH}.duty_lead"
    ]


def test_of_one_that_has_closed_the_partnership_hears_and_not_the_successor() -> None:
    """Whether the successor is to learn of this family is for a person to decide."""
    for more in ({}, {"successor": "sandwell-0-19"}):
        directory = changed(MASH, closes="2026-04-10", **more)
        assert meant(["recipient.duty_lead"], directory=directory) == ["sandwell-partnership.duty_lead"]


def test_nobody_is_told_twice_by_one_step() -> None:
    assert meant(["recipient.duty_lead", "recipient.duty_lead", "partnership"], BY_MASH) == [
        f"{MASH}.duty_lead",
        "sandwell-partnership.safeguarding_lead",
    ]


def test_where_there_is_nobody_at_all_it_says_so() -> None:
    assert meant(["recipient.duty_lead"], Ends("nobody", "nobody-else", "nobody-else")) == []


def test_a_contact_with_an_address_is_preferred_to_one_without() -> None:
    contacts = [
        {"role": "duty_lead", "phone": "0121 496 0101"},
        {"role": "deputy", "phone": "0121 496 0102", "email": "deputy@mash.example"},
    ]
    told = Told(MASH, ContactRole.DUTY_LEAD)
    found = contact_of(told, directory=changed(MASH, contacts=contacts), at=WEDNESDAY)
    assert found is not None
    assert found.email == "deputy@mash.example"
    phone = contact_of(told, directory=changed(MASH, contacts=contacts[:1]), at=WEDNESDAY)
    assert phone is not None
    assert (phone.email, phone.phone) == (None, "0121 496 0101")
    night = Told(MASH, ContactRole.OUT_OF_HOURS)
    without_mail = [{"role": "out_of_hours", "phone": "0121 496 0104"}, contacts[1]]
    found = contact_of(night, directory=changed(MASH, contacts=without_mail), at=SUNDAY)
    assert found is not None
    assert found.email is None, "a letter to a day desk would lie there till morning"
    assert contact_of(Told("nobody", ContactRole.DUTY_LEAD), directory=shipped(), at=WEDNESDAY) is None


@pytest.mark.parametrize(
    ("at", "open_then"),
    [
        (datetime(2026, 4, 15, 8, 59, tzinfo=LONDON), False),
        (datetime(2026, 4, 15, 9, 0, tzinfo=LONDON), True),
        (datetime(2026, 4, 15, 16, 59, tzinfo=LONDON), True),
        (datetime(2026, 4, 15, 17, 0, tzinfo=LONDON), False),
        (datetime(2026, 4, 18, 12, 0, tzinfo=LONDON), False),
        (datetime(2026, 12, 25, 12, 0, tzinfo=LONDON), False),
    ],
    ids=["before", "opening", "last-minute", "closed", "saturday", "christmas"],
)
def test_whether_somebody_is_at_the_desk(at: datetime, open_then: bool) -> None:  # noqa: FBT001 - a table
    assert is_open(OFFICE, CALENDAR, at) is open_then
    assert is_open(ALWAYS, CALENDAR, at)
