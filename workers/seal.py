"""Seal: cut the message down to what each recipient's clause grants, and close it to that recipient alone.

One row is one message: all of its shares that are still planned, and the sender's file copy. What is opened here
lives in this function's variables only, and leaves them sealed. An agency without a key hinders nobody else: its
share waits, planned, and a person is asked to have the key registered.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import Connection

from agencies.keys import NoKey
from agencies.seal import Context
from agencies.seal import seal as close_to
from hub import closed, journey
from hub.journey import WORKERS, Wanted
from hub.known import Known
from hub.store import asks, likenesses, messages, outbox, owed, readings, shares
from hub.store.connect import looking, together
from hub.store.messages import Message, Whole
from hub.store.outbox import Row
from hub.store.readings import Lent
from hub.store.shares import Share
from hub.understand import Reading
from protocols.messages.read_grant import ReadGrant
from protocols.minimise import minimise
from workers import tasks
from workers.batch import Worked, prepared, put_back, recorded
from workers.lend import ends, lend
from workers.line import Line
from workers.opening import read_back
from workers.tasks import Task
from workers.telling import CannotYet
from workers.views import view_of

STEP = "seal"


@dataclass(slots=True)
class Sealed:
    """A message's envelopes, and those whom none could be made for."""

    row: Row
    message: Message
    envelopes: dict[UUID, bytes] = field(default_factory=dict)
    copy: bytes | None = None
    lent: list[Lent] = field(default_factory=list)  # what leave to read opens
    left: set[UUID] = field(default_factory=set)  # shares whose agencies have closed meanwhile
    tasks: list[Task] = field(default_factory=list)


def seal(line: Line, rows: Sequence[Row]) -> Worked:
    """Work these rows of the outbox."""
    known = line.known()
    ids = [row.message_id for row in rows]
    planned: dict[UUID, list[Share]] = {one: [] for one in ids}
    with looking(line.engine) as conn:
        found = messages.read_whole(conn, ids)
        for share in shares.planned_of(conn, ids):
            planned[share.message_id].append(share)

    def prepare(row: Row) -> Sealed:
        return _sealed(line, known, row, found.get(row.message_id), planned[row.message_id])

    ready, bad = prepared(rows, prepare)
    follow, failed = recorded(line, ready, lambda conn, group: _record(line, known, conn, group))
    bad += [(one.row, fault) for one, fault in failed]
    waiting = [(one.row, CannotYet("no_key")) for one in ready if one.tasks]
    put_back(line, [*bad, *waiting])
    return Worked(len(rows) - len(bad) - len(waiting), follow)


# -- open, minimise, seal -----------------------------------------------------------------------------------


def _sealed(line: Line, known: Known, row: Row, found: Whole | None, planned: Sequence[Share]) -> Sealed:
    if found is None:
        raise CannotYet("no_message")
    made = Sealed(row, found.message)
    if found.message.state != "routed" or (found.has_file_copy and not planned):
        return made
    reading = read_back(line, known, found.message, found.body)
    at = line.now()
    for share in planned:
        if known.directory.is_closed(share.recipient, at):
            made.left.add(share.id)
            continue
        _seal_one(line, known, reading, share, made)
    if not found.has_file_copy:
        try:
            made.copy = _for_sender(line, known, reading, found.message, at)
        except NoKey:
            made.tasks.append(Task(tasks.REGISTER_KEY, found.message.id, found.message.sender, None))
    return made


def _seal_one(line: Line, known: Known, reading: Reading, share: Share, made: Sealed) -> None:
    at = line.now()
    try:
        made.envelopes[share.id] = _for_recipient(line, known, reading, share, at)
        if isinstance(reading.message, ReadGrant):
            made.lent += [lent] if (lent := lend(line, known, reading.message, share, at)) else []
    except NoKey:
        area = tasks.area_of(known, share.recipient, at)
        made.tasks.append(Task(tasks.REGISTER_KEY, share.message_id, share.sender, area, share.id))


def _leave(reading: Reading, share: Share, known: Known, at: datetime) -> dict[str, Any]:
    """When it ends: the day that its message asks for may lie beyond what the clause allows."""
    leave = reading.message
    return (
        {"leave_ends_at": ends(leave, share, known, at).isoformat()} if isinstance(leave, ReadGrant) else {}
    )


