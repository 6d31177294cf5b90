"""Whatever a protocol, a message and a directory say: who is not granted it does not hear, and never the sender.

The tests ask each protocol again, clause by clause, in the plainest words there are: what `decide` shares must be a
part of that.
"""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from protocols.conditions import When
from protocols.deadlines import Limit
from protocols.decide import Decision, Gone, Party, ShareDecision, WithheldParty, decide
from protocols.facts import Facts, NamedService
from protocols.hours import LONDON
from protocols.messages.common import Addressee, OwnAction
from protocols.owing import By
from protocols.protocol import Clause, Direction, Grant, Kept, Ladder, Owed, Protocol, Step
from protocols.vocabulary import (
    ABOUT_NO_CHILD,
    KEPT,
    Area,
    Category,
    Change,
    Ground,
    Kind,
    Role,
    Section,
    Urgency,
    View,
    Withheld,
)
from tests.property.protocols import few
from tests.signed import BIRMINGHAM, SANDWELL

AREAS = (SANDWELL, BIRMINGHAM)
NAMES = {SANDWELL: "s", BIRMINGHAM: "b"}
ROLES = (Role.MASH, Role.HEALTH_VISITING, Role.GP_PRACTICE, Role.SCHOOL, Role.POLICE)
PARTIES = tuple(
    Party(f"{NAMES[area]}-{role}-{number}", role, area)
    for area in AREAS
    for role in ROLES
    for number in (1, 2)
)
ODS = {f"ods-{one.agency}": one for one in PARTIES}  # some are no practices at all
IDS = st.sampled_from([*(one.agency for one in PARTIES), "closed", "unheard-of"])


class Anywhere:
    """A directory in which some are there and some are not; it may even answer with the wrong agency."""

    def __init__(self, there: tuple[Party, ...], astray: tuple[Party, ...]) -> None:
        self.there = there
        self.astray = astray

    def find(self, role: Role, area: str, at: datetime | date) -> tuple[Party, ...]:  # noqa: ARG002 - timeless
        return tuple(one for one in self.there if (one.role, one.area) == (role, area)) + self.astray

    def gp(self, ods: str, at: datetime | date) -> Party | Gone | None:  # noqa: ARG002 - timeless
        found = ODS.get(ods)
        return found if found in self.there else Gone(None) if ods == "ods-closed" else None

    def named(self, agency_id: str, at: datetime | date) -> Party | Gone | None:  # noqa: ARG002 - timeless
        if agency_id == "closed":
            return Gone("s-mash-1")
        return next((one for one in self.there if one.agency == agency_id), None)


DAYS = st.none() | st.integers(0, 9000)
SERVICES = st.sampled_from([*PARTIES, *PARTIES]).map(
    lambda one: NamedService(one.role, one.agency)
) | st.builds(NamedService, st.sampled_from(ROLES), st.none() | IDS)

ADDRESSEES = st.builds(
    Addressee, st.just("asked.0"), st.none() | st.sampled_from(ROLES), IDS, st.none()
) | st.builds(
    Addressee,
    st.just("asked.0"),
    st.sampled_from(ROLES),
    st.none(),
    st.none() | st.sampled_from([*ODS, "ods-closed"]),
)
ACTIONS = st.builds(
    OwnAction,
    st.integers(0, 3),
    st.none() | st.sampled_from(ROLES),
    st.none() | IDS,
    st.just(date(2026, 12, 24)),
)


