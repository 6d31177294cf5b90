"""The example directory: whole enough to play every protocol's parties, and with nobody real in it."""

import re
from datetime import date

import pytest

from agencies.areas import shipped as areas
from agencies.directory import ContactRole, shipped
from protocols.decision import Gone, Party
from protocols.vocabulary import Role

DAY = date(2026, 11, 20)
AREAS = {"sandwell": "E08000028", "birmingham": "E08000025", "camden": "E09000007"}
SEVERAL = {Role.GP_PRACTICE, Role.SCHOOL}  # those of which an area has more than one
DRAMA = re.compile(r"0121 496 0\d{3}|020 7946 0\d{3}")  # kept by Ofcom so that nobody's telephone rings


@pytest.mark.parametrize("area", AREAS.values())
@pytest.mark.parametrize("role", Role)
def test_every_area_has_every_role_once_except_practices_and_schools(area: str, role: Role) -> None:
    count = len(shipped().find(role, area, DAY))
    assert count >= 2 if role in SEVERAL else count == 1


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize(("old", "new"), [("lscb", "partnership"), ("crc", "probation"), ("gp", "gp")])
def test_every_area_has_seen_agencies_end_and_be_succeeded(area: str, old: str, new: str) -> None:
    ended = {row.id for row in shipped().rows if row.closes and row.id.startswith(f"{area}-{old}")}
    gone = [answer for agency in ended if isinstance(answer := shipped().named(agency, DAY), Gone)]
    assert gone
    assert all(answer.successor and answer.successor.startswith(f"{area}-{new}") for answer in gone)


def test_an_agency_has_changed_its_name_and_kept_its_id() -> None:
    before, after = shipped().get("sandwell-0-19", date(2020, 1, 1)), shipped().get("sandwell-0-19", DAY)
    assert before.name != after.name
    assert "Best Start nurses" in after.aliases


def test_the_practices_that_the_example_messages_name_are_there() -> None:
    for ods, agency in (
        ("Y90001", "sandwell-gp-1"),
        ("Y90002", "sandwell-gp-2"),
        ("Y90011", "birmingham-gp-1"),
    ):
        found = shipped().gp(ods, DAY)
        assert isinstance(found, Party)
        assert found.agency == agency


def test_everybody_who_is_open_can_be_reached_in_an_emergency_of_the_ladder() -> None:
    for agency in shipped().agencies(DAY):
        for role in (ContactRole.DUTY_LEAD, ContactRole.SAFEGUARDING_LEAD):
            assert agency.contact(role, DAY) is not None, (agency.id, role)


def test_nobody_in_it_is_real() -> None:
    for row in shipped().rows:
        for contact in row.contacts:
            assert contact.phone is None or DRAMA.fullmatch(contact.phone)
            assert contact.email is None or contact.email.endswith(".example")
        assert row.ods is None or re.fullmatch(r"Y900\d\d|RZ90\d", row.ods)


def test_no_two_contacts_of_different_desks_share_a_telephone() -> None:
    numbers = [contact.phone for row in shipped().rows for contact in row.contacts]
    assert len(numbers) == len(set(numbers))


def test_every_area_in_it_has_a_name() -> None:
    assert all(areas().name(row.area) for row in shipped().rows)
