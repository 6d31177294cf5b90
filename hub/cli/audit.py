"""`checkback audit`: the record of every move, as ids. Names of people stay under the records key."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import typer

from hub.cli import here, say
from hub.store import audit as record


def audit(
    message: Annotated[
        UUID | None, typer.Argument(help="Only what happened to this message.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(help="The newest so many, when no message is named.", min=1)] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for a program.")] = False,
) -> None:
    """Print the audit: every move of a message and its shares, in order, and who made it.

    `allowed_by` names the protocol whose clauses allow a share; across a border two do, and both are named.
    """
    with here.database() as conn:
        rows = record.newest(conn, limit=limit) if message is None else record.of_message(conn, message)
    if as_json:
        for row in rows:
            print(json.dumps(_told(row), default=str))
        return
    for line in lines(rows):
        say.say(line)
    if not rows:
        say.note("Nothing yet." if message is None else "No such message in this hub.")


def lines(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Each move as a line. A row of what a recipient must not hear yet does not name them: the plan before it does."""
    planned = {row["share_id"]: row["detail"]["recipient"] for row in rows if row["event"] == "share.plan"}
    return [_line(row, planned.get(row["share_id"])) for row in rows]


def _line(row: dict[str, Any], planned_for: str | None) -> str:
    """When, what, from where to where; then about whom, and by whom."""
    recipient = row["recipient"] or planned_for
    to = f" to {recipient}" if recipient else ""
    what = f"share {row['share_id']}{to}" if row["share_id"] else f"message {row['message_id']}"
    named = ", a named person" if row["person_hidden"] else ""
    moved = f"{row['state_from'] or '·'} → {row['state_to']}" if row["state_to"] else ""
    detail = "".join(f"; {key} {_plain(value)}" for key, value in (row["detail"] or {}).items())
    head = f"{_moment(row['at'])}  {row['event']:<18} {moved:<26}"
    return f"{head} by {row['by_agency']}{named}: {what}{detail}"


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    if isinstance(value, dict):  # one of those that a share is allowed by
        return f"{value['protocol']} {value['version']} ({_plain(value['clauses'])})"
    return str(value)


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3] + "Z"


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """Everything but what is hidden, of which a program may know only that it is there."""
    return {**{key: value for key, value in row.items() if key != "person_hidden"},
            "person_named": row["person_hidden"] is not None}  # fmt: skip
