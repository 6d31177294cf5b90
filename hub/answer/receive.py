"""Received: a system or a person has fetched it, and that is not reading."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine

from agencies import wire
from agencies.callers import Caller
from hub import journey
from hub.answer.desk import concerns
from hub.journey import Actor, Wanted
from hub.known import Known
from hub.store import shares
from hub.store.shares import Share


def receive_many(
    engine: Engine, ids: Sequence[UUID], caller: Caller, *, known: Known, at: datetime
) -> list[wire.ReceivedOne]:
    """Mark these as received, those that are this caller's; what is owed now is a check-back."""
    actor = Actor(caller.agency, caller.credential)
    with engine.begin() as conn:
        locked = shares.lock(conn, sorted(set(ids)))
        mine = {
            one: s for one, s in locked.items() if s.recipient == caller.agency and concerns(s, caller.agency)
        }
        moving = [
            (Wanted(one, "receive", actor), share) for one, share in mine.items() if share.state == "sent"
        ]
        if moving:
            journey.move(conn, moving, known=known, at=at)
    moved = {wanted.id for wanted, _ in moving}
    return [_received(one, mine.get(one), one in moved) for one in ids]


def _received(share_id: UUID, share: Share | None, moved: bool) -> wire.ReceivedOne:  # noqa: FBT001 - private
    if share is None:
        return wire.ReceivedOne(
            share=share_id, state=None, moved=False, explanation="no such share of your agency's"
        )
    if moved:
        return wire.ReceivedOne(share=share_id, state="received", moved=True)
    return wire.ReceivedOne(
        share=share_id, state=share.state, moved=False, explanation=f"it was {share.state} before"
    )
