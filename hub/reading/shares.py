"""One share with its thread, as either end of it may see it."""

import json
from collections.abc import Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from agencies import wire
from hub.answer import no_such_share
from hub.reading.children import children_in
from hub.reading.deadlines import told
from hub.reading.lines import cited
from hub.records import Records
from hub.store import disagreements, messages, notes, owed, shares
from protocols.vocabulary import Section


def share(conn: Connection, share_id: UUID, agency: str, *, records: Records) -> wire.Share:
    row = shares.read_whole(conn, share_id)
    if row is None or not _concerns(row, agency):
        raise no_such_share()
    thread = notes.of_share(conn, share_id)
    receives = agency == row.recipient
    return wire.Share(
        id=row.id,
        message=row.message_id,
        sender=row.sender,
        recipient=row.recipient,
        kind=row.kind,
        state=row.state,
        since=row.state_at,
        view=row.terms["view"],
        protocol=row.protocol,
        protocol_version=row.protocol_version,
        clauses=tuple(row.terms["clauses"]),
        also=cited(row.terms),
        call_first=row.terms["call_first"],
        takes_responsibility=row.takes_responsibility,
        deadlines=told(owed.of_shares(conn, [share_id])[share_id], agency),
        case_reference=records.show(row.case_reference_hidden, where=f"case_reference {row.id}"),
        redirected_to=None
        if receives
        else row.redirected_to,  # another's share is not the recipient's to know
        children=children_in(conn, row.message_id, agency) if _sees_the_children(row, agency) else (),
        envelope=json.loads(bytes(row.envelope)) if receives and _is_handed_out(conn, row) else None,
        thread=tuple(_note(one, receives=receives) for one in thread if one.for_recipient or not receives),
        disagreements=_disagreements(disagreements.of_share(conn, share_id)),
    )


def _disagreements(rows: Sequence[Any]) -> tuple[wire.Disagreement, ...]:
    """Each with the stages that it climbed, in order."""
    found = []
    for _, group in groupby(rows, key=lambda row: row.begun):
        climbed = list(group)
        first, last = climbed[0], climbed[-1]
        stages = tuple(
            wire.DisagreementStage(
                id=row.id,
                stage=row.name,
                opened_by=row.opened_by,
                opened_at=row.opened_at,
                answered_at=row.answered_at,
                ended_at=row.ended_at,
                outcome=row.outcome,
            )
            for row in climbed
        )
        found.append(
            wire.Disagreement(
                id=first.begun,
                begun_by=first.opened_by,
                begun_at=first.opened_at,
                ended_at=last.ended_at,
                outcome=last.outcome,
                stages=stages,
            )
        )
    return tuple(found)


def _concerns(row: Any, agency: str) -> bool:  # noqa: ANN401 - a row
    """A recipient knows of what was sent: a share that ended before that never was there for them."""
    return bool(agency == row.sender or (agency == row.recipient and row.sent_at is not None))


def _sees_the_children(row: Any, agency: str) -> bool:  # noqa: ANN401 - a row
    return agency == row.sender or Section.CHILD in row.terms["sections"]


def _is_handed_out(conn: Connection, row: Any) -> bool:  # noqa: ANN401 - a row
    """Withdrawn, declined, released or gone to another: whoever did not take it by then has no business with it. Nor,
    any more, with what was closed and has been taken back.
    """
    if row.envelope is None or row.state in shares.SHOWS_NO_MORE:
        return False
    return row.state != "closed" or str(messages.read(conn, row.message_id).state) != "withdrawn"


def _note(row: Any, *, receives: bool) -> wire.Note:  # noqa: ANN401 - a row
    sealed = row.for_recipient if receives else row.for_sender
    return wire.Note(
        id=row.id, kind=row.kind, by=row.by_agency, at=row.at, envelope=json.loads(bytes(sealed))
    )
