"""docs/directory.md, run as its reader would run it: its files are written, its blocks run, its output compared."""

import contextlib
import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agencies.agency import Agency, Contact, ContactRole
from protocols.vocabulary import Role

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "directory.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)


def test_the_document_runs_and_prints_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    printed = ""
    for language, file, block in BLOCKS:
        if file:
            (tmp_path / file).write_text(block, encoding="utf-8")
        elif language == "python":
            assert not printed, f"nothing compares what was printed before {block}"
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(compile(block, "docs/directory.md", "exec"), names)  # noqa: S102 - our own document
            printed = out.getvalue()
        elif language == "text":
            assert printed == block
            printed = ""
    assert not printed


def test_its_commands_say_what_it_says(tmp_path: Path) -> None:
    files = {file: block for _, file, block in BLOCKS if file}
    consoles = [block for language, _, block in BLOCKS if language == "console"]
    assert consoles
    for block in consoles:
        command, _, expected = block.partition("\n")
        words = command.removeprefix("$ checkback ").split()
        (tmp_path / words[-1]).write_text(files[words[-1]], encoding="utf-8")
        ran = subprocess.run(
            [sys.executable, "-m", "hub.cli", *words],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert ran.stdout.strip() == expected.strip()


@pytest.mark.parametrize(
    "word", [*Role, *ContactRole, *sorted(set(Agency.model_fields) - {"contacts"}), *Contact.model_fields]
)
def test_it_names_every_key_and_role(word: str) -> None:
    assert f"`{word}`" in TEXT or f"`{word}`," in TEXT