@st.composite
def some_facts(draw: st.DrawFn, sender: Party) -> Facts:
    """Mostly about areas that are known, and mostly from where the sender works; now and then not."""
    usual = draw(st.integers(0, 4))
    kind = draw(st.sampled_from(Kind))
    area = st.sampled_from(AREAS if usual else [*AREAS, None, "E09000007"])
    return Facts(
        kind=kind,
        version=1,
        about_a_child=kind not in ABOUT_NO_CHILD,
        urgency=draw(st.sampled_from(Urgency)),
        categories=frozenset(draw(few(Category))),
        youngest_days=draw(DAYS),
        oldest_days=draw(DAYS),
        unborn=draw(st.booleans()),
        non_mobile=draw(st.booleans()),
        gp_registered=draw(st.sampled_from([None, False, True, True])),
        gp_ods=draw(few(st.sampled_from([*ODS, "ods-closed", "ods-nobody"]))),
        home_area=draw(area),
        moves=draw(st.booleans()),
        untraced=(untraced := draw(st.integers(0, 3)) == 0),
        origin_area=sender.area if usual else draw(area),
        destination_area=draw(st.none() if untraced else area),
        services=draw(few(SERVICES)),
        change=draw(st.sampled_from(Change)) if kind is Kind.PLAN_CHANGE else None,
        addressed=draw(few(ADDRESSEES)),
        own_actions=draw(few(ACTIONS)) if kind is Kind.LEARNING else (),
        adult_supervision=draw(st.booleans()),
        adult_services=frozenset(draw(few(ROLES))),
        ground=draw(st.sampled_from(Ground)) if kind in KEPT else None,
        named_day=date(2026, 12, 24) if kind in KEPT else None,
    )


VIEWS = {
    name: View(name, frozenset(sections), frozenset(withhold))
    for name, sections, withhold in (
        ("all", Section, ()),
        ("most", set(Section) - {Section.ADULTS}, (Withheld.CONNECTED_PEOPLE,)),
        ("some", {Section.CHILD, Section.ADDRESS}, (Withheld.RESTRICTED_ADDRESS,)),
        ("little", {Section.CHILD}, ()),
    )
}
LADDER = Ladder("standard", (Step(Limit.parse("1 day"), ("partnership",)),))
AT_HOME = Ladder("at_home", (Step(Limit.parse("1 day"), ("sender.deputy",)),))
GRANTS = st.builds(
    Grant,
    role=st.sampled_from(ROLES),
    area=st.sampled_from(Area),
    view=st.sampled_from(list(VIEWS)),
    call_first=st.booleans(),
    takes_responsibility=st.booleans(),
    if_named=st.booleans(),
)
WHENS = st.builds(
    When,
    kind=st.sampled_from(Kind),
    sender=few(ROLES),
    category=few(Category),
    child_mobile=st.sampled_from([None, False]),
    unborn=st.sampled_from([None, True, False]),
    gp_registered=st.sampled_from([None, True, False]),
)
CLAUSES = st.lists(
    st.builds(
        Clause,
        id=st.just("one"),
        says=st.just("Said."),
        direction=st.sampled_from(Direction),
        when=WHENS,
        share=st.lists(GRANTS, min_size=1, max_size=4).map(tuple),
        kept=st.none()
        | st.just(Kept(owes={"look_again": By.parse("9 days, or the day it names")}, ladder="at_home")),
    ),
    min_size=1,
    max_size=6,
)


@st.composite
def pacts(draw: st.DrawFn, area: str, facts: Facts, direction: Direction | None) -> Protocol:
    """Mostly with clauses that are about this very message, or hardly anything would ever be shared."""
    clauses = draw(CLAUSES)
    if direction is not None and draw(st.integers(0, 5)):
        anyway = When(kind=facts.kind)
        clauses = [
            replace(one, direction=direction, when=one.when if place % 3 == 2 else anyway)
            for place, one in enumerate(clauses)
        ]
    return Protocol(
        id=area.lower(),
        title="A protocol",
        version="1",
        area=area,
        effective=date(2026, 1, 1),
        review_by=date(2026, 12, draw(st.sampled_from([31, 31, 31, 31, 1]))),
        lawful_basis=("s.16LA",),
        parties=tuple(Role),
        limits=dict.fromkeys(Owed, Limit.parse("1 day")),
        ladder="standard",
        views=VIEWS,
        ladders={"standard": LADDER, "at_home": AT_HOME},
        clauses=tuple(replace(one, id=f"clause-{place}") for place, one in enumerate(clauses)),
    )


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    sender = draw(st.sampled_from(PARTIES))
    facts = draw(some_facts(sender))
    directions = {area: direction for direction, area, _ in sides(facts, sender)}
    withhold = st.builds(
        WithheldParty, st.just("because"), st.none() | IDS, st.none() | st.sampled_from(ROLES)
    )
    # Most roles have one agency in an area; now and then there are two, or none.
    there = {one for one in PARTIES if one.agency.endswith("1")} ^ set(draw(few(st.sampled_from(PARTIES))))
    return {
        "facts": facts,
        "sender": sender,
        "protocols": [
            draw(pacts(area, facts, directions.get(area))) for area in draw(st.permutations(AREAS))
        ],
        "directory": Anywhere(
            tuple(one for one in PARTIES if one in there),
            draw(few(st.sampled_from(PARTIES))) if draw(st.integers(0, 3)) == 0 else (),
        ),
        "at": datetime(2026, 12, draw(st.sampled_from([1, 2, 31])), 12, tzinfo=UTC),
        "withhold": draw(few(withhold)) if draw(st.booleans()) else (),
    }


