"""What the shipped protocols say of households, of those who are involved, and of adults under supervision."""

from itertools import permutations
from typing import Any

import pytest

from protocols.facts import Facts
from protocols.vocabulary import Kind, Role, Section, Urgency
from tests.unit.test_library import AREAS, of_example, sent


@pytest.mark.parametrize(
    "pair", list(permutations(AREAS, 2)), ids=lambda pair: "-".join(AREAS[one] for one in pair)
)
@pytest.mark.parametrize(
    ("more", "sender", "heard"),
    [
        ({"kind": Kind.HOUSEHOLD}, "gp-1", {"0-19": "household_known"}),
        ({"kind": Kind.INVOLVEMENT}, "early-help", {"0-19": "involvement_known"}),
        ({"kind": Kind.INVOLVEMENT}, "substance-misuse", {"0-19": "involvement_exists"}),
        (
            {"kind": Kind.SUPERVISION, "asks": True},
            "probation",
            {"mash": "household_enquiry", "0-19": "household_enquiry"},
        ),
        ({"kind": Kind.SUPERVISION}, "probation", {"0-19": "family_health"}),
        (
            {"kind": Kind.SUPERVISION, "disengaged": True},
            "adult-social-care",
            {"mash": "everything", "0-19": "family_health"},
        ),
    ],
)
def test_what_is_learnt_of_a_family_elsewhere_is_told_where_they_live(
    pair: tuple[str, str], more: dict[str, Any], sender: str, heard: dict[str, str]
) -> None:
    here, home = pair
    seen = Facts(version=1, urgency=Urgency.ROUTINE, home_area=home, **more)
    decision = sent(seen, f"{AREAS[here]}-{sender}")
    assert decision.refusals == ()
    views = {f"{AREAS[home]}-{agency}": view for agency, view in heard.items()}
    assert {one.recipient.agency: one.view.name for one in decision.shares} == views


@pytest.mark.parametrize(
    ("area", "limit"),
    [("sandwell", "2 working days"), ("birmingham", "3 working days"), ("camden", "1 working day")],
)
def test_the_answer_to_a_household_enquiry_is_owed(area: str, limit: str) -> None:
    home = {name: code for code, name in AREAS.items()}[area]
    seen = Facts(kind=Kind.SUPERVISION, version=1, urgency=Urgency.ROUTINE, home_area=home, asks=True)
    shares = {one.recipient.role: one for one in sent(seen, f"{area}-probation").shares}
    assert {role: str(one.owes["household_answer"]) for role, one in shares.items()} == {
        Role.MASH: limit,
        Role.HEALTH_VISITING: "5 working days",
    }
    for one in shares.values():
        assert Section.ADULTS not in one.view.sections, (
            "the order itself is not told to those who are only asked"
        )


def test_that_a_service_is_involved_is_one_permission_and_what_it_knows_another() -> None:
    shares = {one.recipient.role: one for one in of_example("involvement-early-help").shares}
    both = {Section.INVOLVEMENT, Section.INVOLVEMENT_CONTENT}
    granted = {role: both & one.view.sections for role, one in shares.items()}
    assert granted == {
        Role.HEALTH_VISITING: both,
        Role.CHILDRENS_SOCIAL_CARE: both,
        Role.GP_PRACTICE: {Section.INVOLVEMENT},
        Role.SCHOOL: {Section.INVOLVEMENT},
        Role.SUBSTANCE_MISUSE: {Section.INVOLVEMENT},
    }
    for one in shares.values():
        assert Section.PRACTITIONER in one.view.sections, "whoever learns that a service is there may ring it"
