"""The family left, and nobody knows where to: each party that the protocol names enquires, until they are found.

They are found when one of those who enquire says so, or when a later message about the same child says where it is.
Then nobody enquires any more, and whoever holds the family owes that it is handed on. A safeguarding lead may stand
an enquiry down instead, and says why.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from agencies import wire
from hub import errors
from hub.duties import owed_on
from hub.journey import HUB
from hub.known import Known
from hub.store import audit, children, enquiries, feed, owed, shares
from hub.store.shares import Share
from protocols.owing import ENQUIRY

HAND_ON = "hand_on"
LEAD = "safeguarding lead"


def guard_lead(by: wire.Person) -> None:
    if LEAD not in by.role.casefold():
        raise errors.Forbidden(
            "an enquiry after a family that nobody can trace is stood down by a safeguarding lead, and by nobody else",
            next=f'have the {LEAD} say so, with that role in "by"',
        )


def met(conn: Connection, share: Share, owed_id: UUID, *, by: str, known: Known, at: datetime) -> None:
    """One of those who enquire says that the family is found: so nobody enquires any more."""
    if not enquiries.is_one(conn, owed_id):
        return
    _end(conn, enquiries.open_of(conn, [share.message_id]), by=by, at=at)
    owed.start(conn, [owed_on(share, HAND_ON, by="sender", limit="redirect", known=known, at=at)])


def found_by(
    conn: Connection,
    message_id: UUID,
    sender: str,
    accepted_at: datetime,
    *,
    hands_on: bool,
    known: Known,
    at: datetime,
) -> None:
    """A later message says where these children are. If it is a handover of whoever held them, they are handed on."""
    about = children.children_of_messages(conn, [message_id])[message_id]
    rows = enquiries.open_about(conn, sorted(set(about)), before=accepted_at)
    _end(conn, rows, by=HUB, at=at)
    theirs = {row.message_id: row.share_id for row in rows if not (hands_on and row.sender == sender)}
    first = shares.read_many(conn, list(theirs.values()))
    owed.start(
        conn,
        [
            owed_on(share, HAND_ON, by="sender", limit="redirect", known=known, at=at)
            for share in first.values()
        ],
    )
    if hands_on:
        enquiries.handed_on(conn, sorted(set(about)), sender, before=accepted_at, at=at)


def _end(conn: Connection, rows: Sequence[Any], *, by: str, at: datetime) -> None:
    """Each of those who enquire hears that they are found, and so does whoever holds them: that, and not where."""
    owed.settle_each(conn, [(row.id, by, "done") for row in rows], at=at)
    audit.write(
        conn,
        [
            audit.Entry(
                at=at, event="owed.found", message_id=row.message_id, share_id=row.share_id, sender=row.sender,
                recipient=row.owed_by, by_agency=HUB, detail={"what": ENQUIRY, "owed": str(row.id)},
            )
            for row in rows
        ],
    )  # fmt: skip
    feed.wake(conn, {feed.events_of(end) for row in rows for end in (row.sender, row.owed_by)})
