"""Who hears within one area: by which clause, how much, by when; and every doubt is a refusal."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from protocols.decide import Gone, Party, Reason, WithheldParty, decide
from protocols.protocol import Owed
from protocols.vocabulary import Category, Role, Section, Urgency, Withheld
from tests.signed import (
    BIRMINGHAM,
    BRUISE,
    NOW,
    SANDWELL,
    SENDER,
    Town,
    clause,
    concern,
    decided,
    handover,
    hears,
    known,
    party,
    signed,
)

ANY = 'kind = "concern"'
MASH = 'with = "mash", area = "home", view = "full"'
GP = 'with = "gp_practice", area = "registered", view = "brief"'
SCHOOL = 'with = "school", area = "registered", view = "brief"'
HELP = 'with = "early_help", area = "home", view = "brief", if_named = true'


def test_a_clause_that_holds_tells_whom_it_names() -> None:
    protocol = signed()
    decision = decided(concern(), protocol)
    assert decision.refusals == ()
    (share,) = decision.shares
    assert share.recipient == party(Role.MASH)
    assert (share.protocol_id, share.version, share.digest) == ("sandwell", "1", protocol.digest)
    assert (share.clauses, share.says, share.also) == (("bruise",), ("A bruise is told to the MASH.",), ())
    assert share.view == protocol.views["full"]
    assert (share.call_first, share.takes_responsibility) == (True, False)
    assert share.lawful_basis == ("Children Act 2004 s.16LA",)
    assert share.limits == {
        "receipt": "1 hour",
        "check_back": "3 working days",
        "agreement": "2 working days",
        "answer": "2 working days",
        "acceptance": "5 working days",
        "redirect": "1 working day",
        "call": "4 working hours",
        "call_account": "1 working day",
    }
    assert share.ladder == "standard"


def test_its_terms_are_plain_json_with_all_that_a_share_needs() -> None:
    terms = decided(concern(), signed()).shares[0].terms()
    assert terms["view"] == "full"
    assert terms["sections"] == ["address", "assessment", "child", "household", "practitioner", "situation"]
    assert terms["limits"]["receipt"] == "1 hour"
    assert terms["ladder_steps"][1] == {"after": "5 working days", "tell": ["partnership"]}
    assert set(terms) >= {"digest", "also", "clauses", "says", "call_first", "takes_responsibility"}


@pytest.mark.parametrize(
    ("when", "holds", "does_not"),
    [
        ('category = ["bruising", "neglect"]', {}, {"categories": frozenset({Category.EXPLOITATION})}),
        ('category = ["bruising"]', {}, {"categories": frozenset()}),
        ('urgency = ["urgent"]', {}, {"urgency": Urgency.ROUTINE}),
        ("child_mobile = false", {"non_mobile": True}, {"non_mobile": False}),
        ("unborn = true", {"unborn": True}, {"unborn": False}),
        ("unborn = false", {"unborn": False}, {"unborn": True}),
        ('youngest_under = "6 months"', {"youngest_days": 181}, {"youngest_days": 182}),
        ('youngest_under = "6 months"', {"youngest_days": 0}, {"youngest_days": None}),
        ('oldest_from = "10 years"', {"oldest_days": 3652}, {"oldest_days": 3651}),
        ('oldest_from = "10 years"', {"oldest_days": 9999}, {"oldest_days": None}),
        ('pregnant_from = "12 weeks"', {"unborn_weeks": 12}, {"unborn_weeks": 11}),
        ('pregnant_from = "12 weeks"', {"unborn_weeks": 40}, {"unborn_weeks": None}),
        ("gp_registered = true", {"gp_registered": True}, {"gp_registered": None}),
        ("gp_registered = false", {"gp_registered": False}, {"gp_registered": None}),
        ('plan = ["child_protection"]', {"has_plan": "child_protection"}, {"has_plan": None}),
        ('plan = ["child_protection"]', {"has_plan": "child_protection"}, {"has_plan": "child_in_need"}),
        ("adult_supervision = true", {"adult_supervision": True}, {"adult_supervision": False}),
        (
            'adult_services = ["substance_misuse"]',
            {"adult_services": frozenset({Role.SUBSTANCE_MISUSE})},
            {"adult_services": frozenset({Role.PROBATION})},
        ),
    ],
)
def test_a_condition_holds_or_does_not_and_unknown_is_not(
    when: str, holds: dict[str, object], does_not: dict[str, object]
) -> None:
    protocol = signed(clause("a", f"{ANY}, {when}", MASH))
    assert hears(decided(concern(**holds), protocol)) == ["sandwell-mash"]
    refused = decided(concern(**does_not), protocol)
    assert refused.shares == ()
    assert [one.reason for one in refused.refusals] == [Reason.NO_CLAUSE]


def test_who_sends_can_be_a_condition() -> None:
    protocol = signed(clause("a", f'{ANY}, sender = ["police"]', MASH))
    assert decided(concern(), protocol).shares == ()
    assert hears(decided(concern(), protocol, sender=party(Role.POLICE))) == ["sandwell-mash"]


def test_all_conditions_must_hold() -> None:
    protocol = signed(clause("a", f'{ANY}, category = ["bruising"], child_mobile = false', MASH))
    assert decided(concern(non_mobile=False), protocol).shares == ()
    assert decided(concern(non_mobile=True, categories=frozenset()), protocol).shares == ()


# -- two clauses ----------------------------------------------------------------------------------------------


def test_two_clauses_make_one_share_wider_and_sooner() -> None:
    other = 'with = "mash", area = "home", view = "other", check_back = "4 hours", ladder = "urgent"'
    protocol = signed(BRUISE, clause("b", ANY, other))
    (share,) = decided(concern(), protocol).shares
    assert share.clauses == ("bruise", "b")
    assert share.view.sections == protocol.views["full"].sections | protocol.views["other"].sections
    assert share.view.withhold == frozenset()  # "full" shows the household without holding anything back
    assert (share.limits["receipt"], share.limits["check_back"]) == ("1 hour", "4 hours")
    assert (share.ladder, share.call_first) == ("urgent", True)


def test_what_one_view_holds_back_is_not_uncovered_by_one_that_does_not_show_it() -> None:
    share = 'with = "police", area = "home", view = "{}"'
    protocol = signed(clause("a", ANY, share.format("brief")), clause("b", ANY, share.format("other")))
    (one,) = decided(concern(), protocol).shares
    assert Section.ADDRESS in one.view.sections
    assert Withheld.RESTRICTED_ADDRESS in one.view.withhold


def test_of_limits_in_different_units_each_is_asked_that_may_fall_due_first() -> None:
    share = 'with = "mash", area = "home", view = "full", check_back = "{}"'
    for one, other, sooner in [
        ("1 working day", "4 hours", "4 hours"),
        ("8 hours", "1 working hour", "8 hours or 1 working hour"),
        ("3 days", "2 working days", "3 days or 2 working days"),
        ("0 hours", "0 days", "0 hours"),
    ]:
        protocol = signed(clause("a", ANY, share.format(one)), clause("b", ANY, share.format(other)))
        assert decided(concern(), protocol).shares[0].limits["check_back"] == sooner


def test_only_who_gives_the_responsibility_says_when_it_is_accepted() -> None:
    told = 'with = "childrens_social_care", area = "destination", view = "full"'
    takes = told + ', takes_responsibility = true, acceptance = "15 working days"'
    protocol = signed(clause("a", 'kind = "handover"', told), clause("b", 'kind = "handover"', takes))
    (share,) = decided(handover(home_area=SANDWELL, destination_area=SANDWELL), protocol).shares
    assert (share.takes_responsibility, share.limits["acceptance"]) == (True, "15 working days")


# -- whom a role means ----------------------------------------------------------------------------------------


def test_the_practice_that_the_message_names_hears_wherever_it_is() -> None:
    protocol = signed(clause("a", ANY, GP))
    assert hears(decided(concern(gp_ods=("Y00001",)), protocol)) == ["birmingham-gp-practice"]
    both = decided(concern(gp_ods=("Y00000", "Y00001", "Y00000")), protocol)
    assert hears(both) == ["sandwell-gp-practice", "birmingham-gp-practice"]


@pytest.mark.parametrize(
    ("facts", "reason", "part"),
    [
        ({"gp_ods": ("X99999",)}, Reason.UNKNOWN_GP, "the GP practice X99999"),
        ({"gp_ods": ("Y00009",)}, Reason.GONE, "name sandwell-new-practice instead"),
        ({"gp_ods": ("Y00008",)}, Reason.GONE, "nobody took its place"),
        ({}, Reason.NOBODY, "names no GP practice: name it by its ODS code"),
        ({"gp_registered": False}, Reason.NOBODY, "help them register"),
        ({"gp_registered": False, "gp_ods": ("Y00000",)}, Reason.NOBODY, "help them register"),
        ({"services": known((Role.GP_PRACTICE, None))}, Reason.AMBIGUOUS, "does not say which"),
        ({"services": known((Role.GP_PRACTICE, "sandwell-mash"))}, Reason.NOBODY, "is no GP practice"),
        ({"services": known((Role.GP_PRACTICE, "never"))}, Reason.NOBODY, "does not know never"),
    ],
)
def test_a_practice_that_cannot_be_told(facts: dict[str, object], reason: Reason, part: str) -> None:
    town = Town()
    town.practices |= {"Y00009": Gone("sandwell-new-practice"), "Y00008": Gone(None)}
    decision = decided(concern(**facts), signed(clause("a", ANY, GP)), town=town)
    assert decision.shares == ()
    (refusal,) = decision.refusals
    assert (refusal.reason, refusal.role, refusal.clause) == (reason, Role.GP_PRACTICE, "a")
    assert part in refusal.sentence


def test_a_practice_where_the_child_should_be_hears_only_by_a_clause_about_that() -> None:
    facts = concern(gp_registered=False, gp_ods=("Y00000",))
    meant = signed(clause("a", f"{ANY}, gp_registered = false", GP))
    assert hears(decided(facts, meant)) == ["sandwell-gp-practice"]
    quiet = signed(clause("a", ANY, MASH, GP + ", if_named = true"))
    assert hears(decided(facts, quiet)) == ["sandwell-mash"]
    assert decided(facts, quiet).refusals == ()


def test_every_school_that_is_named_hears_and_no_other() -> None:
    protocol = signed(clause("a", ANY, SCHOOL))
    two = known((Role.SCHOOL, "sandwell-school-2"), (Role.SCHOOL, "birmingham-school-1"))
    assert hears(decided(concern(services=two), protocol)) == ["sandwell-school-2", "birmingham-school-1"]
    assert decided(concern(), protocol).refusals[0].reason is Reason.NOBODY
    unsaid = decided(concern(services=known((Role.SCHOOL, None))), protocol)
    assert (unsaid.shares, unsaid.refusals[0].reason) == ((), Reason.AMBIGUOUS)


def test_a_closed_school_names_its_successor() -> None:
    town = Town(gone={"old-school": Gone("sandwell-school-1")})
    facts = concern(services=known((Role.SCHOOL, "old-school")))
    (refusal,) = decided(facts, signed(clause("a", ANY, SCHOOL)), town=town).refusals
    assert (refusal.reason, refusal.agency) == (Reason.GONE, "old-school")
    assert refusal.sentence.startswith("old-school has closed and sandwell-school-1 has taken its place")


def test_only_if_named_means_only_if_named() -> None:
    protocol = signed(clause("a", ANY, MASH, HELP))
    assert hears(decided(concern(), protocol)) == ["sandwell-mash"]
    assert decided(concern(), protocol).refusals == ()
    spoken_of = concern(services=known((Role.EARLY_HELP, None)))
    assert hears(decided(spoken_of, protocol)) == ["sandwell-mash", "sandwell-early-help"]
    of_an_adult = concern(adult_services=frozenset({Role.EARLY_HELP}))
    assert hears(decided(of_an_adult, protocol)) == ["sandwell-mash", "sandwell-early-help"]
    elsewhere = decided(concern(services=known((Role.EARLY_HELP, "birmingham-early-help"))), protocol)
    assert hears(elsewhere) == ["sandwell-mash"]
    assert "is not in E08000028, which has sandwell-early-help" in elsewhere.refusals[0].sentence


def test_of_several_the_one_that_is_named_hears() -> None:
    town = Town()
    town.parties += (party(Role.MASH, SANDWELL, "-2"),)
    named = concern(services=known((Role.MASH, "sandwell-mash-2")))
    assert hears(decided(named, signed(), town=town)) == ["sandwell-mash-2"]
    (refusal,) = decided(concern(), signed(), town=town).refusals
    assert (refusal.reason, refusal.area) == (Reason.AMBIGUOUS, SANDWELL)
    assert refusal.sentence.endswith(
        "name the right one under services, one of sandwell-mash, sandwell-mash-2"
    )


def test_one_that_is_named_and_gone_is_said_before_anything_is_guessed() -> None:
    town = Town(gone={"old-mash": Gone("sandwell-mash-2")})
    town.parties += (party(Role.MASH, SANDWELL, "-2"),)
    named = concern(services=known((Role.MASH, "old-mash")))
    (refusal,) = decided(named, signed(), town=town).refusals
    assert (refusal.reason, refusal.agency) == (Reason.GONE, "old-mash")


def test_an_area_without_the_role_is_a_refusal() -> None:
    (refusal,) = decided(concern(), signed(), town=Town(parties=())).refusals
    assert (refusal.reason, refusal.role, refusal.area) == (Reason.NOBODY, Role.MASH, SANDWELL)
    assert "telephone them, and tell the partnership office" in refusal.sentence


def test_a_directory_that_answers_with_somebody_else_is_not_believed() -> None:
    class Wrong(Town):
        def find(self, role: Role, area: str, at: datetime | date) -> tuple[Party, ...]:
            return (*super().find(Role.POLICE, area, at), *super().find(role, BIRMINGHAM, at))

        def gp(self, ods: str, at: datetime | date) -> Party | Gone | None:
            return super().gp(ods, at) and party(Role.SCHOOL)

    decision = decided(concern(gp_ods=("Y00000",)), signed(clause("a", ANY, MASH, GP)), town=Wrong())
    assert decision.shares == ()
    assert {refusal.reason for refusal in decision.refusals} == {Reason.NOBODY}


# -- the sender -----------------------------------------------------------------------------------------------


def test_the_sender_is_never_told_their_own_news() -> None:
    protocol = signed(clause("a", ANY, MASH, 'with = "health_visiting", area = "home", view = "full"'))
    assert hears(decided(concern(), protocol)) == ["sandwell-mash"]
    alone = decided(concern(), protocol, sender=party(Role.MASH))
    assert hears(alone) == ["sandwell-health-visiting"]


def test_a_clause_that_names_only_the_sender_says_so() -> None:
    decision = decided(concern(), signed(), sender=party(Role.MASH))
    assert decision.shares == ()
    (refusal,) = decision.refusals
    assert refusal.reason is Reason.NOBODY
    assert "names nobody for this message but you" in refusal.sentence


def test_an_agency_cannot_hand_over_to_itself() -> None:
    takes = 'with = "health_visiting", area = "destination", view = "full", takes_responsibility = true'
    facts = handover(home_area=SANDWELL, destination_area=SANDWELL)
    (refusal,) = decided(facts, signed(clause("a", 'kind = "handover"', takes))).refusals
    assert (refusal.reason, refusal.agency) == (Reason.NOBODY, SENDER.agency)
    assert "cannot hand over to itself" in refusal.sentence


def test_two_who_would_take_the_responsibility_both_hear_and_neither_takes_it() -> None:
    share = 'with = "{}", area = "destination", view = "full", takes_responsibility = true'
    protocol = signed(
        clause("a", 'kind = "handover"', share.format("midwifery")),
        clause("b", 'kind = "handover"', share.format("early_help")),
    )
    decision = decided(handover(home_area=SANDWELL, destination_area=SANDWELL), protocol)
    assert hears(decision) == ["sandwell-midwifery", "sandwell-early-help"]
    assert not any(one.takes_responsibility for one in decision.shares)
    (refusal,) = decision.refusals
    assert (refusal.reason, refusal.role) == (Reason.AMBIGUOUS, None)
    assert refusal.terms()["role"] == "anyone"


# -- withholding ----------------------------------------------------------------------------------------------


def test_not_sharing_is_a_decision_with_its_reason() -> None:
    protocol = signed(clause("a", ANY, MASH, GP))
    withhold = (WithheldParty("his aunt works there", agency="sandwell-gp-practice"),)
    decision = decided(concern(gp_ods=("Y00000",)), protocol, withhold=withhold)
    assert hears(decision) == ["sandwell-mash"]
    (withheld,) = decision.withheld
    assert (withheld.agency, withheld.role, withheld.clauses) == (
        "sandwell-gp-practice",
        Role.GP_PRACTICE,
        ("a",),
    )
    assert withheld.reason == "his aunt works there"
    assert withheld.terms()["says"] == ["The clause a."]


def test_a_role_that_is_withheld_is_not_refused_as_well() -> None:
    protocol = signed(clause("a", ANY, MASH, GP))
    decision = decided(concern(), protocol, withhold=(WithheldParty("not safe", role=Role.GP_PRACTICE),))
    assert (hears(decision), decision.refusals) == (["sandwell-mash"], ())
    assert [(one.role, one.agency, one.clauses) for one in decision.withheld] == [
        (Role.GP_PRACTICE, None, ())
    ]


def test_withholding_from_everybody_is_recorded_and_not_called_silence() -> None:
    decision = decided(concern(), signed(), withhold=(WithheldParty("a mistake", role=Role.MASH),))
    assert (decision.shares, decision.refusals) == ((), ())
    assert decision.withheld[0].clauses == ("bruise",)


def test_withholding_from_somebody_nobody_would_tell_does_not_hide_that_nobody_hears() -> None:
    facts = concern(categories=frozenset())
    decision = decided(facts, signed(), withhold=(WithheldParty("no", role=Role.POLICE),))
    assert [one.reason for one in decision.refusals] == [Reason.NO_CLAUSE]
    assert decision.withheld[0].clauses == ()


# -- which protocol -------------------------------------------------------------------------------------------


def test_a_place_that_nobody_knows() -> None:
    (refusal,) = decided(concern(home_area=None), signed()).refusals
    assert refusal.reason is Reason.AREA_UNKNOWN
    assert "telephone the MASH" in refusal.sentence


def test_an_area_without_a_protocol() -> None:
    (refusal,) = decided(concern(), signed(area=BIRMINGHAM)).refusals
    assert (refusal.reason, refusal.area) == (Reason.NO_PROTOCOL, SANDWELL)
    assert decided(concern()).refusals[0].reason is Reason.NO_PROTOCOL


def test_a_protocol_past_its_review_decides_nothing() -> None:
    (refusal,) = decided(concern(), signed(review_by="2026-04-14")).refusals
    assert (refusal.reason, refusal.protocol_id) == (Reason.PROTOCOL_EXPIRED, "sandwell")
    assert "was to be reviewed by 2026-04-14" in refusal.sentence
    assert hears(decided(concern(), signed(review_by="2026-04-15"))) == ["sandwell-mash"]


def test_a_protocol_that_does_not_hold_yet() -> None:
    (refusal,) = decided(concern(), signed(effective="2026-04-16")).refusals
    assert refusal.reason is Reason.PROTOCOL_NOT_YET
    assert hears(decided(concern(), signed(effective="2026-04-15"))) == ["sandwell-mash"]


def test_dates_are_london_dates() -> None:
    late = NOW.replace(month=6, day=30, hour=23, minute=30)  # half past midnight in London, on 1 July

    class AnyDay(Town):
        def find(self, role: Role, area: str, at: datetime | date) -> tuple[Party, ...]:
            return super().find(role, area, NOW if at else at)

    found = [
        decide(
            concern(),
            sender=SENDER,
            protocols=[signed(review_by="2026-06-30")],
            directory=AnyDay(),
            at=late - timedelta(hours=hours),
        )
        for hours in (0, 1)
    ]
    assert [len(decision.shares) for decision in found] == [0, 1]


def test_of_two_versions_the_later_holds() -> None:
    police = clause("a", ANY, 'with = "police", area = "home", view = "full"')
    newer = signed(police, version='"2"', effective="2026-04-01")
    assert hears(decided(concern(), signed(), newer)) == ["sandwell-police"]
    assert hears(decided(concern(), newer, signed())) == ["sandwell-police"]
    to_come = signed(police, version='"3"', effective="2026-05-01")
    assert hears(decided(concern(), signed(), to_come)) == ["sandwell-mash"]


def test_two_protocols_that_claim_the_same_area_are_nobodys_guess() -> None:
    for other in (signed(id='"pretender"'), signed(version='"2"', title='"Another"')):
        (refusal,) = decided(concern(), signed(), other).refusals
        assert refusal.reason is Reason.AMBIGUOUS
        assert "the partnership must withdraw one" in refusal.sentence


def test_the_same_protocol_twice_is_one() -> None:
    assert hears(decided(concern(), signed(), signed())) == ["sandwell-mash"]


def test_who_must_act_comes_first() -> None:
    protocol = signed(
        clause("a", ANY, 'with = "police", area = "home", view = "full"', MASH + ", call_first = true")
    )
    assert hears(decided(concern(), protocol)) == ["sandwell-mash", "sandwell-police"]


def test_each_obstacle_is_said_once() -> None:
    protocol = signed(clause("a", ANY, GP), clause("b", ANY, GP))
    assert [one.clause for one in decided(concern(), protocol).refusals] == ["a"]


def test_every_limit_is_there_whatever_the_clause_gives() -> None:
    for share in decided(concern(), signed()).shares:
        assert set(share.limits) == set(Owed)
        assert replace(share).terms() == share.terms()
