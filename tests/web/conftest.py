"""A hub that serves: one for each test that wants its own, and one for all that only ask and are refused."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.cli.embedded import Postgres, Valkey
from tests.web.served import Served, opened, serving


@pytest.fixture
def hub(database: str, redis_url: str, tmp_path: Path) -> Iterator[Served]:
    served = Served.on(database, redis_url, tmp_path)
    with serving(served):
        yield served


@pytest.fixture(scope="session")
def open_hub(
    postgres_server: Postgres, template: str, redis_server: Valkey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """One hub for many tests: whatever one of them leaves behind must not matter to another."""
    home = tmp_path_factory.mktemp("hub")
    with opened(postgres_server, template, redis_server, home) as served:
        yield served


@pytest.fixture
def hub_with_few_tries(database: str, redis_url: str, tmp_path: Path) -> Iterator[Served]:
    served = Served.on(database, redis_url, tmp_path, bad_tokens_per_minute=5, rate_per_minute=30)
    with serving(served):
        yield served


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
