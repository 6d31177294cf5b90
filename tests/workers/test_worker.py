"""A worker: works what it is handed, runs nothing else, and leaves nothing in Redis."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import redis
from rq import Callback, Queue
from rq.serializers import JSONSerializer
from sqlalchemy import text

from hub.cli.embedded import Valkey
from hub.store import connect
from hub.store.outbox import Row
from tests.workers.looking import eventually, everything_in
from tests.workers.town import Town
from workers import jobs
from workers.batch import Worked
from workers.line import Line
from workers.pump import Pump
from workers.route import route
from workers.seal import seal
from workers.worker import Worker, client


@pytest.fixture
def connection(redis_url: str) -> Iterator[redis.Redis]:
    with client(redis_url) as connected:
        yield connected


def work_all(town: Town, connection: redis.Redis) -> int:
    """Pump and worker take turns until nothing is left."""
    pump = Pump(town.engine, connection, clock=lambda: town.now)
    worker = Worker(jobs.STEPS, connection)
    worked = 0
    while pump.turn().handed:
        while any(queue.count for queue in worker.queues):
            worked += worker.one()
    return worked


def test_the_line_through_redis_does_what_the_walk_does(town: Town, connection: redis.Redis) -> None:
    sent = town.send_all([town.incoming() for _ in range(60)])
    jobs.serve(town.line())
    worked = work_all(town, connection)
    assert worked <= 2  # many rows a job, and a job goes on to what its step leaves to do
    for message in sent:
        assert set(town.states(message).values()) == {"sent"}
        assert town.events(message).count("share.send") == 3
    assert town.outbox() == []
    left = everything_in(connection)
    assert "rq:job:" not in left


def test_a_job_goes_on_to_the_end_of_the_line(town: Town, connection: redis.Redis) -> None:
    """From accepted to sent without another way through Redis; what is left to do is left to the pump."""
    message = town.send()
    jobs.serve(town.line())
    assert Pump(town.engine, connection, clock=lambda: town.now).turn().handed == 1
    assert Worker(("route",), connection).one()
    assert set(town.states(message).values()) == {"sent"}
    assert town.outbox() == []


def test_what_may_kill_its_worker_is_worked_alone(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    worked: list[int] = []

    def seals(line: Line, rows: Sequence[Row]) -> Worked:
        worked.append(len(rows))
        return seal(line, rows)

    town.send_all([town.incoming() for _ in range(3)])
    town.one_step("route")
    with town.engine.begin() as conn:
        conn.execute(text("UPDATE outbox SET attempts = 2 WHERE id = (SELECT min(id) FROM outbox)"))
    town.later(minutes=2)
    monkeypatch.setattr(jobs, "WORK", {**jobs.WORK, "seal": seals})
    jobs.serve(town.line())
    jobs.work("seal", [(row.id, row.attempts) for row in town.due("seal")])
    assert sorted(worked) == [1, 2]


def test_a_worker_that_dies_between_two_steps_delays_and_loses_nothing(town: Town) -> None:
    """What follows a step is in its worker's hands; they let it fall, and the lease lapses."""
    message = town.send()
    town.one_step("route")
    assert town.drain().sealed == 0
    town.later(minutes=2)
    assert town.drain().sealed == 1
    assert set(town.states(message).values()) == {"sent"}


def test_a_row_that_a_pump_looks_at_just_now_is_worked_all_the_same(town: Town) -> None:
    """Its lock is gone in a moment; left out, the row would lie until its lease lapses."""
    message = town.send()
    line = town.line()
    rows = town.due("route")
    with town.engine.connect() as pump:
        pump.execute(text("SELECT id FROM outbox FOR NO KEY UPDATE"))
        worker = threading.Thread(target=route, args=(line, rows))
        worker.start()
        worker.join(0.5)
        assert worker.is_alive()  # it waits
    worker.join(10)
    assert town.state(message) == "routed"


def test_it_runs_nothing_that_is_not_ours(town: Town, connection: redis.Redis, tmp_path: Path) -> None:
    """Whoever can write to Redis chooses rows, never code."""
    jobs.serve(town.line())
    made = tmp_path / "made"
    queue = Queue("checkback-route", connection=connection, serializer=JSONSerializer)
    queue.enqueue("os.mkdir", str(made), result_ttl=0, failure_ttl=1)
    queue.enqueue(jobs.NAME, "route", [], on_success=Callback("os.getpid"), result_ttl=0)
    worker = Worker(("route", "seal"), connection)
    assert worker.one()
    assert worker.one()
    assert not made.exists()


def test_a_job_that_fails_says_nothing_of_it_in_redis(
    town: Town, connection: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> int:
        raise ValueError("Reuben Sharpe")

    monkeypatch.setattr(jobs, "WORK", {**jobs.WORK, "route": fails})
    town.send()
    jobs.serve(town.line())
    assert work_all(town, connection) == 1
    assert "Sharpe" not in everything_in(connection)
    assert len(town.outbox()) == 1


def test_it_outlives_redis_and_stops_when_asked(town: Town, database: str, own_redis: Valkey) -> None:
    jobs.serve(town.line())
    stop = threading.Event()
    with client(own_redis.url()) as connection:
        worker = Worker(("route", "seal", "deliver"), connection)
        pump = Pump(town.engine, client(own_redis.url()), clock=lambda: town.now, sweep=0.2)
        threads = [
            threading.Thread(target=worker.run, args=(stop,)),
            threading.Thread(target=pump.run, args=(connect.plain(database), stop)),
        ]
        for thread in threads:
            thread.start()
        own_redis.stop()
        message = town.send()
        own_redis.start()
        connection.flushall()
        for _ in range(200):
            if set(town.states(message).values()) == {"sent"}:
                break
            town.later(seconds=5)
            threading.Event().wait(0.1)
        stop.set()
        for thread in threads:
            thread.join(10)
            assert not thread.is_alive()
        pump.redis.close()
    assert set(town.states(message).values()) == {"sent"}


def test_what_is_no_job_at_all_does_not_end_it(town: Town, connection: redis.Redis) -> None:
    jobs.serve(town.line())
    connection.hset("rq:job:x", mapping={"data": b"\x80\x05garbage", "created_at": "never"})
    connection.rpush("rq:queue:checkback-route", "x")
    stop = threading.Event()
    running = threading.Thread(target=Worker(("route", "seal"), connection).run, args=(stop,))
    running.start()
    eventually(lambda: connection.llen("rq:queue:checkback-route") == 0)
    message = town.send()
    pump = Pump(town.engine, connection, clock=lambda: town.now)
    pump.turn()
    eventually(lambda: town.state(message) == "routed")
    stop.set()
    running.join(10)
    assert not running.is_alive()


def test_it_starts_before_redis_does(own_redis: Valkey) -> None:
    own_redis.stop()
    stop = threading.Event()
    with client(own_redis.url()) as connection:
        worker = Worker(("push",), connection)
        running = threading.Thread(target=worker.run, args=(stop,))
        running.start()
        own_redis.start()
        eventually(lambda: bool(connection.exists(worker.key)))
        stop.set()
        running.join(10)
        assert not running.is_alive()
