"""What an agency's own system has of its shares, from a file: JSON, or CSV as a spreadsheet writes it."""

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from agencies.wire import Mine
from hub import plain
from hub.cli.caller import STDIN
from hub.errors import Invalid

COLUMNS = ("share", "case_reference", "open")
_ALL = TypeAdapter(tuple[Mine, ...])


def read(file: Path) -> tuple[Mine, ...]:
    """Never with what stands in it: a case reference has no business in an error."""
    told = _text(file)
    rows = _json(file, told) if told.lstrip()[:1] in ("[", "{") else _csv(file, told)
    try:
        return _ALL.validate_python(rows)
    except ValidationError as fault:
        raise Invalid(
            f"{file} holds what is no record of a share",
            next="mend these, and try again",
            faults=plain.faults(fault),
        ) from None


def _text(file: Path) -> str:
    try:
        return sys.stdin.read() if file == STDIN else file.read_text(encoding="utf-8-sig")
    except OSError as fault:
        raise Invalid(
            f"{file} cannot be read: {fault.strerror}", next="give a file of your own records"
        ) from None
    except UnicodeDecodeError:
        raise Invalid(f"{file} is not text in UTF-8", next="save it as UTF-8") from None


def _json(file: Path, told: str) -> Any:  # noqa: ANN401 - whatever stands there
    try:
        found = json.loads(told)
    except json.JSONDecodeError as fault:
        raise Invalid(
            f"{file} is not JSON: {fault.msg} in line {fault.lineno}, column {fault.colno}",
            next="mend that place",
        ) from None
    return found.get("shares", found) if isinstance(found, dict) else found


def _csv(file: Path, told: str) -> list[dict[str, str | bool]]:
    """An empty cell says nothing."""
    rows = csv.DictReader(io.StringIO(told))
    if "share" not in (rows.fieldnames or ()):
        raise Invalid(
            f"{file} has no column `share` in its first line", next=f"give the columns {', '.join(COLUMNS)}"
        )
    return [_row(row) for row in rows]


_SAYS = {"yes": True, "true": True, "no": False, "false": False}


def _row(row: dict[str, str]) -> dict[str, str | bool]:
    found: dict[str, str | bool] = {
        name: row[name].strip() for name in COLUMNS if (row.get(name) or "").strip()
    }
    if "open" in found:  # as a person says it
        found["open"] = _SAYS.get(str(found["open"]).casefold(), found["open"])
    return found
