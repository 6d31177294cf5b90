"""The client that an agency's own system uses: every call of the API, typed, in two makes.

    with Checkback("https://hub.example", token, keychain) as hub:
        accepted = hub.send(message)
        for item in hub.inbox_forever():
            contents = hub.keys.open_share(item)
            ...keep it; the share is marked received when the loop comes round

`AsyncCheckback` has the same calls, awaited. A call that gets lost, or finds the hub busy, is made again with the
same Idempotency-Key, at growing intervals; what the hub refuses is raised as `Refused`, with what to do next.
This is the one module of its floor that reads the clock: it waits.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator
from datetime import UTC, datetime
from functools import update_wrapper
from typing import Any, Generic, ParamSpec, Self, TypeVar, overload
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel

from agencies import calls
from agencies.keychain import Keychain
from agencies.talking import Answer, Ask, CallFailed, Lost, Refused, Unreachable, talk
from agencies.wire import AgencyTold, InboxItem

__all__ = ["AsyncCheckback", "CallFailed", "Checkback", "Keychain", "Refused", "Unreachable"]

P = ParamSpec("P")
T = TypeVar("T", bound=BaseModel)

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
POLL_SECONDS = 25.0  # under what proxies allow a silent request


class Call(Generic[P, T]):
    """A call, written once for both clients: on the one it answers, on the other it can be awaited."""

    def __init__(self, ask: Callable[P, Ask[T]]) -> None:
        self._ask = ask

    @overload
    def __get__(self, client: "Checkback", of: type | None = None) -> Callable[P, T]: ...
    @overload
    def __get__(
        self, client: "AsyncCheckback", of: type | None = None
    ) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, client: "Checkback | AsyncCheckback", of: type | None = None) -> Callable[P, Any]:
        def call(*args: P.args, **kwargs: P.kwargs) -> Any:  # noqa: ANN401 - the overloads say what
            return client.run(self._ask(*args, **kwargs))

        return update_wrapper(call, self._ask)


class _Calls:
    """What both clients can do. `agencies.calls` says of each what it is for."""

    def __init__(self, keys: Keychain | None) -> None:
        self._keys = keys

    @property
    def has_keys(self) -> bool:
        return self._keys is not None

    @property
    def keys(self) -> Keychain:
        """What opens envelopes: `keys.open_share(item)`, `keys.open_note(note, of=share)`."""
        if self._keys is None:
            raise ValueError("this client was given no keychain: pass `keys` to open envelopes")
        return self._keys

    send = Call(calls.send)
    preview = Call(calls.preview)
    message = Call(calls.message)
    withdraw = Call(calls.withdraw)
    inbox = Call(calls.inbox)
    receive = Call(calls.receive)
    share = Call(calls.share)
    events = Call(calls.events)
    check_back = Call(calls.check_back)
    call = Call(calls.call)
    agree = Call(calls.agree)
    challenge = Call(calls.challenge)
    answer = Call(calls.answer)
    escalate = Call(calls.escalate)
    conclude = Call(calls.conclude)
    decline = Call(calls.decline)
    redirect = Call(calls.redirect)
    release = Call(calls.release)
    accept = Call(calls.accept)
    close = Call(calls.close)
    read = Call(calls.read)
    owed = Call(calls.owed)
    one_owed = Call(calls.one_owed)
    meet = Call(calls.meet)
    stand_down = Call(calls.stand_down)
    responsibility = Call(calls.responsibility)
    child_responsibility = Call(calls.child_responsibility)
    alarms = Call(calls.alarms)
    place_child = Call(calls.place_child)
    child = Call(calls.child)
    matches = Call(calls.matches)
    answer_match = Call(calls.answer_match)
    unmerge = Call(calls.unmerge)
    reconciliation = Call(calls.reconciliation)
    compare = Call(calls.compare)
    statement = Call(calls.statement)
    ecomap = Call(calls.ecomap)
    genogram = Call(calls.genogram)
    agencies = Call(calls.agencies)
    agency = Call(calls.agency)
    hub_keys = Call(calls.hub_keys)
    place = Call(calls.place)
    protocols = Call(calls.protocols)
    protocol = Call(calls.protocol)


def _http(base_url: str, token: str, *, allow_http: bool, connections: int) -> dict[str, Any]:
    """What both makes of httpx client take. A token and a child's postcode do not travel in the clear."""
    where = urlsplit(base_url)
    if where.scheme != "https" and where.hostname not in LOOPBACK and not allow_http:
        raise ValueError(
            f"{base_url} is not https: a token would travel in the clear (allow_http=True allows it)"
        )
    return {
        "base_url": base_url,
        "headers": {"authorization": f"Bearer {token}", "user-agent": "checkback-client/1"},
        "timeout": httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
        "limits": httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
    }


