"""A worker: RQ's simple worker, which runs jobs in its own process, in a loop that outlives Redis.

RQ's own loop gives up on some faults, sleeps for up to a minute on others, and takes orders from whoever can write
to Redis. This one takes a job, works it, and looks whether it should stop; when Redis is away it waits and asks
again. Jobs are bounded by their own time limits (statements, endpoints), so RQ's alarms are not needed, and the
loop can run in any thread.
"""

import logging
import threading
from collections.abc import Sequence

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import DequeueTimeout
from rq.serializers import JSONSerializer
from rq.timeouts import BaseDeathPenalty
from rq.worker import DequeueStrategy

from workers.jobs import LineJob, queue_of
from workers.retry import reconnect_after
from workers.telling import told

WAIT = 1  # second: so long may a signal wait for an idle worker
TTL = 60  # seconds after which Redis forgets a worker that does not report

log = structlog.get_logger()
logging.getLogger("rq.worker").setLevel(logging.WARNING)  # RQ sets it to tell of every job, thrice


class NoPenalty(BaseDeathPenalty):
    """No alarm: our jobs end by themselves, and an alarm could strike between a commit and its answer."""

    def setup_death_penalty(self) -> None:
        pass

    def cancel_death_penalty(self) -> None:
        pass


class Worker(SimpleWorker):
    death_penalty_class = NoPenalty
    job_class = LineJob

    def __init__(self, steps: Sequence[str], connection: Redis) -> None:
        super().__init__(
            [queue_of(step, connection) for step in steps],
            connection=connection,
            serializer=JSONSerializer,
            job_class=LineJob,
            log_job_description=False,
            worker_ttl=TTL,
        )
        # Each step in turn: none waits for another to run dry.
        self._dequeue_strategy = DequeueStrategy.ROUND_ROBIN

    def run(self, stop: threading.Event) -> None:
        """Work until asked to stop; the job in hand is finished first."""
        failures, known = 0, False
        while not stop.is_set():
            try:
                if not known:
                    self.register_birth()
                    known = True
                if self.should_run_maintenance_tasks:
                    self.clean_registries()  # type: ignore[no-untyped-call]  # RQ's own
                self.one()
                failures = 0
            except RedisError as fault:
                # What was in hand is recorded in PostgreSQL, or comes due again there.
                log.warning("Redis is away: the worker asks again", failures=failures, **told(fault))
                known = False
                stop.wait(reconnect_after(failures))
                failures += 1
            except Exception as fault:  # noqa: BLE001 - what somebody else put into our queue must not end us
                log.warning("what came out of Redis cannot be worked", **told(fault))
                stop.wait(reconnect_after(failures))
                failures += 1
        if known:
            self._leave()

    def one(self) -> bool:
        """Take the next job and work it. False: none came within a second."""
        try:
            taken = Queue.dequeue_any(
                self._ordered_queues,
                WAIT,
                connection=self.connection,
                job_class=LineJob,
                serializer=JSONSerializer,
                death_penalty_class=NoPenalty,
            )
        except DequeueTimeout:
            self.heartbeat()
            return False
        if taken is None:
            return False
        job, queue = taken
        self.reorder_queues(reference_queue=queue)
        self.execute_job(job, queue)
        return True

    def _set_ip_address(self, connection: Redis) -> None:
        """RQ asks Redis for it, and a worker must be able to start before Redis does."""
        del connection
        self.ip_address = "unknown"

    def register_birth(self) -> None:
        self.connection.delete(self.key)  # our own, from before Redis was away
        super().register_birth()  # type: ignore[no-untyped-call]  # RQ's own

    def _leave(self) -> None:
        try:
            self.register_death()  # type: ignore[no-untyped-call]  # RQ's own
        except RedisError as fault:
            log.info("Redis is away: it forgets this worker by itself", **told(fault))


def client(url: str) -> Redis:
    return Redis.from_url(url, socket_connect_timeout=2, health_check_interval=0)
