"""A whole hub of real processes, started as anybody starts one, for the story and for what the README says."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from hub.cli.demo.place import Place, environment, own

ROOT = Path(__file__).resolve().parents[2]

Checkback = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def place() -> Iterator[Place]:
    with own() as hub:
        yield hub


def environment_of(home: Path) -> dict[str, str]:
    """Of somebody who knows where the hub is kept, and nothing else of it."""
    env = environment(home, port=0)
    del env["CHECKBACK_PORT"]
    return env


@pytest.fixture
def checkback() -> Checkback:
    """The command line, in a process of its own: what it prints on both, and its status."""

    def run(
        *arguments: object, home: Path, more: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "hub.cli", *map(str, arguments)],
            cwd=ROOT,
            env={**environment_of(home), "PYTHONWARNINGS": "default", **(more or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    return run


def processes_that_name(path: Path) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if os.fsencode(path).decode() in command:
            found.append(command)
    return found
