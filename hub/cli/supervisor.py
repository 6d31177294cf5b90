"""Keeping the parts of a hub alive on one machine: start them, restart those that die, stop all in order.

Each part leaves a note of its process under `run/`, so that after a kill -9 of everything above them the next start
finds the orphans and ends them before it starts their successors. A lock says that only one supervisor runs.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from hub.cli.embedded import EmbeddedError, command_of

FIRST_PAUSE = 0.5  # seconds before a part that died is started again; doubled each time
LONGEST_PAUSE = 30.0
SETTLED = 60.0  # a part that lived this long has come up: its next death starts from the first pause
GRACE = 25.0  # seconds for a part to finish what it holds
LOG_LIMIT = 20_000_000  # bytes; then the log becomes `.1`


class Kept(Protocol):
    """What can be kept alive: a part of the hub, or an embedded server."""

    name: str
    log: Path
    child: subprocess.Popen[bytes] | None

    def again(self) -> None:
        """Start it, without waiting until it answers."""


class Part:
    """One process of the hub itself."""

    def __init__(self, name: str, command: Sequence[str], *, home: Path, env: Mapping[str, str]) -> None:
        self.name = name
        self.command = command
        self.env = env
        self.log = home / "log" / f"{name}.log"
        self.mark = home / "run" / f"{name}.pid"
        self.child: subprocess.Popen[bytes] | None = None

    def again(self) -> None:
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(self.env),
                start_new_session=True,  # Ctrl-C reaches the supervisor alone
            )
        self.mark.write_text(f"{self.child.pid}\n{' '.join(self.command)}\n")

    def tell_to_stop(self) -> None:
        if self.child is not None and self.child.poll() is None:
            self.child.terminate()

    def wait(self, seconds: float) -> None:
        if self.child is None:
            return
        try:
            self.child.wait(max(0.1, seconds))
        except subprocess.TimeoutExpired:
            end_group(self.child.pid, signal.SIGKILL)
            self.child.wait()
        self.mark.unlink(missing_ok=True)


class Keeper:
    """Starts again what died, at once at first, then ever more slowly while it keeps dying."""

    def __init__(self, kept: Kept, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self.kept = kept
        self._seconds = seconds
        self._started = seconds()
        self._deaths = 0
        self._not_before: float | None = None

    def watch(self) -> str | None:
        """Called every moment. Answers with what there is to say."""
        if self._not_before is None and self._has_died():
            return self._plan()
        if self._not_before is not None and self._seconds() >= self._not_before:
            self.kept.again()
            self._started, self._not_before = self._seconds(), None
        return None

    def _has_died(self) -> bool:
        return self.kept.child is None or self.kept.child.poll() is not None

    def _plan(self) -> str | None:
        child = self.kept.child
        if child is None:  # never started
            self._not_before = self._seconds()
            return None
        self._deaths = 1 if self._seconds() - self._started > SETTLED else self._deaths + 1
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (self._deaths - 1))
        self._not_before = self._seconds() + pause
        return f"{self.kept.name} ended ({_how(child.returncode)}); again in {pause:g} s. Its log: {self.kept.log}"


def _how(status: int) -> str:
    return f"status {status}" if status >= 0 else signal.Signals(-status).name


def trim_logs(home: Path) -> None:
    """Keep logs from growing for ever. They are written in append mode: emptying one under its writer is safe."""
    for log in (home / "log").glob("*.log"):
        if log.stat().st_size > LOG_LIMIT:
            shutil.copyfile(log, log.with_suffix(".log.1"))
            os.truncate(log, 0)


def end_group(pid: int, how: signal.Signals) -> None:
    """Each part leads a session of its own: its helpers go with it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, how)


def end_orphans(home: Path) -> list[str]:
    """End what an earlier supervisor started and could not stop. Answers with the names of the parts."""
    ended = []
    for mark in sorted((home / "run").glob("*.pid")):
        with contextlib.suppress(ValueError, OSError):
            first, command = mark.read_text().splitlines()
            if command_of(int(first)).strip() == command:
                _end(int(first))
                ended.append(mark.stem)
        mark.unlink(missing_ok=True)
    return ended


def _end(pid: int) -> None:
    end_group(pid, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    while command_of(pid):
        if time.monotonic() > deadline:
            end_group(pid, signal.SIGKILL)
        time.sleep(0.05)


@contextlib.contextmanager
def only_one(home: Path) -> Iterator[None]:
    """The lock goes with the process, however it ends."""
    (home / "run").mkdir(parents=True, exist_ok=True)
    with (home / "run" / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise EmbeddedError(
                f"a hub runs in {home} already (process {lock.read().strip() or 'unknown'}): use it, stop it with"
                " Ctrl-C where it was started, or give this one a CHECKBACK_HOME of its own"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def stop_all(parts: Sequence[Part]) -> None:
    """All hear it at once, and share one time to finish."""
    for part in parts:
        part.tell_to_stop()
    deadline = time.monotonic() + GRACE
    for part in parts:
        part.wait(deadline - time.monotonic())
