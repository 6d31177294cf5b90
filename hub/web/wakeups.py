"""Long polls, woken by PostgreSQL: one connection of the process listens for who has something new.

A wake-up is a hint and never the truth. Whoever waits reads the database itself: when woken, and every two seconds
all the same, so that a wake-up that was lost on the way delays and loses nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

import psycopg
import structlog

from hub.store.connect import plain
from hub.store.feed import WAKE

log = structlog.get_logger("hub.web")

Found = TypeVar("Found")

LONGEST_PAUSE = 2.0  # seconds between two looks at the database
# What is committed shows only once every older transaction has ended: after a wake-up, look again soon.
SHORTEST_PAUSE = 0.01
AGAIN_AFTER = (0.2, 5.0)  # seconds before the listener connects anew, growing from the first to the last


class Wakeups:
    def __init__(self, url: str) -> None:
        self._url = plain(url)
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._task: asyncio.Task[None] | None = None
        self._ending = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._listen())

    def release(self) -> None:
        """Answer every long poll now, with what there is: the process is about to stop."""
        self._ending = True
        for name in list(self._waiting):
            self._wake(name)

    async def stop(self) -> None:
        self.release()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def poll(
        self,
        name: str,
        look: Callable[[], Awaitable[Found]],
        *,
        wait: float,
        enough: Callable[[Found], bool],
    ) -> Found:
        """Look until there is enough, or the wait is over: the last look is the answer."""
        loop = asyncio.get_running_loop()
        end = loop.time() + wait
        pause = LONGEST_PAUSE
        with self._place(name) as woken:  # taken before the first look, so that nothing slips in between
            while True:
                found = await look()
                left = end - loop.time()
                if enough(found) or left <= 0 or self._ending:
                    return found
                was_woken = await _within(woken, min(pause, left))
                pause = SHORTEST_PAUSE if was_woken else min(pause * 2, LONGEST_PAUSE)

    @contextmanager
    def _place(self, name: str) -> Iterator[asyncio.Event]:
        woken = asyncio.Event()
        self._waiting.setdefault(name, set()).add(woken)
        try:
            yield woken
        finally:
            places = self._waiting[name]
            places.discard(woken)
            if not places:
                del self._waiting[name]

    def _wake(self, name: str) -> None:
        for woken in self._waiting.get(name, ()):
            woken.set()

    async def _listen(self) -> None:
        pause, longest = AGAIN_AFTER
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._url, autocommit=True, connect_timeout=5, application_name="checkback wakeups"
                ) as conn:
                    await conn.execute(f"LISTEN {WAKE}")
                    pause = AGAIN_AFTER[0]
                    async for heard in conn.notifies():
                        for name in heard.payload.split(","):
                            self._wake(name)
            except (psycopg.Error, OSError):
                log.warning("the listener lost the database; long polls look for themselves", again_in=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, longest)


async def _within(woken: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await woken.wait()
    was = woken.is_set()
    woken.clear()
    return was
