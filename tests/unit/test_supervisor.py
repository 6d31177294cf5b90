"""The supervisor keeps parts alive, ends orphans, and stops all in order."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from hub.cli import supervisor
from hub.cli.embedded import EmbeddedError, command_of
from hub.cli.supervisor import Keeper, Part, end_orphans, only_one, stop_all, trim_logs

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
]


class Seconds:
    """A clock that a test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("log", "run"):
        (tmp_path / name).mkdir()
    return tmp_path


def part(home: Path, command: list[str]) -> Part:
    return Part("part", command, home=home, env=os.environ)


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while command_of(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not command_of(pid)


def test_what_died_is_started_again_ever_more_slowly(home: Path) -> None:
    seconds = Seconds()
    one = part(home, [sys.executable, "-c", "raise SystemExit(3)"])
    keeper = Keeper(one, seconds=seconds)
    assert keeper.watch() is None
    keeper.watch()
    pauses = []
    for _ in range(8):
        assert one.child is not None
        one.child.wait()
        said = keeper.watch()
        assert said is not None
        assert "part ended (status 3)" in said
        pauses.append(float(said.split("again in ")[1].split(" s")[0]))
        assert keeper.watch() is None, "not before its pause is over"
        seconds.now += pauses[-1]
        keeper.watch()
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30]
    stop_all([one])


def test_one_that_lived_long_starts_again_at_once(home: Path) -> None:
    seconds = Seconds()
    one = part(home, SLEEP)
    keeper = Keeper(one, seconds=seconds)
    keeper.watch()
    keeper.watch()
    for _ in range(3):
        assert one.child is not None
        one.child.kill()
        one.child.wait()
        seconds.now += supervisor.SETTLED + 1
        assert "SIGKILL" in str(keeper.watch())
        seconds.now += supervisor.FIRST_PAUSE
        keeper.watch()
    stop_all([one])


def test_stopping_is_asked_for_and_then_insisted_on(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "GRACE", 0.5)
    willing, deaf = part(home, SLEEP), part(home, STUBBORN)
    for one in (willing, deaf):
        one.again()
    while "deaf" not in deaf.log.read_text():
        time.sleep(0.02)
    stop_all([willing, deaf])
    assert willing.child is not None
    assert deaf.child is not None
    assert willing.child.returncode == -signal.SIGTERM
    assert deaf.child.returncode == -signal.SIGKILL
    assert not list((home / "run").glob("*.pid"))


def test_orphans_are_ended_and_strangers_are_not(home: Path) -> None:
    orphan = subprocess.Popen(SLEEP, start_new_session=True)
    stranger = subprocess.Popen(SLEEP, start_new_session=True)
    (home / "run" / "web.pid").write_text(f"{orphan.pid}\n{' '.join(SLEEP)}\n")
    (home / "run" / "pump.pid").write_text(f"{stranger.pid}\nanother command\n")
    (home / "run" / "worker-1.pid").write_text("nonsense")
    deadline = time.monotonic() + 5
    while "sleep" not in command_of(orphan.pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    with Reaped(orphan):
        assert end_orphans(home) == ["web"]
    assert stranger.poll() is None
    assert not list((home / "run").glob("*.pid"))
    stranger.kill()
    stranger.wait()


class Reaped:
    """An orphan of a dead supervisor is collected by init; here a thread stands in for it."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self._thread = threading.Thread(target=child.wait)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._thread.join()


def test_only_one_supervisor_runs(home: Path) -> None:
    with only_one(home), pytest.raises(EmbeddedError, match=f"process {os.getpid()}"), only_one(home):
        pass
    with only_one(home):
        pass


def test_a_long_log_is_put_aside_under_its_writer(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "LOG_LIMIT", 10)
    log = home / "log" / "web.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"a long line\n")
        trim_logs(home)
        writer.write(b"next\n")
    assert log.read_bytes() == b"next\n"
    assert (home / "log" / "web.log.1").read_bytes() == b"a long line\n"
