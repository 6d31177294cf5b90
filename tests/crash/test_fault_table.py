"""The fault table: each step, at each point at which it can fail, in each way.

    breaks, before COMMIT   it failed and did not persist
    breaks, after COMMIT    it failed but persisted, and whoever worked it does not know
    dies                    killed between, by a signal that nobody can catch

The points are not chosen by hand: they are every statement and every commit that the step makes. Afterwards nothing
is lost, nothing is there twice, nobody else was told, and every move is in the audit.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import get_args

import pytest
from sqlalchemy.exc import SQLAlchemyError

from tests.crash import faults
from tests.crash.faults import Moment, Plan
from tests.crash.scenes import SCENES, Args, Endpoint, directory
from tests.workers.town import Town

ROOT = Path(__file__).parents[2]
LEAST = {
    "accept": 5,
    "route": 10,
    "seal": 10,
    "deliver": 8,
    "push": 8,
    "shred": 5,
    "receive": 5,
    "check_back": 5,
}


@pytest.fixture
def town(database: str) -> Iterator[Town]:
    made = Town.on(database, directory=directory(), webhook=Endpoint())
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def kill() -> Iterator[Callable[[dict[str, object]], str]]:
    """Play a step in a process of its own, which is killed on the way."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.crash.zygote"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as zygote:
        assert zygote.stdin is not None
        assert zygote.stdout is not None
        asked, answers = zygote.stdin, zygote.stdout

        def order(told: dict[str, object]) -> str:
            asked.write(json.dumps(told) + "\n")
            asked.flush()
            return answers.readline().strip()

        yield order
        asked.close()


def broken(url: str, town: Town, plan: Plan) -> Town:
    """The same town, over connections that break."""
    return Town(faults.engine(url, plan), now=town.now, webhook=town.webhook, knows=town.known())


def points(url: str, town: Town, scene: str) -> dict[str, int]:
    """How many there are of each kind, found by playing the scene once with nothing going wrong."""
    played = SCENES[scene]
    args = played.before(town)
    plan = Plan()
    counted = broken(url, town, plan)
    played.step(counted, plan, args)
    counted.engine.dispose()
    played.after(town, args)
    return plan.seen


@pytest.mark.parametrize("scene", SCENES)
def test_the_connection_breaks(database: str, town: Town, scene: str) -> None:
    def strike(moment: Moment, at: int, args: Args) -> None:
        plan = Plan(moment, at)
        town_of_faults = broken(database, town, plan)
        with suppress(SQLAlchemyError):  # what whoever called would see
            SCENES[scene].step(town_of_faults, plan, args)
        town_of_faults.engine.dispose()
        assert plan.struck, f"{scene} has no {moment} number {at}"

    play(database, town, scene, strike)


@pytest.mark.parametrize("scene", SCENES)
def test_the_process_dies(
    database: str, town: Town, scene: str, kill: Callable[[dict[str, object]], str]
) -> None:
    def strike(moment: Moment, at: int, args: Args) -> None:
        order = {"url": database, "scene": scene, "moment": moment, "at": at, "args": args}
        assert kill({**order, "now": town.now.isoformat()}) == "killed"

    play(database, town, scene, strike)


def play(url: str, town: Town, scene: str, strike: Callable[[Moment, int, Args], None]) -> None:
    """The scene, once for every point of it, each time with the fault at that point."""
    found = points(url, town, scene)
    assert sum(found.values()) >= LEAST[scene]
    assert found["commit"] == found["committed"] >= 1
    for moment in get_args(Moment):
        for at in range(found[moment]):
            args = SCENES[scene].before(town)
            strike(moment, at, args)
            SCENES[scene].after(town, args)
