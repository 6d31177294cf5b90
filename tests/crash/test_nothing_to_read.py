"""A dump of the whole database and of Redis shows no name, no NHS number and no word of a message."""

import base64
import os
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from agencies import wire
from hub.cli.embedded import postgres_program
from tests.examples import NAMES, example
from tests.workers.looking import everything_in, words
from tests.workers.town import HANDOVER, PERSON, Town
from workers import jobs
from workers.pump import Pump
from workers.worker import Worker, client

REASON = "the receptionist is the father's sister"
UNDERSTANDING = "mother has left with both children, the baby is losing weight"
GP = "birmingham-gp-1"
SENDERS = {
    "handover-camden-to-sandwell": "camden-0-19",
    "concern-sexual-abuse": "camden-school-1",
    "concern-probation-think-family": "sandwell-adult-social-care",
}


def dump(url: str) -> str:
    told = subprocess.run(
        [postgres_program("pg_dump"), "--inserts", url],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    return told.stdout


def spellings(word: str) -> list[str]:
    """As it is; as bytes print; as base64 has it, wherever in a group of three it begins."""
    raw = word.encode()
    shifted = [base64.b64encode(b"\0" * shift + raw)[4:-4].decode() for shift in range(3)]
    return [word.casefold(), raw.hex(), *(one.casefold() for one in shifted if len(one) > 8)]


@pytest.fixture
def told_before(database: str, town: Town) -> str:
    """What the database says of agencies and protocols, before anybody has said anything."""
    del town
    return dump(database).casefold()


@pytest.fixture
def town(database: str) -> Iterator[Town]:
    made = Town.on(database)
    yield made
    made.engine.dispose()


def test_neither_the_database_nor_redis_can_be_read(
    database: str, redis_url: str, told_before: str, town: Town
) -> None:
    seen: list[str] = []
    with client(redis_url) as connection:
        sent = {name: town.send(name, sender=SENDERS.get(name, "sandwell-0-19")) for name in NAMES}
        withheld = town.send(withhold=({"role": "gp_practice", "reason": REASON},))
        jobs.serve(town.line())
        pump, worker = Pump(town.engine, connection, clock=lambda: town.now), Worker(jobs.STEPS, connection)
        while pump.turn().handed:
            seen.append(everything_in(connection))
            while any(queue.count for queue in worker.queues):
                worker.one()
                seen.append(everything_in(connection))
    _talk(town, town.shares(sent[HANDOVER])[GP].id)
    assert set(town.states(withheld).values()) == {"sent"}
    seen.append(dump(database))

    everything = "\n".join(seen).casefold()
    looked_for = _needles(told_before)
    assert len(looked_for) > 400
    found = {word for word in looked_for if any(one in everything for one in spellings(word))}
    assert found == set()
    # And the search does find what is there to be found.
    assert all(
        any(one in everything for one in spellings(word)) for word in ("birmingham-gp-1", "share.seal")
    )


def _needles(told_before: str) -> set[str]:
    """All that was said and that the hub did not know before: codes and names of agencies it did."""
    said = [*(word for name in NAMES for word in words(example(name))), REASON, UNDERSTANDING, "GP-7731"]
    said += [PERSON.name, "weigh him on Friday", "he weighed 5.2 kg", "we agree on all of it"]
    dates = {word for word in said if len(word) == len("2026-01-01") and word[4] == word[7] == "-"}
    return {word for word in said if len(word) > 6 and word.casefold() not in told_before} - dates


def _talk(town: Town, share: Any) -> None:  # noqa: ANN401 - an id
    """The whole talk about one share, in people's own words."""
    town.receive(GP, share)
    action = wire.Action(
        what="weigh him on Friday", who="Dr Test Example", by_when=town.now.date() + timedelta(days=2)
    )
    turns: list[tuple[str, str, wire.Act]] = [
        (
            GP,
            "check_back",
            wire.CheckBack(
                by=PERSON,
                case_reference="GP-7731",
                understanding=UNDERSTANDING,
                significance=UNDERSTANDING,
                actions=(action,),
                review_on=town.now.date() + timedelta(days=7),
            ),
        ),
        ("sandwell-0-19", "challenge", wire.Challenge(by=PERSON, reason="he weighed 5.2 kg")),
        (GP, "answer", wire.Answer(by=PERSON, answer="he weighed 5.2 kg on our scales too")),
        ("sandwell-0-19", "agree", wire.Agree(by=PERSON, comment="we agree on all of it")),
    ]
    for agency, event, body in turns:
        town.later(minutes=5)
        assert isinstance(town.act(agency, share, event, body), wire.Moved)
