"""The hub under test: started as `checkback up` starts it, in a home and on a port of its own.

Nothing is arranged for speed: the embedded PostgreSQL is durable, and every setting is the default but for those
that say where. The home lies in ./var, on the disk that a hub would use, and goes when the run is over.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hub.cli import here, trial
from hub.cli.embedded import Postgres, Valkey, tail
from hub.cli.trial import Trial

HOST = "127.0.0.1"
PATIENCE = 120.0  # seconds for a new hub to come up, and for one to finish what it holds
OTHER_HUBS = ("DATABASE_URL", "REDIS_URL")  # what would lead the run to somebody's real hub


class BenchError(Exception):
    """The run cannot go on, and why."""


@dataclass(frozen=True)
class Stand:
    """A running hub, and what is needed to use it and to look at it."""

    home: Path
    port: int
    supervisor: int

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def postgres(self) -> Postgres:
        return Postgres(self.home / "postgres")

    @property
    def database(self) -> str:
        return self.postgres.url(here.DATABASE)

    def trials(self) -> dict[str, Trial]:
        """Every agency of the example directory, with its token and its keys."""
        return trial.load(self.home)

    def parts(self) -> dict[str, int]:
        """The process that leads each part of the hub, as its supervisor noted it; and the two servers'."""
        found = {
            mark.stem: int(mark.read_text().splitlines()[0])
            for mark in sorted((self.home / "run").glob("*.pid"))
        }
        found["postgres"] = int((self.home / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        return {**found, "valkey": self._valkey()}

    def _valkey(self) -> int:
        with socket.socket(socket.AF_UNIX) as line:
            server = Valkey(self.home / "redis")
            line.connect(str(server.sockets / server.socket_name))
            line.sendall(b"INFO server\r\n")
            told = line.recv(65536).decode(errors="replace")
        return next(int(row[11:]) for row in told.splitlines() if row.startswith("process_id:"))


@contextlib.contextmanager
def running(more: Mapping[str, str] | None = None) -> Iterator[Stand]:
    """A fresh hub for the length of a `with`. `more` is environment for it: a profiler's, say."""
    Path("var").mkdir(exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="bench-", dir="var")).absolute()
    port = _free_port()
    kept = {n: v for n, v in os.environ.items() if not n.startswith("CHECKBACK_") and n not in OTHER_HUBS}
    env = {**kept, "CHECKBACK_HOME": str(home), "CHECKBACK_PORT": str(port), **(more or {})}
    log = home / "up.log"
    with log.open("ab") as out:
        up = subprocess.Popen(
            [sys.executable, "-m", "hub.cli", "up"],
            env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    stand = Stand(home, port, up.pid)
    try:
        _wait_until_ready(stand, up, log)
        yield stand
    finally:
        _stop(up, log)
        shutil.rmtree(home, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(stand: Stand, up: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not _answers(f"{stand.url}/health/ready"):
        if up.poll() is not None:
            raise BenchError(f"`checkback up` ended before it was ready:\n{tail(log)}")
        if time.monotonic() > deadline:
            logs = "\n".join(tail(part, 6) for part in sorted((stand.home / "log").glob("*.log")))
            raise BenchError(f"the hub did not become ready:\n{tail(log)}\n{logs}")
        time.sleep(0.2)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own hub
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _stop(up: subprocess.Popen[bytes], log: Path) -> None:
    up.send_signal(signal.SIGINT)
    try:
        up.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        up.kill()
        up.wait()
        raise BenchError(f"`checkback up` did not stop, so its parts may still run:\n{tail(log)}") from None
