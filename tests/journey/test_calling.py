"""A call is told of by both ends; where it comes first it is owed, and so is the other end's account of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from agencies import wire
from hub import errors
from tests.journey import world as worlds
from tests.journey.world import OTHER, SENDER, STRANGER, TAKER, World

CALLS = ("call", "call_account")


def calls(world: World, share: UUID) -> list[tuple[str, str, str | None]]:
    rows = world.rows("SELECT * FROM owed WHERE share_id = :s ORDER BY started_at, id", s=share)
    return [(row.what, row.owed_by, row.met_how) for row in rows if row.what in CALLS]


def done(answer: Any) -> wire.Moved:  # noqa: ANN401 - an answer
    assert isinstance(answer, wire.Moved), answer
    return answer


def test_where_the_call_comes_first_the_sender_owes_it_and_then_the_other_end_its_account(
    world: World,
) -> None:
    _, (_, share) = world.sent()
    assert calls(world, share) == [("call", SENDER, None)]
    moved = done(world.act(SENDER, share, "call"))
    assert (moved.state, [one.what for one in moved.deadlines]) == ("sent", ["call_account"])
    assert calls(world, share) == [("call", SENDER, "done"), ("call_account", OTHER, None)]
    assert done(world.act(OTHER, share, "call")).deadlines == ()
    assert calls(world, share) == [("call", SENDER, "done"), ("call_account", OTHER, "done")]
    ours, theirs = world.notes(share)
    assert (ours.kind, ours.by_agency, theirs.by_agency) == ("call", SENDER, OTHER)
    for agency, sealed in ((SENDER, theirs.for_sender), (OTHER, ours.for_recipient)):
        assert world.open_note(agency, sealed)["spoke_to"]["understood"] == "they will ring"


def test_a_check_back_that_says_with_whom_one_spoke_is_an_account_of_the_call(world: World) -> None:
    _, (_, share) = world.sent()
    world.receive(OTHER, share)
    call = worlds.bodies(world.now)["call"]
    assert isinstance(call, wire.Call)
    done(world.act(OTHER, share, "check_back", spoke_to=call.spoke_to))
    assert done(world.act(SENDER, share, "call")).deadlines == (), "the account was given before"
    assert calls(world, share) == [("call", SENDER, "done")]


def test_a_check_back_without_it_is_none(world: World) -> None:
    _, (_, share) = world.sent()
    world.receive(OTHER, share)
    done(world.act(SENDER, share, "call"))
    done(world.act(OTHER, share, "check_back"))
    assert calls(world, share)[-1] == ("call_account", OTHER, None)


def test_where_no_clause_asks_for_it_a_call_that_is_logged_is_accounted_for_all_the_same(
    world: World,
) -> None:
    _, (share, _) = world.sent()
    assert calls(world, share) == []
    done(world.act(TAKER, share, "call"))
    done(world.act(TAKER, share, "call"))
    assert calls(world, share) == [("call_account", SENDER, None)], (
        "one account is owed, however often one rings"
    )
    done(world.act(SENDER, share, "call"))
    assert calls(world, share) == [("call_account", SENDER, "done")]


def test_a_call_that_the_message_tells_of_counts_as_made(world: World, monkeypatch: Any) -> None:  # noqa: ANN401
    plain = worlds.planned

    def planned(message_id: UUID, recipient: str, role: str | None = None) -> dict[str, Any]:
        row = plain(message_id, recipient, role)
        return {**row, "terms": {**row["terms"], "called": True}}

    monkeypatch.setattr(worlds, "planned", planned)
    _, (_, share) = world.sent()
    assert calls(world, share) == [("call_account", OTHER, None)]
    done(world.act(OTHER, share, "call"))
    assert calls(world, share) == [("call_account", OTHER, "done")]


def test_what_cannot_have_been_is_refused_and_a_stranger_hears_nothing(world: World) -> None:
    _, (_, share) = world.sent()
    call = worlds.bodies(world.now)["call"]
    assert isinstance(call, wire.Call)
    for at in (world.now + timedelta(days=1), datetime(2026, 7, 3, 9, 0)):  # noqa: DTZ001 - the fault in question
        no = world.act(SENDER, share, "call", spoke_to=call.spoke_to.model_copy(update={"at": at}))
        assert isinstance(no, errors.Invalid)
        assert no.faults[0][0] == "spoke_to.at"
    assert isinstance(world.act(STRANGER, share, "call"), errors.NotFound)
    assert world.now.tzinfo is UTC


def test_one_key_logs_it_once_and_closing_says_of_nobody_that_they_rang(world: World) -> None:
    _, (_, share) = world.sent()
    world.receive(OTHER, share)
    call = worlds.bodies(world.now)["call"]
    first, again = (done(world.act_with(OTHER, share, "call", call, "k")) for _ in range(2))
    assert first.note == again.note
    done(world.act(OTHER, share, "check_back"))
    done(world.act(SENDER, share, "agree"))
    done(world.act(OTHER, share, "close"))
    assert calls(world, share) == [("call", SENDER, "void"), ("call_account", SENDER, "void")]
