"""One operation of the API, described once: from here come its route, its authentication and its page in OpenAPI."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from hub.web import problems
from hub.web.call import Call, admit
from hub.web.parts import Parts

JSON = "application/json"
# What any operation under /v1 may answer besides.
ALWAYS = (401, 429, 500, 503)
WITH_BODY = (408, 413, 415, 422)


@dataclass(frozen=True, kw_only=True)
class Operation:
    method: Literal["GET", "POST"]
    path: str
    name: str  # the operationId, and the client's method
    summary: str
    says: str
    tag: str
    work: Callable[[Call], Awaitable[BaseModel | Response]]
    answer: type[BaseModel]
    example: Any  # of the answer
    media: str = JSON  # of the answer
    status: int = 200
    body: type[BaseModel] | None = None
    body_example: Any = None
    query: type[BaseModel] | None = None
    key: Literal["required", "allowed"] | None = None  # the Idempotency-Key
    refuses: tuple[int, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)  # operations that go on with an id of the answer

    @property
    def statuses(self) -> tuple[int, ...]:
        """Every refusal that is possible, in order."""
        found = {*ALWAYS, *self.refuses}
        found |= set(WITH_BODY) if self.body is not None else set()
        found |= {422} if self.query is not None else set()
        found |= {404} if "{" in self.path else set()
        return tuple(sorted(found))

    def route(self, parts: Parts) -> Route:
        path = self.path if self.name in BY_NAME else self.path.replace("{id}", "{id:uuid}")
        return Route(path, endpoint=_Endpoint(self, parts), methods=[self.method], name=self.name)


BY_NAME = frozenset({"agency", "protocol"})  # whose {id} is a name and no UUID


class _Endpoint:
    """The way of every request: who is calling, then the work, then the answer or the problem."""

    def __init__(self, operation: Operation, parts: Parts) -> None:
        self._operation = operation
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["checkback.route"] = self._operation.path
        try:
            response = await self._answer(scope, receive)
        except ClientDisconnect:
            return
        except Exception as fault:  # noqa: BLE001 - every error becomes a problem document, in one place
            response = problems.answer(fault)
        await response(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        call = admit(scope, receive, self._parts)
        if self._operation.key is not None:
            call.key()  # whoever sends one that can be none hears so, whether it is needed here or not
        told = await self._operation.work(call)
        if isinstance(told, Response):
            return told
        return Response(told.model_dump_json(), status_code=self._operation.status, media_type=JSON)
