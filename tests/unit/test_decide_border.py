"""Across a border both protocols must allow the very same agency; the smaller view and the sooner limit hold."""

import pytest

from protocols.decide import Reason
from protocols.vocabulary import Role, Section, Withheld
from tests.signed import (
    BIRMINGHAM,
    CAMDEN,
    SANDWELL,
    clause,
    concern,
    decided,
    handover,
    hears,
    known,
    party,
    signed,
)

MOVE = 'kind = "handover"'
NEW = 'with = "health_visiting", area = "destination", view = "{}", takes_responsibility = true'
OUT = signed(clause("out", MOVE, NEW.format("full") + ', check_back = "1 working day"', direction="outbound"))
IN = signed(
    clause("in", MOVE, NEW.format("brief") + ', receipt = "2 hours", ladder = "urgent"', direction="inbound"),
    area=BIRMINGHAM,
    lawful_basis='["Children Act 2004 s.16LA", "Children Act 2004 s.11"]',
)


def test_both_allow_it_and_both_are_cited() -> None:
    (share,) = decided(handover(), OUT, IN).shares
    assert share.recipient == party(Role.HEALTH_VISITING, BIRMINGHAM)
    assert (share.protocol_id, share.digest, share.clauses) == ("sandwell", OUT.digest, ("out",))
    (other,) = share.also
    assert (other.protocol_id, other.digest, other.clauses) == ("birmingham", IN.digest, ("in",))
    assert share.terms()["also"][0]["says"] == ["The clause in."]
    assert share.lawful_basis == ("Children Act 2004 s.16LA", "Children Act 2004 s.11")


def test_the_smaller_view_and_the_sooner_limit_win() -> None:
    (share,) = decided(handover(), OUT, IN).shares
    assert share.view.name == "full+brief"
    assert share.view.sections == {Section.CHILD, Section.ADDRESS, Section.PRACTITIONER}
    assert share.view.withhold == {Withheld.RESTRICTED_ADDRESS, Withheld.REFERRER_IDENTITY}
    assert (share.limits["receipt"], share.limits["check_back"]) == ("2 hours", "1 working day")
    assert share.ladder == "urgent"
    assert share.takes_responsibility


def test_the_order_of_protocols_changes_nothing() -> None:
    assert decided(handover(), OUT, IN) == decided(handover(), IN, OUT)


def test_one_side_alone_is_not_enough() -> None:
    silent = signed(area=BIRMINGHAM)
    decision = decided(handover(), OUT, silent)
    assert decision.shares == ()
    (refusal,) = decision.refusals
    assert (refusal.reason, refusal.agency) == (Reason.OTHER_SIDE_SILENT, "birmingham-health-visiting")
    assert refusal.sentence.startswith(
        "sandwell would tell birmingham-health-visiting, but no clause of birmingham allows it"
    )
    (refusal,) = decided(handover(), signed(), IN).refusals
    assert (refusal.reason, refusal.protocol_id) == (Reason.OTHER_SIDE_SILENT, "birmingham")


def test_what_both_do_not_grant_is_refused_and_the_rest_is_shared() -> None:
    police = 'with = "police", area = "destination", view = "full"'
    more = signed(clause("out", MOVE, NEW.format("full"), police, direction="outbound"))
    decision = decided(handover(), more, IN)
    assert hears(decision) == ["birmingham-health-visiting"]
    assert [(one.reason, one.agency) for one in decision.refusals] == [
        (Reason.OTHER_SIDE_SILENT, "birmingham-police")
    ]


def test_the_responsibility_passes_only_where_both_say_so() -> None:
    told = NEW.format("full").replace(", takes_responsibility = true", "")
    only_told = signed(clause("in", MOVE, told, direction="inbound"), area=BIRMINGHAM)
    (share,) = decided(handover(), OUT, only_told).shares
    assert not share.takes_responsibility


def test_even_what_stays_on_the_one_side_needs_both() -> None:
    back = 'with = "mash", area = "origin", view = "full"'
    out = signed(clause("out", MOVE, back, direction="outbound"))
    assert decided(handover(), out, IN).shares == ()
    both = signed(clause("in", MOVE, back, direction="inbound"), area=BIRMINGHAM)
    assert hears(decided(handover(), out, both)) == ["sandwell-mash"]


def test_clauses_for_within_do_not_hold_across_a_border_nor_the_other_way_round() -> None:
    within = signed(clause("a", MOVE, NEW.format("full")))
    also_within = signed(clause("a", MOVE, NEW.format("full")), area=BIRMINGHAM)
    decision = decided(handover(), within, also_within)
    assert decision.shares == ()
    assert [one.reason for one in decision.refusals] == [Reason.NO_CLAUSE, Reason.NO_CLAUSE]
    at_home = handover(home_area=SANDWELL, destination_area=SANDWELL)
    assert decided(at_home, OUT).refusals[0].reason is Reason.NO_CLAUSE


def test_a_neighbour_can_be_meant_alone() -> None:
    only = signed(
        clause("out", f'{MOVE}, other_area = ["{CAMDEN}"]', NEW.format("full"), direction="outbound")
    )
    assert decided(handover(), only, IN).shares == ()
    camden = signed(clause("in", MOVE, NEW.format("full"), direction="inbound"), area=CAMDEN)
    assert hears(decided(handover(destination_area=CAMDEN), only, camden)) == ["camden-health-visiting"]


