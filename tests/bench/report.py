"""The figures, for people on the terminal and for programs in var/bench.json.

The file tells what machine it was by its cores and the versions that ran, and nothing that tells whose it was.
"""

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from hub.cli.embedded import postgres_program, valkey_program
from tests.bench.figures import Figures

FILE = Path("var/bench.json")
LIBRARIES = ("cryptography", "psycopg", "pydantic", "rq", "sqlalchemy", "starlette", "uvicorn", "uvloop")
TEN, HUNDRED = 10, 100

out = Console(highlight=False, soft_wrap=True)


def say(text: str) -> None:
    out.print(text, markup=False)


def machine() -> dict[str, Any]:
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "architecture": platform.machine(),
        "system": platform.system(),
        "processor": _processor(),
        "python": platform.python_version(),
        "postgres": _version_of(postgres_program("postgres")),
        "valkey": _version_of(valkey_program()),
        "libraries": {name: version(name) for name in LIBRARIES},
    }


def _processor() -> str:
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in told.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _version_of(program: Path) -> str:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    return next((word for word in told.replace("v=", "").split() if word[:1].isdigit()), "unknown")


def table(title: str, rows: Mapping[str, float | str], *, medians_of: int = 1) -> None:
    made = Table(title=f"{title}{f' (median of {medians_of} runs)' if medians_of > 1 else ''}", title_justify="left",
                 show_header=False, box=None, pad_edge=False)  # fmt: skip
    made.add_column(min_width=36)
    made.add_column(justify="right", min_width=10)
    for name, value in rows.items():
        made.add_row(name, value if isinstance(value, str) else figure(value))
    out.print(made)
    out.print()


def figure(value: float) -> str:
    if value >= HUNDRED:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= TEN else f"{value:.2f}"


def goals(rows: Sequence[tuple[str, float, str, float]]) -> dict[str, bool]:
    """What was to be reached, what was reached. A figure that falls short is told as it is."""
    made = Table(
        "goal", "reached", "", title="What was to be reached", title_justify="left", box=None, pad_edge=False
    )
    met = {}
    for name, reached, sign, wanted in rows:
        met[name] = reached >= wanted if sign == "≥" else reached <= wanted
        made.add_row(
            f"{name} {sign} {figure(wanted)}",
            figure(reached),
            "[green]yes[/]" if met[name] else "[red]falls short[/]",
        )
    out.print(made)
    return met


def write(told: Mapping[str, Any], *, mode: str) -> None:
    """The newest figures of each sort; a run of one part alone leaves the others as they were."""
    held: dict[str, Any] = {}
    if FILE.exists():
        held = json.loads(FILE.read_text(encoding="utf-8"))
    whole = {**held, "machine": machine(), **_stamped(told, mode)}
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    say(f"written to {FILE}")


def _stamped(told: Mapping[str, Any], mode: str) -> dict[str, Any]:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return {name: {"at": at, "mode": mode, **part} for name, part in told.items()}


def rounded(figures: Figures) -> Figures:
    return {name: round(value, 3) for name, value in figures.items()}
