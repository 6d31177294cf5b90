"""The hub that a story is played against: the one that runs here, one that is named, or one made for the story.

Its own is started as anybody would start one, by `checkback up`, in a temporary home and on a free port, with
nothing of this environment's settings; afterwards it is stopped, and its home removed.
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
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hub.cli import here, trial
from hub.cli.demo.tell import Narrator
from hub.cli.embedded import EmbeddedError, Postgres, tail
from hub.cli.up import found, is_ready, leave
from hub.settings import PREFIX, Settings, WebSettings

PATIENCE = 180.0  # seconds until a hub of our own is ready: a busy machine makes a database slowly
GRACE = 60.0  # seconds for it to stop: its parts finish what they hold
AMBIENT = ("DATABASE_URL", "REDIS_URL")


@dataclass(frozen=True)
class Place:
    """A hub: where it listens, where its agencies to try are kept, and the database that holds its audit."""

    url: str
    home: Path
    database_url: str
    own: bool = False


@contextlib.contextmanager
def place_for(url: str | None, tell: Narrator) -> Iterator[Place]:
    web = here.settings(WebSettings)
    near = found(web)
    if url is not None or (trial.load(web.home) and is_ready(near)):
        yield Place(url or near, web.home, here.settings(Settings).database_url)
        return
    tell.says("No hub runs here: one is started for this story, in a temporary directory …")
    with own() as place:
        yield place


@contextlib.contextmanager
def own() -> Iterator[Place]:
    """A whole hub of our own for as long as the block lasts."""
    home = Path(tempfile.mkdtemp(prefix="checkback-"))
    log, port = home / "up.log", free_port()
    with log.open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "hub.cli", "up", "--examples"],
            env=environment(home, port),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches the story, which then stops its hub in order
        )
    place = Place(f"http://127.0.0.1:{port}", home, Postgres(home / "postgres").url(here.DATABASE), own=True)
    with _sigterm_as_exit():
        try:
            _wait(child, place, log)
            yield place
        finally:
            _stop(child)
            shutil.rmtree(home, ignore_errors=True)


def environment(home: Path, port: int) -> dict[str, str]:
    """Ours, without any setting of another hub."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(PREFIX) and name not in AMBIENT
    }
    return {
        **kept,
        f"{PREFIX}HOME": str(home),
        f"{PREFIX}PORT": str(port),
        f"{PREFIX}SECRETS_DIR": str(home / "no-secrets"),
        f"{PREFIX}CHASE_SECONDS": "2",  # nobody waits half a minute for a story to go on
    }


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _wait(child: subprocess.Popen[bytes], place: Place, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_ready(place.url):
        if child.poll() is not None or time.monotonic() > deadline:
            raise EmbeddedError(f"the story's own hub did not start. It said:\n{tail(log)}")
        time.sleep(0.1)


def _stop(child: subprocess.Popen[bytes]) -> None:
    """However impatient somebody is now: what was started here is stopped here."""
    with _deaf_to_ctrl_c():
        child.terminate()
        try:
            child.wait(GRACE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@contextlib.contextmanager
def _sigterm_as_exit() -> Iterator[None]:
    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
