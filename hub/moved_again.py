"""The family moved again before anybody accepted: a handover that goes after them, and the one that it overtakes.

It says itself which one it follows (`move.moved_again`): that the children are the same is not enough to tell that one
handover is to take another's place. Whoever held holds on until somebody of the new place accepts. What was overtaken
can be accepted by nobody any more, its two ends hear so, and it can be closed.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from hub import errors
from hub.duties import duties
from hub.journey import HUB
from hub.known import Known
from hub.store import audit, children, feed, handovers, owed, responsibility, shares
from hub.store.handovers import Handover

IN_HAND = ("sent", "received", "checked_back", "challenged", "agreed")  # where a share's acceptance is owed

_EARLIER = text(
    "SELECT sender, kind, state, sender = :sender OR EXISTS (SELECT 1 FROM share WHERE message_id = message.id"
    " AND recipient = :sender AND takes_responsibility AND sent_at IS NOT NULL) AS may_know FROM message WHERE id = :id"
)


def _of(conn: Connection, earlier: UUID, sender: str) -> Any:  # noqa: ANN401 - a row or None
    """A handover that this agency sent, or that was to hand a family over to it."""
    row = conn.execute(_EARLIER, {"id": earlier, "sender": sender}).one_or_none()
    return row if row is not None and row.kind == "handover" and row.may_know else None


def overtakes(
    conn: Connection, message_id: UUID, earlier: UUID, sender: str, service: str, *, at: datetime
) -> Handover | None:
    """What it follows, if it can: locked, so that nobody accepts that meanwhile."""
    row = _of(conn, earlier, sender)
    if row is None or responsibility.holders(conn, [earlier]).get(earlier) != row.sender:
        return None
    if (
        row.state == "accepted" and row.sender == sender
    ):  # not routed yet itself: its own sender says it is the same
        return Handover(earlier, service, sender, at)
    held = handovers.of_messages(conn, [earlier]).get(earlier)
    if held is None or held.ended_at is not None or not _share_a_child(conn, message_id, earlier):
        return None
    return Handover(earlier, held.service, held.giver, held.at)


def _share_a_child(conn: Connection, message_id: UUID, earlier: UUID) -> bool:
    about = children.children_of_messages(conn, [message_id, earlier])
    return not set(about[message_id]).isdisjoint(about[earlier])


def overtaken(conn: Connection, earlier: UUID, *, by: str, at: datetime) -> None:
    """Nobody is to accept it any more; both its ends hear so, and that whoever held holds on."""
    handovers.void_acceptance(conn, earlier, by=HUB, at=at)
    _tell(conn, "message.moved_again", earlier, by=by, at=at)


def not_overtaken(
    conn: Connection, earlier: UUID, locked: Sequence[shares.Share], *, by: str, known: Known, at: datetime
) -> None:
    """What overtook it was withdrawn: whoever was to accept it is asked again."""
    if earlier in handovers.followed(conn, [earlier]):
        return
    for share in locked:
        takes = share.message_id == earlier and share.takes_responsibility
        if takes and share.state in IN_HAND and responsibility.now(conn, earlier).holder == share.sender:
            owed.start(
                conn, duties(share, ("acceptance",), (), first=share.sender, note_id=None, known=known, at=at)
            )
    _tell(conn, "message.not_moved_again", earlier, by=by, at=at)


def _tell(conn: Connection, event: str, earlier: UUID, *, by: str, at: datetime) -> None:
    taking = [one for one in shares.of_message(conn, earlier) if one.takes_responsibility and one.sent_at]
    ends: list[tuple[UUID | None, str, str | None]] = [(one.id, one.sender, one.recipient) for one in taking]
    [sender] = conn.execute(text("SELECT sender FROM message WHERE id = :id"), {"id": earlier}).scalars()
    audit.write(
        conn,
        [
            audit.Entry(
                at=at, event=event, message_id=earlier, share_id=share, sender=first, recipient=second, by_agency=by
            )
            for share, first, second in ends or [(None, sender, None)]
        ],
    )  # fmt: skip
    feed.wake(
        conn, {feed.events_of(end) for _, *both in ends for end in both if end} | {feed.events_of(sender)}
    )


def refused(conn: Connection, share: shares.Share, by: UUID) -> errors.Conflict:
    """Why it cannot be accepted; by which other one is for those to know who have it."""
    which = f": handover {by} went after them" if handovers.is_known_to(conn, by, share.recipient) else ""
    return errors.Conflict(
        f"the family has moved on again before you accepted them{which}; whoever held them holds them still",
        next="nothing is left to accept: check back what you know, and close or decline this share",
    )
