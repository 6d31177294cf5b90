"""Where web and worker spend their time, sampled from outside by py-spy: it slows them by next to nothing.

It is no dependency of Checkback, as it is a program and no library: `pip install py-spy` puts it in place. Each part
leaves its stacks in var/, in the form that flame graphs are drawn from; the dearest functions are shown.
"""

import contextlib
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.bench import report
from tests.bench.stand import BenchError, Stand

RATE = 100  # samples a second
DEAREST = 30
WATCHED = ("web", "worker", "pump")


@contextlib.contextmanager
def nothing() -> Iterator[None]:
    yield


@contextlib.contextmanager
def of(stand: Stand, name: str) -> Iterator[None]:
    """Profile the hub's Python processes during a `with`."""
    program = shutil.which("py-spy") or shutil.which("py-spy", path=str(Path(sys.executable).parent))
    if program is None:
        raise BenchError("--profile needs py-spy: `pip install py-spy`")
    pids = {part: pid for part, pid in stand.parts().items() if part.startswith(WATCHED)}
    files = {part: Path("var") / f"profile-{name}-{part}.txt" for part in pids}
    spies = [
        subprocess.Popen(
            [program, "record", "--pid", str(pid), "--rate", str(RATE), "--format", "raw", "--subprocesses",
             "--gil", "--nonblocking",  # what waits is no work, and a process that is stopped to be looked at is slowed
             "--duration", "unlimited", "--output", str(files[part])],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for part, pid in pids.items()
    ]  # fmt: skip
    try:
        yield
    finally:
        for spy in spies:
            spy.send_signal(signal.SIGINT)
            spy.wait(60)
    for part, file in files.items():
        if file.exists():
            _show(part, file)


def _show(part: str, file: Path) -> None:
    """The functions that are most often on the stack, and those that are most often on top of it."""
    within: Counter[str] = Counter()
    on_top: Counter[str] = Counter()
    total = 0
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        stack, _, count = line.rpartition(" ")
        frames = [frame.rpartition(":")[0] or frame for frame in stack.split(";")]
        total += int(count)
        on_top[frames[-1]] += int(count)
        for frame in set(frames):
            within[frame] += int(count)
    shares = {
        f"{frame} (itself {on_top[frame] / total:.0%})": f"{count / total:.1%}"
        for frame, count in within.most_common(DEAREST)
    }
    report.table(f"{part}: share of its time; all stacks in {file}", shares)
