"""Real processes, killed at random under load. Every message that got a 202 reaches whom the protocol names, once."""

import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis

from agencies.calls import CallFailed
from agencies.wire import InboxItem
from tests.crash.invariants import check_chain
from tests.crash.real import PARTS, RealHub, real_hub
from tests.examples import example
from tests.workers.looking import eventually, words
from tests.workers.town import HANDOVER, Town

SECONDS = 30.0  # of mistreatment
SENT = {  # by whom, and who must hear
    HANDOVER: ("sandwell-0-19", {"birmingham-0-19", "birmingham-gp-1", "birmingham-probation"}),
    "concern-neglect": (
        "sandwell-0-19",
        {"sandwell-mash", "sandwell-gp-1", "sandwell-school-1", "sandwell-early-help"},
    ),
    "concern-sexual-abuse": (
        "camden-school-1",
        {"camden-mash", "camden-police"},
    ),
}
READERS = ("birmingham-gp-1", "sandwell-mash", "camden-police")


@pytest.fixture(scope="module")
def hub() -> Iterator[RealHub]:
    with tempfile.TemporaryDirectory(prefix="cb-") as home, real_hub(Path(home)) as running:
        running.wait_until_up()
        yield running


class Senders:
    """Agencies' systems: each sends, and sends the same again until it hears a 202."""

    def __init__(self, hub: RealHub) -> None:
        self.hub = hub
        self.stop = threading.Event()
        self.accepted: dict[UUID, str] = {}  # message: what was sent
        self.keys: list[str] = []
        self.faults: list[str] = []
        self.threads = [threading.Thread(target=self.send, args=(name,)) for name in SENT]

    def send(self, name: str) -> None:
        message, sender = example(name), SENT[name][0]
        with self.hub.client(sender) as client:
            while not self.stop.is_set():
                key = str(uuid4())
                self.keys.append(key)
                while True:
                    try:
                        accepted = client.send(message, key=key)
                    except CallFailed as fault:
                        self.faults.append(type(fault).__name__)
                        time.sleep(0.1)
                        continue
                    self.accepted[accepted.id] = name
                    break
                time.sleep(0.05)


class Readers:
    """Agencies' systems at the other end: each keeps what it is given, and then says that it has it."""

    def __init__(self, hub: RealHub) -> None:
        self.hub = hub
        self.stop = threading.Event()
        self.given: dict[str, set[UUID]] = {agency: set() for agency in READERS}
        self.threads = [threading.Thread(target=self.read, args=(agency,)) for agency in READERS]

    def read(self, agency: str) -> None:
        with self.hub.client(agency) as client:
            while not self.stop.is_set():
                try:
                    page = client.inbox(wait=1)
                    for item in page.shares:
                        self.keep(agency, item, client.keys.open_share(item))
                    if page.shares:
                        client.receive(*[item.share for item in page.shares])
                except CallFailed:
                    time.sleep(0.1)

    def keep(self, agency: str, item: InboxItem, told: dict[str, object]) -> None:
        assert told["share"] == str(item.share)
        self.given[agency].add(item.share)


def mistreat(hub: RealHub, chance: random.Random, seconds: float) -> Counter[str]:
    """Kill, flush, stop and start, at random, for so long."""
    did: Counter[str] = Counter()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(chance.uniform(0.3, 1.5))
        what = chance.choices(
            [*PARTS, "redis flushed", "redis killed", "postgres stopped", "postgres killed"],
            weights=[3, 3, 5, 5, 1, 3, 1, 1, 1],
        )[0]
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


@pytest.mark.timeout(240)
def test_whatever_is_killed_every_202_is_kept(hub: RealHub) -> None:
    chance = random.Random(20260703)
    senders, readers = Senders(hub), Readers(hub)
    for thread in (*senders.threads, *readers.threads):
        thread.start()
    did = mistreat(hub, chance, SECONDS)
    for part, process in hub.processes.items():
        if process.poll() is not None:  # none of them gives up by itself
            raise AssertionError(f"{part} ended with {process.returncode}:\n{hub.log_of(part)}")
    senders.stop.set()
    for thread in senders.threads:
        thread.join(60)

    town = Town.reading(hub.database)
    eventually(lambda: not town.outbox(), 60.0)
    eventually(lambda: not _waiting(town), 60.0)
    readers.stop.set()
    for thread in readers.threads:
        thread.join(30)

    assert sum(did.values()) > 10, did
    assert len(senders.accepted) > 20, (did, senders.faults, hub.logs()[-4000:])
    _check_all(town, senders)
    taken = town.rows("SELECT id, recipient FROM share WHERE state = 'received'")
    assert {row.id for row in taken} == set().union(*readers.given.values())
    _check_logs(hub.logs())
    town.engine.dispose()


def _waiting(town: Town) -> list[Any]:
    """What a reader has not taken yet."""
    sql = "SELECT 1 FROM share WHERE state = 'sent' AND recipient = ANY(:readers)"
    return town.rows(sql, readers=list(READERS))


def _check_all(town: Town, senders: Senders) -> None:
    messages = town.rows("SELECT id, idempotency_key FROM message")
    # Each wish became one message, and no other message is there.
    assert len(messages) == len({row.idempotency_key for row in messages}) == len(senders.keys)
    assert {row.id for row in messages} == set(senders.accepted)
    shares = town.rows("SELECT id, message_id, recipient, state FROM share")
    reached = Counter((row.message_id, row.recipient) for row in shares)
    assert reached == Counter(
        (message, agency) for message, name in senders.accepted.items() for agency in SENT[name][1]
    )
    audit: dict[UUID | None, list[Any]] = {}
    for row in town.rows("SELECT * FROM audit ORDER BY id"):
        audit.setdefault(row.share_id, []).append(row)
    # A person may have been asked to look while the servers were away, and need not any more.
    assert town.rows("SELECT 1 FROM owed WHERE what LIKE 'resolve%' AND met_at IS NULL") == []
    for share in shares:
        events = ["share.plan", "share.seal", "share.send"]
        events += ["share.receive"] if share.recipient in READERS else []
        own = audit[share.id]
        assert [row.event for row in own] == events
        check_chain(own, share.state)
    # What people were asked to do is told in the same record; it moves nothing.
    moves = Counter((row.message_id, row.event) for row in audit[None] if row.event != "message.task")
    assert moves == Counter(
        (message, event) for message in senders.accepted for event in ("message.accept", "message.route")
    )


def _check_logs(logs: str) -> None:
    """Whatever went wrong was told without a person in it."""
    said = {word for name in SENT for word in words(example(name)) if " " in word}
    assert len(said) > 100
    assert {word for word in said if word in logs} <= {"Health visitor"}


def test_asked_to_stop_each_part_finishes_what_it_holds_and_ends(hub: RealHub) -> None:
    with hub.client("sandwell-0-19") as client:
        client.send(example(HANDOVER))
    for process in hub.processes.values():
        process.terminate()
    ended = {part: process.wait(25) for part, process in hub.processes.items()}
    assert {part: status for part, status in ended.items() if part != "web"} == dict.fromkeys(
        set(PARTS) - {"web"}, 0
    )
