"""The examples of docs/examples, at hand for tests, and a way to spoil them one field at a time."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "docs" / "examples"
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.json")))
NOW = datetime(2026, 4, 15, 12, 0, tzinfo=UTC)  # the day on which the examples are written

GONE = object()  # put in place of a field: take the field out


def example(name: str) -> dict[str, Any]:
    raw: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return raw


def spoilt(raw: dict[str, Any], **changes: object) -> dict[str, Any]:
    """A copy with other values: `spoilt(raw, children__0__mobile=None)`."""
    copy = deepcopy(raw)
    for path, value in changes.items():
        *way, last = path.split("__")
        inside: Any = copy
        for step in way:
            inside = inside[int(step)] if isinstance(inside, list) else inside[step]
        place = int(last) if isinstance(inside, list) else last
        if value is GONE:
            del inside[place]
        else:
            inside[place] = value
    return copy
