"""A decision not to share: what it must say, and that a protocol says of it, in so many words, that nobody hears."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from agencies.directory import shipped as directory
from protocols.conditions import When
from protocols.decide import Decision, Party, Reason, decide
from protocols.explain import explain
from protocols.facts import Facts, facts
from protocols.messages import Invalid, NotSharing, read
from protocols.minimise import minimise
from protocols.owing import By
from protocols.parse import ProtocolFaults, parse, print_
from protocols.protocol import Clause, Direction, Grant, Kept, Protocol
from protocols.shipped import shipped
from protocols.vocabulary import Area, Ground, Kind, Role, Section, View
from tests.examples import GONE, NOW, example, spoilt

NAME = "not-sharing-a-place-in-a-refuge"
MASH = Party("sandwell-mash", Role.MASH, "E08000028")
OWES = "28 days, or the day it names"


def faults(**changes: Any) -> dict[str, str]:  # noqa: ANN401 - parts of a message
    with pytest.raises(Invalid) as caught:
        read(spoilt(example(NAME), **changes), now=NOW)
    return {fault.path: fault.says for fault in caught.value.faults}


# -- the message ----------------------------------------------------------------------------------------------


def test_it_names_the_day_on_which_it_is_looked_at_again() -> None:
    message = read(example(NAME), now=NOW)
    assert isinstance(message, NotSharing)
    assert message.named_day == date(2026, 4, 29)
    assert read(spoilt(example(NAME), review_on="2026-04-15"), now=NOW).named_day == NOW.date()
    assert set(faults(review_on="2026-04-14")) == {"review_on"}
    assert set(faults(review_on=GONE)) == {"review_on"}


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"decided_by": GONE}, "decided_by"),
        ({"decided_by__name": ""}, "decided_by.name"),
        ({"decided_about": []}, "decided_about"),
        ({"decided_about__0__case_reference": GONE}, "decided_about.0.case_reference"),
        ({"decided_about__0__case_reference": "999 000 0018"}, "decided_about.0.case_reference"),
        ({"kept_from__everybody": True}, "kept_from.everybody"),
        ({"kept_from": {}}, "kept_from.everybody"),
        ({"ground": "we_would_rather_not"}, "ground"),
        ({"reason": "n/a"}, "reason"),
        ({"reason": "x" * 1001}, "reason"),
        ({"considered": "x" * 4001}, "considered"),
        ({"advised": {}}, "advised.asked_of"),
        ({"advised__not_asked_because": "there was no time"}, "advised.asked_of"),
        ({"childs_voice": GONE}, "childs_voice"),
        ({"children": []}, "message"),
    ],
)
def test_what_it_must_say(changes: dict[str, Any], where: str) -> None:
    assert set(faults(**changes)) == {where}


def test_every_fault_is_told_at_once() -> None:
    assert set(faults(ground="no", review_on="2026-01-01", advised={})) >= {"ground", "advised.asked_of"}


def test_it_may_refer_to_the_advice_that_was_asked() -> None:
    advice = "01890000-0000-7000-8000-000000000001"
    message = read(spoilt(example(NAME), advised={"message": advice}), now=NOW)
    (one,) = message.refers_to
    assert (one.field, str(one.message), one.kinds) == ("advised.message", advice, (Kind.ADVICE,))
    assert read(example(NAME), now=NOW).refers_to == ()


def test_no_view_whatever_shows_a_word_of_it() -> None:
    shown = minimise(read(example(NAME), now=NOW), View("everything", frozenset(Section)))
    assert shown == {"view": {"name": "everything", "sections": [], "withheld": []}}


# -- the decision ---------------------------------------------------------------------------------------------


def seen(**changes: Any) -> Facts:  # noqa: ANN401 - facts
    told = facts(read(example(NAME), now=NOW), area_of=lambda _: None, as_of=NOW)
    return replace(told, **changes)


def decided(told: Facts, *protocols: Protocol, sender: Party = MASH) -> Decision:
    given = protocols or shipped()
    return decide(told, sender=sender, protocols=given, directory=directory(), at=NOW)


@pytest.mark.parametrize("protocol", shipped(), ids=lambda one: one.id)
@pytest.mark.parametrize("ground", Ground)
@pytest.mark.parametrize("role", Role)
def test_whoever_decides_on_whatever_ground_has_a_clause_that_says_so(
    protocol: Protocol, ground: Ground, role: Role
) -> None:
    decision = decided(seen(ground=ground), sender=Party("whoever", role, protocol.area))
    assert (decision.shares, decision.refusals, decision.withheld) == ((), (), ())
    assert decision.kept is not None
    assert decision.kept.cited.protocol_id == protocol.id
    assert decision.kept.owes.keys() == {"look_again"}
    assert decision.kept.steps.stays_at_home


def test_it_is_looked_at_sooner_where_sharing_would_do_harm() -> None:
    harm = decided(seen(ground=Ground.WOULD_PUT_SOMEONE_AT_RISK)).kept
    told = decided(seen(ground=Ground.TOLD_ALREADY)).kept
    assert harm is not None
    assert told is not None
    assert harm.cited.clauses == ("a-decision-not-to-share", "not-shared-because-of-harm")
    assert (str(harm.owes["look_again"]), str(told.owes["look_again"])) == (
        "28 days, or the day it names",
        "91 days, or the day it names",
    )
    assert harm.terms()["owes"] == {"look_again": {"limit": "28 days", "day": "2026-04-29"}}


def sandwell() -> Protocol:
    return next(one for one in shipped() if one.id == "sandwell")


def with_clause(clause: Clause) -> Protocol:
    """Sandwell's, with this in the place of what it says of such decisions."""
    others = tuple(one for one in sandwell().clauses if one.when.kind is not Kind.NOT_SHARING)
    return replace(sandwell(), clauses=(*others, clause))


