"""Who holds these children is settled, and it is nobody of this handover: another place has accepted them, or the
partnership's office has said who holds. Whoever was asked to accept is told, owes it no more, and may close.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection

from hub import moved_again
from hub.duties import duties
from hub.journey import HUB
from hub.known import Known
from hub.placing import children_of
from hub.store import handovers, holdings, owed, responsibility, shares, unplaced
from hub.store.shares import Share

ELSEWHERE = "elsewhere"  # how such a handover ends
Standing = Literal["offered", "asked", "elsewhere"]


def standing(conn: Connection, share: Share) -> Standing:
    """Whether this share's children are its recipient's to accept, or a person is asked whose they are, or they are
    somebody else's.
    """
    row = handovers.of_messages(conn, [share.message_id]).get(share.message_id)
    if row is None:
        return "offered"
    if row.ended_how == ELSEWHERE:
        return "elsewhere"
    about = children_of(conn, [share.message_id])[share.message_id]
    held = holdings.lock_open(conn, about)
    if _holds_one_of(row, {share.sender, share.recipient}, about, held):
        return "offered"
    return "asked" if _is_asked(conn, row, about) else "elsewhere"


def settled(conn: Connection, children: Iterable[UUID], *, by: str, at: datetime) -> None:
    """One of these has another holder now: no other offer of them goes on, unless it is of a child besides."""
    gone = [row for row in handovers.about(conn, children) if row.ended_at is None and _is_lost(conn, row)]
    for row in gone:
        handovers.void_acceptance(conn, row.message_id, by=HUB, at=at)
        moved_again.tell(conn, "message.held_elsewhere", row.message_id, by=by, at=at)
    handovers.end(conn, [row.message_id for row in gone], ELSEWHERE, at=at)


def look_again(conn: Connection, children: Sequence[UUID], *, known: Known, at: datetime) -> None:
    """People have said that two are one, or are not: what somebody else held may be open to accept after all."""
    settled(conn, children, by=HUB, at=at)
    for row in handovers.about(conn, children):
        if row.ended_how == ELSEWHERE and not _is_lost(conn, row):
            handovers.reopen(conn, row.message_id)
            _ask_again(conn, row.message_id, known, at)
            moved_again.tell(conn, "message.not_held_elsewhere", row.message_id, by=HUB, at=at)


def _ask_again(conn: Connection, message_id: UUID, known: Known, at: datetime) -> None:
    for share in shares.lock_of_messages(conn, [message_id]):
        holds = responsibility.now(conn, message_id)
        if share.takes_responsibility and share.state in moved_again.IN_HAND and holds.holder == share.sender:
            asked = duties(share, ("acceptance",), (), first=share.sender, note_id=None, known=known, at=at)
            owed.start(conn, asked)


def _is_lost(conn: Connection, row: Any) -> bool:  # noqa: ANN401 - a row
    taking = [one for one in shares.of_messages(conn, [row.message_id]) if one.takes_responsibility]
    hands = {one.sender for one in taking} | {one.recipient for one in taking if one.state != "declined"}
    about = children_of(conn, [row.message_id])[row.message_id]
    if not hands or _holds_one_of(row, hands, about, holdings.now(conn, about)):
        return False
    return not _is_asked(conn, row, about)


def _holds_one_of(
    row: Any,  # noqa: ANN401 - a row
    hands: set[str],
    about: Sequence[UUID],
    held: Mapping[tuple[UUID, str], Any],
) -> bool:
    """Whether whoever gives, sends or takes holds one of these, or nobody holds that service of one any more."""
    stands = [held.get((child, row.service)) for child in about]
    return not stands or any(one is None or one.holder in {row.giver, *hands} for one in stands)


def _is_asked(conn: Connection, row: Any, about: Sequence[UUID]) -> bool:  # noqa: ANN401 - a row
    asked = unplaced.of_children(conn, about)
    return any((child, row.service) in asked for child in about)
