"""What stands until it is answered: an enquiry whose ladder was told to the end is owed anew, and climbs again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hub.duties import step_at
from hub.journey import HUB
from hub.known import Known
from hub.store import owed
from protocols.deadlines import Limit, due
from protocols.ladders import steps_of
from protocols.owing import ENQUIRY

STANDS = frozenset({ENQUIRY})


def again(conn: Connection, lapsed: Sequence[Any], *, known: Known, at: datetime) -> None:
    """Of these, which this transaction has locked and which nobody more is told of: what stands begins anew, by the
    limit that its clause gave it.
    """
    standing = [row for row in lapsed if row.what in STANDS]
    owed.settle_each(conn, [(row.id, HUB, "again") for row in standing], at=at)
    owed.start(conn, [_anew(row, known, at) for row in standing])


def _anew(row: Any, known: Known, at: datetime) -> owed.Owed:  # noqa: ANN401 - a row
    due_at = due(
        Limit.parse(row.limit_text),
        start=at,
        hours=known.hours(row.owed_by, at),
        calendar=known.calendar(row.owed_by, at),
    )
    return owed.Owed(
        what=row.what,
        owed_by=row.owed_by,
        owed_to=row.owed_to,
        message_id=row.message_id,
        share_id=row.share_id,
        started_at=at,
        due_at=due_at,
        limit_text=row.limit_text,
        protocol=row.protocol_of,
        clause=row.clause,
        ladder=row.ladder,
        next_at=step_at(steps_of(row.steps), 0, row.owed_by, lapsed_at=due_at, known=known),
    )
