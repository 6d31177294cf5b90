"""The embedded servers come up, survive the death of either side, and clean up after the dead."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from hub.cli.account import account_for
from hub.cli.embedded import EmbeddedError, Postgres, Valkey, command_of, short_directory
from tests.conftest import own_directory

ROOT = Path(__file__).parents[2]
SESSION = """
import sys, time
from pathlib import Path
from hub.cli.embedded import Postgres, Valkey
from tests.conftest import ending_with_us
home = Path(sys.argv[1])
with ending_with_us(home), Postgres(home / "postgres", durable=False), Valkey(home / "own" / "redis"):
    print("up", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def home(short_tmp: Path) -> Iterator[Path]:
    with own_directory(short_tmp) as path:
        yield path


def kill(server: Postgres | Valkey) -> None:
    assert server.child is not None
    server.child.send_signal(signal.SIGKILL)
    server.child.wait()


def test_committed_rows_survive_kill_9_of_the_server(own_postgres: Postgres) -> None:
    with psycopg.connect(own_postgres.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (what text)")
        connection.execute("INSERT INTO kept VALUES ('this')")
    kill(own_postgres)
    own_postgres.start()
    with psycopg.connect(own_postgres.url()) as connection:
        assert connection.execute("SELECT what FROM kept").fetchone() == ("this",)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)


def test_a_server_that_outlived_its_starter_is_taken_over_and_stopped(own_postgres: Postgres) -> None:
    heir = Postgres(own_postgres.home)
    heir.start()
    assert heir.child is None, "nothing new was started"
    heir.stop()
    assert not heir.answers()
    assert own_postgres.child is not None
    assert own_postgres.child.wait(10) == 0


def test_a_stale_pid_file_that_names_a_stranger_does_not_stop_the_start(own_postgres: Postgres) -> None:
    kill(own_postgres)
    pid_file = own_postgres.home / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    own_postgres.start()
    assert own_postgres.answers()


def test_a_half_made_cluster_is_made_anew(home: Path) -> None:
    (home / "postgres" / "new").mkdir(parents=True)
    (home / "postgres" / "new" / "PG_VERSION").write_text("18\n")
    with Postgres(home / "postgres", durable=False) as server:
        assert server.answers()


def test_what_it_cannot_start_it_explains(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Postgres(home / "postgres", durable=False):
        pass
    (home / "postgres" / "postgresql.conf").write_text("no_such_setting = 1\n")
    monkeypatch.setattr("hub.cli.embedded.ATTEMPTS", 1)
    with pytest.raises(EmbeddedError, match="no_such_setting"):
        Postgres(home / "postgres", durable=False).start()


def test_redis_survives_kill_9_and_leaves_nothing_behind(own_redis: Valkey) -> None:
    with redis.Redis.from_url(own_redis.url()) as connection:
        connection.set("wake", "up")
    kill(own_redis)
    own_redis.start()
    with redis.Redis.from_url(own_redis.url()) as connection:
        assert connection.get("wake") is None
    own_redis.stop()
    assert not (own_redis.home / "redis.sock").exists()


def test_a_long_path_gets_a_short_directory_for_sockets(home: Path) -> None:
    deep = home / ("d" * 90) / "redis"
    with Valkey(deep) as server:
        assert server.answers()
        assert not server.sockets.is_relative_to(home)
        assert server.sockets.stat().st_mode & 0o077 == 0
    server.sockets.rmdir()


def test_a_short_directory_that_others_can_reach_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = account_for(home)
    monkeypatch.setattr(tempfile, "tempdir", str(home))
    deep = Path("/" + "d" * 120)
    short_directory(deep, "redis.sock", account).chmod(0o755)
    with pytest.raises(EmbeddedError, match="somebody else's"):
        short_directory(deep, "redis.sock", account)


def test_the_database_never_runs_as_root(own_postgres: Postgres) -> None:
    with psycopg.connect(own_postgres.url()) as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        assert own_postgres.account.uid != 0
        assert Path(f"/proc/{row[0]}").stat().st_uid == own_postgres.account.uid


def test_the_database_fixture_is_fresh_and_migrated(database: str) -> None:
    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT current_database()").fetchone()
    assert row is not None
    assert str(row[0]).startswith("test_")


def test_the_command_line_of_a_process_can_be_read() -> None:
    assert "python" in command_of(os.getpid())
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    assert command_of(gone.pid) == ""


def test_the_servers_of_a_test_session_end_with_it_when_it_is_killed(home: Path) -> None:
    where = home / "session"
    where.mkdir()
    servers = (Postgres(where / "postgres"), Valkey(where / "own" / "redis"))
    try:
        with subprocess.Popen(
            [sys.executable, "-c", SESSION, where], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as session:
            assert session.stdout is not None
            assert "up\n" in iter(session.stdout.readline, "")
            assert all(server.answers() for server in servers)
            session.kill()
        until = time.monotonic() + 30
        while where.exists():
            assert time.monotonic() < until, "they outlived it"
            time.sleep(0.1)
        assert not any(server.answers() for server in servers)
    finally:
        for server in servers:
            server.stop()