def _for_recipient(line: Line, known: Known, reading: Reading, share: Share, at: datetime) -> bytes:
    terms = share.terms
    key = known.keys.seal_key(share.recipient, at)
    payload = {
        **_leave(reading, share, known, at),
        "message": minimise(reading.message, view_of(terms)),
        "share": str(share.id),
        "message_id": str(share.message_id),
        "from": share.sender,
        "clauses": terms["clauses"],
        "says": terms["says"],
        "view": terms["view"],
        "limits": terms["limits"],
        "owes": terms.get("owes", {}),
        "protocol": {"id": share.protocol, "version": share.protocol_version, "digest": share.digest},
        "also": terms["also"],
    }
    context = Context(
        hub=line.hub,
        purpose="share",
        message=share.message_id,
        share=share.id,
        recipient=share.recipient,
        protocol=share.digest,
        view=terms["view"],
    )
    return to_json(close_to(to_json(payload), to=key, signer=line.signer, context=context))


def _for_sender(line: Line, known: Known, reading: Reading, message: Message, at: datetime) -> bytes:
    """The whole message, for the file of those who wrote it."""
    key = known.keys.seal_key(message.sender, at)
    payload = {
        "message": reading.message.model_dump(mode="json", exclude_none=True),
        "message_id": str(message.id),
        "from": message.sender,
        "withheld": [one.model_dump(mode="json", exclude_none=True) for one in reading.withhold],
    }
    context = Context(hub=line.hub, purpose="copy", message=message.id, recipient=message.sender)
    return to_json(close_to(to_json(payload), to=key, signer=line.signer, context=context))


def parsed(envelope: bytes) -> dict[str, Any]:
    """An envelope as it is kept, as JSON has it."""
    told: dict[str, Any] = json.loads(envelope)
    return told


# -- record -------------------------------------------------------------------------------------------------


def _record(line: Line, known: Known, conn: Connection, group: Sequence[Sealed]) -> list[Row]:
    at = line.now()
    if any(one.left for one in group):
        likenesses.nobody_merges(conn)
    held = {row.id for row in outbox.hold(conn, [one.row.id for one in group], step=STEP)}
    mine = [one for one in group if one.row.id in held]
    # Messages before shares, each in the order of their ids: as everywhere.
    locked = messages.lock(conn, [one.message.id for one in mine])
    to_nobody = {one.message.id for one in mine if not one.envelopes}
    envelopes = {share: envelope for one in mine for share, envelope in one.envelopes.items()}
    left = {share for one in mine for share in one.left}
    planned = [one for one in shares.lock(conn, [*envelopes, *left]).values() if one.state == "planned"]
    closed.hand_back(conn, [one for one in planned if one.id in left], known=known, at=at)
    going = [one for one in planned if one.id not in left]
    made = journey.move(
        conn,
        [(Wanted(one.id, "seal", WORKERS, sets={"envelope": envelopes[one.id]}), one) for one in going],
        known=known,
        at=at,
        in_hand_until=at + line.lease_for,
    )
    with together(conn):
        messages.keep_copies(conn, [(one.message.id, one.copy) for one in mine if one.copy is not None])
        readings.add(conn, [lent for one in mine for lent in one.lent])
        _settle(conn, [one for one in mine if one.row.attempts > 1], at)
        outbox.done(conn, [one.row.id for one in mine if not one.tasks])
    tasks.open_once(conn, [task for one in mine for task in one.tasks], known=known, at=at)
    journey.close_what_is_done(conn, {one: locked[one] for one in locked if one in to_nobody}, at=at)
    return [one.next for one in made.values() if one.next is not None]


def _settle(conn: Connection, again: Sequence[Sealed], at: datetime) -> None:
    """What a person was asked to mend, and what has been mended since."""
    if not again:
        return
    sealed = [(share, tasks.REGISTER_KEY, journey.HUB) for one in again for share in one.envelopes]
    owed.settle(conn, sealed, at=at)
    copied = [one.message.id for one in again if one.copy is not None]
    asks.settle_all(conn, copied, [tasks.REGISTER_KEY], by=journey.HUB, at=at)
    done = [one.message.id for one in again]
    asks.settle_all(conn, done, [tasks.RESOLVE_STUCK], by=journey.HUB, at=at)
