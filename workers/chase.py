"""Step 8: chase what is owed, up the ladder. Whatever lapses, somebody hears; and each step is told once.

A round takes what is due, tells every step whose moment has come, in order, and says when the next one is due: all of a
batch in one transaction, so that a kill leaves each step told or not told, and never half. After days of being down
the steps that were missed are told together, and `workers.tell` writes to each address once.

Any number of chasers may run: each takes what the others have not locked. Nothing is locked besides (but the shares
of what begins anew, where nobody has locked them), so that an act that settles a thing waits for a moment at the most.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from agencies.whom import Ends, Told, whom
from hub.duties import step_at
from hub.journey import HUB
from hub.known import Known
from hub.store import audit, feed, lapses, notices
from hub.store.connect import together
from hub.store.notices import Notice
from protocols.ladders import USUAL, steps_of
from protocols.protocol import Step
from protocols.vocabulary import KEPT
from workers import stand
from workers.line import House
from workers.telling import told

AT_ONCE = 500  # in one transaction
LOOK_AGAIN = timedelta(minutes=10)
LAPSE = "owed.lapse"
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Climbed:
    """One thing that is owed, the steps of its ladder that are told now, and when the next is due."""

    row: Any
    steps: tuple[tuple[int, tuple[Told, ...]], ...]  # which step, from 1, and whom it tells
    next_at: datetime | None


def chase(house: House, *, at_once: int = AT_ONCE) -> int:
    """Everything that is due now; answers how many steps were told."""
    known, count = house.known(), 0
    while True:
        at = house.now()
        with house.engine.begin() as conn:
            rows = lapses.due(conn, at=at, limit=at_once)
            climbed = [_climbed(row, known, at) for row in rows]
            _record(conn, climbed, known, at)
        count += sum(len(one.steps) for one in climbed)
        if len(rows) < at_once:
            return count


def _climbed(row: Any, known: Known, at: datetime) -> Climbed:  # noqa: ANN401 - a row
    """One that cannot be climbed keeps no other from being told: it is looked at again, and the log names it."""
    try:
        return _climb(row, known, at)
    except Exception as fault:  # noqa: BLE001 - whatever its row or ladder says
        log.error("what is owed cannot be chased", owed=row.id, **told(fault))  # noqa: TRY400 - without its words
        return Climbed(row, (), at + LOOK_AGAIN)


def _climb(row: Any, known: Known, at: datetime) -> Climbed:  # noqa: ANN401 - a row
    """The steps whose moment has come. One that finds nobody at all hands over to the next at once."""
    steps, lapsed_at = _ladder(row, known), row.due_at
    ends = Ends(*_ends(row), row.owed_by)
    calendar = known.calendar(row.owed_by, at)
    steps_told: list[tuple[int, tuple[Told, ...]]] = []
    place = row.step
    next_at: datetime | None = at if place < len(steps) else None
    while next_at is not None and next_at <= at:
        heard = _not_outside(
            row, whom(steps[place].tell, ends, directory=known.directory, calendar=calendar, at=at)
        )
        steps_told.append((place + 1, heard))
        place += 1
        next_at = step_at(steps, place, row.owed_by, lapsed_at=lapsed_at, known=known)
        if not heard and next_at is not None:
            next_at = min(next_at, at)
    return Climbed(row, tuple(steps_told), next_at)


def _not_outside(row: Any, heard: tuple[Told, ...]) -> tuple[Told, ...]:  # noqa: ANN401 - a row
    """Of what nobody hears, nobody outside is told when it lapses: whatever a ladder says, and whoever has closed."""
    return tuple(one for one in heard if one.agency == row.owed_by) if row.kind in KEPT else heard


def _ends(row: Any) -> tuple[str, str]:  # noqa: ANN401 - a row
    """Sender and recipient, in a ladder's words. A task of an office is between it and the sender; and so is all that
    is owed on a share that was never sent: its recipient must not hear of it. What somebody owes to nobody but
    themselves, nobody else hears of.
    """
    if row.owed_by == row.owed_to:
        return row.owed_to, row.owed_by
    if row.owed_by in (row.sender, row.recipient) and row.sent_at is not None:
        return row.sender, row.recipient
    return row.sender or row.owed_to, row.owed_by


def _ladder(row: Any, known: Known) -> Sequence[Step]:  # noqa: ANN401 - a row
    # A watch may ask about a share by another ladder than the share's own.
    if row.share_id is not None and row.steps is not None and row.ladder in (None, row.ladder_of_share):
        return steps_of(row.steps)
    protocol = known.protocol(row.protocol_of)
    ladder = protocol.ladders.get(row.ladder or protocol.ladder) if protocol else None
    return ladder.steps if ladder else USUAL


def _record(conn: Connection, climbed: Sequence[Climbed], known: Known, at: datetime) -> None:
    if not climbed:
        return
    entries = [entry for one in climbed for entry in _entries(one, at)]
    with together(conn):
        lapses.climb(conn, [(one.row.id, one.row.step + len(one.steps), one.next_at) for one in climbed])
        audit.write(conn, entries)
        notices.add(
            conn,
            [
                Notice(one.row.id, step, someone.agency, someone.contact, at, at)
                for one in climbed
                for step, heard in one.steps
                for someone in heard
            ],
        )
        feed.wake(
            conn,
            {feed.events_of(end) for entry in entries for end in (entry.sender, entry.recipient) if end},
        )
    at_the_end = [one.row for one in climbed if one.next_at is None]
    stand.again(conn, at_the_end, known=known, at=at, look_at=at + LOOK_AGAIN)
    for one in climbed:
        for step, heard in one.steps:
            if not heard:  # the operator's log and `checkback owed` are what is left
                log.error("something owed has lapsed and nobody can be told", owed=one.row.id, step=step)


def _entries(one: Climbed, at: datetime) -> list[audit.Entry]:
    """Both ends hear that it has lapsed and who is told; and whoever else is told hears of it as well."""
    row = one.row
    sender, recipient = _ends(row)
    entries = []
    for step, heard in one.steps:
        detail = {"what": row.what, "owed": str(row.id), "owed_by": row.owed_by, "step": step,
                  "told": [str(someone) for someone in heard]}  # fmt: skip
        others = sorted({someone.agency for someone in heard} - {sender, recipient})
        for first, second in ((sender, recipient), *((HUB, other) for other in others)):
            entries.append(
                audit.Entry(
                    at=at, event=LAPSE, message_id=row.message_id, share_id=row.share_id, sender=first,
                    recipient=second, by_agency=HUB, detail=detail,
                )
            )  # fmt: skip
    return entries
