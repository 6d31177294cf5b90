"""What a protocol may ask about a message."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from protocols.facts import Facts, NamedService, facts
from protocols.messages import read
from protocols.vocabulary import Category, Kind, Role, Urgency
from tests.examples import GONE, NAMES, NOW, example, spoilt

SANDWELL, BIRMINGHAM, CAMDEN = "E08000028", "E08000025", "E09000007"
WHY = "Asked twice; nobody knows."


def area_of(postcode: str) -> str | None:
    """A map of postcodes that knows three districts and guesses at nothing else."""
    return {"B6": SANDWELL, "B1": BIRMINGHAM, "NW": CAMDEN}.get(postcode[:2])


def of(raw: dict[str, Any], as_of: datetime = NOW) -> Facts:
    return facts(read(raw, now=NOW), area_of=area_of, as_of=as_of)


@pytest.mark.parametrize("name", NAMES)
def test_every_example_has_facts(name: str) -> None:
    raw = example(name)
    found = of(raw)
    assert found.kind == raw["kind"]
    assert found.urgency == raw["urgency"]
    assert found.children == len(raw.get("children", ()))


def test_a_bruise_on_a_baby() -> None:
    found = of(example("concern-bruise-non-mobile-baby"))
    assert found.kind is Kind.CONCERN
    assert found.version == 1
    assert found.urgency is Urgency.IMMEDIATE
    assert found.categories == {Category.BRUISING}
    assert (found.youngest_days, found.oldest_days) == (100, 937)
    assert found.non_mobile
    assert not found.unborn
    assert found.gp_registered is True
    assert found.home_area == SANDWELL
    assert (found.origin_area, found.destination_area, found.cross_border) == (None, None, False)
    assert found.has_plan is None


def test_a_family_that_moves_between_areas() -> None:
    found = of(example("handover-sandwell-to-birmingham"))
    assert found.kind is Kind.HANDOVER
    assert found.categories == frozenset()
    assert (found.origin_area, found.destination_area, found.cross_border) == (SANDWELL, BIRMINGHAM, True)
    assert found.home_area == BIRMINGHAM
    assert found.gp_registered is False
    assert len(found.gp_ods) == 1
    assert found.adult_supervision
    assert found.adult_services == {Role.PROBATION}
    assert NamedService(Role.HEALTH_VISITING, "birmingham-0-19") in found.services
    assert Role.PROBATION in {service.role for service in found.services}


def test_who_is_involved_and_still_is() -> None:
    raw = example("involvement-early-help")
    found = of(raw)
    assert found.involved == (NamedService(Role.EARLY_HELP, None),) * 2, "what has ended is not involvement"
    assert Role.EARLY_HELP not in {service.role for service in found.services}, "that is the sender itself"
    named = of(spoilt(raw, involvement__0__agency="sandwell-early-help"))
    assert NamedService(Role.EARLY_HELP, "sandwell-early-help") in named.services


def test_an_adults_own_practice_is_not_the_childs() -> None:
    practice = {"role": "gp_practice", "agency": "sandwell-gp-3", "member": 0, "since": "2026-02-02"}
    found = of(spoilt(example("involvement-early-help"), involvement=[practice], work=[]))
    assert found.involved == ()
    assert "sandwell-gp-3" not in {service.agency for service in found.services}


def test_a_household_enquiry_is_at_home_where_the_adult_lives() -> None:
    raw = example("supervision-household-enquiry")
    found = of(raw)
    assert (found.asks, found.disengaged, found.children, found.youngest_days) == (True, False, 0, None)
    assert found.about_a_child, "it obeys the protocol of the home, not that of the sender"
    assert found.home_area == SANDWELL
    assert of(spoilt(raw, address__area=GONE)) == found
    nowhere = {"unknown_because": WHY, "restricted": False}
    assert of(spoilt(raw, address=nowhere)).home_area is None
    assert (found.gp_registered, found.gp_ods, found.services) == (None, (), ())


@pytest.mark.parametrize(("engages", "disengaged"), [("no", True), ("partly", False), ("yes", False)])
def test_an_adult_works_with_the_order_or_does_not(engages: str, disengaged: bool) -> None:  # noqa: FBT001 - a table
    raw = spoilt(example("supervision-does-not-engage"), supervision__engages=engages)
    assert of(raw).disengaged is disengaged
    assert not of(raw).asks


def test_a_move_inside_one_area_crosses_no_border() -> None:
    found = of(example("handover-within-sandwell"))
    assert (found.origin_area, found.destination_area, found.cross_border) == (SANDWELL, SANDWELL, False)


def test_nobody_knows_where_the_family_went() -> None:
    found = of(example("handover-moved-and-nobody-knows-where"))
    assert (found.origin_area, found.destination_area) == (SANDWELL, None)
    assert found.home_area is None
    assert not found.cross_border
    assert found.has_plan == "child_in_need"


def test_an_area_is_taken_as_stated_or_from_the_postcode_and_never_guessed() -> None:
    raw = example("handover-sandwell-to-birmingham")
    by_postcode = of(spoilt(raw, move__from_area=GONE, move__to_area=GONE, address__area=GONE))
    assert by_postcode == of(raw)
    nowhere = of(spoilt(raw, move__to_area=GONE, move__to_postcode="ZE1 0AA"))
    assert nowhere.destination_area is None
    assert not nowhere.cross_border


def test_home_before_and_after_a_planned_move() -> None:
    raw = spoilt(
        example("handover-sandwell-to-birmingham"),
        address={"unknown_because": WHY, "restricted": False},
        move__moved_on="2026-04-20",
    )
    assert of(raw).home_area == SANDWELL
    assert of(raw, NOW + timedelta(days=5)).home_area == BIRMINGHAM
    assert of(spoilt(raw, move__moved_on=GONE, move__moved_on_unknown_because=WHY)).home_area == BIRMINGHAM


def test_ages_are_counted_by_the_day_in_london() -> None:
    raw = example("concern-bruise-non-mobile-baby")
    assert of(raw, datetime(2026, 4, 15, 22, 59, tzinfo=UTC)).youngest_days == 100
    assert of(raw, datetime(2026, 4, 15, 23, 0, tzinfo=UTC)).youngest_days == 101


def test_an_unborn_baby_has_weeks_and_no_age() -> None:
    raw = example("concern-pre-birth")
    found = of(raw)
    assert found.unborn
    assert (found.youngest_days, found.oldest_days) == (None, None)
    assert found.unborn_weeks == 23
    assert of(spoilt(raw, children__0__due_date="2026-04-15")).unborn_weeks == 40
    assert found.adult_services == {Role.SUBSTANCE_MISUSE, Role.PROBATION}


def test_weeks_are_whole_weeks_and_the_furthest_on_counts() -> None:
    raw = example("concern-pre-birth")
    assert of(spoilt(raw, children__0__due_date="2026-04-16")).unborn_weeks == 39
    assert (
        of(spoilt(raw, children=[{"due_date": "2026-08-12"}, {"due_date": "2026-06-20"}])).unborn_weeks == 30
    )


def test_who_moves_on_their_own() -> None:
    raw = example("concern-bruise-non-mobile-baby")
    assert not of(spoilt(raw, children__0__mobile=True)).non_mobile
    assert not of(spoilt(raw, categories=["neglect"], children__0__mobile=GONE)).non_mobile


def test_a_family_that_moves_and_one_that_left_no_trace() -> None:
    gone, moved, stays = (
        of(example(name))
        for name in (
            "handover-moved-and-nobody-knows-where",
            "handover-sandwell-to-birmingham",
            "concern-neglect",
        )
    )
    assert (gone.moves, gone.untraced) == (True, True)
    assert (moved.moves, moved.untraced) == (True, False)
    assert (stays.moves, stays.untraced) == (False, False)


def test_where_the_children_are_said_to_live_is_home_wherever_the_family_goes() -> None:
    raw = spoilt(example("handover-sandwell-to-birmingham"), address__area=CAMDEN)
    assert of(raw).home_area == CAMDEN


def test_an_age_that_was_only_seen_counts_as_seen() -> None:
    found = of(example("concern-probation-think-family"))
    assert found.oldest_days == 3 * 365
    assert found.adult_supervision


@pytest.mark.parametrize(
    ("services", "registered"),
    [
        ({"gp": {"ods": "Y90001", "registered": True}}, True),
        ({"gp": {"ods": "Y90001", "registered": False}}, False),
        ({"no_gp_because": WHY}, False),
        ({"gp_unknown_because": WHY}, None),
    ],
)
def test_registered_with_a_gp_or_not_or_not_known(services: dict[str, Any], registered: bool | None) -> None:  # noqa: FBT001 - a table
    assert of(spoilt(example("concern-neglect"), services=services)).gp_registered is registered


def test_practices_and_services_are_named_once_each() -> None:
    others = [
        {"role": "gp_practice", "ods": "Y90002"},
        {"role": "gp_practice", "ods": "Y90001"},
        {"role": "police"},
        {"role": "police"},
        {"role": "hospital", "ods": "RZ901"},
    ]
    services = {
        "gp": {"ods": "Y90001", "registered": True},
        "others": others,
        "school": {"name": "A", "agency": "a-school"},
    }
    found = of(spoilt(example("concern-neglect"), services=services))
    assert found.gp_ods == ("Y90001", "Y90002")
    assert found.services == (
        NamedService(Role.GP_PRACTICE, None),
        NamedService(Role.POLICE, None),
        NamedService(Role.HOSPITAL, None),
        NamedService(Role.SCHOOL, "a-school"),
    )


@pytest.mark.parametrize("kind", ["none", "not_known"])
def test_no_plan_is_no_plan(kind: str) -> None:
    assert of(spoilt(example("concern-neglect"), plan={"kind": kind})).has_plan is None
