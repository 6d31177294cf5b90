"""Run a process of the line, `python -m workers.run pump|worker|scheduler`; or walk the whole line, `drain`.

    pump        hands out what is due in the outbox, as jobs that carry numbers of rows
    worker      works the jobs: route, seal, deliver, push
    scheduler   keeps house

Any number of each may run, on any number of machines. SIGTERM or Ctrl-C: finish what is in hand, take no more.
"""

from dataclasses import dataclass

from hub.store import outbox
from hub.store.outbox import Leased
from workers.deliver import deliver
from workers.housekeep import Housekeeper
from workers.line import Line
from workers.push import push
from workers.route import route
from workers.seal import seal


@dataclass(frozen=True, slots=True)
class Walked:
    """How many rows of each step were done."""

    routed: int = 0
    sealed: int = 0
    delivered: int = 0
    pushed: int = 0


def drain(line: Line) -> Walked:
    """Walk the whole line in this process, without Redis, until nothing in the outbox is due."""
    routed = sealed = delivered = pushed = 0
    while any(work := [take(line, step) for step in ("route", "seal", "deliver", "push")]):
        routed += route(line, work[0])
        sealed += seal(line, work[1])
        delivered += deliver(line, work[2])
        pushed += push(line, work[3])
    Housekeeper(line).round()
    return Walked(routed, sealed, delivered, pushed)


def take(line: Line, step: str) -> list[Leased]:
    """What is due of a step now, as the pump hands it out."""
    with line.engine.begin() as conn:
        return outbox.lease(conn, step, now=line.now(), lease_for=line.lease_for, limit=line.batch)
