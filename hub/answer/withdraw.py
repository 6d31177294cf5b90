"""Withdrawn: the sender takes a message back."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Engine

from agencies import wire
from agencies.callers import Caller
from hub import enquiry, errors, journey, moved_again, replying, unplacing
from hub.answer.desk import Act, Desk
from hub.answer.own import OwnAct, seal_own_note
from hub.answer.sealing import seal_note
from hub.ids import new_id
from hub.journey import Actor, Wanted
from hub.known import Known
from hub.store import (
    enquiries,
    handovers,
    likenesses,
    messages,
    notes,
    own_notes,
    responsibility,
    shares,
    watches,
)
from hub.store.shares import Share
from protocols.vocabulary import KEPT


def withdraw(
    engine: Engine,
    message_id: UUID,
    body: wire.Withdraw,
    caller: Caller,
    *,
    known: Known,
    desk: Desk,
    at: datetime,
) -> wire.Withdrawn:
    """The sender takes a message back. What was not sent never is; who has it hears so, with the reason."""
    with engine.begin() as conn:
        likenesses.nobody_merges(conn)
        locked = messages.lock(conn, [message_id])
        if message_id not in locked or locked[message_id].sender != caller.agency:
            raise errors.NotFound(
                "there is no such message of your agency's",
                next="take its id from the answer that accepted it",
            )
        if locked[message_id].state == "withdrawn":  # asked again: what was done stands, and is told again
            return wire.Withdrawn(id=message_id, state="withdrawn", at=locked[message_id].state_at)
        # With its shares locked nobody can accept the responsibility any more while we look who holds it.
        overtook = handovers.before(conn, message_id)
        both = shares.lock_of_messages(conn, [message_id, *overtook])
        of_message = [share for share in both if share.message_id == message_id]
        holder = responsibility.now(conn, message_id)
        if holder is not None and holder.holder != caller.agency:
            raise errors.Conflict(
                "a named practitioner has accepted the responsibility: a handover that was accepted stands",
                next="to take the family back, the other agency sends you a handover of its own",
            )
        person_id = new_id()
        person = desk.records.hide(body.by.model_dump_json(), where=f"person {person_id}")
        actor = Actor(caller.agency, caller.credential, person, person_id)
        journey.move_messages(conn, [message_id], "withdraw", locked=locked, actor=actor, at=at)
        if locked[message_id].kind in KEPT:
            _say_to_itself(conn, OwnAct(message_id, "withdraw", body, caller), known=known, desk=desk, at=at)
        theirs = [share for share in of_message if "withdraw" in journey.legal_from("share", share.state)]
        _withdraw_shares(conn, theirs, body, actor, caller, known=known, desk=desk, at=at)
        unplacing.withdrawn(conn, message_id, by=caller.agency, at=at)
        moved_again.taken_back(conn, message_id, both, by=caller.agency, known=known, at=at)
        watches.look_again(conn, [message_id], at=at)
        sought = enquiries.ever_about(conn, [message_id])
        enquiry.look_again(conn, sought, known=known, at=at)
        replying.taken_back(conn, message_id, known=known, at=at)
    return wire.Withdrawn(id=message_id, state="withdrawn", at=at)


def _say_to_itself(conn: Connection, act: OwnAct, *, known: Known, desk: Desk, at: datetime) -> None:
    """Nobody has it to be told why; the sender's own file says it."""
    with suppress(errors.NoKeyYet):
        own_notes.add(conn, [seal_own_note(act, new_id(), known=known, desk=desk, at=at)])


def _withdraw_shares(
    conn: Connection,
    theirs: Sequence[Share],
    body: wire.Withdraw,
    actor: Actor,
    caller: Caller,
    *,
    known: Known,
    desk: Desk,
    at: datetime,
) -> None:
    asked: list[tuple[Wanted, Share]] = []
    written: list[notes.Note] = []
    for share in theirs:
        note = _note(share, body, caller, known=known, desk=desk, at=at)
        written += [note] if note else []
        asked.append((Wanted(share.id, "withdraw", actor, note_id=note.id if note else None), share))
    if asked:
        journey.move(conn, asked, known=known, at=at)
        notes.add(conn, written)


def _note(
    share: Share, body: wire.Withdraw, caller: Caller, *, known: Known, desk: Desk, at: datetime
) -> notes.Note | None:
    """Why, for those who have it. A missing key must not keep a wrong message in the world: then the move itself
    tells them, in their events, and the reason has to be told by telephone.
    """
    if share.state in ("planned", "sealed"):
        return None
    try:
        return seal_note(
            Act(share.id, "withdraw", body, caller), share, new_id(), known=known, desk=desk, at=at
        )
    except errors.NoKeyYet:
        return None
