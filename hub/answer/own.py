"""What a sender owes itself, on a message and on no share of it: a named person of it says what was done.

What is said is sealed to the sender and to nobody else. With the last of it the message has come to its end.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import Connection

from agencies import wire
from agencies.callers import Caller
from agencies.keys import NoKey
from agencies.seal import Context, seal
from hub import errors, journey
from hub.answer.desk import Desk
from hub.ids import new_id
from hub.journey import Actor
from hub.known import Known
from hub.store import messages, owed, own_notes
from hub.store.own_notes import OwnNote


@dataclass(frozen=True, slots=True)
class OwnAct:
    """One person's act on a message of which nobody hears, as it came in."""

    message_id: UUID
    event: str
    body: wire.Act
    caller: Caller
    request_key: str | None = None  # its Idempotency-Key, if it came with one


def meet_own(conn: Connection, act: OwnAct, *, known: Known, desk: Desk, at: datetime) -> wire.Moved:
    """`act.body` is a `wire.Meet` of a duty that the caller owes itself."""
    body = act.body
    if not isinstance(body, wire.Meet):
        raise TypeError(f"{act.event} is no way to meet a duty")
    locked = messages.lock(conn, [act.message_id])
    note_id = new_id()
    note = seal_own_note(act, note_id, known=known, desk=desk, at=at)
    before = own_notes.of_request(conn, act.message_id, note.request_key) if note.request_key else None
    if before is not None:
        return _as_before(before, note, locked[act.message_id].state)
    _guard(owed.of_id(conn, body.owed, act.caller.agency))
    journey.move_messages(
        conn,
        [act.message_id],
        "meet",
        locked=locked,
        actor=person(act, note_id, desk),
        at=at,
        detail={"owed": str(body.owed), "note": str(note_id)},
        meets=[body.owed],
    )
    own_notes.add(conn, [note])
    closed = journey.close_what_is_done(conn, messages.lock(conn, [act.message_id]), at=at)
    return _moved("closed" if closed else locked[act.message_id].state, at, note_id)


def person(act: OwnAct, ref: UUID, desk: Desk) -> Actor:
    hidden = desk.records.hide(act.body.by.model_dump_json(), where=f"person {ref}")
    return Actor(act.caller.agency, act.caller.credential, hidden, ref)


def seal_own_note(act: OwnAct, note_id: UUID, *, known: Known, desk: Desk, at: datetime) -> OwnNote:
    agency = act.caller.agency
    said = {
        "kind": act.event,
        "message": str(act.message_id),
        "by_agency": agency,
        "at": at.isoformat(),
        **act.body.model_dump(mode="json"),
    }
    try:
        key = known.keys.seal_key(agency, at)
    except NoKey:
        raise errors.NoKeyYet(
            "your agency has no key that what you say could be sealed to",
            next="have its key registered with the hub's operator, and try again",
        ) from None
    context = Context(hub=desk.hub, purpose="note", message=act.message_id, note=note_id, recipient=agency)
    envelope = to_json(seal(to_json(said), to=key, signer=desk.signer, context=context))
    marked: tuple[str | None, bytes | None] = (None, None)
    if act.request_key is not None:
        fingerprint = desk.records.fingerprint(act.body.model_dump_json().encode())
        marked = desk.records.mark(act.request_key), fingerprint
    return OwnNote(note_id, act.message_id, act.event, agency, at, envelope, *marked)


def _as_before(before: Any, note: OwnNote, state: str) -> wire.Moved:  # noqa: ANN401 - a row
    """A retry whose first try went through is told what that one did."""
    if bytes(before.request_fingerprint) != note.request_fingerprint:
        raise errors.KeyReused(
            "this Idempotency-Key was used for another act on this message",
            next="if this is a new act, send it with a new key; if it is a retry, send the first body again",
        )
    return _moved(state, before.at, before.id)


def _moved(state: str, at: datetime, note: UUID) -> wire.Moved:
    return wire.Moved(share=None, state=state, at=at, note=note, deadlines=())


def _guard(row: Any) -> None:  # noqa: ANN401 - a row or None
    if row is None or row.met_at is not None:
        raise errors.Conflict(
            "this is not owed any more",
            next="GET /v1/owed/{id} tells when and how it was met, or that it is no longer asked for",
        )
