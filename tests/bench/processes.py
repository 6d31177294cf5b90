"""What the hub's processes cost: processor time and memory of each, read from /proc.

Processor time is the steadiest figure on a machine that others use too: it counts what was worked, not what was
waited for. A part is counted with its children; what a child that has ended used, its parent has taken over.
Where there is no /proc, nothing is measured and the table says so.
"""

import os
from collections.abc import Iterable, Mapping
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
    if not PROC.is_dir():
        return {}
    return {name: cpu_seconds(family(pid)) for name, pid in parts.items()}


def cpu_each(before: Mapping[str, float], after: Mapping[str, float], count: int) -> Figures:
    """Milliseconds of processor time for one message, by part and together."""
    used = {name: (after[name] - before[name]) / count * MILLISECONDS for name in before if name in after}
    each = {f"cpu {name} ms": value for name, value in used.items()}
    hub = sum(value for name, value in used.items() if name != "load")
    return each | {"cpu hub ms": hub} if each else {}


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
