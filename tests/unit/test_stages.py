"""The stages of a disagreement, as a protocol writes them and as a share holds them."""

from datetime import UTC, datetime

import pytest

from protocols.deadlines import Limit
from protocols.decide import decide
from protocols.explain import explain
from protocols.parse import ProtocolFaults, parse, print_
from protocols.protocol import Protocol
from protocols.shipped import shipped
from protocols.stages import stages_of
from protocols.vocabulary import Role
from tests.signed import BIRMINGHAM, NOW, Town, clause, concern, decided, handover, party, signed, text

AT = datetime(2026, 7, 3, 9, 30, tzinfo=UTC)
MASH = 'with = "mash", area = "home", view = "full"'


def stage(name: str, answer: str = "2 working days", more: str = "") -> str:
    return f'[[stage]]\nname = "{name}"\nbetween = ["sender.deputy"]\nanswer = "{answer}"\n{more}\n'


PLAIN = (clause("a", 'kind = "concern"', MASH),)
TWO = (stage("practitioners"), stage("chair", "5 working days", "binds = true"))


def faults(*parts: str) -> list[str]:
    with pytest.raises(ProtocolFaults) as caught:
        parse(text(*PLAIN, *parts), file="p.toml")
    return [fault.says for fault in caught.value.faults]


def held(protocol: Protocol) -> list[tuple[str, str]]:
    (share,) = decided(concern(), protocol).shares
    return [(one.name, str(one.answer)) for one in stages_of(share.terms())]


def test_the_last_stage_and_no_other_binds() -> None:
    assert "binds = true" in faults(stage("practitioners"))[0]
    assert (
        "binds = true"
        in faults(stage("chair", more="binds = true"), stage("managers", more="binds = true"))[0]
    )
    assert "its own name" in faults(stage("chair"), stage("chair", more="binds = true"))[0]
    assert "no [ladders.steep]" in faults(stage("chair", more='binds = true\nladder = "steep"'))[0]
    assert "write a limit" in faults(stage("chair", "soon", "binds = true"))[0]
    assert "is missing" in faults('[[stage]]\nname = "chair"\nanswer = "2 days"\nbinds = true\n')[0]


def test_it_is_printed_digested_explained_and_held_by_the_share() -> None:
    plain, protocol = signed(*PLAIN), signed(*PLAIN, *TWO)
    assert parse(print_(protocol), file="again.toml") == protocol
    assert protocol.digest != plain.digest
    assert "stage" not in print_(plain)
    told = " ".join(explain(protocol).split())
    assert "1. practitioners (told: the sender's deputy): an answer within 2 working days." in told
    assert "2. chair" in told
    assert "holds for both" in told
    assert held(protocol) == [("practitioners", "2 working days"), ("chair", "5 working days")]


def test_a_clause_that_wants_it_sooner_wants_it_sooner_at_every_stage() -> None:
    urgent = clause("a", 'kind = "concern"', f'{MASH}, answer = "4 hours"')
    assert held(signed(urgent, *TWO)) == [("practitioners", "4 hours"), ("chair", "4 hours")]
    other = clause("b", 'kind = "concern"', f'{MASH}, answer = "3 working days"')
    assert held(signed(urgent, other, *TWO))[1] == ("chair", "4 hours")
    assert held(signed(other, *TWO))[0] == ("practitioners", "2 working days")


def test_across_a_border_it_is_the_senders_stages_by_the_earlier_limits() -> None:
    line = 'with = "health_visiting", area = "destination", view = "full"'
    out = clause("out", 'kind = "handover"', line, direction="outbound")
    into = clause("in", 'kind = "handover"', line, direction="inbound")
    ours = signed(out, *TWO)
    sooner = signed(into, stage("chair", "1 working day", "binds = true"), area=BIRMINGHAM)
    none = signed(into, area=BIRMINGHAM)

    def names(*protocols: Protocol) -> list[tuple[str, str]]:
        decision = decide(
            handover(), sender=party(Role.HEALTH_VISITING), protocols=protocols, directory=Town(), at=NOW
        )
        (share,) = decision.shares
        return [(one.name, str(one.answer)) for one in share.stages]

    assert names(ours, sooner) == [("practitioners", "2 working days"), ("chair", "1 working day")]
    assert names(ours, none) == [("practitioners", "2 working days"), ("chair", "5 working days")]
    assert names(signed(out), sooner) == [("chair", "1 working day")]


def test_every_shipped_protocol_leads_to_a_chair_by_figures_of_its_own() -> None:
    figures = {one.id: tuple(str(stage.answer) for stage in one.stages) for one in shipped()}
    assert len(set(figures.values())) == len(figures) == 3
    for protocol in shipped():
        assert protocol.stages[-1].binds
        assert "partnership" in protocol.stages[-1].between


def test_a_share_of_before_has_one_stage_with_the_usual_limit() -> None:
    (one,) = stages_of({"limits": {"answer": "3 days"}, "ladder": "standard"})
    assert (one.answer, one.binds, one.between) == (Limit.parse("3 days"), False, ())
    assert one.ladder.steps