CLAUSE = Clause(
    id="kept",
    says="Nobody hears of it, and it is looked at again.",
    direction=Direction.WITHIN,
    when=When(kind=Kind.NOT_SHARING),
    share=(),
    kept=Kept(owes={"look_again": By.parse(OWES)}, ladder="own_house"),
)


def test_without_a_clause_it_is_refused_and_nobody_is_told_of_it() -> None:
    for protocol in (
        with_clause(replace(CLAUSE, when=replace(CLAUSE.when, sender=(Role.SCHOOL,)))),
        with_clause(replace(CLAUSE, direction=Direction.OUTBOUND)),
    ):
        decision = decided(seen(), protocol)
        assert decision.kept is None
        assert decision.shares == ()
        (refusal,) = decision.refusals
        assert (refusal.reason, refusal.agency, refusal.role) == (Reason.NO_CLAUSE, None, None)
        assert "in your own record" in refusal.sentence


def test_nobody_is_granted_it_even_by_a_clause_that_parse_would_refuse() -> None:
    grant = Grant(role=Role.HEALTH_VISITING, area=Area.HOME, view="advice")
    decision = decided(seen(home_area="E08000028"), with_clause(replace(CLAUSE, share=(grant,), kept=None)))
    assert decision.shares == ()
    decision = decided(seen(home_area="E08000028"), with_clause(replace(CLAUSE, share=(grant,))))
    assert decision.shares == ()
    assert decision.kept is not None


def test_only_the_senders_own_protocol_decides_and_only_while_it_is_in_force() -> None:
    assert decided(seen(home_area="E08000025")).kept == decided(seen()).kept
    later = datetime(2099, 1, 1, tzinfo=UTC)
    decision = decide(seen(), sender=MASH, protocols=shipped(), directory=directory(), at=later)
    assert decision.kept is None
    assert [one.reason for one in decision.refusals] == [Reason.PROTOCOL_EXPIRED]


# -- the protocol ---------------------------------------------------------------------------------------------


def test_it_is_printed_and_read_back_and_read_aloud() -> None:
    protocol = with_clause(CLAUSE)
    assert parse(print_(protocol), file="x.toml") == protocol
    assert protocol.digest != sandwell().digest
    told = " ".join(explain(protocol).split())
    assert (
        "When there is a decision not to share: - nobody hears; the sender owes itself: look again within 28 days or by"
        ' the day it names, whichever comes first; ladder "own_house".' in told
    )
    assert "nobody outside the sender's own agency" in told


WRITTEN = print_(with_clause(CLAUSE))


@pytest.mark.parametrize(
    ("written", "instead", "says"),
    [
        ('kind = "not_sharing"', 'kind = "concern"', 'share = "nobody" is for a clause about not_sharing'),
        (
            'ladder = "own_house"',
            'ladder = "standard"',
            'the ladder "standard" must tell only "sender.duty_lead"',
        ),
        ('ladder = "own_house"', 'ladder = "no_house"', "there is no [ladders.no_house]"),
        (OWES, "28 days from receipt", "nobody receives it"),
        (f'{{ look_again = "{OWES}" }}', "{ }", "say by when the sender looks at it again"),
        ("look_again", "check_back", '"check_back" cannot be the name of what is owed'),
        ("look_again", "enquiry", "say by when the sender looks at it again"),
        ('share = "nobody"', 'share = "nobdy"', '"share" must be a list with something in it'),
        ('share = "nobody"', 'direction = "inbound"\nshare = "nobody"', "crosses no border"),
        (
            '{ kind = "not_sharing" }',
            '{ kind = "not_sharing", ground = ["so_there"] }',
            '"ground" cannot hold',
        ),
    ],
)
def test_a_slip_of_the_pen_in_such_a_clause_is_pointed_at(written: str, instead: str, says: str) -> None:
    assert written in WRITTEN
    with pytest.raises(ProtocolFaults) as caught:
        parse(WRITTEN.replace(written, instead), file="x.toml")
    assert any(says in fault.says for fault in caught.value.faults), caught.value


def test_such_a_message_is_shared_with_nobody_by_any_clause() -> None:
    text = WRITTEN.replace(
        f'share = "nobody"\nowes = {{ look_again = "{OWES}" }}\nladder = "own_house"',
        'share = [ { with = "mash", area = "home", view = "advice" } ]',
    )
    with pytest.raises(ProtocolFaults) as caught:
        parse(text, file="x.toml")
    assert any("such a clause says nothing else" in fault.says for fault in caught.value.faults)


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ('ladder = "standard"', 'ladder = "own_house"'),  # of [usual]
        ('view = "advice"', 'view = "advice", ladder = "own_house"'),
    ],
)
def test_what_others_hear_of_never_ends_inside_the_senders_house(written: str, instead: str) -> None:
    with pytest.raises(ProtocolFaults) as caught:
        parse(WRITTEN.replace(written, instead, 1), file="x.toml")
    assert any("tells only the sender's own people" in fault.says for fault in caught.value.faults)


def test_a_watch_does_not_count_what_nobody_hears() -> None:
    watch = """
[[watch]]
id = "withheld-again"
says = "Three decisions not to share are looked at together."
counts = "not_sharing"
within = "6 months"
across = "child"
threshold = 3
owes = { look_together = "2 working days" }
by = ["mash"]
"""
    with pytest.raises(ProtocolFaults) as caught:
        parse(WRITTEN + watch, file="x.toml")
    assert any("nothing to watch for" in fault.says for fault in caught.value.faults)
