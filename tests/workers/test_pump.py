"""The pump: what is due becomes jobs, bounded and fair, and Redis holds nothing but numbers of rows."""

import json
import threading
import time
import zlib
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import redis
from redis.exceptions import RedisError
from sqlalchemy import text

from hub.cli.embedded import Valkey
from hub.journey import MOVES
from hub.store import connect
from tests.workers.looking import eventually
from tests.workers.town import Town
from workers.jobs import STEPS, LineJob, queue_of
from workers.pump import JOBS_WAITING, Pump
from workers.worker import client


@pytest.fixture
def line_to_redis(redis_url: str) -> Iterator[redis.Redis]:
    with client(redis_url) as connection:
        yield connection


@pytest.fixture
def pump(town: Town, line_to_redis: redis.Redis) -> Pump:
    return Pump(town.engine, line_to_redis, clock=lambda: town.now, batch=10)


def put(town: Town, step: str, count: int, *, attempts: int = 0, earlier: int = 0) -> None:
    """Rows that are due, of messages that need not be there: the pump looks at neither."""
    with town.engine.begin() as conn:
        conn.execute(
            text(
                "INSERT INTO outbox (step, message_id, first_at, due_at, attempts)"
                " SELECT :step, :message, :now, CAST(:now AS timestamptz) - :earlier * interval '1 minute', :attempts"
                " FROM generate_series(1, :count)"
            ),
            {
                "step": step,
                "message": uuid4(),
                "now": town.now,
                "earlier": earlier,
                "attempts": attempts,
                "count": count,
            },
        )


def jobs(connection: redis.Redis, step: str) -> list[list[list[int]]]:
    """What each waiting job carries, as it stands in Redis."""
    found = []
    for job_id in queue_of(step, connection).job_ids:
        packed: Any = connection.hget(f"rq:job:{job_id}", "data")
        name, instance, arguments, named = json.loads(zlib.decompress(packed))
        assert (name, instance, named) == ("workers.jobs.work", None, {})
        assert arguments[0] == step
        found.append(arguments[1])
    return found


def test_a_job_carries_numbers_of_rows_and_nothing_else(town: Town, pump: Pump) -> None:
    put(town, "route", 3)
    assert pump.turn().handed == 3
    rows = [row.id for row in town.outbox()]
    assert jobs(pump.redis, "route") == [[[row, 1] for row in rows]]


def test_what_is_handed_out_is_not_handed_out_again_until_its_lease_lapses(town: Town, pump: Pump) -> None:
    put(town, "seal", 2)
    assert [pump.turn().handed, pump.turn().handed] == [2, 0]
    town.later(seconds=61)
    assert pump.turn().handed == 2
    assert {attempt for group in jobs(pump.redis, "seal") for _, attempt in group} == {1, 2}


def test_only_so_much_waits_in_redis(town: Town, pump: Pump) -> None:
    put(town, "route", 1000)
    turn = pump.turn()
    assert (turn.handed, turn.more) == (JOBS_WAITING * 10, True)
    assert (pump.turn().handed, pump.turn().more) == (0, True)
    assert {len(group) for group in jobs(pump.redis, "route")} == {10}
    queue_of("route", pump.redis).pop_job_id()
    assert pump.turn().handed == 10


def test_a_flood_of_one_step_keeps_no_other_waiting(town: Town, pump: Pump) -> None:
    put(town, "route", 1000, earlier=60)
    put(town, "deliver", 1)
    pump.turn()
    assert len(jobs(pump.redis, "deliver")) == 1


def test_what_may_kill_its_worker_goes_alone(town: Town, pump: Pump) -> None:
    put(town, "route", 2, attempts=2)
    put(town, "route", 2)
    pump.turn()
    assert sorted(len(group) for group in jobs(pump.redis, "route")) == [1, 1, 2]


def test_two_pumps_hand_out_each_row_once(town: Town, pump: Pump) -> None:
    put(town, "route", 200)
    other = Pump(town.engine, pump.redis, clock=lambda: town.now, batch=10)
    handed: list[int] = []

    def work(one: Pump) -> None:
        for _ in range(20):
            handed.append(one.turn().handed)
            one.redis.delete(queue_of("route", one.redis).key)

    threads = [threading.Thread(target=work, args=(one,)) for one in (pump, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(handed) == 200
    assert {row.attempts for row in town.outbox()} == {1}


def test_with_redis_down_nothing_is_handed_out_in_vain(town: Town, own_redis: Valkey) -> None:
    put(town, "route", 1)
    with client(own_redis.url()) as connection:
        own_redis.stop()
        with pytest.raises(RedisError):
            Pump(town.engine, connection, clock=lambda: town.now).turn()
    assert town.outbox()[0].attempts == 0


def test_every_step_of_the_journey_has_a_worker(pump: Pump) -> None:
    """Whatever a move puts into the outbox, somebody takes out of it."""
    assert {row.next for row in MOVES if row.next} | {"route", "push"} == set(STEPS)
    assert all(issubclass(queue_of(step, pump.redis).job_class, LineJob) for step in STEPS)


def test_it_is_woken_at_once_and_outlives_redis(database: str, own_redis: Valkey) -> None:
    town = Town.on(database)
    stop = threading.Event()
    with client(own_redis.url()) as connection:
        pump = Pump(town.engine, connection, sweep=60.0)
        running = threading.Thread(target=pump.run, args=(connect.plain(database), stop))
        running.start()
        time.sleep(0.5)  # it has looked, and now waits for a minute
        town.send()
        eventually(lambda: queue_of("route", connection).count == 1, 2.0)
        own_redis.stop()
        town.send()
        time.sleep(0.3)
        own_redis.start()
        eventually(lambda: queue_of("route", connection).count == 1)  # the first was lost with Redis
        stop.set()
        running.join(5)
        assert not running.is_alive()
    assert [row.attempts for row in town.outbox()] == [1, 1]
    town.engine.dispose()
