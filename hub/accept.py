"""A message comes in: checked, sealed to the hub's own key, recorded; only then does the sender hear 202.

`prepare` works on one message and touches no database, so that a bad one costs its neighbours nothing.
`accept_many` records a group of prepared ones in one transaction: one commit, many answers.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Connection

from agencies.callers import Caller
from agencies.directory import ClosedAgency, NotYetOpen, UnknownAgency
from agencies.keys import SealPublic
from agencies.seal import seal_bytes
from agencies.wire import Accepted, Post, Withhold
from hub import errors, journey
from hub.ids import new_id
from hub.known import Known
from hub.records import Records
from hub.store import messages
from protocols.decision import Gone, Reason, Refusal
from protocols.facts import Facts, facts
from protocols.governing import governing, in_force, places_of
from protocols.messages import Invalid as InvalidMessage
from protocols.messages import Message, read

MAX_KEY = 200


def at_rest(message_id: UUID) -> bytes:
    """What binds the hub's own copy to its message."""
    return b"message " + message_id.bytes


@dataclass(frozen=True, slots=True)
class Reading:
    """A post, understood: what preview decides upon, and what acceptance seals."""

    message: Message
    facts: Facts
    withhold: tuple[Withhold, ...]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message that passed every check, sealed: all that is left of its text is closed to this process."""

    row: dict[str, Any]
    sealed: bytes
    credential: str


def understand(body: bytes, caller: Caller, *, known: Known, at: datetime) -> Reading:
    """Read a post, or say every fault of it at once."""
    try:
        post = Post.model_validate_json(body)
    except ValidationError as fault:
        raise errors.Invalid(
            "the body is not a post: an object with a message, and perhaps withhold",
            next="mend the fields named in errors; /openapi.json has an example",
            faults=tuple(
                (".".join(map(str, one["loc"])), one["msg"]) for one in fault.errors(include_input=False)
            ),
        ) from None
    try:
        message = read(post.message, now=at)
    except InvalidMessage as fault:
        raise errors.Invalid(
            "the message cannot be accepted as it is",
            next="mend the fields named in errors and send it again with a new Idempotency-Key",
            faults=tuple(
                ("message" if one.path == "message" else f"message.{one.path}", one.says)
                for one in fault.faults
            ),
        ) from None
    known_facts = facts(message, area_of=known.area_of, as_of=at)
    faults = _closed_or_unknown(known_facts, post.withhold, known, at)
    if faults:
        raise errors.Invalid(
            "the message names an agency that cannot be reached",
            next="name the agency that stands in its place; GET /v1/agencies lists them",
            faults=tuple(faults),
        )
    _sender_is_open(caller, known, at)
    _can_be_decided(caller, known_facts, known, at)
    return Reading(message, known_facts, post.withhold)


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
    if not 0 < len(idempotency_key) <= MAX_KEY or not idempotency_key.isprintable():
        raise errors.Invalid(
            "the Idempotency-Key is empty, too long or not printable",
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
    return Incoming(row, seal_bytes(body, to=hub_key, info=at_rest(message_id)), caller.credential)


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


def open_post(body: bytes, *, now: datetime, known: Known) -> Reading:
    """For a worker that has opened the hub's own copy: what was accepted is read again, as of its acceptance."""
    post = Post.model_validate(json.loads(body))
    message = read(post.message, now=now)
    return Reading(message, facts(message, area_of=known.area_of, as_of=now), post.withhold)


# -- what can be refused at the door ------------------------------------------------------------------------


def _sender_is_open(caller: Caller, known: Known, at: datetime) -> None:
    fault = _gone(caller.agency, known, at)
    if fault is not None:
        raise errors.Forbidden(
            f"{caller.agency} cannot send: {fault}",
            next="ask the hub's operator for a credential of the successor",
        )


def _gone(agency: str, known: Known, at: datetime) -> str | None:
    try:
        known.directory.get(agency, at)
    except ClosedAgency as closed:
        instead = f"its successor is {closed.successor}" if closed.successor else "it has no successor"
        return f"this agency has closed; {instead}"
    except NotYetOpen:
        return "this agency is not open yet"
    except UnknownAgency:
        return "no agency of this id is in the directory"
    return None


def _closed_or_unknown(
    seen: Facts, withhold: Sequence[Withhold], known: Known, at: datetime
) -> list[tuple[str, str]]:
    named = [("message.services", agency) for _, agency in seen.services if agency]
    named += [(f"withhold.{place}.agency", one.agency) for place, one in enumerate(withhold) if one.agency]
    faults = [(path, fault) for path, agency in named if (fault := _gone(agency, known, at)) is not None]
    for ods in seen.gp_ods:
        practice = known.directory.gp(ods, at)
        if isinstance(practice, Gone):
            instead = (
                f"its successor is {practice.successor}" if practice.successor else "it has no successor"
            )
            faults.append(("message.services.gp.ods", f"this practice has closed; {instead}"))
    return faults


# What the sender can mend, or must know before the telephone is put down. A refusal that only the partnership can
# mend (no clause, two protocols for one area) is recorded with the message, and opens a task for them.
_AT_THE_DOOR = {Reason.AREA_UNKNOWN, Reason.NOT_FROM_HERE, Reason.PROTOCOL_EXPIRED, Reason.PROTOCOL_NOT_YET}


def _can_be_decided(caller: Caller, seen: Facts, known: Known, at: datetime) -> None:
    """A protocol past its review date decides nothing: better a refusal now than a share under dead terms."""
    sender = known.party(caller.agency, at)
    places = places_of(seen, sender)
    if isinstance(places, Refusal):
        refusals = [places]
    else:
        sides = [in_force(area, known.protocols, at) for _, area, _ in governing(places)]
        refusals = [side for side in sides if isinstance(side, Refusal)]
    told = [refusal for refusal in refusals if refusal.reason in _AT_THE_DOOR]
    if told:
        raise errors.Invalid(
            told[0].sentence,
            next="nothing was recorded: mend the message and send it again, or telephone as the sentence says",
            faults=tuple(("message", refusal.sentence) for refusal in told),
        )
