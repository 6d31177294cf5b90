"""Jobs: what the pump puts into Redis and a worker takes out of it. Numbers of rows, and nothing else.

Redis is not to be trusted with more than a wake-up. So jobs are JSON, never pickled; a worker runs the four
functions of `WORK` and no other name that a job may hold; and a job never raises, as RQ would write what was
raised into Redis. What fails stays in the outbox and comes due again.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from hub.store import outbox
from hub.store.connect import looking
from hub.store.faults import is_away
from hub.store.outbox import Leased, Row
from workers.batch import Worked, grouped
from workers.deliver import deliver
from workers.line import Line
from workers.push import push
from workers.route import route
from workers.seal import seal
from workers.telling import told

WORK: Mapping[str, Callable[[Line, Sequence[Row]], Worked]] = {
    "route": route,
    "seal": seal,
    "deliver": deliver,
    "push": push,
}
STEPS = tuple(WORK)
log = structlog.get_logger()

_serving: list[Line] = []


def serve(line: Line) -> None:
    """From now on jobs that run in this process work on this line."""
    _serving[:] = [line]


def work(step: str, pairs: Sequence[tuple[int, int]]) -> None:
    """Run by RQ: work these rows, each with the number of times that it was handed out."""
    try:
        walk(_serving[0], step, [Leased(row, attempts) for row, attempts in pairs])
    except Exception as fault:  # noqa: BLE001 - a job never raises: see above
        what = log.warning if is_away(fault) else log.error
        what("a job was not done to its end: what is left comes due again", begun_with=step, **told(fault))


def walk(line: Line, step: str, leased: Sequence[Leased]) -> Counter[str]:
    """Work these rows, and then what follows from them, which each step leaves in our hands: without the way through
    the pump and Redis and back. Answers how many rows of each step were done.
    """
    with looking(line.engine) as conn:
        rows: Sequence[Row] = outbox.peek(conn, leased, step=step)
    done: Counter[str] = Counter()
    while rows:
        step = rows[0].step
        follow: list[Row] = []
        for group in grouped(rows, line.batch):
            worked = WORK[step](line, group)
            done[step] += worked.done
            follow += worked.follow
        rows = follow
    return done


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
