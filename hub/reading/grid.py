"""The sender's grid: every share of a message, every decision about it, and who holds the responsibility now."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from agencies import wire
from agencies.directory import Directory
from hub import errors
from hub.reading.children import children_in
from hub.reading.deadlines import told
from hub.reading.lines import cited, decided
from hub.records import Records
from hub.store import handovers, messages, owed, own_notes, responsibility, shares
from protocols.vocabulary import KEPT


def grid(
    conn: Connection, message_id: UUID, agency: str, *, records: Records, directory: Directory, at: datetime
) -> wire.Grid:
    message = messages.read(conn, message_id)
    if message is None or message.sender != agency:
        raise errors.NotFound(
            "there is no such message, or your agency did not send it",
            next="take its id from the answer that accepted it",
        )
    rows = shares.of_message(conn, message_id)
    duties = owed.of_shares(conn, [row.id for row in rows])
    lines = messages.decisions(conn, message_id)
    terms: Mapping[UUID, Mapping[str, Any]] = {row.id: row.terms for row in rows}
    return wire.Grid(
        id=message.id,
        kind=message.kind,
        version=message.version,
        state=message.state,
        accepted_at=message.accepted_at,
        closed_at=message.state_at if message.state in ("closed", "withdrawn") else None,
        protocol=next((line.protocol for line in lines if line.protocol is not None), None),
        shares=tuple(_share(row, duties[row.id], directory, at) for row in rows),
        decisions=tuple(decided(line, terms.get(line.share_id), agency, records=records) for line in lines),
        children=children_in(conn, message_id, agency),
        responsibility=_holder(_held_by(conn, message.id, agency), records),
        owed=told(owed.of_message(conn, message_id), agency),
        notes=tuple(_note(row) for row in own_notes.of_message(conn, message_id))
        if message.kind in KEPT
        else (),
        copy_envelope=None if message.copy_envelope is None else json.loads(bytes(message.copy_envelope)),
    )


def _note(row: Any) -> wire.Note:  # noqa: ANN401 - a row
    envelope = json.loads(bytes(row.envelope))
    return wire.Note(id=row.id, kind=row.kind, by=row.by_agency, at=row.at, envelope=envelope)


def _share(
    row: Any,  # noqa: ANN401 - a row
    duties: list[dict[str, Any]],
    directory: Directory,
    at: datetime,
) -> wire.GridShare:
    has_closed = directory.is_closed(row.recipient, at)
    return wire.GridShare(
        id=row.id,
        recipient=row.recipient,
        role=row.role,
        state=row.state,
        since=row.state_at,
        view=row.terms["view"],
        clauses=tuple(row.terms["clauses"]),
        also=cited(row.terms),
        deadlines=told(duties, row.sender),
        redirected_to=row.redirected_to,
        recipient_closed=has_closed,
        successor=directory.successor_of(row.recipient, at) if has_closed else None,
    )


def _held_by(conn: Connection, message_id: UUID, agency: str) -> Any:  # noqa: ANN401 - a row or None
    """Of one that goes after a family that moved again, and that nobody has accepted yet: whoever held before."""
    now = responsibility.now(conn, message_id)
    overtaken = handovers.before(conn, message_id) if now is not None and now.holder == agency else []
    return responsibility.now(conn, overtaken[-1]) if overtaken else now


def _holder(row: Any, records: Records) -> wire.Holder | None:  # noqa: ANN401 - a row or None
    if row is None:
        return None
    person = records.show(row.person_hidden, where=f"person {row.id}")
    return wire.Holder(
        agency=row.holder,
        person=None if person is None else wire.Person.model_validate_json(person),
        since=row.since,
    )
