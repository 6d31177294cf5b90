"""Who holds the children of a handover that is routed; and, for the housekeeper, what cannot be placed.

A handover says that its sender holds; one that goes after a family that moved again says which earlier one it
overtakes. What cannot be placed becomes a task of the partnership's office, of the area of whoever holds by the record,
or of the agency that has closed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import Connection

from hub import enquiry, moved_again, placing, unplacing
from hub.journey import HUB
from hub.known import Known
from hub.placing import Sent
from hub.store import enquiries, handovers, likenesses, messages, unplaced
from hub.store.handovers import Handover
from hub.store.tables import PLACE_RESPONSIBILITY
from protocols.facts import Facts
from protocols.vocabulary import Kind
from workers import tasks
from workers.line import House
from workers.tasks import Task

AT_ONCE = 500
START = UUID(int=0)
_SAYS_WHERE = frozenset({Kind.REGISTRATION, Kind.BIRTH})
_OF_THE_OTHER = frozenset({placing.RECEIVER_CLOSED, placing.HOLDER_CLOSED})  # whose area's office is asked
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Handed:
    """A handover, as far as it is about who holds."""

    message_id: UUID
    sender: str
    service: str
    accepted_at: datetime
    follows: UUID | None

    def sent(self, earlier: Handover | None = None) -> Sent:
        wrongly = self.follows is not None and earlier is None
        return Sent(self.message_id, self.sender, self.service, self.accepted_at, earlier, wrongly=wrongly)


def place(conn: Connection, handed: Sequence[Handed], *, at: datetime) -> None:
    """Those whose shares and children this transaction has written; what others follow comes before them."""
    in_order = sorted(handed, key=lambda handed: handed.message_id)
    placing.routed(conn, [one.sent() for one in in_order if one.follows is None], at=at)
    for one in in_order:
        if one.follows is None:
            continue
        earlier = moved_again.overtakes(conn, one.message_id, one.follows, one.sender, one.service, at=at)
        placing.routed(conn, [one.sent(earlier)], at=at)
        moved_again.overtaken(conn, one.message_id, by=one.sender, at=at)
    for one in in_order:
        placing.follow_nothing(conn, moved_again.parted(conn, one.message_id), at=at)


def offer(conn: Connection, handed: Sequence[Handed], *, at: datetime) -> None:
    """Those of which nobody could hear when they were routed first, and somebody does now."""
    for one in sorted(handed, key=lambda handed: handed.message_id):
        if one.follows is None:
            placing.offered(conn, [one.message_id], at=at)
            continue
        earlier = moved_again.overtakes(conn, one.message_id, one.follows, one.sender, one.service, at=at)
        if earlier is None:
            handovers.follows_nothing(conn, one.message_id, service=one.service, giver=one.sender)
        placing.routed(conn, [one.sent(earlier)], at=at)  # which begins nothing anew
        moved_again.overtaken(conn, one.message_id, by=one.sender, at=at)


def says_where(facts: Facts) -> bool:
    """A handover to somewhere, a registration or a birth: whoever was enquired after is found."""
    if facts.kind is Kind.HANDOVER:
        return facts.destination_area is not None
    return facts.kind in _SAYS_WHERE


def find(conn: Connection, found: Sequence[UUID], *, known: Known, at: datetime) -> None:
    """By these messages, whose children and shares are written."""
    enquiry.look_again(conn, enquiries.still_about(conn, found), known=known, at=at)


# -- for the housekeeper ------------------------------------------------------------------------------------


def keep_placed(house: House, known: Known, *, at_once: int = AT_ONCE) -> int:
    """Answers how many alarms somebody is asked about now."""
    _void(house, at_once)
    _look_for_the_found(house, known, at_once)
    _raise_for_closed(house, known, at_once)
    return _ask(house, known, at_once)


def _void(house: House, at_once: int) -> None:
    while True:
        with house.engine.begin() as conn:
            if handovers.void_acceptances(conn, by=HUB, at=house.now(), limit=at_once) < at_once:
                return


def _look_for_the_found(house: House, known: Known, at_once: int) -> None:
    """What said where they are may have come before those who were to enquire had been sent anything."""
    after = START
    while True:
        with house.engine.begin() as conn:
            likenesses.nobody_merges(conn)
            sought = enquiries.still_open(conn, after=after, limit=at_once)
            enquiry.look_again(conn, sought, known=known, at=house.now())
        if len(sought) < at_once:
            return
        after = sought[-1]


def _raise_for_closed(house: House, known: Known, at_once: int) -> None:
    gone, after = known.directory.closed(house.now()), START
    while gone:
        with house.engine.begin() as conn:
            found = unplacing.holders_closed(conn, gone, after=after, limit=at_once, at=house.now())
        if len(found) < at_once:
            return
        after = found[-1]


def _ask(house: House, known: Known, at_once: int) -> int:
    asked, after = 0, START
    while True:
        at = house.now()
        with house.engine.begin() as conn:
            found = unplaced.unasked(conn, after=after, limit=at_once)
            messages.lock(conn, sorted({row.message_id for row in found}))
            # Whatever was answered while this waited for the lock is not asked any more.
            still = unplaced.still_unasked(conn, [row.id for row in found])
            wanted = [
                Task(
                    PLACE_RESPONSIBILITY,
                    row.message_id,
                    row.sender,
                    tasks.area_of(known, row.other if row.why in _OF_THE_OTHER else row.holder, at),
                    about=f"{unplaced.ABOUT}{row.id}",
                )
                for row in still
            ]
            opened = tasks.open_once(conn, wanted, known=known, at=at)
        for task in opened:
            log.error("a child's responsibility cannot be placed: a person is asked", message=task.message_id)
        asked += len(opened)
        if len(found) < at_once:
            return asked
        after = found[-1].id
