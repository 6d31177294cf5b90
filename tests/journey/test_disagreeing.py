"""A professional disagreement: it climbs, it may pass stages over, both views stay, and silence is an outcome too."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from agencies import wire
from hub import errors, reading
from tests.journey import world as worlds
from tests.journey.world import CHAIR, PERSON, SENDER, STRANGER, TAKER, World

NAMES = ["practitioners", "managers", "designated_leads", "independent_chair"]


def challenged(world: World, by: str = SENDER, **more: Any) -> UUID:  # noqa: ANN401 - a body's fields
    _, (share, _) = world.sent()
    world.receive(TAKER, share)
    done(world.act(TAKER, share, "check_back"))
    done(world.act(by, share, "challenge", **more))
    return share


def done(answer: Any) -> wire.Moved:  # noqa: ANN401 - an answer
    assert isinstance(answer, wire.Moved), answer
    return answer


def seen(world: World, share: UUID, agency: str = SENDER) -> wire.Share:
    with world.engine.connect() as conn:
        return reading.share(conn, share, agency, records=world.desk.records)


def outcomes(world: World, share: UUID) -> list[list[tuple[str, str | None]]]:
    return [[(one.stage, one.outcome) for one in all_.stages] for all_ in seen(world, share).disagreements]


def answers(world: World, share: UUID) -> list[Any]:
    return world.rows(
        "SELECT * FROM owed WHERE share_id = :s AND what = 'answer' ORDER BY started_at, id", s=share
    )


def test_a_challenge_begins_where_the_protocol_begins_and_its_people_are_told(world: World) -> None:
    share = challenged(world)
    (row,) = answers(world, share)
    assert (row.owed_by, row.owed_to, row.limit_text, row.stage) == (TAKER, SENDER, "2 working days", 0)
    told = world.rows("SELECT agency, contact, step FROM notice WHERE owed_id = :o ORDER BY agency", o=row.id)
    assert [tuple(one) for one in told] == [(TAKER, "duty_lead", 0), (SENDER, "duty_lead", 0)]
    assert outcomes(world, share) == [[("practitioners", None)]]


def test_it_climbs_stage_by_stage_and_each_has_its_own_limit_and_its_own_people(world: World) -> None:
    share = challenged(world)
    for name, limit in zip(NAMES[1:], ["5 working days", "2 working days", "5 working days"], strict=True):
        moved = done(world.act(SENDER, share, "escalate"))
        assert (moved.state, [one.what for one in moved.deadlines]) == ("challenged", ["answer"])
        *old, new = answers(world, share)
        assert (new.limit_text, new.owed_by, new.met_at) == (limit, TAKER, None)
        assert {one.met_how for one in old} == {"void"}
        assert seen(world, share).disagreements[0].stages[-1].stage == name
    assert outcomes(world, share) == [[*((name, "escalated") for name in NAMES[:-1]), (NAMES[-1], None)]]
    told = world.rows("SELECT agency FROM notice WHERE owed_id = :o", o=answers(world, share)[-1].id)
    assert "birmingham-partnership" in {one.agency for one in told}
    no = world.act(SENDER, share, "escalate")
    assert isinstance(no, errors.Conflict)
    assert "no stage above" in no.detail


def test_who_was_challenged_may_take_it_further_and_still_owes_the_answer(world: World) -> None:
    share = challenged(world)
    done(world.act(TAKER, share, "escalate", reason="our managers should speak"))
    row = answers(world, share)[-1]
    assert (row.owed_by, row.owed_to) == (TAKER, SENDER)
    assert isinstance(world.act(SENDER, share, "answer"), errors.Forbidden)
    done(world.act(TAKER, share, "answer"))


def test_it_may_pass_stages_over_but_says_why(world: World) -> None:
    _, (share, _) = world.sent()
    world.receive(TAKER, share)
    world.act(TAKER, share, "check_back")
    no = world.act(SENDER, share, "challenge", stage="designated_leads")
    assert isinstance(no, errors.Invalid)
    assert no.faults[0][0] == "jump_because"
    wrong = world.act(SENDER, share, "challenge", stage="ministers", jump_because="now")
    assert isinstance(wrong, errors.Invalid)
    assert ", ".join(NAMES) in wrong.faults[0][1]
    why = "the baby is seen by nobody today"
    done(world.act(SENDER, share, "challenge", stage="designated_leads", jump_because=why))
    assert outcomes(world, share) == [[("designated_leads", None)]]
    assert world.open_note(TAKER, world.notes(share)[-1].for_recipient)["jump_because"] == why
    down = world.act(SENDER, share, "escalate", stage="managers")
    assert isinstance(down, errors.Invalid)
    done(world.act(SENDER, share, "escalate", stage="independent_chair"))


def test_an_answer_that_does_not_help_is_challenged_at_the_next_stage(world: World) -> None:
    share = challenged(world)
    done(world.act(TAKER, share, "answer", answer="we stand by it"))
    assert world.open_duties(share) >= {"agreement"}
    done(world.act(SENDER, share, "challenge", reason="he has lost weight since"))
    done(world.act(TAKER, share, "answer", answer="then we visit today"))
    done(world.act(SENDER, share, "agree"))
    assert outcomes(world, share) == [[("practitioners", "escalated"), ("managers", "agreed")]]
    (whole,) = seen(world, share, TAKER).disagreements
    assert (whole.begun_by, whole.outcome) == (SENDER, "agreed")
    assert all(one.answered_at for one in whole.stages)


def test_the_senders_agreement_is_not_the_agreement_of_a_recipient_who_challenged(world: World) -> None:
    share = challenged(world, by=TAKER)
    done(world.act(SENDER, share, "answer"))
    done(world.act(SENDER, share, "agree"))
    assert outcomes(world, share) == [[("practitioners", "answered")]]


def test_dissent_stays_beside_the_decision_for_ever(world: World) -> None:
    share = challenged(world, reason="a meeting must be held today")
    done(world.act(TAKER, share, "answer", answer="a visit is enough"))
    concluded = done(world.act(SENDER, share, "conclude"))
    assert concluded.state == "checked_back"
    assert "agreement" in world.open_duties(share), "a conclusion is nobody's agreement"
    for act in ("agree", "accept", "close"):
        done(world.act(SENDER if act == "agree" else TAKER, share, act))
    for agency in (SENDER, TAKER):
        told = [
            world.open_note(agency, note.for_sender if agency == SENDER else note.for_recipient)
            for note in world.notes(share)
        ]
        assert [one["kind"] for one in told] == [
            "check_back", "challenge", "answer", "conclude", "agree", "accept", "close",
        ]  # fmt: skip
        assert told[1]["reason"] == "a meeting must be held today"
        assert told[2]["answer"] == "a visit is enough"
        assert (told[3]["decision"], told[3]["dissent"]) == (
            "a visit, and no meeting yet",
            "the sender would hold a meeting today",
        )
    assert outcomes(world, share) == [[("practitioners", "decision_stands")]]


def test_whoever_was_challenged_does_not_end_it_below_the_last_stage(world: World) -> None:
    share = challenged(world)
    assert isinstance(world.act(TAKER, share, "conclude"), errors.Forbidden)
    for name in NAMES[1:]:
        done(world.act(SENDER, share, "escalate", stage=name))
    nobody = world.act(TAKER, share, "conclude", chaired_by=None)
    assert isinstance(nobody, errors.Invalid)
    assert nobody.faults[0][0] == "chaired_by"
    done(world.act(TAKER, share, "conclude"))
    assert outcomes(world, share)[0][-1] == ("independent_chair", "decision_stands")
    note = world.notes(share)[-1]
    assert world.open_note(SENDER, note.for_sender)["chaired_by"]["name"] == CHAIR.name
    done(world.act(SENDER, share, "agree"))


def test_no_reply_is_an_outcome_once_the_moment_has_passed(world: World) -> None:
    share = challenged(world)
    silence = {"outcome": "no_reply", "dissent": None, "decision": "we act alone, and tell their lead"}
    early = world.act(SENDER, share, "conclude", **silence)
    assert isinstance(early, errors.Conflict)
    world.now += timedelta(days=7)
    assert isinstance(world.act(TAKER, share, "conclude", **silence), errors.Forbidden)
    done(world.act(SENDER, share, "conclude", **silence))
    assert outcomes(world, share) == [[("practitioners", "no_reply")]]
    assert answers(world, share)[0].met_how == "void", "nobody answered"
    again = done(world.act(SENDER, share, "challenge"))
    assert again.state == "challenged"
    assert outcomes(world, share)[1] == [("practitioners", None)], "a new one begins at the first stage"


def test_silence_that_is_taken_further_is_recorded_as_silence(world: World) -> None:
    share = challenged(world)
    world.now += timedelta(days=7)
    done(world.act(SENDER, share, "escalate"))
    assert outcomes(world, share) == [[("practitioners", "no_reply"), ("managers", None)]]


def test_nobody_else_learns_of_it(world: World) -> None:
    share = challenged(world)
    for event in ("escalate", "conclude"):
        assert isinstance(world.act(STRANGER, share, event), errors.NotFound)
    with pytest.raises(errors.NotFound):
        seen(world, share, STRANGER)


def test_there_must_be_one_to_conclude_and_one_key_does_it_once(world: World) -> None:
    _, (share, _) = world.sent()
    world.receive(TAKER, share)
    world.act(TAKER, share, "check_back")
    assert isinstance(world.act(SENDER, share, "conclude"), errors.Conflict)
    done(world.act(SENDER, share, "challenge"))
    first = done(world.act(SENDER, share, "escalate", key="up"))
    again = done(world.act(SENDER, share, "escalate", key="up"))
    assert (again.note, again.deadlines) == (first.note, first.deadlines)
    assert len(answers(world, share)) == 2
    ended = done(world.act(SENDER, share, "conclude", key="end"))
    assert done(world.act(SENDER, share, "conclude", key="end")).note == ended.note


def test_a_share_that_ends_ends_its_disagreement(world: World) -> None:
    share = challenged(world)
    world.hand_back(share)
    assert outcomes(world, share) == [[("practitioners", "void")]]


def test_an_old_share_without_stages_has_the_usual_limit_and_one_stage(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = worlds.planned

    def planned(message_id: UUID, recipient: str, role: str | None = None) -> dict[str, Any]:
        row = plain(message_id, recipient, role)
        return {**row, "terms": {name: one for name, one in row["terms"].items() if name != "stages"}}

    monkeypatch.setattr(worlds, "planned", planned)
    share = challenged(world)
    (row,) = answers(world, share)
    assert row.limit_text == worlds.LIMITS["answer"]
    assert isinstance(world.act(SENDER, share, "escalate"), errors.Conflict)
    done(world.act(SENDER, share, "conclude", chaired_by=None))
    assert outcomes(world, share) == [[("practitioners", "decision_stands")]]


def test_a_conclusion_says_whose_view_differs() -> None:
    with pytest.raises(ValueError, match="dissent"):
        wire.Conclude(by=PERSON, outcome="decision_stands", decision="d")
    with pytest.raises(ValueError, match="decision_stands"):
        wire.Conclude(by=PERSON, outcome="agreed", decision="d", dissent="we do not")
