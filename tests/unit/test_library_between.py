"""The shipped protocols between areas: who moves, and who is worried about elsewhere, always reaches somebody."""

from datetime import UTC, date, datetime
from itertools import permutations
from typing import Any

import pytest

from protocols.decide import Reason
from protocols.facts import Facts
from protocols.vocabulary import Category, Kind, Role, Urgency
from tests.signed import BIRMINGHAM, SANDWELL, known
from tests.unit.test_library import AREAS, BY_ID, sent, told


@pytest.mark.parametrize(
    "pair", list(permutations(AREAS, 2)), ids=lambda pair: "-".join(AREAS[one] for one in pair)
)
@pytest.mark.parametrize("sender", ["0-19", "midwifery", "hospital", "childrens-social-care", "early-help",
                                    "substance-misuse", "school-nursing", "probation"])  # fmt: skip
def test_every_area_hands_over_to_every_other(pair: tuple[str, str], sender: str) -> None:
    origin, destination = pair
    seen = moving(
        origin, destination, has_plan="child_protection" if sender == "childrens-social-care" else None
    )
    decision = sent(seen, f"{AREAS[origin]}-{sender}")
    takers = [share.recipient for share in decision.shares if share.takes_responsibility]
    (taker,) = takers
    assert taker.area == destination
    receiving = {"midwifery": "0-19", "hospital": "0-19"}.get(sender, sender)
    assert taker.agency == f"{AREAS[destination]}-{receiving}"
    assert decision.refusals == ()


@pytest.mark.parametrize(
    "pair", list(permutations(AREAS, 2)), ids=lambda pair: "-".join(AREAS[one] for one in pair)
)
def test_a_child_on_a_plan_who_moves_is_known_to_mash_and_social_care(pair: tuple[str, str]) -> None:
    origin, destination = pair
    decision = sent(moving(origin, destination, has_plan="child_in_need"), f"{AREAS[origin]}-0-19")
    new, old = AREAS[destination], AREAS[origin]
    assert set(told(decision)) == {
        f"{new}-0-19",
        f"{new}-mash",
        f"{new}-childrens-social-care",
        f"{old}-childrens-social-care",
    }
    assert decision.refusals == ()


@pytest.mark.parametrize(
    "pair", list(permutations(AREAS, 2)), ids=lambda pair: "-".join(AREAS[one] for one in pair)
)
@pytest.mark.parametrize("category", Category)
def test_a_worry_about_a_child_who_lives_elsewhere_always_reaches_somebody(
    pair: tuple[str, str], category: Category
) -> None:
    here, home = pair
    decision = sent(worry(home, category), f"{AREAS[here]}-hospital")
    assert decision.shares
    assert decision.refusals == ()
    assert {share.recipient.area for share in decision.shares} == {home}
    soft = category in {Category.BELOW_THRESHOLD, Category.NOT_REGISTERED_WITH_GP}
    assert (f"{AREAS[home]}-mash" in told(decision)) is not soft


@pytest.mark.parametrize("area", AREAS, ids=AREAS.get)
@pytest.mark.parametrize("category", Category)
def test_every_category_of_concern_reaches_somebody_at_home(area: str, category: Category) -> None:
    seen = worry(area, category, unborn=category is Category.PRE_BIRTH, gp_registered=False)
    decision = sent(seen, f"{AREAS[area]}-substance-misuse")
    assert decision.shares, decision.refusals


@pytest.mark.parametrize("area", AREAS, ids=AREAS.get)
def test_a_midwife_hands_every_baby_over_by_name(area: str) -> None:
    seen = Facts(kind=Kind.HANDOVER, version=1, urgency=Urgency.ROUTINE, home_area=area, gp_registered=None)
    decision = sent(seen, f"{AREAS[area]}-midwifery")
    (taker,) = [share.recipient.agency for share in decision.shares if share.takes_responsibility]
    assert taker == f"{AREAS[area]}-0-19"


def test_a_bruise_on_a_baby_of_five_months_counts_however_they_move() -> None:
    seen = worry(SANDWELL, Category.BRUISING, youngest_days=150, non_mobile=False)
    mash = sent(seen, "sandwell-gp-1").shares[0]
    assert (mash.recipient.agency, mash.limits["check_back"]) == ("sandwell-mash", "4 hours")
    assert mash.call_first


def test_an_older_school_keeps_the_file_until_the_next_one_says_that_it_has_it() -> None:
    seen = moving(SANDWELL, BIRMINGHAM, services=known((Role.SCHOOL, "birmingham-school-1")))
    decision = sent(seen, "sandwell-school-1")
    assert [(share.recipient.agency, share.takes_responsibility) for share in decision.shares] == [
        ("birmingham-school-1", True)
    ]


def test_after_the_review_date_nothing_is_shared_and_everybody_is_told_to_telephone() -> None:
    late = datetime(2030, 4, 30, 12, tzinfo=UTC)
    decision = sent(worry(SANDWELL, Category.NEGLECT), "sandwell-0-19", at=late)
    assert [one.reason for one in decision.refusals] == [Reason.PROTOCOL_EXPIRED]
    assert "telephone whom it concerns now" in decision.refusals[0].sentence
    assert date(2030, 4, 30) > BY_ID["sandwell"].review_by


def moving(origin: str, destination: str, **more: Any) -> Facts:  # noqa: ANN401 - fields of the facts
    return Facts(
        kind=Kind.HANDOVER,
        version=1,
        urgency=Urgency.ROUTINE,
        home_area=destination,
        moves=True,
        origin_area=origin,
        destination_area=destination,
        **more,
    )


def worry(home: str, category: Category, **more: Any) -> Facts:  # noqa: ANN401 - fields of the facts
    return Facts(
        kind=Kind.CONCERN,
        version=1,
        urgency=Urgency.URGENT,
        categories=frozenset({category}),
        home_area=home,
        **more,
    )
