"""One commit for many callers: requests that wait at the same moment are worked together.

While one group is being committed, the next gathers; so under load a commit carries many requests, and at rest a
request goes alone and at once. Each gets its own answer. If a group fails as a whole because of one row that
PostgreSQL refuses, its members are tried one by one, so that a bad one fails alone. If the database is away, all of
them hear so at once: trying each would only make them wait in line for the same news.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from hub.store.faults import is_away

One = TypeVar("One")
Answer = TypeVar("Answer")


class Group(Generic[One, Answer]):
    """`work` takes a group and answers in its order; an answer may be an error, which its caller sees raised.

    `work` is all or nothing: when it raises, nothing of the group was done, so it may be called again with a part.
    `seen` is told the size of every group.
    """

    def __init__(
        self,
        work: Callable[[Sequence[One]], Sequence[Answer | Exception]],
        *,
        largest: int = 64,
        seen: Callable[[int], object] = lambda _: None,
    ) -> None:
        self._work = work
        self._largest = largest
        self._seen = seen
        self._waiting: list[tuple[One, asyncio.Future[Answer]]] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="group")
        self._running: asyncio.Task[None] | None = None

    async def do(self, one: One) -> Answer:
        """Work this one in the next group. Cancelling the wait does not undo what was begun."""
        done: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, done))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await done

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            group, self._waiting = self._waiting[: self._largest], self._waiting[self._largest :]
            self._seen(len(group))
            answers = await loop.run_in_executor(self._thread, self._answers, [one for one, _ in group])
            for (_, done), answer in zip(group, answers, strict=True):
                if done.done():  # the caller has gone; what was committed stays committed
                    continue
                if isinstance(answer, BaseException):
                    done.set_exception(answer)
                else:
                    done.set_result(answer)
        self._running = None

    def _answers(self, group: list[One]) -> list[Answer | BaseException]:
        try:
            return list(self._work(group))
        except Exception as fault:  # noqa: BLE001 - it is handed to the caller, or to each of them
            if len(group) == 1 or is_away(fault):
                return [fault] * len(group)
            return [self._answers([one])[0] for one in group]

    def close(self) -> None:
        """Finish what was begun, take nothing more."""
        self._thread.shutdown(wait=True)
