"""Seal: each recipient can open what its clause grants, and nobody anything else."""

import json
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from agencies import wire
from agencies.keys import KeyRow
from agencies.seal import CannotOpen
from hub.store import registry
from protocols.messages import read
from protocols.minimise import minimise
from tests.examples import NOW, example
from tests.workers.town import HANDOVER, HUB, KEYS, PERSON, Town
from workers.views import view_of

GP = "birmingham-gp-1"


def test_each_opens_what_its_clause_grants(town: Town) -> None:
    message = town.send()
    town.drain()
    shares = town.shares(message)
    assert len(shares) == 3
    whole = read(example(HANDOVER), now=NOW)
    for agency, share in shares.items():
        told = town.opened(agency, share.envelope)
        assert told["message"] == minimise(whole, view_of(share.terms))
        assert told["clauses"] == share.terms["clauses"]
        assert told["limits"] == share.terms["limits"]
        assert told["from"] == "sandwell-0-19"
    for agency in set(shares) - {GP}:
        with pytest.raises(CannotOpen):
            town.opened(agency, shares[GP].envelope)


def test_an_envelope_says_outside_what_it_is_for(town: Town) -> None:
    message = town.send()
    town.drain()
    share = town.shares(message)[GP]
    assert json.loads(share.envelope)["context"] == {
        "hub": HUB,
        "purpose": "share",
        "message": str(message),
        "recipient": GP,
        "share": str(share.id),
        "note": None,
        "protocol": share.digest,
        "view": share.terms["view"],
    }


def test_the_sender_keeps_the_whole_for_its_file(town: Town) -> None:
    withhold = ({"role": "gp_practice", "reason": "they know the father"},)
    message = town.send(withhold=withhold)
    town.drain()
    [row] = town.rows("SELECT copy_envelope FROM message WHERE id = :m", m=message)
    told = town.opened("sandwell-0-19", row.copy_envelope)
    assert told["message"] == read(example(HANDOVER), now=NOW).model_dump(mode="json", exclude_none=True)
    assert told["withheld"] == [{"role": "gp_practice", "reason": "they know the father"}]


def register(town: Town, agency: str) -> None:
    with town.engine.begin() as conn:
        row = KeyRow.of(KEYS[agency].public, agency=agency, since=NOW - timedelta(days=1))
        registry.save_keys(conn, [row])


def test_an_agency_without_a_key_holds_up_nobody_else(database: str) -> None:
    town = Town.on(database, without_keys=frozenset({GP}))
    message = town.send()
    town.drain()
    states = town.states(message)
    assert states.pop(GP) == "planned"
    assert set(states.values()) == {"sent"}
    assert town.tasks(message) == [("register_key", "birmingham-partnership")]
    for _ in range(3):
        town.later(minutes=15)
        town.drain()
    assert town.tasks(message) == [("register_key", "birmingham-partnership")]  # once, and no other

    register(town, GP)
    town.later(minutes=15)
    town.drain()
    assert town.states(message)[GP] == "sent"
    assert town.tasks(message) == []
    assert town.outbox() == []
    assert town.events(message).count("share.seal") == 3
    town.engine.dispose()


def test_a_sender_without_a_key_gets_its_copy_later(database: str) -> None:
    town = Town.on(database, without_keys=frozenset({"sandwell-0-19"}))
    message = town.send()
    town.drain()
    assert set(town.states(message).values()) == {"sent"}
    assert town.tasks(message) == [("register_key", "sandwell-partnership")]
    register(town, "sandwell-0-19")
    town.later(minutes=15)
    town.drain()
    assert town.tasks(message) == []
    assert town.rows("SELECT 1 FROM message WHERE copy_envelope IS NOT NULL")
    town.engine.dispose()


def test_what_was_withdrawn_before_it_was_sealed_is_sealed_for_nobody(database: str) -> None:
    town = Town.on(database, without_keys=frozenset({GP}))
    message = town.send()
    town.drain()
    town.withdraw(message)
    register(town, GP)
    town.later(minutes=15)
    town.drain()
    share = town.shares(message)[GP]
    assert (share.state, share.envelope) == ("released", None)
    assert town.outbox() == []
    assert town.tasks(message) == []
    town.engine.dispose()


def test_a_redirected_share_is_sealed_to_the_other_agency(town: Town) -> None:
    message = town.send()
    town.drain()
    share = town.shares(message)[GP]
    town.receive(GP, share.id)
    explanation = "no patient of ours has this NHS number"
    decline = wire.Decline(by=PERSON, reason="not_registered_here", explanation=explanation)
    town.act(GP, share.id, "decline", decline)
    redirect = wire.Redirect(by=PERSON, to="birmingham-gp-2", reason="the mother gave the wrong practice")
    town.act("sandwell-0-19", share.id, "redirect", redirect)
    town.drain()
    assert town.states(message)["birmingham-gp-2"] == "sent"
    again = town.shares(message)["birmingham-gp-2"]
    assert again.terms == {**share.terms, "agency": "birmingham-gp-2", "called": False}
    first, second = town.opened(GP, share.envelope), town.opened("birmingham-gp-2", again.envelope)
    assert first["message"] == second["message"]
    assert (first["share"], second["share"]) == (str(share.id), str(again.id))


def test_a_newer_protocol_does_not_widen_what_was_decided(town: Town) -> None:
    message = town.send()
    town.one_step("route")
    town.later(minutes=2)
    with town.engine.begin() as conn:
        conn.execute(text("DELETE FROM protocol"))
    town.drain()
    assert set(town.states(message).values()) == {"sent"}


def test_nothing_is_sealed_twice_when_two_rows_ask_for_it(town: Town) -> None:
    message = town.send()
    with town.engine.begin() as conn:
        conn.execute(
            text(
                "INSERT INTO outbox (step, message_id, first_at, due_at)"
                " SELECT 'seal', id, accepted_at, accepted_at FROM message, generate_series(1, 3)"
            )
        )
    town.drain()
    assert isinstance(message, UUID)
    assert town.events(message).count("share.seal") == 3
    assert town.events(message).count("share.send") == 3
