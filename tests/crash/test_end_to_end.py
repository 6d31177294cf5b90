"""Real processes, killed at random under load, and PostgreSQL gone for a minute. Every message that got a 202 reaches
whom the protocol names, once, and is lived to its end: checked back, agreed, accepted, closed, each once.
"""

import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import redis

from tests.crash.invariants import check_chain, holders
from tests.crash.lives import SENT, TAKER, Lives, moves_of
from tests.crash.real import PARTS, RealHub, real_hub
from tests.crash.spoken import needles, spoken_in
from tests.examples import example
from tests.workers.town import HANDOVER, Town

MINUTE = 60.0  # seconds without PostgreSQL
ENOUGH = 24  # messages
PATIENCE = 120.0  # seconds until all is lived to its end
SERVERS = ("redis flushed", "redis flushed", "redis killed", "postgres stopped", "postgres killed")
BEHIND = (*sorted({*PARTS} - {"web"}), "redis flushed")
ALL = (*PARTS, "web", "worker-1", "worker-2", *SERVERS)


@pytest.fixture(scope="module")
def hub() -> Iterator[RealHub]:
    with tempfile.TemporaryDirectory(prefix="cb-") as home, real_hub(Path(home)) as running:
        running.wait_until_up()
        yield running


# -- mistreatment -------------------------------------------------------------------------------------------


def mistreat(hub: RealHub, whats: Iterable[str], chance: random.Random, rest: float = 0.9) -> Counter[str]:
    """Kill, flush, stop and start one after the other, at moments that are left to chance."""
    did: Counter[str] = Counter()
    for what in whats:
        time.sleep(rest * chance.uniform(0.3, 1.7))
        did[what] += 1
        if what in PARTS:
            hub.kill(what)
            hub.start(what)
        elif what == "redis flushed":
            with redis.Redis.from_url(hub.redis.url()) as connection:
                connection.flushall()
        else:
            _server(hub, what)
    return did


def _server(hub: RealHub, what: str) -> None:
    server = hub.redis if what.startswith("redis") else hub.postgres
    if what.endswith("killed") and server.child is not None:
        server.child.kill()
        server.child.wait()
    else:
        server.stop()
    time.sleep(0.5)
    server.start()


def mistreat_all(hub: RealHub, lives: Lives, chance: random.Random) -> Counter[str]:
    """Each in turn; then whatever comes, for a whole minute without PostgreSQL; then each again, and what works behind
    the door until enough was taken in at it.
    """
    did = mistreat(hub, chance.sample(ALL, len(ALL)), chance)
    hub.postgres.stop()
    back = time.monotonic() + MINUTE
    during = takewhile(lambda _: time.monotonic() < back, _any((*PARTS, "redis killed"), chance))
    did += mistreat(hub, during, chance, rest=3.0)
    hub.postgres.start()
    did += mistreat(hub, chance.sample(ALL, len(ALL)), chance)
    behind = takewhile(lambda _: len(lives.accepted) < ENOUGH, _any(BEHIND, chance))
    return did + mistreat(hub, behind, chance)


def _any(of: Sequence[str], chance: random.Random) -> Iterator[str]:
    while True:
        yield chance.choice(of)


# -- the test -----------------------------------------------------------------------------------------------


@pytest.mark.timeout(420)
def test_whatever_is_killed_every_202_is_lived_to_its_end(hub: RealHub) -> None:
    lives = Lives(hub)
    lives.start()
    did = mistreat_all(hub, lives, random.Random(20260703))
    for part in PARTS:
        hub.look_at(part)
    town = Town.reading(hub.database)
    left = lives.to_their_end(lambda: _under_way(town), PATIENCE)

    assert hub.gave_up == []
    assert lives.wrong == []
    assert left == [], hub.logs()[-4000:]
    assert lives.faults, "all this went unnoticed"
    assert min(did[what] for what in ALL) > 1, did
    _check_messages(town, lives)
    _check_shares(town, lives)
    assert spoken_in(hub.logs()) == set()
    town.engine.dispose()


