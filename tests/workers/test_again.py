"""A message that went to nobody: done if its sender wishes it so, and otherwise decided again once that may help."""

from dataclasses import replace

from agencies.directory import shipped as shipped_directory
from hub.store import outbox, registry
from hub.store.outbox import Work
from tests.examples import GONE, example, spoilt
from tests.workers.test_route import BRUISE, only
from tests.workers.town import HANDOVER, Town
from workers.housekeep import Housekeeper


def test_what_its_sender_withholds_from_all_is_done_once_the_sender_has_the_copy(town: Town) -> None:
    every = tuple(
        {"agency": agency, "reason": "the parent works there"}
        for agency in ("sandwell-mash", "sandwell-police", "sandwell-gp-1")
    )
    message = town.send(message=BRUISE, withhold=every)
    town.drain()
    assert town.shares(message) == {}
    assert {row.outcome for row in town.rows("SELECT outcome FROM decision")} == {"withhold"}
    assert town.state(message) == "closed"
    [kept] = town.rows("SELECT copy_envelope FROM message")
    assert town.opened("sandwell-0-19", kept.copy_envelope)["message_id"] == str(message)
    assert town.rows("SELECT 1 FROM message_body") == []


def test_a_handover_of_which_nobody_could_hear_offers_the_child_once_somebody_can(town: Town) -> None:
    """So it is then, and not before, that the child is offered to two."""
    lawless = replace(town.known(), protocols=())
    unheard = town.send(HANDOVER)
    town.drain(known=lambda: lawless)
    away = spoilt(example(HANDOVER), move__to_area="E09000007", move__to_postcode=GONE)
    other = town.send(HANDOVER, message=away)
    town.drain()
    asked = "SELECT DISTINCT why, message_id, other_message_id FROM unplaced WHERE ended_at IS NULL"
    assert town.rows(asked) == [], "one of them goes to nobody yet"
    Housekeeper(town.line(known=town.known)).round()
    town.drain()
    assert [tuple(row) for row in town.rows(asked)] == [("two_ways", unheard, other)]


def refused(database: str) -> tuple[Town, Housekeeper]:
    town = Town.on(database, directory=only("sandwell-0-19", "sandwell-partnership"))
    town.send(message=BRUISE)
    town.drain()
    return town, Housekeeper(town.line(known=town.known), known_number=town.known().number)


def test_once_the_directory_is_mended_they_hear_and_nobody_is_asked_any_more(database: str) -> None:
    town, housekeeper = refused(database)
    [row] = town.rows("SELECT id FROM message")
    housekeeper.round()
    assert town.outbox() == []  # nothing has changed
    with town.engine.begin() as conn:
        registry.save_directory(conn, shipped_directory())
    housekeeper.round()
    housekeeper.known_number = None  # another scheduler, which has just been started
    housekeeper.round()
    assert [one.step for one in town.outbox()] == ["route"]
    with town.engine.begin() as conn:  # and a third that did not see it
        outbox.put(conn, [Work("route", row.id, None, town.now)])
    town.later(hours=1)
    town.drain()
    assert set(town.states(row.id).values()) == {"sent"}
    assert town.tasks(row.id) == []
    decisions = [(one.outcome, one.agency, one.role) for one in town.rows("SELECT * FROM decision")]
    assert len(decisions) == len(set(decisions))
    assert {agency for outcome, agency, _ in decisions if outcome == "share"} == set(town.states(row.id))
    assert town.events(row.id).count("message.reroute") == 1
    assert town.events(row.id).count("share.plan") == len(town.states(row.id))
    town.engine.dispose()


def test_a_change_that_does_not_help_changes_nothing(database: str) -> None:
    town, housekeeper = refused(database)
    [row] = town.rows("SELECT id FROM message")
    before = town.events(row.id)
    with town.engine.begin() as conn:
        registry.save_directory(conn, only("sandwell-0-19", "sandwell-partnership", "camden-police"))
    housekeeper.round()
    town.drain()
    assert town.outbox() == []
    assert town.events(row.id) == before
    assert town.tasks(row.id) == [("resolve_refusal", "sandwell-partnership")]
    town.engine.dispose()
