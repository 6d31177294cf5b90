"""Housekeeping ends nothing that is not confirmed, and leaves nothing behind that is."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from agencies.keys import KeyRow
from hub import asked
from hub.settings import WorkerSettings
from hub.store import asks, feed, outbox, registry
from tests.examples import NOW
from tests.workers.town import KEYS, Town
from workers.housekeep import Housekeeper
from workers.line import house_of


def has_body(town: Town, message: UUID) -> bool:
    return bool(town.rows("SELECT 1 FROM message_body WHERE message_id = :m", m=message))


def test_the_hubs_own_copy_is_destroyed_when_the_message_ended_and_never_before(town: Town) -> None:
    ended, waits = town.send(), town.send()
    town.drain()
    town.withdraw(ended)
    town.later(days=365)
    town.drain()
    assert not has_body(town, ended)
    assert has_body(town, waits)
    [shredded] = town.rows("SELECT * FROM audit WHERE event = 'message.shred'")
    assert (shredded.message_id, shredded.by_agency, shredded.at) == (ended, "hub", town.now)
    town.drain()
    assert town.events(ended).count("message.shred") == 1


def test_the_copy_stays_for_as_long_as_the_settings_say(town: Town) -> None:
    message = town.send()
    town.drain()
    town.withdraw(message)
    town.drain(shred_after=timedelta(days=7))
    assert has_body(town, message)
    town.later(days=7)
    town.drain(shred_after=timedelta(days=7))
    assert not has_body(town, message)


def test_a_message_whose_shares_all_ended_is_closed_if_that_was_missed(town: Town) -> None:
    missed, open_still = town.send(), town.send()
    town.drain()
    with town.engine.begin() as conn:  # as no code of ours does it
        conn.execute(text("UPDATE share SET state = 'closed' WHERE message_id = :m"), {"m": missed})
    assert Housekeeper(town.line()).close_what_was_missed() == 1
    assert town.state(missed) == "closed"
    assert town.state(open_still) == "routed"
    assert town.events(missed)[-1] == "message.close"


def test_every_open_message_is_looked_at_in_the_end(town: Town) -> None:
    sent = town.send_all([town.incoming() for _ in range(7)])
    town.drain()
    with town.engine.begin() as conn:
        conn.execute(text("UPDATE share SET state = 'released'"))
    housekeeper = Housekeeper(town.line(), at_once=3)
    assert [housekeeper.close_what_was_missed() for _ in range(4)] == [3, 3, 1, 0]
    assert {town.state(one) for one in sent} == {"closed"}


def test_a_key_that_was_registered_brings_forward_what_waits_for_it(database: str) -> None:
    town = Town.on(database, without_keys=frozenset({"birmingham-gp-1"}))
    message = town.send()
    town.drain()
    known = town.known()
    housekeeper = Housekeeper(town.line(known=lambda: known))
    assert town.outbox()[0].due_at > town.now
    housekeeper.round()
    assert town.outbox()[0].due_at == town.now, "what came while no scheduler ran is not missed"
    town.drain()
    housekeeper.round()
    assert town.outbox()[0].due_at > town.now
    with town.engine.begin() as conn:
        row = KeyRow.of(KEYS["birmingham-gp-1"].public, agency="birmingham-gp-1", since=NOW)
        registry.save_keys(conn, [row])
    known = town.known()
    housekeeper.round()
    assert town.outbox()[0].due_at == town.now
    town.drain()
    assert set(town.states(message).values()) == {"sent"}
    town.engine.dispose()


def test_two_schedulers_open_one_task(town: Town) -> None:
    message = town.send()
    with town.engine.begin() as conn:
        conn.execute(
            text("UPDATE outbox SET attempts = 5, last_fault = 'X', due_at = due_at + interval '1 day'")
        )
    first, second = Housekeeper(town.line()), Housekeeper(town.line())
    assert first.tell_of_what_is_stuck(town.known()) == 1
    assert second.tell_of_what_is_stuck(town.known()) == 0
    assert town.tasks(message) == [("resolve_stuck", "sandwell-partnership")]


def test_no_more_than_fit_into_a_round_keep_the_next_from_being_told_of(town: Town) -> None:
    stuck = town.send_all([town.incoming() for _ in range(5)])
    with town.engine.begin() as conn:
        conn.execute(
            text("UPDATE outbox SET attempts = 5, last_fault = 'X', due_at = due_at + interval '1 day'")
        )
    housekeeper = Housekeeper(town.line(), at_once=2)
    assert [housekeeper.tell_of_what_is_stuck(town.known()) for _ in range(4)] == [2, 2, 1, 0]
    assert {one for message in stuck for one in town.tasks(message)} == {
        ("resolve_stuck", "sandwell-partnership")
    }


def test_a_task_is_told_to_the_sender_and_to_whoever_is_asked(town: Town) -> None:
    message = town.send("handover-camden-to-sandwell", sender="camden-0-19")
    town.drain()
    [told] = town.rows("SELECT * FROM audit WHERE event = 'message.task'")
    [task] = town.rows("SELECT id FROM owed WHERE what = 'resolve_refusal'")
    assert told.detail == {"task": str(task.id), "what": "resolve_refusal", "owed_by": "camden-partnership"}
    with town.engine.connect() as conn:
        [seen] = feed.events(conn, "camden-partnership", after=None, limit=10)
        assert "message.task" in {one.event for one in feed.events(conn, "camden-0-19", after=None, limit=50)}
    assert (seen.event, seen.message_id, seen.share_id, seen.by_agency) == (
        "message.task",
        message,
        None,
        "hub",
    )


def test_a_message_is_not_done_while_somebody_is_still_asked_to_see_that_others_hear(town: Town) -> None:
    message = town.send("handover-camden-to-sandwell", sender="camden-0-19")
    town.drain()
    with town.engine.begin() as conn:  # as no code of ours does it
        conn.execute(text("UPDATE share SET state = 'closed'"))
    assert Housekeeper(town.line()).close_what_was_missed() == 0
    assert town.tasks(message) == [("resolve_refusal", "camden-partnership")]
    with town.engine.begin() as conn:
        [task] = asks.still_open(conn, limit=10)
        assert asked.done(conn, task, at=town.now)
    assert town.events(message)[-2:] == ["message.task_done", "message.close"]


def test_a_withdrawal_asks_no_more(town: Town) -> None:
    message = town.send("handover-camden-to-sandwell", sender="camden-0-19")
    town.drain()
    town.withdraw(message, "camden-0-19")
    assert town.tasks(message) == []
    [row] = town.rows("SELECT met_how FROM owed WHERE what = 'resolve_refusal'")
    assert row.met_how == "void"


def test_only_what_waits_for_something_known_is_brought_forward(town: Town) -> None:
    town.send_all([town.incoming() for _ in range(3)])
    later = town.now + timedelta(hours=1)
    with town.engine.begin() as conn:
        ids = [row.id for row in town.outbox()]
        for one, fault in zip(ids, ("no_key", "cannot_open.bad_seal", None), strict=True):
            outbox.again(conn, one, due_at=later, fault=fault)
        outbox.hasten(conn, now=town.now)
    assert [row.due_at for row in town.outbox()] == [town.now, later, later]


def test_a_duty_that_fails_keeps_the_others_from_nothing(town: Town) -> None:
    message = town.send()
    town.drain()
    town.withdraw(message)
    with town.engine.begin() as conn:
        conn.execute(text("ALTER TABLE owed RENAME COLUMN what TO that"))
    Housekeeper(town.line()).round()
    assert not has_body(town, message)


def test_the_house_is_kept_without_a_key(town: Town, database: str, tmp_path: Path) -> None:
    settings = WorkerSettings(database_url=database, keys=tmp_path / "no keys here")
    message = town.send()
    town.drain()
    town.withdraw(message)
    house = house_of(settings, name="scheduler")
    try:
        Housekeeper(house).round()
    finally:
        house.engine.dispose()
    assert not has_body(town, message)


def test_what_was_handed_out_in_vain_is_a_persons_task_only_after_long(town: Town) -> None:
    """The hub's own servers were away: everything waits, and nobody is asked about each message of it at once."""
    message = town.send()
    with town.engine.begin() as conn:
        conn.execute(text("UPDATE outbox SET attempts = 9, due_at = due_at + interval '1 day'"))
    housekeeper = Housekeeper(town.line())
    assert housekeeper.tell_of_what_is_stuck(town.known()) == 0
    town.later(hours=2)
    assert housekeeper.tell_of_what_is_stuck(town.known()) == 1
    assert town.tasks(message) == [("resolve_stuck", "sandwell-partnership")]


def test_nobody_is_asked_about_what_is_being_finished(town: Town) -> None:
    message = town.send()
    with town.engine.begin() as conn:
        conn.execute(text("UPDATE outbox SET attempts = 5, last_fault = 'X'"))
    with town.engine.begin() as worker:
        outbox.hold(worker, [row.id for row in town.outbox()], step="route")
        assert Housekeeper(town.line()).tell_of_what_is_stuck(town.known()) == 0
    assert town.tasks(message) == []
