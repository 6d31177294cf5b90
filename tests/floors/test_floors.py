"""What every file of this repository must hold, whoever wrote it: the habits of the house, as tests."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.floors.tree import PACKAGES, ROOT, imported, modules, texts

BIN = Path(sys.executable).parent
LONGEST_FILE = 450  # 250 is the signal to split; what is over it says why, below
SIGNAL = 250
LONGEST_FUNCTION = 60
CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "monotonic"}

# Why each file that is longer than the signal is better whole.
LONG_FOR_A_REASON = {
    "agencies/client.py": "the same calls in two makes, side by side so that they stay the same",
    "agencies/calls.py": "every call of the API; a second file would only hide half of them",
    "agencies/keys.py": "two kinds of key and their dates: one cannot be read without the other",
    "hub/answer/commit.py": "one group of acts, from its locks to its last row, in the order in which it is written",
    "hub/cli/embedded.py": "two servers and what they have in common",
    "hub/journey.py": "the map is read in one go",
    "hub/store/owed.py": "every question that is asked of one table",
    "hub/store/tables.py": "the whole schema in one place",
    "hub/web/openapi.py": "one document, made in one go",
    "protocols/explain.py": "a whole protocol in words, in the order of its parts",
    "protocols/messages/common.py": "what kinds build on, each on the one above it",
    "protocols/messages/fields.py": "every small word of a message, beside what is said of a slip in it",
}


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check"],
        ["ruff", "format", "--check"],
        ["lint-imports"],
        ["mypy"],
    ],
    ids=" ".join,
)
def test_the_tools_find_nothing(command: list[str]) -> None:
    run = subprocess.run(
        [BIN / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_files_are_short_or_say_why_not() -> None:
    lengths = {
        name: text.count("\n") for name, text in texts() if name.endswith(".py") and "/versions/" not in name
    }
    too_long = {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE}
    assert not too_long, "split these"
    unexplained = {
        name: lines
        for name, lines in lengths.items()
        if lines > SIGNAL and name not in LONG_FOR_A_REASON and not name.startswith("tests/")
    }
    assert not unexplained, "split these, or say in LONG_FOR_A_REASON why they are better whole"


def test_functions_are_short() -> None:
    long = {
        f"{name}: {node.name}": _lines(node)
        for name, module in modules(*PACKAGES, "tests")
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _lines(node) > LONGEST_FUNCTION
        if "/versions/" not in name
    }
    assert not long


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_protocols_stand_on_the_standard_library_and_pydantic() -> None:
    allowed = sys.stdlib_module_names | {"pydantic", "pydantic_core", "protocols"}
    strangers = {
        f"{name}: {what}"
        for name, module in modules("protocols")
        for what in imported(module)
        if what.split(".")[0] not in allowed
    }
    assert not strangers


def test_time_is_an_argument_below_the_hub() -> None:
    """Only the client reads the clock there: it waits."""
    read = {
        f"{name}:{node.lineno}"
        for name, module in modules("protocols", "agencies")
        if name != "agencies/client.py"
        for node in ast.walk(module)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CLOCKS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"datetime", "date", "time"}
    }
    assert not read


def test_only_workers_use_rq_and_reach() -> None:
    users = {
        f"{name}: {what}"
        for name, module in modules("protocols", "agencies", "hub")
        for what in imported(module)
        if what.split(".")[0] == "rq" or (what.startswith("agencies.reach") and "agencies/reach" not in name)
    }
    assert not users


def test_what_is_logged_is_a_fixed_text() -> None:
    """An f-string there would carry past the net of `hub.logs` whatever it holds."""
    levels = {"debug", "info", "warning", "error", "exception", "critical"}
    loose = {
        f"{name}:{node.lineno}"
        for name, module in modules("hub", "workers", "agencies")
        for node in ast.walk(module)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in levels
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"log", "logger"}
        and not (node.args and isinstance(node.args[0], ast.Constant))
    }
    assert not loose


def test_every_module_says_what_it_is_for() -> None:
    silent = {
        name
        for name, module in modules(*PACKAGES, "tests")
        if module.body and ast.get_docstring(module) is None
    }
    assert not silent


def test_nothing_is_left_for_later() -> None:
    marks = tuple(map("".join, (("TO", "DO"), ("FIX", "ME"), ("XX", "X"))))  # so as not to find themselves
    left = {
        f"{name}:{number}"
        for name, text in texts()
        if name.endswith((".py", ".toml", ".yml", "Makefile", "Dockerfile"))
        for number, line in enumerate(text.splitlines(), 1)
        if any(mark in line.split() or f"{mark}:" in line for mark in marks)
    }
    assert not left
    skipped = {
        f"{name}:{node.lineno}"
        for name, module in modules("tests")
        for node in ast.walk(module)
        if isinstance(node, ast.Attribute) and node.attr in {"skip", "skipif", "xfail", "importorskip"}
    }
    assert not skipped, "nothing is skipped because a thing is missing: the test command installs it"
