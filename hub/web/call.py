"""One request, with its caller: what a handler of the API has at hand, and how its answer is written."""

import asyncio
import re
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from urllib.parse import parse_qsl
from uuid import UUID

from pydantic import BaseModel, ValidationError
from sqlalchemy import Connection
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from agencies.callers import Caller
from hub import clock, errors
from hub.accept import MAX_KEY
from hub.known import Known
from hub.web import bodies
from hub.web.parts import Parts
from hub.web.problems import invalid_body

Body = TypeVar("Body", bound=BaseModel)
Found = TypeVar("Found")

MOST_PARAMETERS = 10
KEY = re.compile(r"[!-~]([ -~]*[!-~])?", re.ASCII)


class Call:
    __slots__ = ("_receive", "_scope", "at", "caller", "known", "parts")

    def __init__(
        self, scope: Scope, receive: Receive, *, parts: Parts, known: Known, caller: Caller, at: datetime
    ) -> None:
        self._scope = scope
        self._receive = receive
        self.parts = parts
        self.known = known
        self.caller = caller
        self.at = at

    @property
    def id(self) -> UUID:
        """The id in the path."""
        found: UUID = self._scope["path_params"]["id"]
        return found

    def path(self, name: str) -> str:
        return str(self._scope["path_params"][name])

    def header(self, name: bytes) -> str | None:
        return header(self._scope, name)

    async def body(self) -> bytes:
        settings = self.parts.settings
        read = await bodies.read(self._scope, self._receive, most=settings.max_body_bytes)
        bodies.check_depth(read, most=settings.max_depth)
        self.at = (
            clock.now()
        )  # a body may take its time to arrive; what is checked against now is checked now
        return read

    async def read(self, model: type[Body]) -> Body:
        """The body as this model."""
        read = await self.body()
        try:
            return model.model_validate_json(read)
        except ValidationError as fault:
            raise invalid_body(fault, model) from None

    def query(self, model: type[Body]) -> Body:
        """The query string as this model: each name once, none that is not known."""
        given = self._scope["query_string"].decode("latin-1")
        try:
            pairs = parse_qsl(given, keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
        except ValueError:
            pairs = [("", "")]
        names = [name for name, _ in pairs]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise errors.Invalid(
                "a parameter is given twice",
                next="give each parameter of the query once",
                faults=tuple((name, "is given twice") for name in sorted(twice)),
            )
        try:
            return model.model_validate(dict(pairs))
        except ValidationError as fault:
            raise invalid_body(fault, model, whole="query") from None

    def key(self) -> str | None:
        """The Idempotency-Key, if there is one; whoever sends one means a key that can be one."""
        found = header(self._scope, b"idempotency-key")
        if found is not None and (len(found) > MAX_KEY or KEY.fullmatch(found) is None):
            raise errors.Invalid(
                "the Idempotency-Key is empty, too long or not plain text",
                next=f"send 1 to {MAX_KEY} printable ASCII characters, for instance a fresh UUID",
                faults=(("Idempotency-Key", f"1 to {MAX_KEY} printable ASCII characters"),),
            )
        return found

    async def poll(
        self,
        name: str,
        look: Callable[[Connection], Found],
        *,
        wait: float,
        enough: Callable[[Found], bool],
    ) -> Found:
        """Read, and if there is not enough, hold the request open until there is or the wait is over.

        `name` is what wakes it: `feed.inbox_of` or `feed.events_of` the caller's agency.
        """
        if wait == 0:
            return await self.parts.read(look)
        longest = self.parts.settings.long_poll_seconds
        polling = asyncio.ensure_future(
            self.parts.wakeups.poll(
                name, lambda: self.parts.read(look), wait=min(wait, longest), enough=enough
            )
        )
        leaving = asyncio.ensure_future(self._left())
        try:
            done, _ = await asyncio.wait({polling, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if polling in done:
                return polling.result()
            raise ClientDisconnect  # nobody waits any more: nothing looks for them any more
        finally:
            polling.cancel()
            leaving.cancel()

    async def _left(self) -> None:
        """Ends when the caller hangs up."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def look(self, look: Callable[[Connection], Found]) -> Found:
        return await self.parts.read(look)

    async def write(self, work: Callable[[Connection], Found]) -> Found:
        """In one transaction of its own: for what people do seldom."""

        def writing() -> Found:
            with self.parts.engine.begin() as conn:
                return work(conn)

        return await self.parts.run(writing)


def header(scope: Scope, name: bytes) -> str | None:
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value).decode("latin-1")
    return None


def admit(scope: Scope, receive: Receive, parts: Parts) -> Call:
    """The door: a call has a caller, or there is no call."""
    known, at = parts.known(), clock.now()
    client = scope.get("client")
    authorization, address = header(scope, b"authorization"), client[0] if client else ""
    caller = parts.door.admit(authorization, address, known=known, at=at)
    scope["checkback.caller"] = caller
    return Call(scope, receive, parts=parts, known=known, caller=caller, at=at)
