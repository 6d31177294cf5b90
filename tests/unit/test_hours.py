"""Opening hours, as people write them."""

from datetime import date

import pytest

from protocols.hours import OpeningHours

MONDAY, WEDNESDAY, SATURDAY, SUNDAY = (date(2026, 4, day) for day in (13, 15, 18, 19))


def test_a_week_as_people_write_it() -> None:
    hours = OpeningHours.parse("Mon-Fri 09:00-17:00; Sat 09:00-12:00")
    assert hours.on(WEDNESDAY, bank_holiday=False) == ((540, 1020),)
    assert hours.on(SATURDAY, bank_holiday=False) == ((540, 720),)
    assert hours.on(SUNDAY, bank_holiday=False) == ()
    assert not hours.always_open


def test_shut_on_bank_holidays_unless_it_says_so() -> None:
    assert OpeningHours.parse("Mon-Fri 09:00-17:00").on(MONDAY, bank_holiday=True) == ()
    assert OpeningHours.parse("Mon-Fri 09:00-17:00; bank holidays").on(MONDAY, bank_holiday=True) != ()


def test_always_means_bank_holidays_too() -> None:
    hours = OpeningHours.parse("always")
    assert hours.always_open
    assert hours.on(SUNDAY, bank_holiday=True) == ((0, 1440),)


@pytest.mark.parametrize(
    "text",
    [
        "always",
        "Mon-Fri 09:00-17:00",
        "Mon-Fri 09:00-17:00; Sat 09:00-12:00",
        "Mon 09:00-12:30, 13:30-17:00; Tue-Thu 09:00-17:00",
        "Mon-Sun 00:00-24:00",
        "Sat-Sun 10:00-14:00; bank holidays",
    ],
)
def test_what_is_printed_is_what_was_read(text: str) -> None:
    assert str(OpeningHours.parse(text)) == text


def test_days_with_the_same_hours_are_printed_together() -> None:
    assert str(OpeningHours.parse("Tue 09:00-17:00; Mon 09:00-17:00")) == "Mon-Tue 09:00-17:00"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "weekdays are"),
        ("Fri-Mon 09:00-17:00", "weekdays are"),
        ("Monday 09:00-17:00", "weekdays are"),
        ("Mon-Fri", "a time is written as"),
        ("Mon 9-17", "a time is written as"),
        ("Mon 09:00-24:30", "a time is written as"),
        ("Mon 09:60-17:00", "a time is written as"),
        ("Mon 17:00-09:00", "close after they open"),
        ("Mon 22:00-22:00", "close after they open"),
        ("Mon 09:00-17:00; Mon 18:00-19:00", "stands twice"),
        ("Mon 09:00-13:00, 12:00-17:00", "not touch or overlap"),
        ("Mon 09:00-13:00, 13:00-17:00", "not touch or overlap"),
        ("bank holidays", "open at some time"),
    ],
)
def test_what_is_wrong_is_said(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        OpeningHours.parse(text)