def _under_way(town: Town) -> list[Any]:
    """What is not lived to its end yet, and what is still to be done with it."""
    sql = "SELECT id, state FROM message WHERE shredded_at IS NULL UNION ALL SELECT message_id, step FROM outbox"
    return town.rows(sql)


def _check_messages(town: Town, lives: Lives) -> None:
    """Each wish became one message, no other message is there, and each has come to its end in one way."""
    messages = town.rows("SELECT id, state, idempotency_key FROM message")
    assert len(messages) == len({row.idempotency_key for row in messages}) == len(lives.keys)
    assert {row.id: row.state for row in messages} == dict.fromkeys(lives.accepted, "closed")
    # What people were asked to do is told in the same record; it moves nothing.
    told = town.rows(
        "SELECT message_id, event FROM audit WHERE share_id IS NULL AND event NOT LIKE 'message.task%'"
    )
    assert Counter((row.message_id, row.event) for row in told) == Counter(
        (message, f"message.{event}")
        for message in lives.accepted
        for event in ("accept", "route", "close", "shred")
    )
    # Whether two are one child outlives the messages: a person answers it.
    assert town.rows("SELECT what FROM owed WHERE met_at IS NULL AND what <> 'same_child'") == []
    assert town.rows("SELECT 1 FROM message_body") == []
    for message, name in lives.accepted.items():
        assert holders(town, message) == ([SENT[name][0], TAKER] if name == HANDOVER else [])


def _check_shares(town: Town, lives: Lives) -> None:
    """Each reached exactly whom it had to reach, once, and every act on it was done once and is in the audit."""
    shares = town.rows("SELECT id, message_id, recipient, state FROM share")
    assert Counter((row.message_id, row.recipient) for row in shares) == Counter(
        (message, agency) for message, name in lives.accepted.items() for agency in SENT[name][1]
    )
    assert {row.id: row.recipient for row in shares} == lives.given
    audit = _by_share(town.rows("SELECT * FROM audit WHERE share_id IS NOT NULL ORDER BY id"))
    notes = _by_share(town.rows("SELECT id, share_id, kind FROM note ORDER BY id"))
    for share in shares:
        moves = moves_of(share.id, share.recipient)
        assert [row.event for row in audit[share.id]] == [f"share.{move}" for move in moves]
        check_chain(audit[share.id], "closed")
    # Each note is that of one act, and whoever acted was told so: nothing was done twice, nothing unheard.
    found = {row.id: (share, row.kind) for share, rows in notes.items() for row in rows}
    assert found == lives.acts


def _by_share(rows: Sequence[Any]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(row.share_id, []).append(row)
    return found


@pytest.mark.parametrize(
    "said", ["Reuben", "b13 8jp", "B138JP", "9990000018", "SW-HV-2026-0417", "CASE-2026-00417"]
)
def test_a_log_that_tells_of_a_person_would_be_found(said: str) -> None:
    line = (
        '{"event": "accepted", "message": "0197f3a2-5c00-7c1e-9d35-4f7a10b2c3d4", "where": ["route.py:61"]%s}'
    )
    assert spoken_in(line % "") == set()
    assert spoken_in(line % f', "child": "{said}"') >= {said.casefold()}
    assert min(map(len, needles())) > 30


def test_asked_to_stop_each_part_finishes_what_it_holds_and_ends(hub: RealHub) -> None:
    with hub.client(SENT[HANDOVER][0]) as client:
        client.send(example(HANDOVER))
    for process in hub.processes.values():
        process.terminate()
    ended = {part: process.wait(25) for part, process in hub.processes.items()}
    assert {part: status for part, status in ended.items() if part != "web"} == dict.fromkeys(
        set(PARTS) - {"web"}, 0
    )
