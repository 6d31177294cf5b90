"""What tests stand on: a real PostgreSQL and a real Redis (Valkey), one of each for each test process.

postgres_url  the server itself, as its superuser
database      the URL of a fresh, migrated database for this one test, cloned from a template
redis_url     Redis, flushed before this test
own_postgres  a server that this one test may stop, kill and start again; own_redis likewise
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import redis
from hypothesis import settings
from psycopg import sql

from hub.cli.embedded import Postgres, Valkey

# No timing in a test: a busy machine is no fault of the code.
settings.register_profile("checkback", deadline=None)
settings.load_profile("checkback")

TEMPLATE = "checkback_template"


@pytest.fixture(scope="session")
def short_tmp() -> Iterator[Path]:
    """A directory with a short name, as the paths of sockets must be short."""
    path = Path(tempfile.mkdtemp(prefix="cb-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server(short_tmp: Path) -> Iterator[Postgres]:
    with Postgres(short_tmp / "postgres", durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres_server: Postgres) -> str:
    return postgres_server.url()


def _as_superuser(url: str, statement: str, name: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def template(postgres_server: Postgres) -> str:
    """A migrated database that nobody is connected to, so that it can be cloned in milliseconds."""
    _as_superuser(postgres_server.url(), "CREATE DATABASE {}", TEMPLATE)
    upgrade_in_a_process_of_its_own(postgres_server.url(TEMPLATE))
    return TEMPLATE


def upgrade_in_a_process_of_its_own(url: str) -> None:
    """Migrations run where no connection pool can stay behind and keep the template busy."""
    if find_spec("hub.store.migrate") is not None:
        code = "import sys; from hub.store.migrate import upgrade; upgrade(sys.argv[1])"
    elif find_spec("hub.store.tables") is not None:
        code = (
            "import sys; from sqlalchemy import create_engine; from hub.store.tables import metadata; "
            "metadata.create_all(create_engine(sys.argv[1]))"
        )
    else:
        return
    subprocess.run([sys.executable, "-c", code, url], check=True)


@pytest.fixture
def database(postgres_server: Postgres, template: str) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    _as_superuser(postgres_server.url(), f"CREATE DATABASE {{}} TEMPLATE {template}", name)
    yield postgres_server.url(name)
    _as_superuser(postgres_server.url(), "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture(scope="session")
def redis_server(short_tmp: Path) -> Iterator[Valkey]:
    with Valkey(short_tmp / "redis") as server:
        yield server


@pytest.fixture
def redis_url(redis_server: Valkey) -> str:
    with redis.Redis.from_url(redis_server.url()) as connection:
        connection.flushall()
    return redis_server.url()


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="cb-") as path, Postgres(Path(path) / "postgres") as server:
        yield server


@pytest.fixture
def own_redis() -> Iterator[Valkey]:
    with tempfile.TemporaryDirectory(prefix="cb-") as path, Valkey(Path(path) / "redis") as server:
        yield server
