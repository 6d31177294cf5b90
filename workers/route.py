"""Route: open what was accepted, let the protocol decide, and record a decision for every party.

Everything is as of the moment of acceptance: the same message decided an hour later is decided the same. What
nobody hears of is a task for a person, in the same transaction as the decision that says so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hub import journey
from hub.ids import new_id
from hub.journey import WORKERS
from hub.known import Known
from hub.store import messages, outbox, owed
from hub.store.connect import looking
from hub.store.messages import Message
from hub.store.outbox import Leased, Row
from protocols.decide import (
    Decision,
    Party,
    Refusal,
    ShareDecision,
    WithheldDecision,
    WithheldParty,
    decide,
)
from workers import tasks
from workers.batch import prepared, put_back, recorded
from workers.line import Line
from workers.opening import read_back
from workers.tasks import Task
from workers.telling import CannotYet

STEP = "route"


@dataclass(frozen=True, slots=True)
class Routed:
    """A message with its decision, as rows."""

    row: Row
    message: Message
    shares: Sequence[dict[str, Any]] = ()
    decisions: Sequence[dict[str, Any]] = ()
    tasks: Sequence[Task] = ()


def route(line: Line, leased: Sequence[Leased]) -> int:
    """Work these rows of the outbox; answers how many were done."""
    known = line.known()
    with looking(line.engine) as conn:
        rows = outbox.peek(conn, [one.id for one in leased], step=STEP)
        found = messages.read_many(conn, [row.message_id for row in rows])
        bodies = messages.bodies(conn, [row.message_id for row in rows])

    def prepare(row: Row) -> Routed:
        message = found.get(row.message_id)
        if message is None:
            raise CannotYet("no_message")
        return _routed(line, known, row, message, bodies.get(row.message_id))

    ready, bad = prepared(rows, prepare)
    bad += [
        (one.row, fault)
        for one, fault in recorded(line, ready, lambda conn, group: _record(line, known, conn, group))
    ]
    put_back(line, bad)
    return len(rows) - len(bad)


# -- decide -------------------------------------------------------------------------------------------------


def _routed(line: Line, known: Known, row: Row, message: Message, body: bytes | None) -> Routed:
    if message.state != "accepted":  # withdrawn meanwhile, or done by somebody whose answer was lost
        return Routed(row, message)
    at = message.accepted_at
    reading = read_back(line, known, message, body)
    agency = known.directory.get(message.sender, at)
    decision = decide(
        reading.facts,
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
                _to_share(share, decided.recipient.area)
                for share, decided in zip(shares, decision.shares, strict=True)
            ),
            *(_to_refuse(message, one) for one in decision.refusals),
            *(_to_withhold(line, message, one) for one in decision.withheld),
        ],
        list(_tasks(message, decision)),
    )


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
    if not (decision.shares or decision.refusals or decision.withheld):
        yield Task(tasks.RESOLVE_REFUSAL, message.id, message.sender, None)


# -- decisions as rows --------------------------------------------------------------------------------------


_NOTHING: dict[str, Any] = {
    "share_id": None,
    "agency": None,
    "area": None,
    "protocol": None,
    "protocol_version": None,
    "digest": None,
    "clauses": [],
    "says": [],
    "reason": None,
    "explanation": None,
    "reason_hidden": None,
}


def _to_share(share: dict[str, Any], area: str) -> dict[str, Any]:
    return {
        **_NOTHING,
        "message_id": share["message_id"],
        "outcome": "share",
        "share_id": share["id"],
        "agency": share["recipient"],
        "role": share["role"],
        "area": area,
        "protocol": share["protocol"],
        "protocol_version": share["protocol_version"],
        "digest": share["digest"],
        "clauses": share["terms"]["clauses"],
        "says": share["terms"]["says"],
    }


def _to_refuse(message: Message, refusal: Refusal) -> dict[str, Any]:
    return {
        **_NOTHING,
        "message_id": message.id,
        "outcome": "refuse",
        "agency": refusal.agency,
        "role": refusal.terms()["role"],
        "area": refusal.area,
        "protocol": refusal.protocol_id,
        "protocol_version": refusal.version,
        "clauses": [refusal.clause] if refusal.clause else [],
        "reason": str(refusal.reason),
        "explanation": refusal.sentence,
    }


def _to_withhold(line: Line, message: Message, withheld: WithheldDecision) -> dict[str, Any]:
    """The sender's own words are kept under the records key: they may say anything of anybody."""
    told = withheld.terms()
    where = f"withhold {message.id} {told['agency'] or told['role']}"
    return {
        **_NOTHING,
        "message_id": message.id,
        "outcome": "withhold",
        "agency": told["agency"],
        "role": told["role"],
        "area": told["area"],
        "protocol": told["protocol_id"],
        "protocol_version": told["version"],
        "clauses": told["clauses"],
        "says": told["says"],
        "reason_hidden": line.records.hide(withheld.reason, where=where),
    }


# -- record -------------------------------------------------------------------------------------------------


def _record(line: Line, known: Known, conn: Connection, group: Sequence[Routed]) -> None:
    at = line.now()
    held = {row.id for row in outbox.hold(conn, [one.row.id for one in group], step=STEP)}
    mine = [one for one in group if one.row.id in held]
    locked = messages.lock(conn, [one.message.id for one in mine])
    going = [one for one in mine if locked[one.message.id].state == "accepted"]
    journey.begin_shares(conn, [share for one in going for share in one.shares], at=at)
    messages.add_decisions(conn, [{**row, "at": at} for one in going for row in one.decisions])
    for one in going:
        not_shared = [row for row in one.decisions if row["outcome"] != "share"]
        if not_shared:
            journey.not_shared(conn, one.message.id, one.message.sender, not_shared, at=at)
    tasks.open_once(conn, [task for one in going for task in one.tasks], known=known, at=at)
    _no_longer_stuck(conn, [one for one in going if one.row.attempts > 1], at)
    journey.move_messages(
        conn, [one.message.id for one in going], "route", locked=locked, actor=WORKERS, at=at
    )
    outbox.done(conn, list(held))


def _no_longer_stuck(conn: Connection, again: Sequence[Routed], at: datetime) -> None:
    if again:
        owed.settle_tasks(
            conn, [one.message.id for one in again], [tasks.RESOLVE_STUCK], by=journey.HUB, at=at
        )
