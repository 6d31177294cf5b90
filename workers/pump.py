"""The pump: what is due in the outbox becomes jobs in Redis.

It is woken by PostgreSQL whenever something is put into the outbox, and looks by itself every few seconds. It
leases rows, so that two pumps never hand out the same; a lease that nobody finishes lapses, and the row is due
again. So whatever happens to a job in Redis, nothing is lost with it.

How much waits in Redis is bounded: when workers lag, rows stay in the outbox, gather, and go out as fuller jobs.
Each step has a queue and a bound of its own, so that a flood of one never keeps another waiting.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from hub.clock import Clock, now
from hub.store import outbox
from hub.store.outbox import Leased
from workers.batch import grouped
from workers.jobs import NAME, STEPS, queue_of
from workers.retry import reconnect_after
from workers.telling import told

JOBS_WAITING = 4  # of one step, in Redis, for all workers together
FAILURE_TTL = 60  # seconds; our jobs do not raise, so this is for what is not ours
BREATH = 0.01  # seconds between two turns: under load, rows gather meanwhile
SOON = 0.03  # seconds until a full queue is looked at again

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Turn:
    handed: int  # rows
    more: bool  # something was left behind for want of room


@dataclass
class Pump:
    engine: Engine
    redis: Redis
    clock: Clock = now
    batch: int = 50
    lease_for: timedelta = timedelta(seconds=60)
    sweep: float = 5.0

    def __post_init__(self) -> None:
        self._queues = {step: queue_of(step, self.redis) for step in STEPS}

    def turn(self) -> Turn:
        """One look: lease what is due as far as there is room, and enqueue it."""
        room = self._room()  # asked of Redis first: when it is down, nothing is leased in vain
        limits = {step: jobs * self.batch for step, jobs in room.items() if jobs > 0}
        if not limits:
            return Turn(0, more=True)
        with self.engine.begin() as conn:
            taken = outbox.lease(conn, limits, now=self.clock(), lease_for=self.lease_for)
        for step, leased in taken.items():
            self._enqueue(self._queues[step], step, leased)
        more = len(limits) < len(room) or any(len(taken[step]) == limits[step] for step in limits)
        return Turn(sum(map(len, taken.values())), more)

    def _room(self) -> dict[str, int]:
        with self.redis.pipeline(transaction=False) as pipe:
            for queue in self._queues.values():
                pipe.llen(queue.key)
            return {
                step: JOBS_WAITING - waiting
                for step, waiting in zip(self._queues, pipe.execute(), strict=True)
            }

    def _enqueue(self, queue: Queue, step: str, leased: Sequence[Leased]) -> None:
        if not leased:
            return
        queue.enqueue_many([self._job(step, group) for group in grouped(leased, self.batch)])

    def _job(self, step: str, group: Sequence[Leased]) -> Any:  # noqa: ANN401 - RQ's own
        return Queue.prepare_data(
            NAME,
            args=[step, [[one.id, one.attempts] for one in group]],
            # After its lease a job is of no use: its rows are due again, and in another job.
            ttl=max(1, int(self.lease_for.total_seconds())),
            timeout=-1,
            result_ttl=0,
            failure_ttl=FAILURE_TTL,
            description=f"{step} {len(group)} rows",
        )

    # -- for as long as the process lives -------------------------------------------------------------------

    def run(self, url: str, stop: threading.Event) -> None:
        """Turn whenever something is put into the outbox, and every few seconds. Outlives both its servers."""
        failures = 0
        while not stop.is_set():
            try:
                with psycopg.connect(url, autocommit=True, application_name="checkback pump") as listener:
                    listener.execute(f"LISTEN {outbox.WAKE}")
                    while not stop.is_set():
                        turn = self.turn()
                        failures = 0
                        self._wait(listener, stop, SOON if turn.more else self.sweep)
            except (psycopg.Error, SQLAlchemyError, RedisError) as fault:
                log.warning("a server is away: the pump tries again", failures=failures, **told(fault))
                stop.wait(reconnect_after(failures))
                failures += 1

    def _wait(self, listener: "psycopg.Connection[Any]", stop: threading.Event, longest: float) -> None:
        """Until something is put into the outbox, or `longest` has passed, or the process is asked to stop."""
        stop.wait(BREATH)
        until = time.monotonic() + longest
        while not stop.is_set() and (left := until - time.monotonic()) > 0:
            # In slices, as a signal does not end the wait.
            if any(True for _ in listener.notifies(timeout=min(left, 0.25), stop_after=1)):
                return
