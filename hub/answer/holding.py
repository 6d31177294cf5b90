"""What the map cannot see of a handover: that it closes in nobody's hands, or is accepted by one too many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from hub import errors, moved_again, placing
from hub.store import handovers, responsibility
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
    if placing.may_not_accept(conn, share):
        raise errors.Conflict(
            "it is not plain who holds these children, and the partnership's office is asked: until it has answered,"
            " nobody can take them over",
            next="check back what you know, and accept once the office has said who holds them",
        )


def guard_closing(share: Share, hands: Hands) -> None:
    """Not before somebody has accepted it; one that was overtaken nobody will."""
    unaccepted = hands.holders.get(share.message_id) == share.sender
    if unaccepted and share.message_id not in hands.overtaken:
        raise errors.Conflict(
            "nobody has accepted the responsibility yet, so this handover cannot be closed",
            next="a named practitioner accepts it first: POST /v1/shares/{id}/accept",
        )
