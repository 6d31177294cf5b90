"""Whom a message addresses by name, every agency of a role, a plan that goes elsewhere: who hears, who is refused."""

from datetime import date

import pytest

from protocols.decide import Decision, Gone, Reason
from protocols.facts import Facts
from protocols.messages.common import Addressee, OwnAction
from protocols.parse import ProtocolFaults, parse, print_
from protocols.protocol import Direction
from protocols.shipped import INCLUDES, shipped, text_of
from protocols.vocabulary import ABOUT_NO_CHILD, Area, Change, Kind, Role, Urgency
from tests.signed import (
    BIRMINGHAM,
    CAMDEN,
    SANDWELL,
    Town,
    clause,
    decided,
    hears,
    known,
    party,
    signed,
    text,
)

SOCIAL_CARE = party(Role.CHILDRENS_SOCIAL_CARE)
OFFICE = party(Role.PARTNERSHIP)
POLICE_TOO = 'with = "police", area = "addressed", view = "brief"'
SCHOOLS = 'with = "school", area = "addressed", view = "brief"'
GPS = 'with = "gp_practice", area = "addressed", view = "brief"'
MASH = 'with = "mash", area = "home", view = "full"'
EVERY = 'with = "school", area = "every", view = "brief"'


def asks(*addressed: Addressee, **changes: object) -> Facts:
    usual = {"kind": Kind.REPORT_REQUEST, "version": 1, "urgency": Urgency.ROUTINE, "home_area": SANDWELL}
    return Facts(**{**usual, "addressed": addressed, **changes})  # type: ignore[arg-type]


def to(role: Role | None, agency: str | None = None, ods: str | None = None) -> Addressee:
    return Addressee("asked.0", role, agency, ods)


def request(*share: str, kind: str = "report_request") -> str:
    return clause("asks", f'kind = "{kind}"', *share)


def why(decision: Decision) -> list[tuple[str | None, Reason]]:
    return [(one.agency, one.reason) for one in decision.refusals]


# -- by name ----------------------------------------------------------------------------------------------------


def test_each_that_is_addressed_hears_wherever_it_is_and_nobody_else() -> None:
    seen = asks(to(Role.POLICE, "birmingham-police"), to(Role.GP_PRACTICE, ods="Y00001"))
    got = decided(seen, signed(request(POLICE_TOO, SCHOOLS, GPS)), sender=SOCIAL_CARE)
    assert set(hears(got)) == {"birmingham-police", "birmingham-gp-practice"}
    assert got.refusals == ()


def test_a_role_without_a_name_is_the_one_at_home_or_the_one_that_the_family_has_chosen() -> None:
    seen = asks(to(Role.POLICE), to(Role.SCHOOL), services=known((Role.SCHOOL, "sandwell-school-2")))
    got = decided(seen, signed(request(POLICE_TOO, SCHOOLS)), sender=SOCIAL_CARE)
    assert hears(got) == ["sandwell-police", "sandwell-school-2"]


def test_a_role_of_which_there_are_several_is_nobodys_guess() -> None:
    seen = asks(to(Role.SCHOOL))
    got = decided(seen, signed(request(SCHOOLS)), sender=SOCIAL_CARE)
    assert got.shares == ()
    assert [one.role for one in got.refusals] == [Role.SCHOOL]


def test_whom_no_clause_grants_is_refused_by_name() -> None:
    seen = asks(to(Role.POLICE, "sandwell-police"), to(Role.MASH, "sandwell-mash"), to(Role.PROBATION))
    got = decided(seen, signed(request(POLICE_TOO)), sender=SOCIAL_CARE)
    assert hears(got) == ["sandwell-police"]
    assert why(got) == [("sandwell-mash", Reason.NO_CLAUSE), (None, Reason.NO_CLAUSE)]
    assert all("telephone" in one.sentence for one in got.refusals)


def test_one_that_is_no_such_agency_is_not_taken_for_it() -> None:
    seen = asks(to(Role.POLICE, "sandwell-mash"))
    got = decided(seen, signed(request(POLICE_TOO)), sender=SOCIAL_CARE)
    assert (hears(got), why(got)) == ([], [("sandwell-mash", Reason.NOBODY)])


