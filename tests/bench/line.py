"""A load generator that costs little: HTTP/1.1 on keep-alive connections, requests as ready-made bytes.

It shares its two cores with everything it measures, so it parses no more of an answer than it must: the status,
the length, the body. One request at a time on a connection; a `Pool` hands requests to whichever is free.
"""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple, cast

END_OF_HEAD = b"\r\n\r\n"
LENGTH = b"content-length: "


class Lost(Exception):
    """The hub closed a connection on which an answer was owed."""


class Answer(NamedTuple):
    status: int
    body: bytes
    seconds: float


def request(method: str, path: str, token: str, *, body: bytes = b"", key: str = "") -> bytes:
    """One request as it goes over the wire."""
    head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n"
    if key:
        head += f"Idempotency-Key: {key}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n".encode() + body


class Line(asyncio.Protocol):
    """One connection. `ask` sends a request and waits for its answer."""

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        self._waiting: asyncio.Future[Answer] | None = None
        self._since = 0.0
        self._came = bytearray()
        self._whole = -1  # the length of head and body, once the head is there
        self._head = 0

    @classmethod
    async def to(cls, host: str, port: int) -> "Line":
        _, line = await asyncio.get_running_loop().create_connection(cls, host, port)
        return line

    async def ask(self, asked: bytes) -> Answer:
        if self._transport is None or self._transport.is_closing():
            raise Lost("the connection is closed")
        self._waiting = asyncio.get_running_loop().create_future()
        self._since = time.perf_counter()
        self._transport.write(asked)
        return await self._waiting

    def hang_up(self) -> None:
        if self._transport is not None:
            self._transport.close()

    # -- what asyncio calls -------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's is none by its class

    def data_received(self, data: bytes) -> None:
        self._came += data
        if self._whole < 0:
            self._head = self._came.find(END_OF_HEAD)
            if self._head < 0:
                return
            self._whole = self._head + len(END_OF_HEAD) + _length(self._came[: self._head + 2])
        if len(self._came) >= self._whole:
            self._answer()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(Lost("the hub closed the connection before it had answered"))

    def _answer(self) -> None:
        status = int(self._came[9:12])
        body = bytes(self._came[self._head + len(END_OF_HEAD) : self._whole])
        del self._came[: self._whole]
        self._whole = -1
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(Answer(status, body, time.perf_counter() - self._since))


def _length(head: bytearray) -> int:
    lower = head.lower()
    place = lower.find(LENGTH)
    if place < 0:
        raise ValueError("an answer without Content-Length: this generator reads no chunks")
    place += len(LENGTH)
    return int(lower[place : lower.find(b"\r", place)])


@dataclass
class Pool:
    """Several connections; a request goes out on the one that has been free the shortest."""

    lines: list[Line]
    _free: list[Line] = field(default_factory=list)
    _queue: deque[asyncio.Future[Line]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._free = list(self.lines)

    @classmethod
    async def to(cls, host: str, port: int, *, lines: int) -> "Pool":
        return cls([await Line.to(host, port) for _ in range(lines)])

    async def ask(self, asked: bytes) -> Answer:
        if self._free:
            line = self._free.pop()
        else:
            turn: asyncio.Future[Line] = asyncio.get_running_loop().create_future()
            self._queue.append(turn)
            line = await turn
        try:
            return await line.ask(asked)
        finally:
            self._hand_on(line)

    def _hand_on(self, line: Line) -> None:
        """To whoever waits longest and has not given up."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(line)
                return
        self._free.append(line)

    def hang_up(self) -> None:
        for line in self.lines:
            line.hang_up()
