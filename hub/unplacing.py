"""What falls back, is taken back, or is held by an agency that is no more: whoever holds is on record all the same.

Where nobody is there to hold or to accept, an alarm says so. As in `hub.placing`, the caller has locked what it is
about.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from hub.placing import FELL_BACK, HOLDER_CLOSED, RECEIVER_CLOSED, children_of
from hub.store import handovers, holdings, unplaced
from hub.store.holdings import Holding
from hub.store.shares import Share
from hub.store.unplaced import Alarm


def fell_back(conn: Connection, share: Share, *, at: datetime) -> None:
    """The recipient has closed. What it had accepted falls back to whoever gave it; and the partnership is asked, as
    is done where it had not accepted yet: nobody there will.
    """
    row = handovers.of_messages(conn, [share.message_id]).get(share.message_id)
    if row is None or not share.takes_responsibility:
        return
    about = children_of(conn, [share.message_id])[share.message_id]
    held = holdings.lock_open(conn, about)
    for child in about:
        now = held.get((child, share.role))
        if now is not None and now.share_id == share.id and now.holder == share.recipient:
            _back(conn, now, row.service, at)
            alarm = Alarm(child, row.service, HOLDER_CLOSED, now.giver, share.message_id, at, share.recipient)
        elif row.ended_at is None and (still := held.get((child, row.service))) is not None:
            alarm = Alarm(
                child, row.service, RECEIVER_CLOSED, still.holder, share.message_id, at, share.recipient
            )
        else:
            continue
        unplaced.raise_(conn, [alarm])
    handovers.reopen(conn, share.message_id)


def _back(conn: Connection, now: Any, service: str, at: datetime) -> None:  # noqa: ANN401 - a row
    holdings.end(conn, now.id, at=at, passed_to=None if service == now.service else service)
    back = Holding(now.person_id, service, now.giver, now.message_id, at, FELL_BACK, giver=now.holder)
    holdings.begin(conn, [back])  # unless somebody holds that service of the child by now


def withdrawn(conn: Connection, message_id: UUID, *, by: str, at: datetime) -> None:
    """It is offered to nobody any more, and whoever held holds."""
    handovers.end(conn, [message_id], "withdrawn", at=at)
    unplaced.end_of_message(conn, message_id, how="withdrawn", by=by, at=at)


def holders_closed(
    conn: Connection, gone: Sequence[str], *, after: UUID, limit: int, at: datetime
) -> list[UUID]:
    """Raise the alarm for the next children whom a closed agency holds."""
    rows = holdings.held_by(conn, gone, after=after, limit=limit)
    unplaced.raise_(
        conn,
        [
            Alarm(row.person_id, row.service, HOLDER_CLOSED, row.holder, row.message_id, at, other=row.holder)
            for row in rows
        ],
    )
    return [row.id for row in rows]