def test_one_that_has_closed_is_said_with_its_successor() -> None:
    town = Town(gone={"old-police": Gone("sandwell-police")})
    got = decided(
        asks(to(Role.POLICE, "old-police")), signed(request(POLICE_TOO)), sender=SOCIAL_CARE, town=town
    )
    assert why(got) == [("old-police", Reason.GONE)]
    assert "sandwell-police" in got.refusals[0].sentence


def test_without_a_role_it_is_whatever_the_directory_says() -> None:
    asker = to(None, SOCIAL_CARE.agency)
    answer = request(
        POLICE_TOO, 'with = "childrens_social_care", area = "addressed", view = "full"', kind="report"
    )
    got = decided(asks(asker, kind=Kind.REPORT), signed(answer), sender=party(Role.GP_PRACTICE))
    assert (hears(got), got.refusals) == ([SOCIAL_CARE.agency], ())


def test_a_sender_that_stands_among_them_is_not_told_its_own_news_and_not_refused() -> None:
    seen = asks(to(Role.POLICE, "sandwell-police"), to(Role.CHILDRENS_SOCIAL_CARE, SOCIAL_CARE.agency))
    got = decided(seen, signed(request(POLICE_TOO)), sender=SOCIAL_CARE)
    assert (hears(got), got.refusals) == (["sandwell-police"], ())


# -- every one --------------------------------------------------------------------------------------------------

LEARNING = Facts(kind=Kind.LEARNING, version=1, urgency=Urgency.ROUTINE, about_a_child=False)


def test_what_is_about_no_child_may_go_to_every_agency_of_a_role_in_the_area() -> None:
    got = decided(LEARNING, signed(request(EVERY, kind="learning")), sender=OFFICE)
    assert hears(got) == ["sandwell-school-1", "sandwell-school-2"]


def test_what_is_about_a_child_never_does_whatever_a_protocol_may_have_come_to_say() -> None:
    about_one = Facts(kind=Kind.LEARNING, version=1, urgency=Urgency.ROUTINE, home_area=SANDWELL)
    got = decided(about_one, signed(request(EVERY, kind="learning")), sender=OFFICE)
    assert got.shares == ()
    assert "never goes to every school" in got.refusals[0].sentence


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in ABOUT_NO_CHILD])
def test_no_clause_about_a_child_can_be_written_to_tell_everybody(kind: Kind) -> None:
    with pytest.raises(ProtocolFaults, match='"every" is unclear in this clause'):
        parse(text(request(EVERY, kind=kind)), file="p.toml")


def test_each_owns_its_actions_and_whoever_does_not_hear_is_refused() -> None:
    by = date(2026, 6, 30)
    seen = Facts(
        kind=Kind.LEARNING,
        version=1,
        urgency=Urgency.ROUTINE,
        about_a_child=False,
        own_actions=(
            OwnAction(0, Role.SCHOOL, None, by),
            OwnAction(1, None, "sandwell-school-2", by),
            OwnAction(2, None, "sandwell-mash", by),
        ),
    )
    got = decided(seen, signed(request(EVERY, kind="learning")), sender=OFFICE)
    assert {share.recipient.agency: share.terms()["actions"] for share in got.shares} == {
        "sandwell-school-1": [{"where": "actions.0", "day": "2026-06-30"}],
        "sandwell-school-2": [
            {"where": "actions.0", "day": "2026-06-30"},
            {"where": "actions.1", "day": "2026-06-30"},
        ],
    }
    assert why(got) == [("sandwell-mash", Reason.NO_CLAUSE)]


# -- a plan that goes elsewhere ---------------------------------------------------------------------------------

GOES = 'kind = "plan_change", change = ["transferred"]'
TAKES = 'with = "childrens_social_care", area = "destination", view = "full"'
HERE = clause("out", GOES, TAKES, direction="outbound")
THERE = clause(
    "in", GOES, f'{TAKES}, owes = {{ conference = "15 working days from receipt" }}', direction="inbound"
)


def changed(change: Change, destination: str | None = None, home: str = BIRMINGHAM) -> Facts:
    return Facts(
        kind=Kind.PLAN_CHANGE,
        version=1,
        urgency=Urgency.URGENT,
        home_area=home,
        change=change,
        has_plan="child_protection",
        destination_area=destination,
    )


