"""Marks: one for each that is the same, none that anybody could make without the key."""

from datetime import date, timedelta

import pytest

from hub.pseudonyms import ONE_PREGNANCY, Pseudonyms, plain_name

BORN = date(2026, 1, 5)
NUMBER = "9990000042"
OURS = Pseudonyms(b"p" * 32)


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("Zoë O'Neill", "O\u2019NEILL Zoe"),
        ("Anne-Marie Smith", "smith anne marie"),
        ("  José   García ", "Garcia, Jose"),
        ("Łukasz Weiß", "łukasz weiss"),
        ("مريم", "مريم"),
    ],
)
def test_one_name_written_in_two_ways_has_one_mark(name: str, same: str) -> None:
    assert OURS.name_and_birth(name, BORN) == OURS.name_and_birth(same, BORN) is not None


@pytest.mark.parametrize(("name", "other"), [("Ann Lee", "Anne Lee"), ("Ann Lee", "Ann"), ("A B", "AB")])
def test_two_names_have_two(name: str, other: str) -> None:
    assert OURS.name_and_birth(name, BORN) != OURS.name_and_birth(other, BORN)


def test_a_name_without_a_letter_has_none() -> None:
    assert plain_name("?? 12") == ""
    assert OURS.name_and_birth("?? 12", BORN) is None


def test_each_kind_of_mark_and_each_key_has_its_own() -> None:
    def of(one: Pseudonyms) -> list[bytes | None]:
        return [
            one.nhs_number(NUMBER),
            one.number_and_birth(NUMBER, BORN),
            one.name_and_birth("nhs number", BORN),
            one.mother_and_due(NUMBER, BORN, 0),
            one.mother_and_due(NUMBER, BORN, 1),
            one.pregnant(NUMBER),
        ]

    assert len({*of(OURS), *of(Pseudonyms(b"q" * 32))}) == 12


def test_the_days_around_a_due_date_are_those_of_one_pregnancy() -> None:
    near = set(OURS.near_due(NUMBER, BORN, 0))
    assert OURS.mother_and_due(NUMBER, BORN, 0) not in near
    last = BORN + ONE_PREGNANCY
    assert OURS.mother_and_due(NUMBER, last, 0) in near
    assert OURS.mother_and_due(NUMBER, last + timedelta(days=1), 0) not in near
    assert len(near) == 2 * ONE_PREGNANCY.days
