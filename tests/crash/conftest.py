"""Faults are logged by the hundred here; and a town is furnished once, and copied for each test."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from structlog.testing import capture_logs

from hub.cli.embedded import Postgres
from tests.crash.scene import Endpoint, Furnished, directory
from tests.workers.town import Town

FURNISHED = "checkback_furnished"


@pytest.fixture(autouse=True)
def lines() -> Iterator[list[Any]]:
    """What is logged meanwhile. Not printed: an unconfigured logger would show every frame of a fault."""
    with capture_logs() as captured:
        yield captured


def _as_superuser(server: Postgres, statement: str, *names: str) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@pytest.fixture(scope="session")
def furnished(postgres_server: Postgres, template: str) -> Town:
    """A town that knows its directory, protocols and keys; nobody is connected to it, so that it can be copied."""
    _as_superuser(postgres_server, "CREATE DATABASE {} TEMPLATE {}", FURNISHED, template)
    town = Furnished.on(postgres_server.url(FURNISHED), directory=directory(), webhook=Endpoint())
    town.knows = town.known()
    town.engine.dispose()
    return town


@pytest.fixture
def town_url(postgres_server: Postgres, furnished: Town) -> Iterator[str]:
    """A copy of it for this one test."""
    del furnished
    name = f"town_{uuid4().hex}"
    _as_superuser(postgres_server, "CREATE DATABASE {} TEMPLATE {}", name, FURNISHED)
    yield postgres_server.url(name)
    _as_superuser(postgres_server, "DROP DATABASE {} WITH (FORCE)", name)