@pytest.mark.parametrize("home", [SANDWELL, BIRMINGHAM, CAMDEN])
def test_a_plan_goes_to_the_authority_that_is_named_wherever_the_child_is_by_now(home: str) -> None:
    both = signed(HERE), signed(THERE, area=BIRMINGHAM)
    got = decided(changed(Change.TRANSFERRED, BIRMINGHAM, home), *both, sender=SOCIAL_CARE)
    (share,) = got.shares
    assert share.recipient == party(Role.CHILDRENS_SOCIAL_CARE, BIRMINGHAM)
    assert share.terms()["owes"] == {"conference": {"limit": "15 working days", "from": "receipt"}}
    assert not share.takes_responsibility, "the old authority keeps the plan"


@pytest.mark.parametrize("destination", [None, SANDWELL])
def test_a_plan_that_goes_nowhere_else_is_refused(destination: str | None) -> None:
    got = decided(changed(Change.TRANSFERRED, destination), signed(HERE), sender=SOCIAL_CARE)
    assert [one.reason for one in got.refusals] == [Reason.NOT_FROM_HERE]


def test_a_condition_asks_what_became_of_the_plan() -> None:
    only = signed(clause("a", 'kind = "plan_change", change = ["begun", "ended"]', MASH))
    for change in (Change.BEGUN, Change.ENDED):
        assert hears(decided(changed(change, home=SANDWELL), only, sender=SOCIAL_CARE)) == ["sandwell-mash"]
    assert decided(changed(Change.CHANGED, home=SANDWELL), only, sender=SOCIAL_CARE).shares == ()


def test_a_plan_that_has_just_ended_still_counts_as_one() -> None:
    on_one = signed(clause("a", 'kind = "plan_change", plan = ["child_in_need"]', MASH))
    ended = Facts(
        kind=Kind.PLAN_CHANGE,
        version=1,
        urgency=Urgency.URGENT,
        home_area=SANDWELL,
        change=Change.ENDED,
        plan_before="child_in_need",
    )
    assert hears(decided(ended, on_one, sender=SOCIAL_CARE)) == ["sandwell-mash"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (clause("a", 'kind = "concern", change = ["begun"]', MASH), 'has a "change"'),
        (clause("a", 'kind = "plan_change"', TAKES), '"destination" is unclear'),
        (clause("a", 'kind = "plan_change", change = ["begun", "transferred"]', TAKES), '"destination" is unclear'),
        (clause("a", 'kind = "learning"', EVERY, direction="inbound"), "crosses no border"),
        (clause("a", 'kind = "concern"', POLICE_TOO), '"addressed" is unclear'),
        (clause("a", 'kind = "learning"', MASH), '"home" is unclear'),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_a_fault(wrong: str, says: str) -> None:
    with pytest.raises(ProtocolFaults, match=says):
        parse(text(wrong), file="p.toml")


# -- the library ------------------------------------------------------------------------------------------------


def test_what_is_written_is_read_again() -> None:
    for protocol in (signed(HERE, request(EVERY, kind="learning")), signed(THERE, area=BIRMINGHAM)):
        assert parse(print_(protocol), file="again.toml") == protocol


def test_no_shipped_part_hides_a_clause_of_another() -> None:
    """Of two parts that a protocol includes the first would win, and the second's clause would be gone unseen."""
    ids = [
        line.removeprefix("id = ")
        for name in INCLUDES
        for line in text_of(name).splitlines()
        if line.startswith("id = ")
    ]
    assert [one for one in set(ids) if ids.count(one) > 1] == []


def test_every_agency_is_told_only_what_is_about_no_child() -> None:
    grants = [
        (clause.when.kind, grant.area)
        for one in shipped()
        for clause in one.clauses
        for grant in clause.share
    ]
    assert {kind for kind, area in grants if area is Area.EVERY} == {Kind.LEARNING}


def test_each_area_holds_its_conference_in_fifteen_working_days_from_its_own_event() -> None:
    found = {
        protocol.id: str(grant.owes["transfer_in_conference"])
        for protocol in shipped()
        for clause in protocol.clauses
        for grant in clause.share
        if clause.direction is Direction.INBOUND and "transfer_in_conference" in grant.owes
    }
    assert found == {
        "sandwell": "15 working days from receipt",
        "birmingham": "15 working days from receipt",
        "camden": "15 working days from check-back",
    }
