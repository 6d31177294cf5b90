"""Whom a watch asks: the first of those it names that was told enough to count so itself, and the office after all.

Nobody learns by a watch what no clause told them. So an agency owes it only about a share that it holds (or a message
that it sent), and only if what it knows itself meets the watch; the other end of that share hears of it on the same
terms. Where nobody who is named knows enough, the partnership office is asked, which reads no message.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from agencies.agency import AgencyError
from hub import asked
from hub.duties import step_at
from hub.ids import new_id
from hub.journey import HUB
from hub.known import Known
from hub.store import audit, crossings, feed, messages, owed, shares
from hub.store.crossings import Crossing
from hub.store.shares import Share
from hub.store.tables import SEE_TO_WATCH
from protocols.deadlines import due
from protocols.protocol import Protocol
from protocols.vocabulary import Role
from protocols.watches import Waiting, Watch
from protocols.watching import Seen, met
from workers import tasks
from workers.tasks import Task

HOLDING = frozenset({"sent", "received", "checked_back", "challenged", "agreed", "closed"})
COMING = frozenset({"planned", "sealed", "declined"})  # it is sent yet, or its sender finds somebody else
PATIENCE = timedelta(
    days=1
)  # for that: what waits for a key or a word longer keeps nobody else from being asked
OPENED, OVER = "owed.open", "owed.over"


@dataclass(frozen=True, slots=True)
class Case:
    """What one watch may count, locked: rows of `watches.seen`, and every share of their messages."""

    protocol: Protocol
    watch: Watch
    rows: Sequence[Any]
    shares: Sequence[Share]
    set_off: UUID  # the message

    @property
    def sender(self) -> str:
        return next(str(row.sender) for row in self.rows if row.message_id == self.set_off)

    @property
    def area(self) -> str | None:
        areas: list[str | None] = [row.area for row in self.rows if row.message_id == self.set_off]
        return areas[0]

    def enough(self, agency: str) -> list[Any]:
        """What meets the watch, of all that this agency sent or was sent."""
        told = {one.message_id for one in self.shares if one.recipient == agency and one.sent_at is not None}
        mine = [row for row in self.rows if row.sender == agency or row.message_id in told]
        return meeting(self.watch, mine)


def meeting(watch: Watch, rows: Sequence[Any]) -> list[Any]:
    """What of these meets it."""
    if isinstance(watch, Waiting):
        return list(rows)
    counted = {one.id for one in met(watch, map(seen, rows))}
    return [row for row in rows if row.id in counted]


def seen(row: Any) -> Seen:  # noqa: ANN401 - a row
    return Seen(row.id, row.root, row.day, row.of_role, row.plan)


class Later(Exception):
    """Something is under way of which the end is not known yet: it is looked at again."""


def locked(conn: Connection, protocol: Protocol, watch: Watch, rows: Sequence[Any], set_off: UUID) -> Case:
    """Messages before shares, each in the order of their ids. One that was taken back meanwhile is not counted."""
    ids = sorted({row.message_id for row in rows})
    if any(one.state == "withdrawn" for one in messages.lock(conn, ids).values()):
        raise Later
    return Case(protocol, watch, rows, shares.lock_of_messages(conn, ids), set_off)


# -- whose turn it is ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Turn:
    agency: str
    share: Share
    rows: Sequence[Any]  # what it knows of what was counted


def _turn(case: Case, role: Role, known: Known, at: datetime) -> Turn | None:
    theirs = [one for one in case.shares if one.message_id == case.set_off and one.role == role]
    holding = [one for one in theirs if one.state in HOLDING]
    if not holding and any(one.state in COMING and at < one.state_at + PATIENCE for one in theirs):
        raise Later
    if len(holding) > 1:  # across a border there may be one on either side
        holding = [one for one in holding if tasks.area_of(known, one.recipient, at) == case.area]
    if len(holding) == 1:
        agency, share = holding[0].recipient, holding[0]
    elif not theirs and _role(case.sender, known, at) == role and (own := _share_of_its_own(case)):
        agency, share = case.sender, own
    else:
        return None
    rows = case.enough(agency)
    return Turn(agency, share, rows) if rows and _role(agency, known, at) == role else None


def _share_of_its_own(case: Case) -> Share | None:
    """Whoever sent the last message itself is asked about the newest that it was told of, or else that it told."""
    order = {row.message_id: place for place, row in enumerate(case.rows)}
    ends = [one for one in case.shares if one.state in HOLDING and case.sender in (one.recipient, one.sender)]
    return max(
        ends, key=lambda one: (one.recipient == case.sender, order[one.message_id], one.id), default=None
    )


def _role(agency: str, known: Known, at: datetime) -> Role | None:
    """None: it has closed."""
    try:
        return known.directory.get(agency, at).role
    except AgencyError:
        return None


# -- asked --------------------------------------------------------------------------------------------------


def ask(conn: Connection, case: Case, crossing: Crossing | None, *, known: Known, at: datetime) -> None:
    """Open what is owed by whoever is in turn: of a watch that is met now, or of one that nobody answers for any
    more. It raises `Later` where it cannot be told yet who will hold the share.
    """
    found = _first(case, 0, known, at)
    if crossing is None:
        crossing = _begin(conn, case, found[1].rows if found else (), at)
    if found is None:
        _ask_office(conn, case, crossing, known, at)
    else:
        _open(conn, case, crossing, *found, known=known, at=at)


def pass_on(conn: Connection, case: Case, crossing: Crossing, *, known: Known, at: datetime) -> None:
    """Whoever was asked has let it lapse: they owe it still, and the next in turn owes it too."""
    found = _first(case, crossing.turn + 1, known, at)
    if found is None:
        crossings.turn(conn, crossing.id, turn=len(case.watch.by), look_at=None)
    else:
        _open(conn, case, crossing, *found, known=known, at=at)


def _first(case: Case, start: int, known: Known, at: datetime) -> tuple[int, Turn] | None:
    for place in range(start, len(case.watch.by)):
        if (found := _turn(case, case.watch.by[place], known, at)) is not None:
            return place, found
    return None


def _begin(conn: Connection, case: Case, told: Sequence[Any], at: datetime) -> Crossing:
    crossing = Crossing(new_id(), case.protocol.id, case.watch.id, case.set_off, at, 0, None)
    counted = {row.id for row in (*meeting(case.watch, case.rows), *told)}
    crossings.begin(conn, crossing, sorted(counted))
    return crossing


def _open(
    conn: Connection, case: Case, crossing: Crossing, place: int, turn: Turn, *, known: Known, at: datetime
) -> None:
    share, watch = turn.share, case.watch
    other = share.sender if turn.agency == share.recipient else share.recipient
    ladder = case.protocol.ladders[watch.ladder or case.protocol.ladder]
    due_at = due(
        watch.limit, start=at, hours=known.hours(turn.agency, at), calendar=known.calendar(turn.agency, at)
    )
    duty = owed.Owed(
        what=watch.what,
        owed_by=turn.agency,
        owed_to=other if case.enough(other) else turn.agency,
        message_id=share.message_id,
        share_id=share.id,
        started_at=at,
        due_at=due_at,
        limit_text=str(watch.limit),
        protocol=case.protocol.id,
        clause=watch.id,
        ladder=ladder.name,
        next_at=step_at(ladder.steps, 0, turn.agency, lapsed_at=due_at, known=known),
    )
    owed.start(conn, [duty])
    crossings.owes(conn, crossing.id, duty.id)
    comes_after = place + 1 < len(watch.by)
    crossings.turn(conn, crossing.id, turn=place, look_at=due_at if comes_after else None)
    counted = {
        end: sorted({str(row.message_id) for row in case.enough(end)}) for end in (duty.owed_by, duty.owed_to)
    }
    tell(conn, OPENED, duty, counted, at=at)


def _ask_office(conn: Connection, case: Case, crossing: Crossing, known: Known, at: datetime) -> None:
    task = Task(SEE_TO_WATCH, case.set_off, case.sender, case.area, about=case.watch.id)
    row = tasks.row_of(task, known, at)
    owed.start(conn, [row])
    asked.opened(conn, [row], at=at)
    crossings.owes(conn, crossing.id, row.id)
    crossings.turn(conn, crossing.id, turn=len(case.watch.by), look_at=None)


def tell(
    conn: Connection,
    event: str,
    duty: Any,  # noqa: ANN401 - a duty or its row
    counted: Mapping[str, list[str]] | None = None,
    *,
    at: datetime,
) -> None:
    """Those whom it concerns hear: whoever owes it, and whom it is owed to; each, of which messages that it knows."""
    detail = {
        "what": duty.what,
        "owed": str(duty.id),
        "owed_by": duty.owed_by,
        "watch": duty.clause or duty.about,
    }
    ends = dict.fromkeys((duty.owed_by, duty.owed_to))
    audit.write(
        conn,
        [
            audit.Entry(
                at=at, event=event, message_id=duty.message_id, share_id=duty.share_id, sender=HUB, recipient=end,
                by_agency=HUB, detail={**detail, **({"counted": counted[end]} if counted else {})},
            )
            for end in ends
        ],
    )  # fmt: skip
    feed.wake(conn, {feed.events_of(end) for end in ends})
