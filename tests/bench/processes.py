"""What the hub's processes cost: processor time and memory of each, read from /proc.

Processor time is the steadiest figure on a machine that others use too: it counts what was worked, not what was
waited for. A part is counted with its children; what a child that has ended used, its parent has taken over.
Where there is no /proc, nothing is measured and the table says so.
"""

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.figures import MILLISECONDS, Figures

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
AFTER_NAME = 2  # the fields of /proc/<pid>/stat that follow the name in parentheses begin with the third
PARENT, TIMES = 3 - AFTER_NAME, slice(13 - AFTER_NAME, 17 - AFTER_NAME)
MEBIBYTE = 1024.0  # of the kibibytes that /proc tells

Parts = Mapping[str, int]  # the name of a part, and the process that leads it


def _stat(pid: int) -> list[str]:
    try:
        told = (PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return []
    return told.rpartition(") ")[2].split()


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in PROC.glob("[0-9]*"):
        told = _stat(int(entry.name))
        if told:
            children.setdefault(int(told[PARENT]), []).append(int(entry.name))
    found = [pid]
    for one in found:  # grows as it goes
        found += children.get(one, [])
    return found


def cpu_seconds(pids: Iterable[int]) -> float:
    ticks = sum(int(field) for pid in pids for field in _stat(pid)[TIMES])
    return ticks / TICKS


def cpu_of(parts: Parts) -> Figures:
    """Seconds of processor time of each part until now."""
    return {name: cpu_seconds(family(pid)) for name, pid in parts.items()}


def cpu_of_machine() -> float:
    """Seconds that all processors together have been busy until now."""
    fields = [int(field) for field in (PROC / "stat").read_text().splitlines()[0].split()[1:9]]
    idle = fields[3] + fields[4]  # and waiting for a disk
    return (sum(fields) - idle) / TICKS


@dataclass
class Watch:
    """What is used from now on, until `each` is asked."""

    parts: Parts
    before: Figures = field(default_factory=dict)
    busy: float = 0.0
    since: float = 0.0

    def __post_init__(self) -> None:
        if PROC.is_dir():
            self.before, self.busy, self.since = cpu_of(self.parts), cpu_of_machine(), time.perf_counter()

    def each(self, count: int, *, load: float) -> Figures:
        """Milliseconds of processor time for one message, by part and together; and what somebody else used of the
        machine meanwhile: where that is much, the figures are not those of this machine.
        """
        if not self.before:
            return {}
        after, busy = cpu_of(self.parts), cpu_of_machine() - self.busy
        used = {name: after[name] - self.before[name] for name in self.before}
        others = busy - sum(used.values()) - load
        return {
            **{f"cpu {name} ms": seconds / count * MILLISECONDS for name, seconds in used.items()},
            "cpu hub ms": sum(used.values()) / count * MILLISECONDS,
            "cpu load generator ms": load / count * MILLISECONDS,
            "used by others %": max(
                0.0, others / (time.perf_counter() - self.since) / (os.cpu_count() or 1) * 100
            ),
        }


def memory_of(parts: Parts) -> dict[str, Figures]:
    """Mebibytes of each part: RSS counts shared pages once for each process, PSS shares them out."""
    if not PROC.is_dir():
        return {}
    return {name: _memory(family(pid)) for name, pid in parts.items()}


def _memory(pids: Iterable[int]) -> Figures:
    found = {"rss": 0.0, "pss": 0.0}
    for pid in pids:
        try:
            lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
        except OSError:  # ended meanwhile, or another account's
            continue
        for line in lines:
            name, _, rest = line.partition(":")
            if name.lower() in found:
                found[name.lower()] += int(rest.split()[0]) / MEBIBYTE
    return found
