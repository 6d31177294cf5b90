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
from contextlib import contextmanager
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
ROOT = Path(__file__).parents[1]
WATCH = """
import sys, time
from pathlib import Path
sys.stdin.read()  # until nobody holds the other end any more
home = Path(sys.argv[1])
if home.exists():
    time.sleep(1)  # one of them may be starting just now
    from shutil import rmtree
    from hub.cli.embedded import Postgres, Valkey
    for where in (home, *home.iterdir()):
        Postgres(where / "postgres").stop()
        Valkey(where / "redis").stop()
    rmtree(home, ignore_errors=True)
"""


@contextmanager
def ending_with_us(home: Path) -> Iterator[None]:
    """The servers in `home` end with this process also when it is killed, and runs no fixture to its end: another
    process sees that by a pipe. It works on every system, and whatever else was killed with this one.
    """
    null = subprocess.DEVNULL  # nobody waits for what it does not say
    with subprocess.Popen(
        [sys.executable, "-c", WATCH, str(home)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=null, stderr=null, start_new_session=True,
    ):  # fmt: skip
        yield


@pytest.fixture(scope="session")
def short_tmp() -> Iterator[Path]:
    """A directory with a short name, as the paths of sockets must be short."""
    path = Path(tempfile.mkdtemp(prefix="cb-"))
    with ending_with_us(path):
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
            "import sys; from sqlalchemy import create_engine; from hub.store.schema import metadata; "
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


@contextmanager
def own_directory(short_tmp: Path) -> Iterator[Path]:
    """For servers of one test, where those that outlive this process are ended."""
    with tempfile.TemporaryDirectory(prefix="own-", dir=short_tmp) as path:
        yield Path(path)


@pytest.fixture
def own_postgres(short_tmp: Path) -> Iterator[Postgres]:
    with own_directory(short_tmp) as path, Postgres(path / "postgres") as server:
        yield server


@pytest.fixture
def own_redis(short_tmp: Path) -> Iterator[Valkey]:
    with own_directory(short_tmp) as path, Valkey(path / "redis") as server:
        yield server
