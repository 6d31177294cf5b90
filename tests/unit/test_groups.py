"""One commit for many: who waits together is worked together, and each gets its own answer."""

import asyncio
import threading
from collections.abc import Sequence

import pytest
from sqlalchemy.exc import OperationalError

from hub.errors import Conflict
from hub.web.groups import Group


class Away(Exception):
    """As a driver raises it when no server answers: without an SQLSTATE."""


def away() -> OperationalError:
    return OperationalError("BEGIN", None, Away())


def test_who_waits_together_is_worked_together() -> None:
    sizes: list[int] = []
    gate = threading.Event()

    def work(group: Sequence[int]) -> list[int]:
        if not sizes:
            sizes.append(len(group))
            gate.wait(5)
        else:
            sizes.append(len(group))
        return [one * 2 for one in group]

    async def run() -> list[int]:
        group: Group[int, int] = Group(work, largest=8)
        first = asyncio.create_task(group.do(0))
        await asyncio.sleep(0.05)  # it is under way, and the others gather behind it
        others = [asyncio.create_task(group.do(one)) for one in range(1, 20)]
        await asyncio.sleep(0.05)
        gate.set()
        answers = [await first, *[await other for other in others]]
        group.close()
        return answers

    assert asyncio.run(run()) == [one * 2 for one in range(20)]
    assert sizes == [1, 8, 8, 3]


def test_an_error_in_the_answer_is_its_askers_alone() -> None:
    async def run() -> list[object]:
        group: Group[int, int] = Group(
            lambda ones: [Conflict("odd", next="be even") if one % 2 else one for one in ones]
        )
        answers = await asyncio.gather(*(group.do(one) for one in range(4)), return_exceptions=True)
        group.close()
        return list(answers)

    answers = asyncio.run(run())
    assert answers[0::2] == [0, 2]
    assert all(isinstance(one, Conflict) for one in answers[1::2])


def test_one_bad_row_fails_alone() -> None:
    def work(group: Sequence[int]) -> list[int]:
        if 3 in group:
            raise ValueError("no threes")
        return list(group)

    async def run() -> list[object]:
        group: Group[int, int] = Group(work)
        answers = await asyncio.gather(*(group.do(one) for one in range(6)), return_exceptions=True)
        group.close()
        return list(answers)

    answers = asyncio.run(run())
    assert [one for one in answers if isinstance(one, int)] == [0, 1, 2, 4, 5]
    assert isinstance(answers[3], ValueError)


def test_when_the_database_is_away_nobody_is_tried_in_turn() -> None:
    calls: list[int] = []

    def work(group: Sequence[int]) -> list[int]:
        calls.append(len(group))
        raise away()

    async def run() -> list[object]:
        group: Group[int, int] = Group(work)
        answers = await asyncio.gather(*(group.do(one) for one in range(30)), return_exceptions=True)
        group.close()
        return list(answers)

    assert all(isinstance(one, OperationalError) for one in asyncio.run(run()))
    assert sum(calls) == 30, "each was in one group, once"


def test_a_caller_who_leaves_hinders_nobody() -> None:
    done: list[int] = []
    gate = threading.Event()

    def work(group: Sequence[int]) -> list[int]:
        gate.wait(5)
        done.extend(group)
        return list(group)

    async def run() -> int:
        group: Group[int, int] = Group(work)
        leaving = asyncio.create_task(group.do(1))
        staying = asyncio.create_task(group.do(2))
        await asyncio.sleep(0.05)
        leaving.cancel()
        gate.set()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        answer = await staying
        group.close()
        return answer

    assert asyncio.run(run()) == 2
    assert sorted(done) == [1, 2], "what was begun is done"


def test_each_group_is_counted() -> None:
    seen: list[int] = []

    async def run() -> None:
        group: Group[int, int] = Group(list, seen=seen.append)
        await asyncio.gather(*(group.do(one) for one in range(5)))
        group.close()

    asyncio.run(run())
    assert sum(seen) == 5
