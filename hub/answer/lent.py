"""Reading what was lent: by a named person, while the leave lasts, and never without a row in the record."""

import json
from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine

from agencies import wire
from agencies.callers import Caller
from hub import errors
from hub.answer.desk import Desk, no_such_share
from hub.ids import new_id
from hub.store import audit, feed, readings, shares
from hub.store.shares import Share

LASTS_IN = ("sent", "received", "checked_back", "challenged", "agreed")


def read_lent(
    engine: Engine, share_id: UUID, body: wire.Read, caller: Caller, *, desk: Desk, at: datetime
) -> wire.Reading:
    """The row first, in the same transaction as the look: whoever was handed it is in the record."""
    with engine.begin() as conn:
        share = shares.lock(conn, [share_id]).get(share_id)
        if share is None or share.recipient != caller.agency or share.sent_at is None:
            raise no_such_share()
        lent = readings.of_leave(conn, share_id)
        _check(share, lent is not None, None if lent is None else lent.expires_at, at)
        if lent.envelope is None or lent.taken_back:
            raise _ended()
        reading_id = new_id()
        person = desk.records.hide(
            body.model_dump_json(include={"by", "because"}), where=f"person {reading_id}"
        )
        entry = audit.Entry(
            at=at,
            event="share.read",
            message_id=share.message_id,
            share_id=share.id,
            sender=share.sender,
            recipient=share.recipient,
            by_agency=caller.agency,
            credential=caller.credential,
            person_hidden=person,
            state_from=share.state,
            state_to=share.state,
            detail={"of": str(lent.of_message), "person": str(reading_id)},
        )
        # Whoever wrote what is read hears of it too, also where another lends it on.
        of_author = audit.Entry(
            at=at,
            event="message.read",
            message_id=lent.of_message,
            sender=lent.author,
            by_agency=caller.agency,
            credential=caller.credential,
            person_hidden=person,
            detail={"leave": str(share.id), "person": str(reading_id)},
        )
        audit.write(conn, [entry, of_author])
        feed.wake(conn, {feed.events_of(share.sender), feed.events_of(lent.author)})
    return wire.Reading(
        share=share.id,
        of=lent.of_message,
        author=lent.author,
        lent_by=share.sender,
        until=lent.expires_at,
        read_at=at,
        envelope=json.loads(bytes(lent.envelope)),
    )


def _check(share: Share, is_lent: bool, expires_at: datetime | None, at: datetime) -> None:  # noqa: FBT001 - private
    if "reads" not in share.terms:
        raise errors.Conflict(
            "this share is no leave to read",
            next="its own copy is what GET /v1/shares/{id} and your inbox hold",
        )
    if share.state not in LASTS_IN or (expires_at is not None and expires_at <= at):
        raise _ended()
    if not is_lent:
        raise errors.Conflict(
            "what this leave is for cannot be read here",
            next="ask whoever gave it: they can send you what you need as a message of its own",
        )


def _ended() -> errors.Conflict:
    return errors.Conflict(
        "this leave to read has ended",
        next="if you must read again, ask whoever gave it for a new one, with its purpose",
    )
