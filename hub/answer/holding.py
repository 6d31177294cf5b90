"""What the map cannot see of a handover: that it closes in nobody's hands, or is accepted by one too many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from hub import enquiry, errors, held_elsewhere, moved_again
from hub.known import Known
from hub.store import enquiries, handovers, responsibility, shares
from hub.store.shares import Share


@dataclass(frozen=True, slots=True)
class Hands:
    """Of the handovers that acts are about: who holds by each, and which other one has overtaken it."""

    holders: Mapping[UUID, str]
    overtaken: Mapping[UUID, UUID]


def hands_of(conn: Connection, messages: Sequence[UUID]) -> Hands:
    """Locked first, then looked at: whatever overtakes one of them takes the same lock."""
    holders = responsibility.holders(conn, messages)
    return Hands(holders, handovers.followed(conn, messages))


def guard_accepting(conn: Connection, share: Share, hands: Hands) -> None:
    """A handover is accepted once, by whom it is still offered to, and from hands that hold."""
    if hands.holders.get(share.message_id) != share.sender:
        raise errors.Conflict(
            "the responsibility has been accepted already",
            next="GET /v1/messages/{id} tells its sender who holds it",
        )
    later = hands.overtaken.get(share.message_id)
    if later is not None:
        raise moved_again.refused(conn, share, later)
    stands = held_elsewhere.standing(conn, share)
    if stands == "elsewhere":
        raise errors.Conflict(
            "somebody else holds these children by now, by another handover or by the word of the partnership's office",
            next="nothing is left to accept: check back what you know, and close or decline this share",
        )
    if stands == "asked":
        raise errors.Conflict(
            "it is not plain who holds these children, and the partnership's office is asked: until it has answered,"
            " nobody can take them over",
            next="check back what you know, and accept once the office has said who holds them",
        )


def overtaken_by(conn: Connection, released: Sequence[Share]) -> list[Share]:
    """The shares of what these go after, which may be open again: to be locked with all others, in one order."""
    before = [one for share in released for one in handovers.before(conn, share.message_id)]
    return shares.of_messages(conn, before)


def reaches_nobody(
    conn: Connection, share: Share, overtaken: Sequence[Share], *, by: str, known: Known, at: datetime
) -> None:
    """The last whom this handover was offered to has been released: it overtakes nothing, and has found nobody."""
    if share.message_id in handovers.offered(conn, [share.message_id]):
        return
    handovers.end(conn, [share.message_id], "released", at=at)
    moved_again.taken_back(conn, share.message_id, overtaken, by=by, known=known, at=at)
    enquiry.look_again(conn, enquiries.ever_about(conn, [share.message_id]), known=known, at=at)


def guard_closing(conn: Connection, share: Share, hands: Hands) -> None:
    """Not before somebody has accepted it; one that was overtaken, or whose children others hold, nobody will."""
    unaccepted = hands.holders.get(share.message_id) == share.sender
    overtaken = share.message_id in hands.overtaken
    if unaccepted and not overtaken and held_elsewhere.standing(conn, share) != "elsewhere":
        raise errors.Conflict(
            "nobody has accepted the responsibility yet, so this handover cannot be closed",
            next="a named practitioner accepts it first: POST /v1/shares/{id}/accept",
        )
