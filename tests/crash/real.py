"""A whole hub of real processes on servers of its own, made to be mistreated."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
from sqlalchemy import Connection

from agencies.callers import issue
from agencies.client import Checkback
from agencies.directory import shipped as shipped_directory
from agencies.keychain import Keychain
from agencies.keyfile import load_sign_public
from agencies.keys import KeyRow
from hub import keyfiles
from hub.cli.embedded import Postgres, Valkey
from hub.settings import WebSettings, WorkerSettings
from hub.store import connect, registry
from hub.store.migrate import upgrade
from protocols.parse import parse, print_
from protocols.shipped import shipped
from tests.workers.town import HUB, KEYS

ROOT = Path(__file__).parents[2]
CODE = ("protocols", "agencies", "hub", "workers")
PARTS: Mapping[str, tuple[str, ...]] = {
    "web": ("hub.cli", "serve"),
    "pump": ("workers.run", "pump"),
    "worker-1": ("workers.run", "worker"),
    "worker-2": ("workers.run", "worker"),
    "scheduler": ("workers.run", "scheduler"),
}
PACES = {
    # Short, so that what a killed process held comes due again within the time of a test.
    "CHECKBACK_LEASE_SECONDS": "3",
    "CHECKBACK_SWEEP_SECONDS": "0.5",
    "CHECKBACK_CHASE_SECONDS": "1",
    "CHECKBACK_LOG_FORMAT": "json",
}


@dataclass
class RealHub:
    home: Path
    postgres: Postgres
    redis: Valkey
    port: int
    tokens: dict[str, str] = field(default_factory=dict)
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    gave_up: list[str] = field(default_factory=list)

    @property
    def database(self) -> str:
        return self.postgres.url("hub")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # -- before it runs -----------------------------------------------------------------------------------

    @property
    def code(self) -> Path:
        return self.home / "code"

    def prepare(self) -> None:
        # A copy of the code: what is started anew in the middle of a test is what was started at its beginning,
        # even where somebody is at work on the files.
        for package in CODE:
            shutil.copytree(ROOT / package, self.code / package)
        with psycopg.connect(self.postgres.url(), autocommit=True) as conn:
            conn.execute("CREATE DATABASE hub")
        upgrade(self.database)
        where = {"hub": HUB, "home": self.home, "database_url": self.database, "redis_url": self.redis.url()}
        web, workers = WebSettings.model_validate(where), WorkerSettings.model_validate(where)
        keyfiles.make_missing(web, workers)
        now = datetime.now(UTC)
        engine = connect.engine(self.database)
        with engine.begin() as conn:
            registry.save_directory(conn, shipped_directory())
            _load_protocols(conn, now)
            rows = [KeyRow.of(key.public, agency=agency, since=now) for agency, key in KEYS.items()]
            registry.save_keys(conn, [*rows, *keyfiles.public_rows(web, workers, since=now)])
            for agency in KEYS:
                credential, self.tokens[agency] = issue(agency, now=now)
                registry.save_credential(conn, credential)
        engine.dispose()

    # -- its processes ------------------------------------------------------------------------------------

    def start(self, part: str) -> None:
        env = {
            **os.environ,
            **PACES,
            "CHECKBACK_HUB": HUB,
            "CHECKBACK_HOME": str(self.home),
            "CHECKBACK_PORT": str(self.port),
            "CHECKBACK_DATABASE_URL": self.database,
            "CHECKBACK_REDIS_URL": self.redis.url(),
        }
        with (self.home / f"{part}.log").open("ab") as log:
            self.processes[part] = subprocess.Popen(
                [sys.executable, "-m", *PARTS[part]], cwd=self.code, env=env, stdout=log, stderr=log
            )

    def kill(self, part: str) -> None:
        """As a power cut does it."""
        self.look_at(part)
        self.processes[part].send_signal(signal.SIGKILL)
        self.processes[part].wait()

    def look_at(self, part: str) -> None:
        """None of them may end by itself, whatever is done to the others."""
        status = self.processes[part].poll()
        if status is not None:
            self.gave_up.append(f"{part} ended with {status}:\n{self.log_of(part)}")

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def is_up(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health/live", timeout=2).is_success
        except httpx.TransportError:
            return False

    def wait_until_up(self, seconds: float = 60.0) -> None:
        until = time.monotonic() + seconds
        while not self.is_up():
            assert time.monotonic() < until, self.logs()
            time.sleep(0.1)

    # -- from outside -------------------------------------------------------------------------------------

    def client(self, agency: str) -> Checkback:
        keys = self.home / "keys"
        keychain = Keychain(
            agency,
            (KEYS[agency],),
            (load_sign_public(keys / "share-sign.json"),),
            (load_sign_public(keys / "note-sign.json"),),
            hub=HUB,
        )
        return Checkback(self.url, self.tokens[agency], keychain)

    def log_of(self, part: str) -> str:
        return (self.home / f"{part}.log").read_text(errors="replace")[-4000:]

    def logs(self) -> str:
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.home.rglob("*.log")))


def _load_protocols(conn: Connection, now: datetime) -> None:
    """The shipped ones, in force today whatever day that is."""
    for one in shipped():
        today = now.date()
        moved = replace(one, effective=today - timedelta(days=30), review_by=today + timedelta(days=300))
        source = print_(moved)
        registry.save_protocol(conn, source, parse(source, file=one.id), at=now)


@contextlib.contextmanager
def real_hub(home: Path) -> Iterator[RealHub]:
    with Postgres(home / "postgres") as postgres, Valkey(home / "redis") as redis:
        hub = RealHub(home, postgres, redis, _free_port())
        hub.prepare()
        try:
            for part in PARTS:
                hub.start(part)
            yield hub
        finally:
            hub.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