def _request(http: httpx.Client | httpx.AsyncClient, ask: Ask[Any]) -> httpx.Request:
    timeout = httpx.Timeout(ANSWER_SECONDS + ask.wait, connect=CONNECT_SECONDS)
    return http.build_request(
        ask.method, ask.path, params=ask.params, content=ask.body, headers=ask.headers, timeout=timeout
    )


def _talk(ask: Ask[T]) -> Generator[float, Answer | Lost, T]:
    return talk(ask, jitter=random.random, now=lambda: datetime.now(UTC))


class Checkback(_Calls):
    """The client that waits. Safe to share between threads; it keeps its connections open."""

    def __init__(
        self,
        base_url: str,
        token: str,
        keys: Keychain | None = None,
        *,
        allow_http: bool = False,
        connections: int = 20,
    ) -> None:
        super().__init__(keys)
        self._http = httpx.Client(**_http(base_url, token, allow_http=allow_http, connections=connections))

    def run(self, ask: Ask[T]) -> T:
        """Carry out one call."""
        talking = _talk(ask)
        pause = next(talking)
        while True:
            time.sleep(pause)
            came: Answer | Lost
            try:
                came = self._http.send(_request(self._http, ask))
            except httpx.TransportError as fault:
                came = Lost(type(fault).__name__)
            try:
                pause = talking.send(came)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]

    def inbox_forever(self, *, wait: float = POLL_SECONDS) -> Iterator[InboxItem]:
        """Every share as it comes. Each is marked received when you ask for the one after it: that is, when the
        body of your loop is through with it. What your loop raises on, or stops at, will come again.
        """
        after: str | None = None
        while True:
            page = self.inbox(after=after, wait=wait)
            for item in page.shares:
                yield item
                self.receive(item.share)
            after = page.next or after

    def every_agency(self, *, role: str | None = None, area: str | None = None) -> Iterator[AgencyTold]:
        """The directory, or the part of it with one role or area, page after page to its end."""
        after: str | None = None
        while True:
            page = self.agencies(role=role, area=area, after=after)
            yield from page.agencies
            after = page.next
            if after is None:
                return

    def hang_up(self) -> None:
        """Close the connections; `with` does it for you."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()


class AsyncCheckback(_Calls):
    """The client that is awaited, on asyncio."""

    def __init__(
        self,
        base_url: str,
        token: str,
        keys: Keychain | None = None,
        *,
        allow_http: bool = False,
        connections: int = 100,
    ) -> None:
        super().__init__(keys)
        self._http = httpx.AsyncClient(
            **_http(base_url, token, allow_http=allow_http, connections=connections)
        )

    async def run(self, ask: Ask[T]) -> T:
        """Carry out one call."""
        talking = _talk(ask)
        pause = next(talking)
        while True:
            await asyncio.sleep(pause)
            came: Answer | Lost
            try:
                came = await self._http.send(_request(self._http, ask))
            except httpx.TransportError as fault:
                came = Lost(type(fault).__name__)
            try:
                pause = talking.send(came)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]

    async def inbox_forever(self, *, wait: float = POLL_SECONDS) -> AsyncIterator[InboxItem]:
        """As `Checkback.inbox_forever`, for `async for`."""
        after: str | None = None
        while True:
            page = await self.inbox(after=after, wait=wait)
            for item in page.shares:
                yield item
                await self.receive(item.share)
            after = page.next or after

    async def every_agency(
        self, *, role: str | None = None, area: str | None = None
    ) -> AsyncIterator[AgencyTold]:
        """As `Checkback.every_agency`, for `async for`."""
        after: str | None = None
        while True:
            page = await self.agencies(role=role, area=area, after=after)
            for one in page.agencies:
                yield one
            after = page.next
            if after is None:
                return

    async def hang_up(self) -> None:
        """Close the connections; `async with` does it for you."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.hang_up()
