"""One way to the database: an engine for a process, a transaction for a piece of work, and plain looks."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from pydantic_core import from_json
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

RESTED = 0.1  # seconds unused: a connection is asked whether it still lives before it is used again


def engine(url: str, *, size: int = 5, name: str = "checkback") -> Engine:
    """An engine on psycopg. A statement that hangs is ended, so that a stuck server shows as an error."""
    made = create_engine(
        dialect(url),
        hide_parameters=True,  # an error names the statement, never what was bound to it
        pool_size=size,
        max_overflow=size,
        pool_timeout=10,
        json_deserializer=from_json,  # several times as quick as the standard library's; terms are long
        pool_use_lifo=True,  # a few connections do most of the work: their statements are prepared
        connect_args={
            "application_name": name,
            "connect_timeout": 5,
            "options": "-c timezone=UTC -c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000",
        },
    )
    _look_after(made)
    return made


def _look_after(made: Engine) -> None:
    """A connection that was used a moment ago is taken as it is; one that has rested may have died with its server.

    To ask every time would cost as much as the statement that follows.
    """

    @event.listens_for(made, "checkin")
    def rests(_: Any, entry: ConnectionPoolEntry) -> None:  # noqa: ANN401 - the driver's own
        entry.info["rests since"] = time.monotonic()

    @event.listens_for(made, "checkout")
    def wakes(connection: Any, entry: ConnectionPoolEntry, _: object) -> None:  # noqa: ANN401 - as above
        if time.monotonic() - entry.info.get("rests since", float("inf")) < RESTED:
            return
        try:
            made.dialect.do_ping(connection)
        except made.dialect.loaded_dbapi.Error as fault:
            raise DisconnectionError from fault  # the pool throws it away and opens another


@contextmanager
def looking(made: Engine) -> Iterator[Connection]:
    """Statements that only read, with no transaction around them: one round trip each, and none besides.

    Each sees what is committed at its own moment, as it would in a transaction.
    """
    with made.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        yield conn


@contextmanager
def together(conn: Connection) -> Iterator[None]:
    """Statements of which nobody reads an answer, sent without waiting between them: one way there and back for all.

    The first that fails is raised at the end, or by a statement after it; those behind it are not carried out.
    Asking one of them for rows is an error, and its `rowcount` is not to be had. Inside of another, it is a part of it.
    """
    driver: psycopg.Connection[Any] = conn.connection.dbapi_connection  # type: ignore[assignment]
    if driver.pgconn.pipeline_status:
        yield
        return
    try:
        with driver.pipeline():
            yield
    except psycopg.Error as fault:
        # Seen at the end, where SQLAlchemy does not look: told as it would tell it.
        raise DBAPIError.instance(
            None, None, fault, psycopg.Error, hide_parameters=True, dialect=conn.dialect
        ) from fault


def dialect(url: str) -> str:
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


def plain(url: str) -> str:
    """The same for psycopg itself, which listens."""
    return "postgresql://" + dialect(url).removeprefix("postgresql+psycopg://")
