"""How many messages a second the hub accepts, each durable before its 202, while the rest of the line works on.

The load comes from `wrk` where it is installed, as it costs next to nothing; else from a generator of our own. Both
keep a fixed number of clients busy: each sends its next message when it has its answer.
"""

import asyncio
import contextlib
import json
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import uuid4

from tests.bench import database, processes
from tests.bench.figures import MILLISECONDS, Figures, latencies
from tests.bench.line import Line, Lost, request
from tests.bench.posts import Posting
from tests.bench.stand import HOST, BenchError, Stand

CLIENTS = 32
SCRIPT = Path(__file__).with_name("accept.lua")
ACCEPTED = 202
PATH = "/v1/messages"
SLOT = "@key@"  # where the key goes in a ready-made request


def generator() -> str:
    return "wrk" if shutil.which("wrk") else "our own generator (wrk is not installed)"


def measure(stand: Stand, postings: Sequence[Posting], *, seconds: int, clients: int = CLIENTS) -> Figures:
    """One run. What the generator counts as accepted is afterwards looked for in the database."""
    posts = _ready_made(stand, postings)
    marked = database.mark()
    watch = processes.Watch(stand.parts())
    run = _wrk if shutil.which("wrk") else _own
    figures, accepted, load = run(stand, posts, seconds, clients)
    each = watch.each(accepted, load=load)
    stored = sum(database.states_since(stand, marked, "message").values())
    if not accepted <= stored <= accepted + clients:
        raise BenchError(f"{accepted} messages were accepted, but {stored} are in the database")
    return figures | each


def _ready_made(stand: Stand, postings: Sequence[Posting]) -> list[tuple[str, str]]:
    trials = stand.trials()
    whole = [
        request("POST", PATH, trials[one.sender].token, body=one.body, key=SLOT).decode() for one in postings
    ]
    return [(head, tail) for head, _, tail in (one.partition(SLOT) for one in whole)]


# -- wrk ----------------------------------------------------------------------------------------------------


def _wrk(
    stand: Stand, posts: Sequence[tuple[str, str]], seconds: int, clients: int
) -> tuple[Figures, int, float]:
    with _lua(stand, posts) as file:
        command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--latency", "-s", str(SCRIPT)]
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        told = subprocess.run(
            [*command, f"{stand.url}{PATH}"],
            env={**os.environ, "BENCH_POSTS": str(file), "BENCH_RUN": uuid4().hex},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        now = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = json.loads(next(line for line in told.stdout.splitlines() if line.startswith("{")))
    if found["refused"] or found["broken"]:
        raise BenchError(f"wrk: {found['refused']} refused, {found['broken']} broken, of {found['requests']}")
    figures = {
        "messages/s": found["requests"] / (found["microseconds"] / 1_000_000),
        **{f"{name} ms": found[name] / MILLISECONDS for name in ("p50", "p99", "max")},
    }
    return figures, found["requests"], (now.ru_utime - used.ru_utime) + (now.ru_stime - used.ru_stime)


@contextlib.contextmanager
def _lua(stand: Stand, posts: Sequence[tuple[str, str]]) -> Iterator[Path]:
    """The requests as Lua source, in a file that only we can read, as they hold tokens."""
    entries = ",\n".join(f"{{head = {_quoted(head)}, tail = {_quoted(tail)}}}" for head, tail in posts)
    file = stand.home / "posts.lua"
    file.touch(mode=0o600)
    file.write_text(f"return {{\n{entries}\n}}\n", encoding="utf-8")
    try:
        yield file
    finally:
        file.unlink()


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "\\r").replace("\n", "\\n")
    return f'"{escaped}"'


# -- our own ------------------------------------------------------------------------------------------------


def _own(
    stand: Stand, posts: Sequence[tuple[str, str]], seconds: int, clients: int
) -> tuple[Figures, int, float]:
    used = time.process_time()
    times, lasted = asyncio.run(_clients(stand, posts, seconds, clients))
    figures = {"messages/s": len(times) / lasted, **latencies(times)}
    return figures, len(times), time.process_time() - used


async def _clients(
    stand: Stand, posts: Sequence[tuple[str, str]], seconds: int, clients: int
) -> tuple[list[float], float]:
    times: list[float] = []
    began = time.perf_counter()
    one_each = (_client(stand, posts, number, began + seconds, times) for number in range(clients))
    await asyncio.gather(*one_each)
    return times, time.perf_counter() - began


async def _client(
    stand: Stand, posts: Sequence[tuple[str, str]], number: int, until: float, times: list[float]
) -> None:
    line, run, sent = await Line.to(HOST, stand.port), uuid4().hex, number
    while time.perf_counter() < until:
        head, tail = posts[sent % len(posts)]
        sent += 1
        answer = await line.ask(f"{head}{run}-{sent}{tail}".encode())
        if answer.status != ACCEPTED:
            raise Lost(f"answered {answer.status}: {answer.body[:500].decode(errors='replace')}")
        times.append(answer.seconds)
    line.hang_up()
