"""Route: open what was accepted, let the protocol decide, and record a decision for every party.

Everything is as of the moment of acceptance: the same message decided an hour later is decided the same. What
nobody hears of is a task for a person, in the same transaction as the decision that says so. Once a protocol or the
directory is mended, a message that went to nobody is decided again (the housekeeper sees to that): whoever is found
then is added, and what was decided first stays in the record.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from hub import decided, journey, referring
from hub.ids import new_id
from hub.journey import WORKERS
from hub.known import Known
from hub.own_duties import owed_to_itself
from hub.store import asks, families, likenesses, messages, outbox, watches
from hub.store.connect import looking, together
from hub.store.messages import Message, Whole
from hub.store.outbox import Row
from hub.store.owed import Owed
from hub.store.watches import Watched
from hub.understand import Reading
from protocols.decide import (
    Decision,
    Party,
    ShareDecision,
    WithheldParty,
    decide,
)
from protocols.facts import Facts
from protocols.messages import Handover
from protocols.messages import Message as Said
from workers import as_rows, people, place, tasks
from workers import families as family_rows
from workers.batch import Worked, prepared, put_back, recorded
from workers.line import Line
from workers.opening import read_back
from workers.people import Spoken
from workers.tasks import Task
from workers.telling import CannotYet

STEP = "route"
MOVE = {"accepted": "route", "routed": "reroute"}  # by the state that the message stands in


@dataclass(slots=True)
class Routed:
    """A message with its decision, as rows."""

    row: Row
    message: Message
    shares: Sequence[dict[str, Any]] = ()
    decisions: Sequence[dict[str, Any]] = ()
    tasks: Sequence[Task] = ()
    owes: Sequence[Owed] = ()  # what the sender owes itself, where nobody hears
    spoken: Spoken | None = None  # whom it speaks of
    watched: Sequence[Watched] = ()  # what a protocol's watch may count of it
    kin: Sequence[dict[str, Any]] = ()  # who is family
    involved: Sequence[dict[str, Any]] = ()  # who is round them
    handed: place.Handed | None = None
    says_where: bool = False  # these children are


def route(line: Line, rows: Sequence[Row]) -> Worked:
    """Work these rows of the outbox."""
    known = line.known()
    with looking(line.engine) as conn:
        found = messages.read_whole(conn, [row.message_id for row in rows])
    ready, bad = prepared(rows, lambda row: _routed(line, known, row, found.get(row.message_id)))
    follow, failed = recorded(line, ready, lambda conn, group: _record(line, known, conn, group))
    bad += [(one.row, fault) for one, fault in failed]
    put_back(line, bad)
    return Worked(len(rows) - len(bad), follow)


# -- decide -------------------------------------------------------------------------------------------------


def _routed(line: Line, known: Known, row: Row, found: Whole | None) -> Routed:
    if found is None:
        raise CannotYet("no_message")
    message = found.message
    if message.state not in MOVE:  # withdrawn meanwhile
        return Routed(row, message)
    # What nobody heard of is decided again as protocols and directory are now: they were mended for it.
    at = message.accepted_at if message.state == "accepted" else line.now()
    reading = read_back(line, known, message, found.body)
    agency = known.directory.get(message.sender, message.accepted_at)
    decision = decide(
        _facts(line, known, message, reading),
        sender=Party(agency.id, agency.role, agency.area),
        protocols=known.protocols,
        directory=known.directory,
        at=at,
        withhold=[WithheldParty(one.reason, one.agency, one.role) for one in reading.withhold],
    )
    shares = [_share(message, one) for one in decision.shares]
    return Routed(
        row,
        message,
        shares,
        [
            *(
                as_rows.to_share(share, decided.recipient.area)
                for share, decided in zip(shares, decision.shares, strict=True)
            ),
            *(as_rows.to_refuse(message, one) for one in decision.refusals),
            *(as_rows.to_withhold(line, message, one) for one in decision.withheld),
            *([as_rows.to_keep(message, decision.kept)] if decision.kept else ()),
        ],
        list(_tasks(message, decision)),
        owed_to_itself(message, decision.kept, known=known) if decision.kept else (),
        Spoken(
            message,
            people.entries(reading.message, line.pseudonyms, id_=message.id, at=message.accepted_at),
            reading.facts.home_area,
        ),
        as_rows.watched(message, reading, known, at=line.now()),
        family_rows.kin(message, reading.message, line.records),
        family_rows.involved(message, reading.message, known),
        _handed(message, reading.message, str(agency.role)),
        place.says_where(reading.facts),
    )


def _handed(message: Message, said: Said, role: str) -> place.Handed | None:
    if not isinstance(said, Handover):
        return None
    return place.Handed(message.id, message.sender, role, message.accepted_at, said.follows)


def _facts(line: Line, known: Known, message: Message, reading: Reading) -> Facts:
    if reading.message.follows_on is None:
        return reading.facts
    with looking(line.engine) as conn:
        return referring.followed(conn, reading, message.sender, known=known)


def _share(message: Message, decided: ShareDecision) -> dict[str, Any]:
    return {
        "id": new_id(),
        "message_id": message.id,
        "kind": message.kind,
        "sender": message.sender,
        "recipient": decided.recipient.agency,
        "role": str(decided.recipient.role),
        "protocol": decided.protocol_id,
        "protocol_version": decided.version,
        "digest": decided.digest,
        "terms": decided.terms(),
        "takes_responsibility": decided.takes_responsibility,
    }


def _tasks(message: Message, decision: Decision) -> Iterable[Task]:
    """Whoever should have heard and does not is somebody's task; so is a message of which nobody hears."""
    for refusal in decision.refusals:
        yield Task(tasks.RESOLVE_REFUSAL, message.id, message.sender, refusal.area)
    if not (decision.shares or decision.refusals or decision.withheld or decision.kept):
        yield Task(tasks.RESOLVE_REFUSAL, message.id, message.sender, None)


