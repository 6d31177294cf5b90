"""What the README says to type is typed, in order, in one shell at a real hub; what it shows is what comes out.

A shown line may be cut with "…", and a "…" alone stands for lines that are left out. Ids, dates and times differ from
run to run, and are not compared.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.cli.demo.place import Place
from tests.demo.conftest import ROOT, environment_of

pytestmark = pytest.mark.xdist_group("demo")

README = ROOT / "README.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAUSE = "\x1e"  # between two blocks
CHANGES = (
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?Z?)?( GMT| BST)?", "MOMENT"),
    (r"\d{4}-\d\d-\d\d", "DAY"),
    (r"\b[0-9a-f]{16,}\b", "HEX"),
)


@dataclass
class Block:
    """Something to type, and what the page says comes out of it."""

    code: str
    shown: str = ""


def blocks() -> Iterator[Block]:
    last: Block | None = None
    for language, text in FENCE.findall(README.read_text(encoding="utf-8")):
        if language == "sh":
            if last is not None:
                yield last
            last = Block(text)
        elif language == "text" and last is not None:
            last.shown = text
    if last is not None:
        yield last


def alike(line: str) -> str:
    for pattern, name in CHANGES:
        line = re.sub(pattern, name, line)
    return " ".join(line.split())


def came_out(shown: str, out: str) -> None:
    lines = iter([alike(line) for line in out.splitlines()])
    for line in filter(lambda one: one.strip() != "…", shown.splitlines()):
        wanted = alike(line)
        pattern = ".*".join(map(re.escape, wanted.split("…")))
        assert any(re.fullmatch(pattern, one) for one in lines), (
            f"{line!r} does not come out, or not there:\n{out}"
        )


def test_the_two_commands_are_there() -> None:
    first, *_ = blocks()
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = re.findall(r"^make (\w+)", first.code, flags=re.MULTILINE)
    assert named == ["run", "demo"]
    assert all(f"\n{name}:" in makefile for name in named)


def path_with_curl(where: Path) -> str:
    """The PATH, with a stand-in for curl at its end: one that is installed comes first."""
    (where / "curl").write_text(
        f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).parent / "curl.py"}" "$@"\n'
    )
    (where / "curl").chmod(0o755)
    return f"{os.environ['PATH']}:{where}"


def test_the_tour_can_be_taken(place: Place, tmp_path: Path) -> None:
    _, *tour = blocks()
    assert len(tour) > 5
    script = f"\nprintf '{PAUSE}'\n".join(["set -eu", *(block.code for block in tour)])
    here = {
        "http://127.0.0.1:8000": place.url,
        "var/": f"{place.home}/",
        ".venv/bin/": f"{Path(sys.executable).parent}/",
    }
    for said, meant in here.items():
        script = script.replace(said, meant)
    run = subprocess.run(
        ["sh", "-c", script],
        cwd=ROOT,
        env={**environment_of(place.home), "PATH": path_with_curl(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    outs = run.stdout.split(PAUSE)[1:]
    for block, out in zip(tour, outs, strict=True):
        came_out(block.shown, out)


def test_what_it_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README.read_text(encoding="utf-8"))
    assert links
    assert not [link for link in links if not (ROOT / link).exists()]
