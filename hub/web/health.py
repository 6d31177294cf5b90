"""Alive, and ready: for whoever starts, stops and balances processes. Neither needs a credential.

Ready means that a message would be accepted now. Redis carries wake-ups only: without it nothing is delivered and
nothing is lost, and inboxes are still read, so the hub is degraded and not unready.
"""

import asyncio
from datetime import datetime
from functools import cache
from typing import Literal

import redis
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic import BaseModel
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response

from agencies.keys import NoKey
from hub import clock
from hub.store import figures, order
from hub.store.migrate import config
from hub.web.operation import JSON
from hub.web.parts import Parts

PATIENCE = 5.0  # seconds for all checks together
REDIS_PATIENCE = 0.5

State = Literal["ready", "degraded", "not ready"]


class Part(BaseModel):
    name: str
    state: State
    says: str
    seconds: float | None = None


class Health(BaseModel):
    state: State
    parts: tuple[Part, ...]


async def live(_: Request) -> Response:
    """The process runs and its event loop turns: nothing else, so that no outage elsewhere gets it killed."""
    return Response('{"state":"live"}', media_type=JSON)


async def ready(parts: Parts) -> Response:
    at = clock.now()
    found: list[Part] = []
    try:
        async with asyncio.timeout(PATIENCE):
            found = await parts.run(lambda: _checks(parts, at))
    except TimeoutError:
        found = [Part(name="database", state="not ready", says="does not answer in time")]
    worst = max((part.state for part in found), key=("ready", "degraded", "not ready").index)
    return Response(
        Health(state=worst, parts=tuple(found)).model_dump_json(exclude_none=True),
        status_code=503 if worst == "not ready" else 200,
        media_type=JSON,
    )


def _checks(parts: Parts, at: datetime) -> list[Part]:
    return [*_database(parts, at), _keys(parts, at), _redis(parts.settings.redis_url)]


def _database(parts: Parts, at: datetime) -> list[Part]:
    try:
        with parts.engine.connect() as conn:
            return [
                Part(name="database", state="ready", says="answers"),
                *_shape(conn),
                _known(parts),
                _outbox(conn, at),
            ]
    except SQLAlchemyError:
        return [
            Part(name="database", state="not ready", says="does not answer: start it, or check DATABASE_URL")
        ]


def _shape(conn: Connection) -> list[Part]:
    """In another shape, there may be no order to look at."""
    if set(MigrationContext.configure(conn).get_current_heads()) != _heads():
        return [Part(name="migrations", state="not ready", says="run `checkback migrate`")]
    return [
        Part(name="migrations", state="ready", says="the database has the shape of this version"),
        _order(conn),
    ]


def _order(conn: Connection) -> Part:
    if order.holds(conn):
        return Part(name="order", state="ready", says="what is new comes after all that is stored")
    return Part(
        name="order",
        state="not ready",
        says="the database was restored from a backup: run `checkback migrate --restored`",
    )


@cache
def _heads() -> frozenset[str]:
    return frozenset(ScriptDirectory.from_config(config()).get_heads())


def _known(parts: Parts) -> Part:
    held = parts.memory.held()
    if held is None:
        return Part(name="directory", state="not ready", says="has not been read yet")
    if not held.protocols or not len(held.directory):
        return Part(
            name="directory",
            state="not ready",
            says="holds no agency or no protocol: `checkback agencies load`, `checkback protocols load`",
        )
    return Part(name="directory", state="ready", says="is read")


def _outbox(conn: Connection, at: datetime) -> Part:
    """How long the oldest work waits. Nobody works it off in this process, so it does not make it unready."""
    oldest = figures.backlog(conn).oldest
    age = 0.0 if oldest is None else max(0.0, (at - oldest).total_seconds())
    return Part(name="outbox", state="ready", says="age of the oldest row of work", seconds=round(age, 1))


def _keys(parts: Parts, at: datetime) -> Part:
    held = parts.memory.held()
    try:
        if held is not None:
            held.keys.verify_key(parts.desk.signer.kid, at)
    except NoKey:
        return Part(
            name="keys",
            state="not ready",
            says="the key that signs notes is not published to agencies: run `checkback migrate`",
        )
    return Part(name="keys", state="ready", says="are here")


def _redis(url: str) -> Part:
    try:
        with redis.Redis.from_url(
            url, socket_connect_timeout=REDIS_PATIENCE, socket_timeout=REDIS_PATIENCE
        ) as connection:
            connection.ping()
    except redis.RedisError:
        return Part(
            name="redis",
            state="degraded",
            says="does not answer: messages are accepted and kept; nothing is delivered until it is back",
        )
    return Part(name="redis", state="ready", says="answers")
