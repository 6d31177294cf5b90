"""What is owed under a name of the protocol's own is met when somebody who owes it says what was done."""

from typing import Any
from uuid import UUID

import pytest

from agencies import wire
from hub import errors
from hub.ids import new_id
from tests.journey import world as worlds
from tests.journey.world import PERSON, SENDER, STRANGER, TAKER, World


@pytest.fixture(autouse=True)
def _a_clause_asks_for_a_conference(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = worlds.planned

    def planned(message_id: UUID, recipient: str, role: str | None = None) -> dict[str, Any]:
        row = plain(message_id, recipient, role)
        owes = {"conference": {"limit": "5 working days", "day": "2026-07-08"}}
        return {**row, "terms": {**row["terms"], **({"owes": owes} if recipient == TAKER else {})}}

    monkeypatch.setattr(worlds, "planned", planned)


def duty(world: World, share: UUID, what: str) -> Any:  # noqa: ANN401 - a row
    (row,) = world.rows("SELECT * FROM owed WHERE share_id = :s AND what = :w", s=share, w=what)
    return row


def meet(world: World, agency: str, share: UUID, owed: UUID, key: str | None = None) -> Any:  # noqa: ANN401 - an answer
    body = wire.Meet(by=PERSON, owed=owed, done="the conference was held", evidence="minutes of 7 July 2026")
    return world.act_with(agency, share, "meet", body, key)


def test_it_is_owed_from_the_sending_by_the_earlier_of_limit_and_named_day(world: World) -> None:
    _, (share, other) = world.sent()
    row = duty(world, share, "conference")
    assert (row.owed_by, row.owed_to, row.limit_text) == (TAKER, SENDER, "5 working days")
    assert row.due_at.isoformat() == "2026-07-08T23:00:00+00:00", "the named day, to its end in London"
    assert row.next_at == row.due_at
    assert "conference" not in world.open_duties(other)


def test_whoever_owes_it_says_what_was_done_and_both_read_it(world: World) -> None:
    _, (share, _) = world.sent()
    world.receive(TAKER, share)
    row = duty(world, share, "conference")
    moved = meet(world, TAKER, share, row.id)
    assert (moved.state, moved.share) == ("received", share)
    met = duty(world, share, "conference")
    assert (met.met_by, met.met_how) == (TAKER, "done")
    (note,) = world.notes(share)
    for agency, sealed in ((SENDER, note.for_sender), (TAKER, note.for_recipient)):
        said = world.open_note(agency, sealed)
        assert (said["kind"], said["owed"], said["evidence"]) == (
            "meet",
            str(row.id),
            "minutes of 7 July 2026",
        )
    assert world.open_duties(share) == {"check_back", "acceptance"}, "nothing else is settled by it"


def test_nobody_else_can_say_so(world: World) -> None:
    _, (share, other) = world.sent()
    world.receive(TAKER, share)
    owed = duty(world, share, "conference").id
    assert isinstance(meet(world, SENDER, share, owed), errors.Forbidden)
    assert isinstance(meet(world, STRANGER, share, owed), errors.NotFound)
    world.receive(worlds.OTHER, other)
    assert isinstance(meet(world, worlds.OTHER, other, owed), errors.Conflict), "it is another share's"
    assert duty(world, share, "conference").met_at is None


def test_what_has_an_act_of_its_own_is_not_met_by_words(world: World) -> None:
    _, (share, _) = world.sent()
    world.receive(TAKER, share)
    no = meet(world, TAKER, share, duty(world, share, "check_back").id)
    assert isinstance(no, errors.Conflict)
    assert "an act of its own" in no.detail


def test_it_is_met_once_and_a_retry_is_told_so(world: World) -> None:
    _, (share, _) = world.sent()
    world.receive(TAKER, share)
    owed = duty(world, share, "conference").id
    first = meet(world, TAKER, share, owed, key="once")
    assert meet(world, TAKER, share, owed, key="once").note == first.note
    again = meet(world, TAKER, share, owed, key="another")
    assert isinstance(again, errors.Conflict)
    assert "not owed any more" in again.detail
    assert isinstance(meet(world, TAKER, share, new_id(), key="third"), errors.Conflict)
    world.act(TAKER, share, "check_back")
    action = duty(world, share, "action").id
    assert isinstance(meet(world, TAKER, share, action, key="once"), errors.Conflict), "a key is for one duty"
    assert isinstance(meet(world, TAKER, share, action), wire.Moved), (
        "an action of a check-back is met as well"
    )


def test_a_share_does_not_close_before_it_is_met(world: World) -> None:
    _, (share, _) = world.sent()
    world.receive(TAKER, share)
    for agency, act in ((TAKER, "check_back"), (TAKER, "accept"), (SENDER, "agree")):
        assert isinstance(world.act(agency, share, act), wire.Moved)
    no = world.act(TAKER, share, "close")
    assert isinstance(no, errors.Conflict)
    assert "still owed: conference" in no.detail
    assert isinstance(meet(world, TAKER, share, duty(world, share, "conference").id), wire.Moved)
    assert isinstance(world.act(TAKER, share, "close"), wire.Moved)


def test_whoever_declines_does_not_owe_it_any_more(world: World) -> None:
    _, (share, _) = world.sent()
    world.act(TAKER, share, "decline")
    assert world.open_duties(share) == {"redirect"}
    assert duty(world, share, "conference").met_how == "void"
