"""An agency has closed: what it had in hand goes back to whoever sent it. docs/adr/0008 says why not further."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from hub import journey, unplacing
from hub.ids import new_id
from hub.journey import WORKERS, Wanted
from hub.known import Known
from hub.store import responsibility
from hub.store.shares import Share


def hand_back(conn: Connection, locked: Sequence[Share], *, known: Known, at: datetime) -> list[UUID]:
    """The recipients have closed: what is still open of these locked shares goes back to the senders. If one had
    accepted the responsibility, that falls back with it: never to nobody.
    """
    wishes: list[tuple[Wanted, Share]] = []
    for share in locked:
        if "hand_back" not in journey.legal_from("share", share.state):
            continue
        fell_back = responsibility.hand_over(
            conn, message_id=share.message_id, share_id=share.id, giver=share.recipient, taker=share.sender,
            row_id=new_id(), person_hidden=None, at=at,
        )  # fmt: skip
        unplacing.fell_back(conn, share, at=at)
        successor = known.directory.successor_of(share.recipient, at)
        detail = {
            "reason": "agency_closed",
            "successor": successor,
            "holder": share.sender if fell_back else None,
        }
        told = {name: value for name, value in detail.items() if value is not None}
        wishes.append((Wanted(share.id, "hand_back", WORKERS, detail=told), share))
    if wishes:
        journey.move(conn, wishes, known=known, at=at)
    return [wanted.id for wanted, _ in wishes]
