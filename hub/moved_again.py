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
from hub.journey import ENDS, HUB
from hub.known import Known
from hub.own_duties import HAND_ON, owed_by_sender
from hub.store import audit, children, feed, handovers, owed, responsibility, shares
from hub.store.handovers import Handover

IN_HAND = ("sent", "received", "checked_back", "challenged", "agreed")  # where a share's acceptance is owed

_EARLIER = text(
    "SELECT sender, kind, state, sender = :sender OR EXISTS (SELECT 1 FROM share WHERE message_id = message.id"
    " AND recipient = :sender AND takes_responsibility AND share.state = ANY(CAST(:in_hand AS text[])))"
    " AS may_know FROM message WHERE id = :id"
)


def _of(conn: Connection, earlier: UUID, sender: str) -> Any:  # noqa: ANN401 - a row or None
    """A handover that this agency sent, or that is to hand a family over to it; one that it declined is not its own."""
    row = conn.execute(_EARLIER, {"id": earlier, "sender": sender, "in_hand": list(IN_HAND)}).one_or_none()
    return row if row is not None and row.kind == "handover" and row.may_know else None


def overtakes(
    conn: Connection, message_id: UUID, earlier: UUID, sender: str, service: str, *, at: datetime
) -> Handover | None:
    """What it follows, if it can: locked, so that nobody accepts that meanwhile."""
    row = _of(conn, earlier, sender)
    if row is None or responsibility.holders(conn, [earlier]).get(earlier) != row.sender:
        return None
    held = handovers.of_messages(conn, [earlier]).get(earlier)
    if held is None and row.state == "accepted" and row.sender == sender:
        return Handover(
            earlier, service, sender, at
        )  # not routed yet itself: `parted` looks whom it is about then
    if held is None or held.ended_at is not None or not _goes_after_all(conn, message_id, earlier):
        return None
    return Handover(earlier, held.service, held.giver, held.at)


def _goes_after_all(conn: Connection, message_id: UUID, earlier: UUID) -> bool:
    """Whoever of the earlier one is not in this one would be offered to nobody."""
    about = children.children_of_messages(conn, [message_id, earlier])
    return bool(about[earlier]) and set(about[message_id]) >= set(about[earlier])


def parted(conn: Connection, earlier: UUID) -> list[Any]:
    """Those that said they follow this one before it was routed, and do not go after all of its children: each of them
    stands for itself now.
    """
    wrong = [
        row
        for row in handovers.followers(conn, earlier)
        if not _goes_after_all(conn, row.message_id, earlier)
    ]
    for row in wrong:
        handovers.follows_nothing(conn, row.message_id, service=row.service, giver=row.giver)
    return wrong


def overtaken(conn: Connection, message_id: UUID, *, by: str, at: datetime) -> None:
    """What this one goes after nobody is to accept any more, once this one is offered to somebody. Both ends hear so,
    and that whoever held holds on.
    """
    if message_id not in handovers.offered(conn, [message_id]):
        return
    for place, earlier in enumerate(handovers.before(conn, message_id)):
        owed_still = handovers.void_acceptance(conn, earlier, by=HUB, at=at)
        if owed_still or place == 0:
            tell(conn, "message.moved_again", earlier, by=by, at=at)


def taken_back(
    conn: Connection, message_id: UUID, locked: Sequence[shares.Share], *, by: str, known: Known, at: datetime
) -> None:
    """It overtakes nothing any more: whoever was to accept what it went after is asked again. Of that, `locked` holds
    the shares. Where nobody can accept it any more, whoever holds them owes that they are handed on.
    """
    chain = handovers.before(conn, message_id)
    still = handovers.followed(conn, chain)
    ended = {one for one, row in handovers.of_messages(conn, chain).items() if row.ended_at is not None}
    left = [one for one in chain if one not in still and one not in ended]
    offered = [one for one in left if _ask_again(conn, one, locked, known=known, at=at)]
    for earlier in left:
        tell(conn, "message.not_moved_again", earlier, by=by, at=at)
    if left and not offered and chain[-1] in left:
        first = next(one for one in locked if one.message_id == chain[-1] and one.takes_responsibility)
        owed.start(conn, [owed_by_sender(first, HAND_ON, limit="redirect", known=known, at=at)])


def _ask_again(
    conn: Connection, earlier: UUID, locked: Sequence[shares.Share], *, known: Known, at: datetime
) -> bool:
    """Whether it is in anybody's hands still: of whoever may accept it, or, declined, of its sender."""
    taking = [one for one in locked if one.message_id == earlier and one.takes_responsibility]
    for share in taking:
        if share.state in IN_HAND and responsibility.now(conn, earlier).holder == share.sender:
            owed.start(
                conn, duties(share, ("acceptance",), (), first=share.sender, note_id=None, known=known, at=at)
            )
    return any(share.state not in ENDS["share"] for share in taking)


def tell(conn: Connection, event: str, earlier: UUID, *, by: str, at: datetime) -> None:
    """Both ends hear it. If a third has done it, not who that was: it would lead to where the family is."""
    taking = [one for one in shares.of_message(conn, earlier) if one.takes_responsibility and one.sent_at]
    ends: list[tuple[UUID | None, str, str | None]] = [(one.id, one.sender, one.recipient) for one in taking]
    [sender] = conn.execute(text("SELECT sender FROM message WHERE id = :id"), {"id": earlier}).scalars()
    audit.write(
        conn,
        [
            audit.Entry(
                at=at, event=event, message_id=earlier, share_id=share, sender=first, recipient=second,
                by_agency=by if by in (first, second) else HUB,
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
