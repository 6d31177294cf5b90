"""docs/protocols.md, run as its reader would run it: its files are written, its blocks run, its output compared."""

import contextlib
import io
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from protocols.conditions import Plan, When
from protocols.deadlines import Unit
from protocols.decide import Reason
from protocols.parse import ProtocolFaults, parse
from protocols.protocol import Direction, Owed
from protocols.shipped import includes, text_of
from protocols.vocabulary import Area, Kind, Section, Urgency, Withheld
from protocols.watches import Across

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "protocols.md").read_text(encoding="utf-8")


class Block(NamedTuple):
    language: str
    file: str
    text: str


BLOCKS = [
    Block(*found) for found in re.findall(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the reader sits: the files that the page tells them to write, and the examples."""
    for block in BLOCKS:
        if block.file:
            (tmp_path / block.file).write_text(block.text, encoding="utf-8")
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("block", [one for one in BLOCKS if one.file], ids=lambda one: one.file)
def test_its_files_are_sound_but_for_the_one_that_is_broken(block: Block) -> None:
    if block.file == "broken.toml":
        with pytest.raises(ProtocolFaults):
            parse(block.text, file=block.file, include=includes())
    else:
        assert parse(block.text, file=block.file, include=includes()).id == Path(block.file).stem


def test_its_watches_are_those_of_the_shipped_protocols() -> None:
    [block] = [one for one in BLOCKS if one.language == "toml" and not one.file and "[[watch]]" in one.text]
    assert tomllib.loads(block.text)["watch"] == sorted(
        tomllib.loads(text_of("babies"))["watch"], key=lambda one: "counts" not in one
    )


@pytest.mark.parametrize(
    "block", [one for one in BLOCKS if one.language == "console"], ids=lambda one: one.text.split("\n")[0]
)
def test_its_commands_say_what_it_says(block: Block, folder: Path) -> None:
    command, _, expected = block.text.partition("\n")
    ran = subprocess.run(
        [sys.executable, "-m", "hub.cli", *command.removeprefix("$ checkback ").split()],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout.strip() == expected.strip(), ran.stderr
    assert ran.returncode == ("broken" in command)


@pytest.mark.usefixtures("folder")
def test_its_program_prints_what_it_says() -> None:
    names: dict[str, Any] = {}
    (program,) = [one.text for one in BLOCKS if one.language == "python"]
    (expected,) = [one.text for one in BLOCKS if one.language == "text"]
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(program, "docs/protocols.md", "exec"), names)  # noqa: S102 - our own document
    assert out.getvalue() == expected


WORDS: Iterable[str] = [
    *Owed, *Section, *Withheld, *Direction, *Area, *Plan, *Urgency, *Kind, *Reason, *Unit,
    *(name for name in When.__dataclass_fields__),
    *Across,
    *("counts", "waits_for", "from", "until", "within", "across", "threshold", "weights", "by"),
    *("with", "view", "call_first", "takes_responsibility", "if_named", "ladder", "says", "include"),
]  # fmt: skip


@pytest.mark.parametrize("word", sorted(set(WORDS)))
def test_it_names_every_word_that_may_be_written_or_read(word: str) -> None:
    assert re.search(rf"`{re.escape(word)}( = \w+)?`", TEXT)
