"""The protocols that ship: sound, readable aloud, and right for the messages that people will send."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from itertools import permutations
from typing import Any

import pytest

from agencies.directory import shipped as directory
from agencies.places import shipped as places
from protocols.decide import Decision, Party, Reason, decide
from protocols.facts import Facts, facts
from protocols.messages import Handover, read
from protocols.minimise import SECTION_OF
from protocols.parse import parse
from protocols.protocol import Direction, Owed, Protocol
from protocols.shipped import includes, shipped, sources, text_of
from protocols.vocabulary import ATTACHED, Area, Category, Kind, Role, Section, Urgency, Withheld
from tests.examples import NAMES, NOW, example
from tests.signed import BIRMINGHAM, CAMDEN, SANDWELL, known

BY_ID = {protocol.id: protocol for protocol in shipped()}
AREAS = {SANDWELL: "sandwell", BIRMINGHAM: "birmingham", CAMDEN: "camden"}

# Who sends each example of docs/examples, and who then hears, in the order in which they must act.
SENT: Mapping[str, tuple[str, list[str]]] = {
    "birth-sandwell": ("sandwell-midwifery", ["sandwell-0-19", "sandwell-gp-2"]),
    "concern-below-threshold": ("birmingham-gp-1", ["birmingham-early-help", "birmingham-0-19"]),
    "concern-bruise-non-mobile-baby": (
        "sandwell-0-19",
        ["sandwell-mash", "sandwell-hospital", "sandwell-police", "sandwell-gp-1"],
    ),
    "concern-bruise-with-a-body-map": (
        "sandwell-gp-1",
        ["sandwell-mash", "sandwell-hospital", "sandwell-police", "sandwell-0-19"],
    ),
    "concern-domestic-abuse": (
        "birmingham-police",
        ["birmingham-mash", "birmingham-0-19", "birmingham-school-1", "birmingham-midwifery", "birmingham-probation"],
    ),
    "concern-exploitation-of-a-17-year-old": (
        "sandwell-school-2",
        ["sandwell-mash", "sandwell-gp-1", "sandwell-0-19", "sandwell-police", "sandwell-childrens-social-care"],
    ),
    "concern-from-a-neighbour-who-wants-anonymity": (
        "birmingham-early-help",
        ["birmingham-mash", "birmingham-school-1"],
    ),
    "concern-neglect": (
        "sandwell-school-1",
        ["sandwell-mash", "sandwell-0-19", "sandwell-gp-1", "sandwell-early-help"],
    ),
    "concern-not-registered-with-a-gp": ("birmingham-0-19", ["birmingham-gp-1"]),
    "concern-pre-birth": (
        "sandwell-midwifery",
        ["sandwell-mash", "sandwell-0-19", "sandwell-gp-2", "sandwell-substance-misuse", "sandwell-probation"],
    ),
    "concern-probation-think-family": (
        "sandwell-probation",
        ["sandwell-mash", "sandwell-0-19", "sandwell-substance-misuse", "sandwell-police"],
    ),
    "advice-a-fading-bruise": ("sandwell-gp-1", ["sandwell-mash"]),
    "concern-sexual-abuse": ("camden-school-1", ["camden-police", "camden-mash"]),
    "handover-camden-to-sandwell": (
        "camden-childrens-social-care",
        [
            "sandwell-childrens-social-care",
            "sandwell-mash",
            "sandwell-midwifery",
            "sandwell-0-19",
            "sandwell-probation",
        ],
    ),
    "handover-midwife-to-health-visitor": ("sandwell-midwifery", ["sandwell-0-19", "sandwell-gp-2"]),
    "handover-moved-and-nobody-knows-where": (
        "sandwell-0-19",
        ["sandwell-mash", "sandwell-childrens-social-care", "sandwell-police", "sandwell-gp-1"],
    ),
    "handover-sandwell-to-birmingham": (
        "sandwell-0-19",
        ["birmingham-0-19", "birmingham-gp-1", "birmingham-probation"],
    ),
    "read-grant-for-adult-social-care": ("sandwell-childrens-social-care", ["sandwell-adult-social-care"]),
    "handover-within-sandwell": ("sandwell-0-19", ["sandwell-gp-2", "sandwell-early-help"]),
    "registration-sandwell": ("sandwell-gp-1", ["sandwell-0-19", "sandwell-midwifery"]),
    "unborn-booked-in-sandwell-lives-in-birmingham": (
        "sandwell-midwifery",
        [
            "birmingham-midwifery",
            "birmingham-childrens-social-care",
            "birmingham-mash",
            "birmingham-0-19",
            "birmingham-gp-2",
            "sandwell-substance-misuse",
        ],
    ),
    "unborn-sandwell": (
        "sandwell-midwifery",
        [
            "sandwell-childrens-social-care",
            "sandwell-0-19",
            "sandwell-gp-1",
            "sandwell-early-help",
            "sandwell-probation",
        ],
    ),
    "learning-from-a-review": (
        "sandwell-partnership",
        [
            "sandwell-mash",
            "sandwell-0-19",
            "sandwell-school-nursing",
            "sandwell-gp-1",
            "sandwell-gp-2",
            "sandwell-gp-3",
            "sandwell-midwifery",
            "sandwell-hospital",
            "sandwell-school-1",
            "sandwell-school-2",
            "sandwell-school-3",
            "sandwell-police",
            "sandwell-probation",
            "sandwell-childrens-social-care",
            "sandwell-adult-social-care",
            "sandwell-early-help",
            "sandwell-substance-misuse",
        ],
    ),
    "plan-change-child-protection-plan-begins": (
        "sandwell-childrens-social-care",
        ["sandwell-0-19", "sandwell-gp-1", "sandwell-school-1", "sandwell-early-help"],
    ),
    "plan-change-goes-to-another-authority": (
        "camden-childrens-social-care",
        [
            "sandwell-childrens-social-care",
            "camden-0-19",
            "sandwell-midwifery",
            "sandwell-mash",
            "sandwell-0-19",
        ],
    ),
    "report-from-a-gp-practice": ("sandwell-gp-1", ["sandwell-childrens-social-care"]),
    "report-request-review-conference": (
        "sandwell-childrens-social-care",
        ["sandwell-0-19", "sandwell-gp-1", "sandwell-school-1", "sandwell-police"],
    ),
    "not-sharing-a-place-in-a-refuge": ("sandwell-0-19", []),
    "was-not-brought-hip-scan-of-a-baby": ("sandwell-hospital", ["sandwell-0-19", "sandwell-gp-1"]),
    "household-two-fathers": ("sandwell-gp-1", ["sandwell-0-19"]),
    "involvement-early-help": (
        "sandwell-early-help",
        ["sandwell-0-19", "sandwell-childrens-social-care", "sandwell-gp-1", "sandwell-school-1",
         "sandwell-substance-misuse"],
    ),
    "involvement-substance-misuse": ("sandwell-substance-misuse", ["sandwell-0-19", "sandwell-early-help"]),
    "supervision-does-not-engage": ("sandwell-probation", ["sandwell-0-19", "sandwell-gp-1", "sandwell-mash"]),
    "supervision-household-enquiry": ("sandwell-probation", ["sandwell-mash", "sandwell-0-19"]),
}  # fmt: skip


def sent(seen: Facts, sender: str, at: datetime = NOW) -> Decision:
    agency = directory().get(sender, at)
    return decide(
        seen,
        sender=Party(agency.id, agency.role, agency.area),
        protocols=shipped(),
        directory=directory(),
        at=at,
    )


def of_example(name: str) -> Decision:
    message = read(example(name), now=NOW)
    return sent(facts(message, area_of=places().area_of, as_of=NOW), SENT[name][0])


def told(decision: Decision) -> list[str]:
    return [share.recipient.agency for share in decision.shares]


# -- every protocol -------------------------------------------------------------------------------------------


def test_there_are_three_and_each_has_an_area_of_its_own() -> None:
    assert {protocol.area: protocol.id for protocol in shipped()} == AREAS
    assert len({protocol.digest for protocol in shipped()}) == len(AREAS)


@pytest.mark.parametrize("protocol", shipped(), ids=lambda one: one.id)
def test_it_is_in_force_and_says_enough(protocol: Protocol) -> None:
    assert protocol.effective <= NOW.date() <= protocol.review_by
    # A real protocol is reviewed every year; the examples must hold for as long as somebody tries them.
    assert protocol.review_by.year >= 2030
    assert len(protocol.clauses) >= 15
    assert {clause.direction for clause in protocol.clauses} == set(Direction)
    asked = {category for clause in protocol.clauses for category in clause.when.category}
    assert asked == set(Category), "no category of concern is left without a clause"


@pytest.mark.parametrize("protocol", shipped(), ids=lambda one: one.id)
def test_every_clause_is_a_sentence_to_read_aloud(protocol: Protocol) -> None:
    for clause in protocol.clauses:
        assert clause.says[0].isupper(), clause.id
        assert clause.says.endswith("."), clause.id
        assert 8 <= len(clause.says.split()) <= 45, clause.id
        assert len({one.says for one in protocol.clauses}) == len(protocol.clauses)


@pytest.mark.parametrize("protocol", shipped(), ids=lambda one: one.id)
def test_every_party_hears_of_something_and_every_view_and_ladder_is_used(protocol: Protocol) -> None:
    grants = [grant for clause in protocol.clauses for grant in clause.share]
    assert {grant.role for grant in grants} == set(protocol.parties)
    assert {view for grant in grants for view in (grant.view, grant.reads) if view} == set(protocol.views)
    at_home = {clause.kept.ladder for clause in protocol.clauses if clause.kept}
    assert {grant.ladder or protocol.ladder for grant in grants} | at_home == set(protocol.ladders)


@pytest.mark.parametrize("protocol", shipped(), ids=lambda one: one.id)
def test_what_a_role_may_see_is_no_more_than_its_work_needs(protocol: Protocol) -> None:
    for clause in protocol.clauses:
        for grant in clause.share:
            view = protocol.views[grant.view]
            if grant.role in {Role.SCHOOL, Role.PROBATION} and not grant.takes_responsibility:
                assert Section.HEALTH not in view.sections, clause.id
                assert Section.ASSESSMENT not in view.sections, clause.id
            if grant.role is Role.SCHOOL:
                assert Section.ADULTS not in view.sections, clause.id
            if grant.role in {Role.SCHOOL, Role.GP_PRACTICE, Role.ADULT_SOCIAL_CARE}:
                assert Withheld.RESTRICTED_ADDRESS in view.withhold, clause.id
                assert Withheld.REFERRER_IDENTITY in view.withhold, clause.id


# Of what is attached: who never sees it, whatever they take over, and who always does.
NEVER = {
    Role.SCHOOL: ATTACHED - {Section.GCP2},  # which travels with the safeguarding file
    Role.GP_PRACTICE: frozenset({Section.BODY_MAP}),
    Role.EARLY_HELP: frozenset({Section.BODY_MAP}),
    Role.PROBATION: ATTACHED,
    Role.SUBSTANCE_MISUSE: ATTACHED,
    Role.ADULT_SOCIAL_CARE: ATTACHED,
}
ALWAYS_OF_A_CONCERN = {
    Role.MASH: ATTACHED,
    Role.HOSPITAL: frozenset({Section.BODY_MAP}),
    Role.POLICE: frozenset({Section.BODY_MAP}),
    Role.HEALTH_VISITING: ATTACHED,
}


@pytest.mark.parametrize("protocol", shipped(), ids=lambda one: one.id)
def test_who_sees_what_is_attached(protocol: Protocol) -> None:
    for clause in protocol.clauses:
        for grant in clause.share:
            sections = protocol.views[grant.view].sections
            if not grant.takes_responsibility:
                assert not NEVER.get(grant.role, frozenset()) & sections, clause.id
            if clause.when.kind is Kind.CONCERN:
                assert ALWAYS_OF_A_CONCERN.get(grant.role, frozenset()) <= sections, clause.id
    for view in ("practice", "new_practice"):
        assert protocol.views[view].sections >= {Section.SAFE_SLEEP, Section.ICON, Section.RED_BOOK}


def test_the_sources_stand_alone_and_say_the_same() -> None:
    assert [parse(text, file=name) for name, text in sources()] == list(shipped())
    assert [name for name, _ in sources()] == ["sandwell 2026.1", "birmingham 2026.2", "camden 2026.1"]


def test_what_they_include_is_shipped() -> None:
    assert set(includes()) == {"common", "moves", "babies", "families", "plans", "talk"}
    assert text_of("sandwell").count("include = [") == 1


# -- figures, as the field gives them -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("protocol", "clause", "role", "owed", "limit"),
    [
        ("sandwell", "bruise-non-mobile", Role.MASH, Owed.RECEIPT, "1 hour"),
        ("sandwell", "bruise-non-mobile", Role.MASH, Owed.CHECK_BACK, "4 hours"),
        ("camden", "bruise-non-mobile", Role.MASH, Owed.CHECK_BACK, "2 hours"),
        ("sandwell", "neglect", Role.MASH, Owed.CHECK_BACK, "1 working day"),
        ("birmingham", "domestic-abuse-before-school", Role.SCHOOL, Owed.RECEIPT, "8 hours"),
        ("camden", "plan-transfer-in", Role.CHILDRENS_SOCIAL_CARE, Owed.ACCEPTANCE, "15 working days"),
        ("sandwell", "school-file", Role.SCHOOL, Owed.ACCEPTANCE, "5 school days"),
        ("birmingham", "move-in", Role.HEALTH_VISITING, Owed.ACCEPTANCE, "3 working days"),
        ("camden", "move-in", Role.HEALTH_VISITING, Owed.ACCEPTANCE, "10 working days"),
        ("sandwell", "below-threshold", Role.EARLY_HELP, Owed.CHECK_BACK, "5 working days"),
    ],
)
def test_figures(protocol: str, clause: str, role: Role, owed: Owed, limit: str) -> None:
    (found,) = [one for one in BY_ID[protocol].clauses if one.id == clause]
    (grant,) = [one for one in found.share if one.role is role]
    assert str(BY_ID[protocol].limits_of(grant)[owed]) == limit


def test_a_pregnancy_counts_from_the_week_that_each_area_has_agreed() -> None:
    weeks = {
        protocol.id: str(clause.when.pregnant_from)
        for protocol in shipped()
        for clause in protocol.clauses
        if clause.id == "pre-birth"
    }
    assert weeks == {"sandwell": "12 weeks", "birmingham": "16 weeks", "camden": "12 weeks"}


BABIES = {
    ("sandwell", "unborn-baby"): ("12 weeks", {"pre_birth_assessment": "45 working days, or the day it names"}),
    ("birmingham", "unborn-baby"): ("16 weeks", {"pre_birth_assessment": "45 working days, or the day it names"}),
    ("camden", "unborn-baby"): ("16 weeks", {"pre_birth_assessment": "45 working days, or the day it names"}),
    ("sandwell", "birth"): (None, {"new_birth_visit": "14 days"}),
    ("birmingham", "birth"): (None, {"new_birth_visit": "12 days"}),
    ("camden", "birth"): (None, {"new_birth_visit": "14 days"}),
}  # fmt: skip


@pytest.mark.parametrize(("protocol", "clause"), BABIES)
def test_what_is_asked_for_a_baby_and_from_which_week(protocol: str, clause: str) -> None:
    (found,) = [one for one in BY_ID[protocol].clauses if one.id == clause]
    weeks, owes = BABIES[protocol, clause]
    assert (str(found.when.pregnant_from) if found.when.pregnant_from else None) == weeks
    assert {what: str(by) for grant in found.share for what, by in grant.owes.items()} == owes


# -- messages that people send --------------------------------------------------------------------------------


def test_every_example_has_a_sender_here() -> None:
    assert set(SENT) == set(NAMES)


@pytest.mark.parametrize("name", SENT)
def test_an_example_is_heard_by_whom_it_should_be(name: str) -> None:
    assert told(of_example(name)) == SENT[name][1]


@pytest.mark.parametrize("name", SENT)
def test_an_example_meets_no_obstacle_but_a_family_without_a_gp(name: str) -> None:
    refusals = [(one.reason, one.role) for one in of_example(name).refusals]
    no_gp = [(Reason.NOBODY, Role.GP_PRACTICE)]
    assert refusals == (no_gp if name == "handover-camden-to-sandwell" else [])


def test_the_story_of_the_family_that_moved_to_birmingham() -> None:
    new, practice, probation = of_example("handover-sandwell-to-birmingham").shares
    assert (new.takes_responsibility, new.call_first) == (True, True)
    assert new.limits["acceptance"] == "3 working days"
    assert new.view.sections >= {SECTION_OF[field] for field in Handover.model_fields if field in SECTION_OF}
    assert new.clauses == ("move-out-to-neighbour", "move-out")
    assert [one.clauses for one in new.also] == [("new-baby-who-moves-in", "move-in")]
    assert {practice.takes_responsibility, probation.takes_responsibility} == {False}
    assert Section.ASSESSMENT not in practice.view.sections
    assert Withheld.CONNECTED_PEOPLE in practice.view.withhold, (
        "Sandwell holds back what Birmingham would show"
    )
    assert Section.ADULTS in probation.view.sections
    assert Section.HEALTH not in probation.view.sections


def test_a_plan_that_travels_keeps_its_fifteen_days() -> None:
    takes = of_example("handover-camden-to-sandwell").shares[0]
    assert (takes.takes_responsibility, takes.limits["acceptance"]) == (True, "15 working days")


def test_no_clause_of_the_library_means_an_area_that_a_message_cannot_have() -> None:
    for protocol in shipped():
        for clause in protocol.clauses:
            areas = {grant.area for grant in clause.share}
            assert (Area.HOME in areas) <= (clause.when.kind is not Kind.HANDOVER), clause.id


def of_a_baby(kind: Kind, home: str, **more: Any) -> Facts:  # noqa: ANN401 - fields of the facts
    return Facts(kind=kind, version=1, urgency=Urgency.ROUTINE, home_area=home, **more)


@pytest.mark.parametrize(
    ("area", "weeks", "assessed"),
    [
        (SANDWELL, 11, False),
        (SANDWELL, 12, True),
        (BIRMINGHAM, 15, False),
        (BIRMINGHAM, 16, True),
        (CAMDEN, 15, False),
    ],
)
def test_the_assessment_before_birth_is_asked_for_from_the_week_agreed(
    area: str,
    weeks: int,
    assessed: bool,  # noqa: FBT001 - a table
) -> None:
    seen = of_a_baby(Kind.UNBORN, area, unborn=True, unborn_weeks=weeks)
    decision = sent(seen, f"{AREAS[area]}-midwifery")
    social = f"{AREAS[area]}-childrens-social-care"
    assert ([share.owes for share in decision.shares if share.recipient.agency == social] != []) is assessed
    assert f"{AREAS[area]}-0-19" in told(decision), "whoever visits knows in whatever week"
    assert decision.refusals == ()


@pytest.mark.parametrize("area", AREAS, ids=AREAS.get)
def test_high_danger_to_an_unborn_baby_waits_for_no_week(area: str) -> None:
    seen = replace(of_a_baby(Kind.UNBORN, area, unborn=True, unborn_weeks=7), urgency=Urgency.URGENT)
    decision = sent(seen, f"{AREAS[area]}-hospital")
    by_agency = {share.recipient.agency: share for share in decision.shares}
    assert by_agency[f"{AREAS[area]}-mash"].call_first
    assert "pre_birth_assessment" in by_agency[f"{AREAS[area]}-childrens-social-care"].owes


@pytest.mark.parametrize(
    "pair", list(permutations(AREAS, 2)), ids=lambda pair: "-".join(AREAS[one] for one in pair)
)
@pytest.mark.parametrize(
    ("kind", "sender", "hears"),
    [
        (Kind.UNBORN, "midwifery", {"childrens-social-care", "0-19", "midwifery"}),
        (Kind.BIRTH, "hospital", {"0-19", "midwifery"}),
        (Kind.REGISTRATION, "gp-1", {"0-19"}),
    ],
)
@pytest.mark.parametrize("weeks", [8, 30])
def test_a_baby_is_told_of_across_every_border_and_no_side_is_silent(
    pair: tuple[str, str], kind: Kind, sender: str, hears: set[str], weeks: int
) -> None:
    here, home = pair
    more = {"unborn": True, "unborn_weeks": weeks} if kind is Kind.UNBORN else {}
    decision = sent(of_a_baby(kind, home, **more), f"{AREAS[here]}-{sender}")
    early = {"childrens-social-care"} if weeks == 8 else set()
    assert set(told(decision)) == {f"{AREAS[home]}-{one}" for one in hears - early}
    assert decision.refusals == ()


@pytest.mark.parametrize("home", [SANDWELL, BIRMINGHAM])
def test_whoever_was_told_before_the_birth_is_told_of_it(home: str) -> None:
    heard = known(
        (Role.CHILDRENS_SOCIAL_CARE, "birmingham-childrens-social-care"),
        (Role.MASH, "birmingham-mash"),
        (Role.HEALTH_VISITING, "birmingham-0-19"),
        (Role.GP_PRACTICE, "birmingham-gp-2"),
        (Role.SUBSTANCE_MISUSE, "sandwell-substance-misuse"),
    )
    decision = sent(of_a_baby(Kind.BIRTH, home, services=heard, youngest_days=1), "sandwell-midwifery")
    assert {agency for _, agency in heard} <= set(told(decision))
    views = {share.recipient.agency: share.view for share in decision.shares}
    assert Section.HEALTH not in views["sandwell-substance-misuse"].sections
    assert (Section.HEALTH in views["birmingham-0-19"].sections) is (home == BIRMINGHAM), (
        "who visits and who did"
    )
    assert decision.refusals == ()
