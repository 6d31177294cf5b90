"""What stands until it is answered: an enquiry whose ladder was told to the end is owed anew, and climbs again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection

from hub.duties import step_at
from hub.journey import HUB
from hub.known import Known
from hub.store import lapses, owed, shares
from protocols.deadlines import due
from protocols.ladders import steps_of
from protocols.owing import ENQUIRY, By
from workers.telling import told

STANDS = frozenset({ENQUIRY})
log = structlog.get_logger()


def again(conn: Connection, lapsed: Sequence[Any], *, known: Known, at: datetime, look_at: datetime) -> None:
    """Of these, which this transaction has locked and which nobody more is told of: what stands begins anew, by the
    limit that its clause gave it. One that cannot stays open, keeps no other from it, and is looked at again then. Nor
    does one on whose share somebody acts just now: their act may end it, and would not see that it is owed anew.
    """
    standing = [row for row in lapsed if row.what in STANDS]
    if not standing:
        return
    free = shares.lock_free(conn, [row.share_id for row in standing])
    begun = {row.id: _begun(row, known, at) for row in standing if row.share_id in free}
    anew = {id_: duty for id_, duty in begun.items() if duty is not None}
    owed.settle_each(conn, [(id_, HUB, "again") for id_ in anew], at=at)
    owed.start(conn, list(anew.values()))
    lapses.look_again(conn, [row.id for row in standing if row.id not in anew], at=look_at)


def _begun(row: Any, known: Known, at: datetime) -> owed.Owed | None:  # noqa: ANN401 - a row
    try:
        return _anew(row, known, at)
    except Exception as fault:  # noqa: BLE001 - whatever its row or ladder says
        log.error("what stands cannot be owed anew", owed=row.id, **told(fault))  # noqa: TRY400 - without its words
        return None


def _anew(row: Any, known: Known, at: datetime) -> owed.Owed:  # noqa: ANN401 - a row
    """Whatever its limit ran from at first: now it runs from the last step of the ladder."""
    limit = By.parse(row.limit_text).limit
    if limit is None:  # no clause says so: it would name a day, and that day is over
        raise ValueError("it has no limit")
    due_at = due(
        limit,
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