def asked(facts: Facts, **case: Any) -> Decision:  # noqa: ANN401 - a case
    return decide(facts, **case)


# -- the same questions, asked the long way round -------------------------------------------------------------


def sides(facts: Facts, sender: Party) -> list[tuple[Direction, str, str | None]]:
    moves = facts.moves or facts.origin_area or facts.destination_area
    here, there = (sender.area, facts.home_area if facts.about_a_child else sender.area)
    if facts.change is Change.TRANSFERRED:
        there = facts.destination_area
    if facts.kind is Kind.HANDOVER and moves:
        here, there = (facts.origin_area or "", facts.destination_area)
    if there is None:
        return [(Direction.UNTRACED, here, None)]
    if here == there:
        return [(Direction.WITHIN, here, None)]
    return [(Direction.OUTBOUND, here, there), (Direction.INBOUND, there, here)]


def granted(grant: Grant, party: Party, facts: Facts, sender: Party) -> bool:
    if grant.role is not party.role:
        return False
    if grant.area is Area.REGISTERED:
        return any(one.agency == party.agency for one in facts.services) or any(
            ODS.get(ods) == party for ods in facts.gp_ods
        )
    if grant.area is Area.EVERY:
        return not facts.about_a_child and party.area == sender.area
    if grant.area is Area.ADDRESSED:
        return any(_means(one, party) for one in facts.addressed) or _by_role_alone(
            grant, party, facts, sender
        )
    return party.area == _area_meant(grant.area, facts, sender)


def _area_meant(area: Area, facts: Facts, sender: Party) -> str | None:
    if not facts.about_a_child:
        return sender.area
    moves = facts.moves or facts.origin_area or facts.destination_area
    if facts.change is Change.TRANSFERRED:
        origin, destination = sender.area, facts.destination_area
    elif facts.kind is Kind.HANDOVER and moves:
        origin, destination = facts.origin_area or "", facts.destination_area
    else:
        origin, destination = sender.area, facts.home_area
    return {Area.HOME: facts.home_area, Area.ORIGIN: origin, Area.DESTINATION: destination}[area]


def _means(one: Addressee, party: Party) -> bool:
    by_code = one.agency is None and one.ods is not None and ODS.get(one.ods) == party
    return one.role in {None, party.role} and (one.agency == party.agency or by_code)


def _by_role_alone(grant: Grant, party: Party, facts: Facts, sender: Party) -> bool:
    """The one at home, or the one that the family has chosen."""
    if not any((one.role, one.agency, one.ods) == (party.role, None, None) for one in facts.addressed):
        return False
    area = Area.REGISTERED if party.role in {Role.GP_PRACTICE, Role.SCHOOL} else Area.HOME
    return granted(replace(grant, area=area), party, facts, sender)


def grants_of(
    protocol: Protocol, side: tuple[Direction, str, str | None], share: ShareDecision, case: dict[str, Any]
) -> list[Grant]:
    direction, area, other = side
    assert protocol.area == area
    return [
        grant
        for clause in protocol.clauses
        if clause.direction is direction
        and clause.when.holds(case["facts"], sender=case["sender"].role, other_area=other)
        for grant in clause.share
        if granted(grant, share.recipient, case["facts"], case["sender"])
    ]  # fmt: skip


