"""A message comes in: checked, sealed to the hub's own key, recorded; only then does the sender hear 202.

`prepare` works on one message and touches no database, so that a bad one costs its neighbours nothing.
`accept_many` records a group of prepared ones in one transaction: one commit, many answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from agencies.callers import Caller
from agencies.keys import SealPublic
from agencies.seal import seal_bytes
from agencies.wire import Accepted, CheckBack
from hub import errors, journey
from hub.ids import new_id
from hub.known import Known
from hub.records import Records
from hub.replying import Answers
from hub.store import messages, replies
from hub.understand import understand
from protocols.messages.common import Reference

MAX_KEY = 200


def at_rest(message_id: UUID) -> bytes:
    """What binds the hub's own copy to its message."""
    return b"message " + message_id.bytes


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message that passed every check, sealed: all that is left of its text is closed to this process."""

    row: dict[str, Any]
    sealed: bytes
    credential: str
    refers_to: tuple[Reference, ...] = ()
    answers: Answers | None = None  # which request, where it answers one
    check_back: CheckBack | None = None  # on that request, given in the same post
    replies_to: UUID | None = None  # the sender's share of that request, once it was found


def prepare(
    body: bytes,
    caller: Caller,
    idempotency_key: str,
    *,
    known: Known,
    hub_key: SealPublic,
    records: Records,
    at: datetime,
) -> Incoming:
    """Check, then seal: what is kept is the post as it came, byte for byte, and the hub opens it in a worker."""
    if not idempotency_key:
        raise errors.Invalid(
            "the Idempotency-Key is missing",
            next="send one of your own, for instance a fresh UUID: then sending again cannot send twice",
            faults=(("Idempotency-Key", "is missing"),),
        )
    if len(idempotency_key) > MAX_KEY or not idempotency_key.isprintable():
        raise errors.Invalid(
            "the Idempotency-Key is too long or not printable",
            next=f"send 1 to {MAX_KEY} printable characters, for instance a fresh UUID",
            faults=(("Idempotency-Key", "1 to 200 printable characters"),),
        )
    reading = understand(body, caller, known=known, at=at)
    message_id = new_id()
    row = {
        "id": message_id,
        "sender": caller.agency,
        "idempotency_key": records.mark(idempotency_key),
        "fingerprint": records.fingerprint(body),
        "kind": str(reading.facts.kind),
        "version": reading.facts.version,
    }
    return Incoming(
        row,
        seal_bytes(body, to=hub_key, info=at_rest(message_id)),
        caller.credential,
        reading.message.refers_to,
        reading.answers,
        reading.check_back,
    )


def accept_many(
    conn: Connection, group: Sequence[Incoming], *, at: datetime
) -> list[Accepted | errors.KeyReused]:
    """Record a group. One whose key was used before is answered as then, or refused if its body is another."""
    firsts: dict[tuple[str, str], Incoming] = {}
    # In one order, whoever groups them: two groups that hold the same keys never wait for each other in a ring.
    for one in sorted(group, key=_key):
        firsts.setdefault(_key(one), one)
    new = journey.begin_messages(
        conn,
        [one.row for one in firsts.values()],
        bodies={one.row["id"]: one.sealed for one in firsts.values()},
        credentials={one.row["id"]: one.credential for one in firsts.values()},
        at=at,
    )
    replies.add(
        conn,
        [
            (one.row["id"], one.replies_to)
            for one in firsts.values()
            if one.replies_to and one.row["id"] in new
        ],
    )
    return [_accepted(one.row["id"], at) if one.row["id"] in new else _held(conn, one) for one in group]


def _key(one: Incoming) -> tuple[str, str]:
    return one.row["sender"], one.row["idempotency_key"]


def _accepted(message_id: UUID, at: datetime) -> Accepted:
    return Accepted(id=message_id, accepted_at=at, follow=f"/v1/messages/{message_id}")


def as_before(
    conn: Connection, sender: str, marked_key: str, fingerprint: bytes
) -> Accepted | errors.KeyReused | None:
    """What this key was answered with before, if it was used. A retry is answered as its first try was, even if
    the same message would be refused by now: an agency has closed since, or a protocol has run out.
    """
    held = messages.with_key(conn, sender, marked_key)
    if held is None:
        return None
    if bytes(held.fingerprint) != fingerprint:
        return errors.KeyReused(
            "this Idempotency-Key was used for another body",
            next="if this is a new message, send it with a new key; if it is a retry, send the first body again",
        )
    return _accepted(held.id, held.accepted_at)


def _held(conn: Connection, one: Incoming) -> Accepted | errors.KeyReused:
    held = as_before(conn, *_key(one), one.row["fingerprint"])
    if held is None:
        raise RuntimeError("a message that conflicts with another is not there")
    return held
