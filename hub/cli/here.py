"""Which hub a command is about: the one that the environment names, or the embedded one of this directory."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection

from hub.cli.embedded import Postgres, Valkey
from hub.errors import NotFound
from hub.settings import Settings
from hub.store import registry
from hub.store.connect import engine

DATABASE = "checkback"

Kind = TypeVar("Kind", bound=Settings)


def settings(kind: type[Kind]) -> Kind:
    """The settings, with the addresses of the embedded servers where the environment names no others."""
    given = kind()
    here: dict[str, str] = {}
    if not names_database(given):
        here["database_url"] = Postgres(given.home / "postgres").url(DATABASE)
    if not names_redis(given):
        here["redis_url"] = Valkey(given.home / "redis").url()
    return given.model_copy(update=here)


def names_database(given: Settings) -> bool:
    return "database_url" in given.model_fields_set


def names_redis(given: Settings) -> bool:
    return "redis_url" in given.model_fields_set


@contextmanager
def database() -> Iterator[Connection]:
    """One transaction on the hub's database."""
    made = engine(settings(Settings).database_url, size=1, name="checkback command")
    try:
        with made.begin() as conn:
            yield conn
    finally:
        made.dispose()


def check_agency(conn: Connection, agency: str) -> None:
    """That there is, was or will be one of this id: a slip of the pen is no agency."""
    if agency not in registry.directory(conn):
        raise NotFound(
            f"the directory has no agency {agency}", next="`checkback agencies list` shows the ids"
        )