# -- record -------------------------------------------------------------------------------------------------


def _record(line: Line, known: Known, conn: Connection, group: Sequence[Routed]) -> list[Row]:
    at = line.now()
    if any(one.handed or one.says_where for one in group):
        likenesses.nobody_merges(conn)
    held = {row.id for row in outbox.hold(conn, [one.row.id for one in group], step=STEP)}
    mine = [one for one in group if one.row.id in held]
    locked = messages.lock(conn, [one.message.id for one in mine])
    heard_of = messages.with_shares(conn, [one.message.id for one in mine])
    going = [one for one in mine if _is_to_go(one, locked[one.message.id].state, heard_of)]
    for one in going:
        if one.message.state == "routed":
            one.decisions = _new(one.decisions, messages.decisions(conn, one.message.id))
    with together(conn):
        journey.begin_shares(conn, [share for one in going for share in one.shares], at=at)
        messages.add_decisions(conn, [{**row, "at": at} for one in going for row in one.decisions])
        families.add(
            conn, [row for one in going for row in one.kin], [row for one in going for row in one.involved]
        )
        for one in going:
            not_shared = [row for row in one.decisions if row["outcome"] != "share"]
            if not_shared:
                decided.not_shared(conn, one.message.id, one.message.sender, not_shared, at=at)
        _no_longer_stuck(conn, [one for one in going if one.row.attempts > 1], at)
        _heard_at_last(conn, going, at)
        outbox.done(conn, list(held))
    questions = people.tell_apart(conn, [one.spoken for one in going if one.spoken], at=at)
    new = [one for one in going if one.message.state == "accepted"]
    watches.look_again(conn, [one.message.id for one in new], at=at)
    watches.note(conn, [row for one in new for row in one.watched])
    wanted = [task for one in going for task in one.tasks]
    tasks.open_once(conn, [*wanted, *questions], known=known, at=at)
    place.place(conn, [one.handed for one in new if one.handed], at=at)
    place.offer(conn, [one.handed for one in going if one.handed and one.message.state != "accepted"], at=at)
    place.find(conn, [one.message.id for one in going if one.says_where], known=known, at=at)
    follow: list[Row] = []
    for state, event in MOVE.items():
        some = [one for one in going if one.message.state == state]
        follow += journey.move_messages(
            conn,
            [one.message.id for one in some],
            event,
            locked=locked,
            actor=WORKERS,
            at=at,
            owes=[duty for one in some for duty in one.owes],
            in_hand_until=at + line.lease_for,
        )
    return follow


def _is_to_go(one: Routed, state: str, heard_of: AbstractSet[UUID]) -> bool:
    """Once, as it was decided; and again only where nobody hears of it, and somebody would now, or a clause says so."""
    if state != one.message.state or state not in MOVE:
        return False
    return state == "accepted" or (bool(one.shares or one.owes) and one.message.id not in heard_of)


def _new(decisions: Sequence[dict[str, Any]], held: Sequence[Any]) -> list[dict[str, Any]]:
    """Of these decisions, those that are not in the record already."""
    names = ("outcome", "agency", "role", "area", "reason")
    known = {tuple(getattr(row, name) for name in names) for row in held}
    return [row for row in decisions if tuple(row[name] for name in names) not in known]


def _heard_at_last(conn: Connection, going: Sequence[Routed], at: datetime) -> None:
    """Whoever was asked to mend it has done so. While anybody is still refused, the task stands."""
    mended = [one.message.id for one in going if one.message.state == "routed" and not one.tasks]
    if mended:
        asks.settle_all(conn, mended, [tasks.RESOLVE_REFUSAL], by=journey.HUB, at=at)


def _no_longer_stuck(conn: Connection, again: Sequence[Routed], at: datetime) -> None:
    if again:
        asks.settle_all(conn, [one.message.id for one in again], [tasks.RESOLVE_STUCK], by=journey.HUB, at=at)
