"""The directory: who there is on a day, under which rows, and who came after those that are gone."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from agencies.directory import (
    Agency,
    ClosedAgency,
    ContactRole,
    Directory,
    NotYetOpen,
    UnknownAgency,
    day_of,
)
from protocols.decision import Finder, Gone, Party
from protocols.vocabulary import Role

SANDWELL = "E08000028"
BIRMINGHAM = "E08000025"


def row(agency: str, opens: str = "2015-04-01", closes: str | None = None, **more: Any) -> Agency:  # noqa: ANN401 - a row holds anything
    return Agency.model_validate(
        {
            "id": agency,
            "name": agency.replace("-", " ").title(),
            "role": "mash",
            "area": SANDWELL,
            "hours": "Mon-Fri 09:00-17:00",
            "opens": opens,
            "closes": closes,
            **more,
        }
    )


def directory(*rows: Agency) -> Directory:
    return Directory(rows)


CHAIN = directory(
    row("the-board", "2006-04-01", "2019-09-28", role="partnership", successor="the-bridge"),
    row("the-bridge", "2019-09-29", "2021-03-31", role="partnership", successor="the-partnership"),
    row("the-partnership", "2021-04-01", role="partnership"),
)


# -- one agency on one day ----------------------------------------------------------------------------------


def test_the_row_that_holds_on_the_day_is_the_answer() -> None:
    found = directory(
        row("sandwell-0-19", "2016-04-01", "2022-03-31", name="Family Nurse Partnership"),
        row("sandwell-0-19", "2022-04-01", name="0-19 Service"),
    )
    assert found.get("sandwell-0-19", date(2022, 3, 31)).name == "Family Nurse Partnership"
    assert found.get("sandwell-0-19", date(2022, 4, 1)).name == "0-19 Service"
    assert len(found) == 1
    assert [one.name for one in found.history("sandwell-0-19")] == [
        "Family Nurse Partnership",
        "0-19 Service",
    ]


def test_the_first_and_the_last_day_belong_to_the_row() -> None:
    found = directory(row("a-team", "2024-01-01", "2024-01-31"))
    assert found.get("a-team", date(2024, 1, 1)) == found.get("a-team", date(2024, 1, 31))


def test_a_day_is_englands_day_whatever_the_clock_of_the_caller() -> None:
    """In summer, 23:30 in UTC is already the next day in Sandwell."""
    found = directory(row("a-team", "2026-07-02"))
    assert found.get("a-team", datetime(2026, 7, 1, 23, 30, tzinfo=UTC)).id == "a-team"
    with pytest.raises(NotYetOpen):
        found.get("a-team", datetime(2026, 7, 1, 22, 30, tzinfo=UTC))
    assert day_of(datetime(2026, 1, 1, 23, 30, tzinfo=UTC)) == date(2026, 1, 1)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        CHAIN.get("the-board", datetime(2026, 7, 1, 12, 0))  # noqa: DTZ001 - what must be refused


def test_an_unknown_agency_says_where_to_look() -> None:
    with pytest.raises(UnknownAgency, match=r"no agency 'nowhere-mash': look it up"):
        CHAIN.get("nowhere-mash", date(2026, 1, 1))
    with pytest.raises(UnknownAgency):
        CHAIN.history("nowhere-mash")
    assert "nowhere-mash" not in CHAIN
    assert "the-board" in CHAIN


def test_one_that_is_not_open_yet_says_when() -> None:
    found = directory(row("a-team", "2024-01-01", "2024-01-31"), row("a-team", "2024-03-01"))
    for day, opens in ((date(2023, 12, 31), date(2024, 1, 1)), (date(2024, 2, 10), date(2024, 3, 1))):
        with pytest.raises(NotYetOpen) as refusal:
            found.get("a-team", day)
        assert refusal.value.opens == opens
        assert str(opens) in str(refusal.value)


# -- succession ---------------------------------------------------------------------------------------------


def test_a_closed_agency_names_who_does_its_work_now_through_the_whole_chain() -> None:
    with pytest.raises(ClosedAgency) as refusal:
        CHAIN.get("the-board", date(2026, 1, 1))
    assert refusal.value.successor == "the-partnership"
    assert refusal.value.closed == date(2019, 9, 28)
    assert "write to the-partnership" in str(refusal.value)


@pytest.mark.parametrize(
    ("day", "successor"),
    [(date(2019, 9, 28), None), (date(2019, 9, 29), "the-bridge"), (date(2021, 4, 1), "the-partnership")],
)
def test_who_the_successor_is_depends_on_the_day(day: date, successor: str | None) -> None:
    assert CHAIN.successor_of("the-board", day) == successor


def test_one_that_ended_without_a_successor_says_whom_to_ask() -> None:
    found = directory(row("a-team", "2015-01-01", "2020-01-01"))
    with pytest.raises(ClosedAgency, match="ask the area's partnership") as refusal:
        found.get("a-team", date(2026, 1, 1))
    assert refusal.value.successor is None
    assert found.successor_of("a-team", date(2026, 1, 1)) is None
    assert found.successor_of("never-was", date(2026, 1, 1)) is None


def test_a_successor_that_has_not_opened_yet_is_nobodys_answer() -> None:
    found = directory(
        row("old-team", "2015-01-01", "2026-01-31", successor="new-team"), row("new-team", "2026-03-01")
    )
    assert found.successor_of("old-team", date(2026, 2, 10)) is None
    assert found.successor_of("old-team", date(2026, 3, 1)) == "new-team"


# -- what the protocols ask ---------------------------------------------------------------------------------


def test_a_directory_is_a_finder() -> None:
    finder: Finder = CHAIN
    assert finder.find(Role.PARTNERSHIP, SANDWELL, date(2026, 1, 1)) == (
        Party("the-partnership", Role.PARTNERSHIP, SANDWELL),
    )


def test_find_gives_only_that_role_in_that_area_on_that_day() -> None:
    found = directory(
        row("one-mash"),
        row("two-mash", area=BIRMINGHAM),
        row("one-police", role="police"),
        row("old-mash", "2010-01-01", "2015-03-31"),
        row("new-mash", "2030-01-01"),
    )
    assert [one.agency for one in found.find(Role.MASH, SANDWELL, date(2026, 1, 1))] == ["one-mash"]
    assert [one.agency for one in found.find(Role.MASH, BIRMINGHAM, date(2026, 1, 1))] == ["two-mash"]
    assert found.find(Role.HOSPITAL, SANDWELL, date(2026, 1, 1)) == ()


PRACTICES = directory(
    row("gp-one", role="gp_practice", ods="Y90001"),
    row("gp-two", "2010-01-01", "2024-09-30", role="gp_practice", ods="Y90002", successor="gp-one"),
    row("gp-three", "2010-01-01", "2020-01-01", role="gp_practice", ods="Y90003"),
    row("gp-four", "2030-01-01", role="gp_practice", ods="Y90004"),
    row("a-hospital", role="hospital", ods="RZ901"),
)


@pytest.mark.parametrize(
    ("ods", "found"),
    [
        ("Y90001", Party("gp-one", Role.GP_PRACTICE, SANDWELL)),
        (" y90001 ", Party("gp-one", Role.GP_PRACTICE, SANDWELL)),
        ("Y90002", Gone("gp-one")),
        ("Y90003", Gone(None)),
        ("Y90004", None),
        ("Y99999", None),
        ("RZ901", None),  # a code, and not a practice's
    ],
)
def test_a_practice_is_found_by_its_ods_code(ods: str, found: Party | Gone | None) -> None:
    assert PRACTICES.gp(ods, date(2026, 1, 1)) == found


def test_a_code_that_passed_to_another_practice_is_the_one_that_has_it_now() -> None:
    found = directory(
        row("old-gp", "2010-01-01", "2020-01-01", role="gp_practice", ods="Y90001"),
        row("new-gp", "2020-01-02", role="gp_practice", ods="Y90001"),
    )
    assert found.gp("Y90001", date(2019, 1, 1)) == Party("old-gp", Role.GP_PRACTICE, SANDWELL)
    assert found.gp("Y90001", date(2026, 1, 1)) == Party("new-gp", Role.GP_PRACTICE, SANDWELL)


@pytest.mark.parametrize(
    ("agency", "found"),
    [
        ("gp-one", Party("gp-one", Role.GP_PRACTICE, SANDWELL)),
        ("gp-two", Gone("gp-one")),
        ("gp-three", Gone(None)),
        ("gp-four", None),
        ("gp-nine", None),
    ],
)
def test_an_agency_is_found_by_name(agency: str, found: Party | Gone | None) -> None:
    assert PRACTICES.named(agency, date(2026, 1, 1)) == found


# -- many ---------------------------------------------------------------------------------------------------


def test_listing_holds_to_the_day_the_role_and_the_area() -> None:
    day = date(2026, 1, 1)
    assert [one.id for one in PRACTICES.agencies(day)] == ["a-hospital", "gp-one"]
    assert [one.id for one in PRACTICES.agencies(day, role=Role.GP_PRACTICE)] == ["gp-one"]
    assert PRACTICES.agencies(day, area=BIRMINGHAM) == ()


@pytest.mark.parametrize("words", ["best start", "BEST  nurses", "0-19", "sandwell 0-19 start", "y90009"])
def test_people_look_an_agency_up_by_what_they_call_it(words: str) -> None:
    found = directory(
        row("sandwell-0-19", name="Sandwell 0-19 Service", aliases=("Best Start nurses",), ods="Y90009"),
        row("sandwell-mash"),
    )
    assert [one.id for one in found.search(words, date(2026, 1, 1))] == ["sandwell-0-19"]


@pytest.mark.parametrize("words", ["", "  ", "start camden"])
def test_words_that_do_not_fit_find_nobody(words: str) -> None:
    assert CHAIN.search(words, date(2026, 1, 1)) == ()


def test_the_partnership_of_an_area_is_the_one_of_that_day() -> None:
    then, now = CHAIN.partnership(SANDWELL, date(2010, 1, 1)), CHAIN.partnership(SANDWELL, date(2026, 1, 1))
    assert (then and then.id, now and now.id) == ("the-board", "the-partnership")
    assert CHAIN.partnership(BIRMINGHAM, date(2026, 1, 1)) is None


def test_asking_for_many_days_forgets_none_of_the_answers() -> None:
    days = [date(2015, 1, 1), date(2020, 1, 1), date(2026, 1, 1)]
    days += [date(2022, 1, day) for day in range(1, 29)] + days
    for day in days:
        open_then = [one.id for one in CHAIN.agencies(day)]
        expected = ["the-board", "the-bridge", "the-partnership"][(day.year > 2019) + (day.year > 2021)]
        assert open_then == [expected]
    assert len(CHAIN._days) <= 8


# -- contacts -----------------------------------------------------------------------------------------------

LEAD = {"role": "safeguarding_lead", "phone": "0121 496 0103"}
OLD_DUTY = {"role": "duty_lead", "phone": "0121 496 0101", "valid_to": "2025-12-31"}
NEW_DUTY = {"role": "duty_lead", "phone": "0121 496 0102", "valid_from": "2026-01-01"}


def phone_of(contacts: Iterable[dict[str, str]], role: str, day: date) -> str | None:
    found = row("a-team", contacts=tuple(contacts)).contact(role, day)
    return found.phone if found else None


def test_a_contact_is_the_one_of_that_day() -> None:
    both = (OLD_DUTY, NEW_DUTY, LEAD)
    assert phone_of(both, "duty_lead", date(2025, 12, 31)) == "0121 496 0101"
    assert phone_of(both, "duty_lead", date(2026, 1, 1)) == "0121 496 0102"
    assert phone_of(both, ContactRole.SAFEGUARDING_LEAD, date(2026, 1, 1)) == "0121 496 0103"


def test_a_ladders_step_reaches_the_next_in_line_where_a_role_has_nobody() -> None:
    assert phone_of([LEAD], "duty_lead", date(2026, 1, 1)) == "0121 496 0103"
    assert phone_of([OLD_DUTY, LEAD], "duty_lead", date(2026, 1, 1)) == "0121 496 0103"
    assert phone_of([NEW_DUTY], "safeguarding_lead", date(2026, 1, 1)) == "0121 496 0102"


def test_a_day_desk_never_stands_in_for_the_night() -> None:
    assert phone_of([NEW_DUTY, LEAD], "out_of_hours", date(2026, 1, 1)) is None


def test_of_two_valid_contacts_of_one_role_the_first_stands() -> None:
    assert phone_of([NEW_DUTY, {**NEW_DUTY, "phone": "0121 496 0199"}], "duty_lead", date(2026, 6, 1)) == (
        "0121 496 0102"
    )


# -- to the database and back -------------------------------------------------------------------------------


def test_rows_go_to_the_database_and_come_back_the_same() -> None:
    rich = row(
        "a-team",
        ods="RZ901",
        gss=SANDWELL,
        hours="Mon-Thu 08:30-17:30; Sat 09:00-12:00; bank holidays",
        contacts=({**LEAD, "name": "Amira Okafor", "hours": "always"}, OLD_DUTY, NEW_DUTY),
        aliases=("The Team",),
        reach="webhook",
        webhook_url="https://a-team.example/checkback",
    )
    before = Directory([rich, *CHAIN.rows])
    after = Directory.from_rows(reversed(before.to_rows()))
    assert after.rows == before.rows
    assert after.to_rows() == before.to_rows()
