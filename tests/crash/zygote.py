"""A process that others are born from, already knowing all that they need, to be killed at a point that is named.

It reads one order a line from standard input. The first of a scene names no point: it plays the step itself,
unharmed, and answers how many points of each kind there were; what it has read and worked out by then, its children
need not. To every other it answers whether the child was killed or came to its end.
"""

import json
import os
import signal
import sys
from datetime import datetime
from typing import Any

import structlog

from tests.crash import faults
from tests.crash.faults import Plan
from tests.crash.scene import Endpoint, Furnished
from tests.crash.scenes import SCENES
from tests.workers.town import Town


def play(town: Town, plan: Plan, order: dict[str, Any]) -> None:
    town.now = datetime.fromisoformat(order["now"])
    SCENES[order["scene"]].step(town, plan, order["args"])


def killed(town: Town, plan: Plan, order: dict[str, Any]) -> str:
    plan.aim(order["moment"], order["at"])
    child = os.fork()
    if child == 0:
        play(town, plan, order)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    was_killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    return "killed" if was_killed else f"ended {status}"


def main() -> None:
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())  # nothing but answers goes out
    town: Town | None = None
    for line in sys.stdin:
        order = json.loads(line)
        if town is None or order["at"] is None:
            plan = Plan(how="dies")
            town = Furnished(
                faults.engine(order["url"], plan), webhook=Endpoint(), knows=town.knows if town else None
            )
            town.knows = town.known()
            play(town, plan, order)
            town.engine.dispose()  # no connection of the parent's is left for a child to inherit
            answer = json.dumps(plan.seen)
        else:
            answer = killed(town, plan, order)
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
