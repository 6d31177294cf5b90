"""A process that others are born from, already knowing all that they need, to be killed at a point that is named.

It reads one order a line from standard input, and answers whether the child was killed or came to its end.
"""

import json
import os
import signal
import sys
from datetime import datetime
from functools import cache
from typing import Any

from hub.known import Known
from hub.store import connect
from tests.crash import faults
from tests.crash.faults import Plan
from tests.crash.scenes import SCENES, Endpoint
from tests.workers.town import Town


@cache
def known(url: str) -> Known:
    """What the town knows, read once; no connection of the parent's is left for a child to inherit."""
    engine = connect.engine(url)
    try:
        return Town(engine).known()
    finally:
        engine.dispose()


def play(order: dict[str, Any], knows: Known) -> None:
    plan = Plan(order["moment"], order["at"], how="dies")
    now = datetime.fromisoformat(order["now"])
    town = Town(faults.engine(order["url"], plan), now=now, webhook=Endpoint(), knows=knows)
    SCENES[order["scene"]].step(town, plan, order["args"])


def main() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        knows = known(order["url"])
        child = os.fork()
        if child == 0:
            play(order, knows)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        sys.stdout.write("killed\n" if killed else f"ended {status}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
