"""What comes to an agency, in order: its inbox and its events."""

import json
from typing import Any

from sqlalchemy import Connection

from agencies import wire
from hub.reading import cursors
from hub.reading.deadlines import told
from hub.store import feed, owed


def inbox(conn: Connection, agency: str, *, after: str | None, limit: int) -> wire.Inbox:
    """Sent and not yet received, oldest first. Reading moves nothing."""
    rows = feed.inbox(conn, agency, after=cursors.of_inbox(after), limit=limit)
    if not rows:
        return wire.Inbox(shares=(), next=after)
    duties = owed.of_shares(conn, [row.id for row in rows])
    return wire.Inbox(
        shares=tuple(_item(row, duties[row.id], agency) for row in rows),
        next=f"{rows[-1].sent_tx}.{rows[-1].id}",
    )


def _item(row: Any, duties: list[dict[str, Any]], agency: str) -> wire.InboxItem:  # noqa: ANN401 - a row
    return wire.InboxItem(
        share=row.id,
        message=row.message_id,
        sender=row.sender,
        kind=row.kind,
        sent_at=row.sent_at,
        deadlines=told(duties, agency),
        envelope=json.loads(bytes(row.envelope)),
    )


def events(conn: Connection, agency: str, *, after: str | None, limit: int) -> wire.Events:
    """Moves that concern the agency, none skipped."""
    rows = feed.events(conn, agency, after=cursors.of_events(after), limit=limit)
    found = tuple(
        wire.Event(
            id=f"{row.tx}.{row.id}",
            at=row.at,
            event=row.event,
            message=row.message_id,
            share=row.share_id,
            by=row.by_agency,
            state=row.state_to,
            what=row.what,
            about=row.about,
        )
        for row in rows
    )
    return wire.Events(events=found, next=found[-1].id if found else after)
