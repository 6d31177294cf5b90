"""What one web process holds: the database, what it knows, its keys, and the groups that commit for many at once.

It holds the hub's public sealing key and no private one but that which signs notes: it can close what comes in,
and never open it again.
"""

import asyncio
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from agencies.wire import Accepted, Moved
from hub import accept, answer, clock, errors, keyfiles
from hub.accept import Incoming
from hub.answer import Act, Desk
from hub.known import Known, Memory, places_of
from hub.settings import WebSettings
from hub.store.connect import engine, looking
from hub.web.auth import Door
from hub.web.groups import Group
from hub.web.limits import Buckets
from hub.web.metrics import Metrics
from hub.web.wakeups import Wakeups

log = structlog.get_logger("hub.web")

Found = TypeVar("Found")

LOOK_EVERY = 0.5  # seconds between two looks whether there is something new to know
GROUPS = 2  # connections that the groups keep busy


class Written:
    """Answers that were written once and stay true for a snapshot; a few of them, the newest."""

    def __init__(self, most: int = 64) -> None:
        self._kept: dict[Hashable, bytes] = {}
        self._most = most

    def get(self, what: Hashable) -> bytes | None:
        return self._kept.get(what)

    def keep(self, what: Hashable, answer: bytes) -> None:
        while len(self._kept) >= self._most:
            del self._kept[next(iter(self._kept))]
        self._kept[what] = answer


class Parts:
    def __init__(self, settings: WebSettings) -> None:
        self.settings = settings
        self.hub_key = keyfiles.hub_public_key(settings)
        self.desk = Desk(settings.hub, keyfiles.note_signer(settings), keyfiles.records(settings))
        self.metrics = Metrics()
        self.door = Door(
            callers=Buckets(settings.rate_per_minute, seconds=time.monotonic),
            strangers=Buckets(settings.bad_tokens_per_minute, seconds=time.monotonic),
        )
        self.engine = engine(settings.database_url, size=settings.database_pool, name="checkback web")
        self.memory = Memory(self.engine, places_of(settings))
        self.wakeups = Wakeups(settings.database_url)
        self.accepting: Group[Incoming, Accepted] = Group(
            self._accept, seen=self.metrics.groups.labels("accept").observe
        )
        self.acting: Group[Act, Moved] = Group(self._act, seen=self.metrics.groups.labels("act").observe)
        self._readers = ThreadPoolExecutor(
            max(2, settings.database_pool - GROUPS), thread_name_prefix="reader"
        )
        self.written = Written()
        self._looking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin even when the database is away: /health/ready says so, and the first look that succeeds mends it."""
        with suppress(SQLAlchemyError):
            await self.run(self.memory.current)
        self._looking = asyncio.create_task(self._look())
        self.wakeups.start()

    async def stop(self) -> None:
        await self.wakeups.stop()
        if self._looking is not None:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking
        self.accepting.close()
        self.acting.close()
        self._readers.shutdown(wait=True)
        self.engine.dispose()

    def known(self) -> Known:
        """The snapshot that the last look found: a request never waits for the look itself."""
        held = self.memory.held()
        if held is None:
            raise errors.NotReady(
                "the hub has not read its directory yet",
                next="try again in a moment; GET /health/ready tells which part is not up",
            )
        return held

    async def run(self, work: Callable[[], Found]) -> Found:
        """Do what blocks in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, work)

    async def read(self, look: Callable[[Connection], Found]) -> Found:
        """Read the database in a thread."""

        def reading() -> Found:
            with looking(self.engine) as conn:
                return look(conn)

        return await self.run(reading)

    async def _look(self) -> None:
        away = False
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self.run(self.memory.current)
                away = False
            except SQLAlchemyError:
                if not away:  # once, not twice a second
                    log.warning("the database does not answer; the hub goes on with what it knew")
                away = True
            except Exception:
                log.exception("what is in the database cannot be read; the hub goes on with what it knew")

    def _accept(self, group: Sequence[Incoming]) -> Sequence[Accepted | errors.KeyReused]:
        with self.engine.begin() as conn:
            return accept.accept_many(conn, group, at=clock.now())

    def _act(self, group: Sequence[Act]) -> Sequence[answer.Answer]:
        return answer.act_many(self.engine, group, known=self.known(), desk=self.desk, at=clock.now())
