"""`checkback owed`: what is owed in this hub, the first due first, and how far up its ladder it has lapsed."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer

from hub import clock
from hub.cli import here, say
from hub.store import owed as record


def owed(
    agency: Annotated[
        str | None, typer.Argument(help="Only what this agency owes.", show_default=False)
    ] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what is past its moment.")] = False,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1)] = 50,
) -> None:
    """List what is owed, as ids: what, by whom, to whom, by when, and whether its ladder has been told."""
    now = clock.now()
    with here.database() as conn:
        if agency is not None:
            here.check_agency(conn, agency)
        found = record.first_due(conn, agency=agency, before=now if overdue else None, limit=limit)
    say.table(
        ("owed", "what", "by", "to", "due", "steps told", "share"),
        [
            (
                one.id,
                one.what,
                one.owed_by,
                one.owed_to,
                _due(one.due_at, now),
                one.step,
                _share(one.share_id),
            )
            for one in found
        ],
    )
    if not found:
        say.note("Nothing is overdue." if overdue else "Nothing is owed.")


def _due(due_at: datetime, now: datetime) -> str:
    return say.moment(due_at) + (" (overdue)" if due_at < now else "")


def _share(share: UUID | None) -> str:
    return "" if share is None else str(share)
