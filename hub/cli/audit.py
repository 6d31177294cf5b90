"""`checkback audit`: the record of every move, as ids. Names of people stay under the records key."""

import json
from datetime import datetime
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
    """Print the audit: every move of a message and its shares, in order, and who made it."""
    with here.database() as conn:
        rows = record.newest(conn, limit=limit) if message is None else record.of_message(conn, message)
    if as_json:
        for row in rows:
            print(json.dumps(_told(row), default=str))
        return
    say.table(
        ("at", "event", "message" if message is None else "share", "to", "by", "from → to", "detail"),
        [
            (
                _moment(row["at"]),
                row["event"],
                row["message_id"] if message is None else row["share_id"],
                row["recipient"],
                row["by_agency"] + (" (a named person)" if row["person_hidden"] else ""),
                f"{row['state_from'] or '·'} → {row['state_to']}" if row["state_to"] else "",
                json.dumps(row["detail"]) if row["detail"] else "",
            )
            for row in rows
        ],
    )
    if not rows:
        say.note("Nothing yet." if message is None else "No such message in this hub.")


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S.%f}"[:-3]


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """Everything but what is hidden, of which a program may know only that it is there."""
    return {**{key: value for key, value in row.items() if key != "person_hidden"},
            "person_named": row["person_hidden"] is not None}  # fmt: skip
