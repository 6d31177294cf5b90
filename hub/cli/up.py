"""`checkback up`: a whole hub on this machine, and nothing else needed. Ctrl-C stops it; a second start finds all."""

import contextlib
import os
import shutil
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from hub.cli import here, say, trial
from hub.cli.embedded import EmbeddedError, Postgres, Server, Valkey
from hub.cli.supervisor import Keeper, Kept, Part, end_orphans, only_one, stop_all, trim_logs
from hub.settings import WebSettings, WorkerSettings

LOOK_EVERY = 0.2  # seconds
TRIM_EVERY = 30.0
ADDRESS = Path("run", "address")
EXAMPLE = "handover-sandwell-to-birmingham"
FIRST = "sandwell-0-19"  # whose token the example calls use


def up(
    examples: Annotated[
        bool | None,
        typer.Option(
            help="Load the example directory and protocols, with agencies to try. "
            "By default only where the database is the embedded one.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Run a whole hub here: PostgreSQL, Redis, web, pump, workers and scheduler, kept in ./var."""
    web = here.settings(WebSettings)
    for one in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, leave)
    with only_one(web.home):
        for name in end_orphans(web.home):
            say.note(f"ended {name}, left over from a hub that was killed")
        free_port(web)
        with contextlib.ExitStack() as servers:
            running = start_servers(web, servers)
            from hub.cli.prepare import create_database, prepare, take_up_again  # noqa: PLC0415 - say hello before loading it all

            for server in running:
                if isinstance(server, Postgres):
                    create_database(server)
            prepare(examples=bool(running) if examples is None else examples)
            if any(isinstance(server, Postgres) for server in running):
                take_up_again()
            with listening(web):
                keep_alive(web, running)
        say.done("stopped; everything is kept")


def leave(number: int, _: object) -> None:
    """Told to stop while it is still starting: what was started so far is stopped on the way out."""
    sys.exit(128 + number)


def free_port(web: WebSettings) -> None:
    with socket.socket(socket.AF_INET6 if ":" in web.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((web.host, web.port))
        except OSError as fault:
            raise EmbeddedError(
                f"cannot listen on {web.host}:{web.port} ({fault.strerror}): stop what uses that port,"
                " or choose another with CHECKBACK_PORT"
            ) from None


def start_servers(web: WebSettings, stack: contextlib.ExitStack) -> list[Server]:
    """Those servers that the environment names no others for."""
    given, wanted = WebSettings(), list[Server]()
    if not here.names_database(given):
        wanted.append(Postgres(web.home / "postgres"))
    if not here.names_redis(given):
        wanted.append(Valkey(web.home / "redis"))
    for server in wanted:
        stack.enter_context(server)
        if server.child is None:  # it outlived its supervisor: from here on it shall be our own child
            server.stop()
            server.start()
        say.done(f"{server.name} runs in {server.home}")
    return wanted


def parts(web: WebSettings, workers: WorkerSettings) -> list[Part]:
    step = [sys.executable, "-m", "workers.run"]
    commands = {"web": [sys.executable, "-m", "hub.cli", "serve"], "pump": [*step, "pump"]}
    commands |= {f"worker-{number}": [*step, "worker"] for number in range(1, workers.worker_processes + 1)}
    commands["scheduler"] = [*step, "scheduler"]
    env = {**os.environ, "CHECKBACK_DATABASE_URL": web.database_url, "CHECKBACK_REDIS_URL": web.redis_url}
    return [Part(name, command, home=web.home.absolute(), env=env) for name, command in commands.items()]


def keep_alive(web: WebSettings, servers: list[Server]) -> None:
    """Until somebody says stop: everything runs, or is being started again."""
    stopping = _stop_on_signals()
    running = parts(web, here.settings(WorkerSettings))
    everything: list[Kept] = [*servers, *running]
    keepers = [Keeper(kept) for kept in everything]
    greeted, trimmed = False, 0.0
    try:
        while not stopping():
            for said in [keeper.watch() for keeper in keepers]:
                if said:
                    say.note(said)
            if not greeted and is_ready(address(web)):
                greeted = True
                greet(web)
            if time.monotonic() - trimmed > TRIM_EVERY:
                trimmed = time.monotonic()
                trim_logs(web.home)
            time.sleep(LOOK_EVERY)
    finally:
        say.note("stopping: each part finishes what it holds …")
        stop_all(running)


def _stop_on_signals() -> Callable[[], bool]:
    heard: list[int] = []
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, lambda number, _: heard.append(number))
    return lambda: bool(heard)


def is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health/ready", timeout=2) as answer:  # noqa: S310 - our own
            return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's own figure
    except (OSError, urllib.error.URLError):
        return False


def address(web: WebSettings) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(web.host, web.host)  # noqa: S104 - read, not listened on
    return f"http://{host}:{web.port}"


@contextlib.contextmanager
def listening(web: WebSettings) -> Iterator[None]:
    """Leave word of the address, so that other commands of this home find the hub without being told its port."""
    word = web.home / ADDRESS
    word.write_text(address(web) + "\n", encoding="utf-8")
    try:
        yield
    finally:
        word.unlink(missing_ok=True)


def found(web: WebSettings) -> str:
    """Where the hub of this home listens: where the settings say, or else where it said it does."""
    if not {"host", "port"} & web.model_fields_set:
        with contextlib.suppress(FileNotFoundError):
            return (web.home / ADDRESS).read_text(encoding="utf-8").strip()
    return address(web)


def greet(web: WebSettings) -> None:
    url, token = address(web), trial.directory_of(web.home) / f"{FIRST}.token"
    say.say(f"\nCheckback listens at {url}    (its API: {url}/openapi.json; its logs: {web.home / 'log'}/)")
    if token.exists():
        say.say(_first_steps(url, token))
    say.say("Ctrl-C stops it. Another `checkback up` finds everything still there.\n")


def _first_steps(url: str, token: Path) -> str:
    bearer = f'-H "Authorization: Bearer $(cat {token})"'
    us = called()
    return f"""
What to do next, in another terminal:

  make demo
      the story of one family that moved, told by real calls
  {us} example {EXAMPLE} | {us} send - --as {FIRST} --preview
      who would hear of a handover, what each would see, and by which clause; without --preview it is sent
  {us} inbox --as birmingham-0-19
      what waits for another agency
  {us} protocols explain sandwell
      who gets what, when and why
  {us} doctor
      whether all is well
  curl {bearer} {url}/v1/inbox
      the same API that all of these use
"""


def _near(path: Path) -> Path:
    """As short as it can be said from here."""
    with contextlib.suppress(ValueError):
        return path.relative_to(Path.cwd())
    return path


def called() -> str:
    """How this program can be called from here."""
    ours = Path(sys.executable).parent / "checkback"
    return "checkback" if shutil.which("checkback") == str(ours) else str(_near(ours))
