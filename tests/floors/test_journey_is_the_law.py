"""The map is drawn as it is, and nothing writes a state behind its back."""

import re
from pathlib import Path

from hub.diagram import picture

ROOT = Path(__file__).parents[2]
STATE_WRITE = re.compile(r"SET\s+state\b|\.values\([^)]*\bstate=", re.IGNORECASE)


def test_the_picture_in_the_architecture_is_drawn_from_the_table() -> None:
    told = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    drawn = told.split("<!-- journey -->\n")[1].split("<!-- /journey -->")[0]
    assert drawn.strip() == picture().strip(), "run `make docs` and commit what it changes"


def test_only_the_swap_writes_a_state_and_only_the_journey_calls_it() -> None:
    sources = {
        path: path.read_text(encoding="utf-8")
        for package in ("hub", "workers")
        for path in (ROOT / package).rglob("*.py")
        if "migrations" not in path.parts
    }
    writers = {path.name for path, text in sources.items() if STATE_WRITE.search(text)}
    assert writers == {"shares.py"}
    callers = {
        path.name for path, text in sources.items() if re.search(r"shares\.swap|swap_messages\(", text)
    }
    assert callers == {"journey.py", "shares.py"}
