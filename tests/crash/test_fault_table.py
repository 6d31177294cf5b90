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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy.exc import SQLAlchemyError

from hub.journey import MOVES
from hub.store import connect
from tests.crash import faults
from tests.crash.acts import ACTS
from tests.crash.faults import Moment, Plan
from tests.crash.scene import Args, Scene, settle
from tests.crash.scenes import SCENES
from tests.workers.looking import eventually
from tests.workers.town import Town

ROOT = Path(__file__).parents[2]
LEAST = {  # points: fewer would mean that they are not seen
    "accept": 5,
    "route": 14,
    "route_likely": 16,
    "merge": 12,
    "unmerge": 12,
    "seal": 10,
    "seal_without_key": 10,
    "deliver": 8,
    "push": 8,
    "receive": 5,
    **dict.fromkeys(ACTS, 8),
    "withdraw": 8,
    "withdraw_before_sealing": 8,
    "shred": 4,
    "missed": 6,
    "stuck": 6,
    "known_changed": 6,
    "hand_back": 8,
    "ask_others": 8,
    "chase": 6,
    "tell": 8,
    "route_watched": 12,
    "watch": 14,
    "watch_next_in_turn": 12,
    "watch_done": 8,
    "seal_leave": 10,
    "read_lent": 5,
    "accept_report": 5,
    "reply": 8,
    "unreply": 8,
    "day_ends": 5,
    "moved_again": 12,
    "found": 8,
    "not_found": 10,
    "stand_down": 8,
    "keep_placed": 6,
    "place_child": 8,
    "route_kept": 10,
    "seal_kept": 6,
    "look_again": 8,
}
# Where a move of the map is played, if the scene is not called as the move.
PLAYED_IN = {"send": "deliver", "accept": "accept_responsibility", "reroute": "known_changed"}


@pytest.fixture
def town(town_url: str, furnished: Town) -> Iterator[Town]:
    made = replace(furnished, engine=connect.engine(town_url))
    yield made
    made.engine.dispose()


Order = Callable[[dict[str, Any]], str]


@pytest.fixture(scope="module")
def order() -> Iterator[Order]:
    """Have a step played in another process; or in a child of it, which is killed on the way."""
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

        def give(told: dict[str, Any]) -> str:
            asked.write(json.dumps(told) + "\n")
            asked.flush()
            return answers.readline().strip()

        yield give
        asked.close()


def test_every_move_of_the_map_has_its_scene() -> None:
    assert {PLAYED_IN.get(move.event, move.event) for move in MOVES} <= SCENES.keys()


@pytest.mark.parametrize("scene", SCENES)
def test_the_connection_breaks(town_url: str, town: Town, scene: str) -> None:
    plan = Plan()
    town_of_faults = replace(town, engine=faults.engine(town_url, plan))

    def step(args: Args) -> None:
        town_of_faults.now = town.now
        SCENES[scene].step(town_of_faults, plan, args)

    def count(args: Args) -> dict[str, int]:
        step(args)
        return plan.seen

    def strike(moment: Moment, at: int, args: Args) -> None:
        plan.aim(moment, at)
        with suppress(SQLAlchemyError):  # what whoever called would see
            step(args)
        assert plan.struck, f"{scene} has no {moment} number {at}"

    play(town, scene, count, strike)
    town_of_faults.engine.dispose()


@pytest.mark.parametrize("scene", SCENES)
def test_the_process_dies(town_url: str, town: Town, scene: str, order: Order) -> None:
    def told(at: int | None, args: Args) -> dict[str, Any]:
        return {"url": town_url, "scene": scene, "at": at, "args": args, "now": town.now.isoformat()}

    def count(args: Args) -> dict[str, int]:
        found: dict[str, int] = json.loads(order(told(None, args)))
        return found

    def strike(moment: Moment, at: int, args: Args) -> None:
        assert order({**told(at, args), "moment": moment}) == "killed"

    play(town, scene, count, strike)


def play(
    town: Town,
    name: str,
    count: Callable[[Args], dict[str, int]],
    strike: Callable[[Moment, int, Args], None],
) -> None:
    """The scene once with nothing going wrong, which tells its points; then once for each, with the fault there."""
    scene = SCENES[name]
    [args] = scene.before(town, 1)
    found = count(args)
    mend(town, scene, {"none": args})
    assert found["commit"] == found["committed"] >= 1
    assert sum(found.values()) >= LEAST[name], found
    points = [(moment, at) for moment in get_args(Moment) for at in range(found[moment])]
    for some in [[point] for point in points] if scene.alone else [points]:
        played = dict(zip(some, scene.before(town, len(some)), strict=True))
        for (moment, at), args in played.items():
            strike(moment, at, args)
        mend(town, scene, {f"{moment} {at}": args for (moment, at), args in played.items()})


def mend(town: Town, scene: Scene, played: Mapping[str, Args]) -> None:
    """Whoever got no answer asks once more, the hub comes to rest, and all is as if nothing had happened."""
    eventually(lambda: not holding(town), 60.0)
    for point, args in played.items():
        with told_of(point):
            scene.again(town, args)
    settle(town)
    for point, args in played.items():
        with told_of(point):
            scene.after(town, args)


def holding(town: Town) -> list[Any]:
    """Transactions of those who are gone, which the server has not noticed yet: their rows are still locked."""
    sql = (
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = :doomed AND xact_start IS NOT NULL"
    )
    return town.rows(sql, doomed=faults.DOOMED)


@contextmanager
def told_of(point: str) -> Iterator[None]:
    try:
        yield
    except Exception as fault:
        fault.add_note(f"with a fault at: {point}")
        raise