@given(cases())
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_nobody_hears_whom_the_clauses_do_not_grant_it(case: dict[str, Any]) -> None:
    decision = asked(**case)
    if case["facts"].kind in KEPT:
        assert decision.shares == (), "whatever clauses grant"
        return
    event(f"{len(sides(case['facts'], case['sender']))} sides, {'some' if decision.shares else 'no'} shares")
    by_area = {protocol.area: protocol for protocol in case["protocols"]}
    for share in decision.shares:
        party = share.recipient
        assert party in case["directory"].there + case["directory"].astray
        for side in sides(case["facts"], case["sender"]):
            protocol = by_area[side[1]]
            grants = grants_of(protocol, side, share, case)
            assert grants, "somebody hears without a grant"
            shown = frozenset[object]().union(*(protocol.views[grant.view].sections for grant in grants))
            assert share.view.sections <= shown
            assert share.takes_responsibility <= any(grant.takes_responsibility for grant in grants)
            today = case["at"].astimezone(LONDON).date()
            assert protocol.effective <= today <= protocol.review_by


@given(cases())
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_what_holds_of_every_decision(case: dict[str, Any]) -> None:
    decision = asked(**case)
    told = [share.recipient.agency for share in decision.shares]
    assert case["sender"].agency not in told
    assert len(set(told)) == len(told)
    assert sum(share.takes_responsibility for share in decision.shares) <= 1
    withheld = any(one.clauses for one in decision.withheld)
    assert decision.shares or decision.refusals or withheld or decision.kept
    assert decision.kept is None or case["facts"].kind in KEPT
    assert all(one.sentence for one in decision.refusals)
    for share in decision.shares:
        for withheld in case["withhold"]:
            assert not withheld.means(agency=share.recipient.agency, role=share.recipient.role)
        cited = (share.protocol_id, *(one.protocol_id for one in share.also))
        assert len(cited) == len(sides(case["facts"], case["sender"]))


@given(cases(), st.randoms(use_true_random=False))
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_the_order_of_things_changes_nothing(case: dict[str, Any], random: Any) -> None:  # noqa: ANN401 - a Random
    there, astray = list(case["directory"].there), list(case["directory"].astray)
    random.shuffle(there)
    random.shuffle(astray)
    again = {
        **case,
        "protocols": list(reversed(case["protocols"])),
        "directory": Anywhere(tuple(there), tuple(astray)),
    }
    assert asked(**again) == asked(**case)


@given(cases())
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_withholding_only_ever_takes_away(case: dict[str, Any]) -> None:
    freely = asked(**{**case, "withhold": ()})
    told = {share.recipient for share in asked(**case).shares}
    assert told <= {share.recipient for share in freely.shares}


@given(cases())
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_whoever_is_named_hears_or_is_refused_by_name(case: dict[str, Any]) -> None:
    """Unless nothing at all is decided."""
    decision = asked(**{**case, "withhold": ()})
    if decision.kept or any(one.role is None and one.agency is None for one in decision.refusals):
        return
    told = {share.recipient for share in decision.shares}
    for one in (*case["facts"].addressed, *case["facts"].own_actions):
        found = case["directory"].named(one.agency or "", case["at"])
        if isinstance(found, Party) and found != case["sender"]:
            assert found in told or one.agency in {refusal.agency for refusal in decision.refusals}


@given(cases())
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_nothing_is_kept_but_by_a_clause_of_the_senders_own_protocol(case: dict[str, Any]) -> None:
    """And where one holds, it is kept, wherever the child lives and whoever is named."""
    facts, sender = case["facts"], case["sender"]
    own = next(one for one in case["protocols"] if one.area == sender.area)
    today = case["at"].astimezone(LONDON).date()
    says_so = [
        clause.id
        for clause in own.clauses
        if own.effective <= today <= own.review_by
        and clause.direction is Direction.WITHIN
        and clause.kept is not None
        and clause.when.holds(facts, sender=sender.role, other_area=None)
    ]
    kept = asked(**case).kept
    event(f"kept: {kept is not None}")
    assert list(kept.cited.clauses if kept else ()) == (says_so if facts.kind in KEPT else [])
    if kept is not None:
        assert kept.steps == AT_HOME
        assert kept.terms()["owes"] == {"look_again": {"limit": "9 days", "day": "2026-12-24"}}
