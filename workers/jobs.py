"""Jobs: what the pump puts into Redis and a worker takes out of it. Numbers of rows, and nothing else.

Redis is not to be trusted with more than a wake-up. So jobs are JSON, never pickled; a worker runs the four
functions of `WORK` and no other name that a job may hold; and a job never raises, as RQ would write what was
raised into Redis. What fails stays in the outbox and comes due again.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from hub.store import outbox
from hub.store.faults import is_away
from hub.store.outbox import Leased
from workers.batch import grouped
from workers.deliver import deliver
from workers.line import Line
from workers.push import push
from workers.route import route
from workers.seal import seal
from workers.telling import told

WORK: Mapping[str, Callable[[Line, Sequence[Leased]], int]] = {
    "route": route,
    "seal": seal,
    "deliver": deliver,
    "push": push,
}
STEPS = tuple(WORK)
THEN = {"route": "seal", "seal": "deliver"}  # what a step leaves to do, which may be done at once
AT_ONCE = 4  # batches of it that are taken; the pump hands out what is left
log = structlog.get_logger()

_serving: list[Line] = []


def serve(line: Line) -> None:
    """From now on jobs that run in this process work on this line."""
    _serving[:] = [line]


def work(step: str, pairs: Sequence[tuple[int, int]]) -> None:
    """Run by RQ: work these rows, each with the number of times that it was handed out. And then the step that
    follows: its rows are leased here as the pump would, but without the way through Redis and back.
    """
    line, leased = _serving[0], [Leased(row, attempts) for row, attempts in pairs]
    try:
        WORK[step](line, leased)
        while (step := THEN.get(step, "")) and (leased := _taken(line, step)):
            for group in grouped(leased, line.batch):
                WORK[step](line, group)
    except Exception as fault:  # noqa: BLE001 - a job never raises: see above
        what = log.warning if is_away(fault) else log.error
        what("a job was not done: its rows come due again", step=step, rows=len(leased), **told(fault))


def _taken(line: Line, step: str) -> list[Leased]:
    with line.engine.begin() as conn:
        limits = {step: AT_ONCE * line.batch}
        return outbox.lease(conn, limits, now=line.now(), lease_for=line.lease_for)[step]


NAME = f"{__name__}.{work.__name__}"


class OtherJob(Exception):
    """Something in Redis asks a worker to run what is not ours."""


class LineJob(Job):
    """A job that can only be `work`: whoever can write to Redis chooses rows, never code."""

    @property
    def func(self) -> Callable[..., Any]:
        if self.func_name != NAME or self.instance is not None:
            raise OtherJob
        return work

    def execute_success_callback(self, *_: object) -> None:
        """A job may name a function for afterwards, too: it is not run."""

    def execute_failure_callback(self, *_: object) -> None:
        """As above."""

    def send_webhooks(self, *_: object, **__: object) -> None:
        """A job may name addresses to be told: they are not."""


def queue_of(step: str, connection: Any) -> Queue:  # noqa: ANN401 - a Redis client of whatever kind
    return Queue(f"checkback-{step}", connection=connection, serializer=JSONSerializer, job_class=LineJob)
