"""The web process: listens, records, and answers. `create` puts its parts together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import clock
from hub.settings import WebSettings
from hub.web import health, openapi, problems
from hub.web.api import OPERATIONS
from hub.web.call import admit
from hub.web.operation import JSON
from hub.web.options import Options
from hub.web.outside import Outside
from hub.web.parts import Parts
from hub.web.stopping import when_told_to_stop

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def create(settings: WebSettings) -> Starlette:
    """The whole application. A key file that is missing shows here, before anything listens."""
    parts = Parts(settings)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await parts.start()
        with when_told_to_stop(parts.wakeups.release):
            yield
        await parts.stop()

    routes = [operation.route(parts) for operation in OPERATIONS] + _public(parts)
    app = Starlette(
        lifespan=lifespan,
        routes=routes,
        middleware=[Middleware(Outside, metrics=parts.metrics), Middleware(Options, routes=routes)],
        exception_handlers={HTTPException: _problem, Exception: _problem},
    )
    app.router.redirect_slashes = False
    app.state.parts = parts
    return app


def _public(parts: Parts) -> list[Route]:
    """What answers without a credential: health, figures, and the description of the API."""
    described = openapi.written(OPERATIONS, parts.settings)

    async def ready(_: Request) -> Response:
        return await health.ready(parts)

    async def metrics(request: Request) -> Response:
        if not parts.settings.metrics_public:
            admit(request.scope, request.receive, parts)
        await parts.run(lambda: _count(parts))
        return Response(parts.metrics.text(), media_type=METRICS_TYPE)

    async def document(_: Request) -> Response:
        return Response(described, media_type=JSON)

    answers = {
        "/health/live": health.live,
        "/health/ready": ready,
        "/metrics": metrics,
        "/openapi.json": document,
    }
    return [Route(path, _named(path, answer), methods=["GET"]) for path, answer in answers.items()]


def _named(path: str, answer: Any) -> Any:  # noqa: ANN401 - a handler in, a handler out
    async def named(request: Request) -> Response:
        request.scope["checkback.route"] = path
        try:
            found: Response = await answer(request)
        except Exception as fault:  # noqa: BLE001 - every error becomes a problem document
            found = problems.answer(fault)
        return found

    return named


def _count(parts: Parts) -> None:
    try:
        with parts.engine.connect() as conn:
            parts.metrics.count(conn, at=clock.now())
    except SQLAlchemyError:
        parts.metrics.uncounted()


async def _problem(_: Request, fault: Exception) -> Response:
    return problems.answer(fault)