@pytest.mark.parametrize(
    ("out", "in_", "reasons"),
    [
        ({"review_by": "2026-04-01"}, {}, [Reason.PROTOCOL_EXPIRED]),
        ({}, {"effective": "2026-05-01"}, [Reason.PROTOCOL_NOT_YET]),
        (
            {"review_by": "2026-04-01"},
            {"effective": "2026-05-01"},
            [Reason.PROTOCOL_EXPIRED, Reason.PROTOCOL_NOT_YET],
        ),
    ],
)
def test_both_protocols_must_be_in_force(
    out: dict[str, str], in_: dict[str, str], reasons: list[Reason]
) -> None:
    origin = signed(clause("out", MOVE, NEW.format("full"), direction="outbound"), **out)
    destination = signed(clause("in", MOVE, NEW.format("full"), direction="inbound"), area=BIRMINGHAM, **in_)
    decision = decided(handover(), origin, destination)
    assert (decision.shares, [one.reason for one in decision.refusals]) == ((), reasons)


def test_a_destination_without_a_protocol() -> None:
    (refusal,) = decided(handover(), OUT).refusals
    assert (refusal.reason, refusal.area) == (Reason.NO_PROTOCOL, BIRMINGHAM)


@pytest.mark.parametrize("where", [{"origin_area": None}, {"destination_area": None}])
def test_a_move_from_or_to_nobody_knows_which_area(where: dict[str, None]) -> None:
    (refusal,) = decided(handover(**where), OUT, IN).refusals
    assert refusal.reason is Reason.AREA_UNKNOWN
    assert "raise it as a concern" in refusal.sentence


def test_a_move_that_is_spoken_of_is_never_taken_for_none() -> None:
    facts = handover(origin_area=None, destination_area=None, home_area=SANDWELL)
    within = signed(clause("a", MOVE, 'with = "mash", area = "destination", view = "full"'))
    assert decided(facts, within).refusals[0].reason is Reason.AREA_UNKNOWN


def test_only_a_service_of_the_area_that_they_leave_hands_over() -> None:
    (refusal,) = decided(handover(), OUT, IN, sender=party(Role.HEALTH_VISITING, CAMDEN)).refusals
    assert (refusal.reason, refusal.area) == (Reason.NOT_FROM_HERE, SANDWELL)
    assert "camden-health-visiting works in E09000007" in refusal.sentence


def test_a_handover_without_a_move_goes_from_the_sender_to_where_the_child_lives() -> None:
    facts = handover(moves=False, origin_area=None, destination_area=None)
    assert hears(decided(facts, OUT, IN, sender=party(Role.HOSPITAL))) == ["birmingham-health-visiting"]
    within = signed(clause("a", MOVE, NEW.format("full")))
    at_home = handover(moves=False, origin_area=None, destination_area=None, home_area=SANDWELL)
    assert hears(decided(at_home, within, sender=party(Role.MIDWIFERY))) == ["sandwell-health-visiting"]


def test_a_worry_about_a_child_who_lives_elsewhere_obeys_both() -> None:
    mash = 'with = "mash", area = "home", view = "{}"'
    out = signed(clause("out", 'kind = "concern"', mash.format("full"), direction="outbound"))
    in_ = signed(clause("in", 'kind = "concern"', mash.format("full"), direction="inbound"), area=BIRMINGHAM)
    facts = concern(home_area=BIRMINGHAM)
    assert hears(decided(facts, out, in_)) == ["birmingham-mash"]
    assert decided(facts, signed(), signed(area=BIRMINGHAM)).shares == ()
    assert decided(facts, in_).refusals[0].area == SANDWELL


# -- away, and nobody knows where -----------------------------------------------------------------------------

GONE = handover(destination_area=None, untraced=True, home_area=None)
MASH = 'with = "mash", area = "origin", view = "full"'


def test_a_family_that_nobody_can_trace_is_the_area_that_they_left() -> None:
    protocol = signed(clause("gone", MOVE, MASH, direction="untraced"))
    assert hears(decided(GONE, protocol)) == ["sandwell-mash"]
    assert decided(GONE, protocol).shares[0].also == ()


def test_no_other_clause_holds_for_them() -> None:
    protocol = signed(clause("a", MOVE, MASH), clause("out", MOVE, MASH, direction="outbound"))
    decision = decided(GONE, protocol, IN)
    assert (decision.shares, [one.reason for one in decision.refusals]) == ((), [Reason.NO_CLAUSE])


def test_nor_does_theirs_hold_for_anybody_else() -> None:
    protocol = signed(clause("gone", MOVE, MASH, direction="untraced"))
    assert decided(handover(), protocol, IN).shares == ()


def test_a_practice_over_the_border_hears_by_both() -> None:
    gp = 'with = "gp_practice", area = "registered", view = "brief"'
    out = signed(clause("out", MOVE, gp, direction="outbound"))
    in_ = signed(clause("in", MOVE, gp, direction="inbound"), area=BIRMINGHAM)
    assert hears(decided(handover(gp_ods=("Y00002",)), out, in_)) == ["camden-gp-practice"]
    named = handover(services=known((Role.GP_PRACTICE, "sandwell-gp-practice")))
    assert hears(decided(named, out, in_)) == ["sandwell-gp-practice"]
