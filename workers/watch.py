"""Watch for what no one message says: several of a kind, or one that does not come; and open what is owed then.

Beside the chase, with no key at all: what it counts are ids and days, kept since the messages were routed. A round
looks at whatever something new was said of, one child at a time, each in a transaction of its own: what was counted,
what is owed and that it was looked at are written together or not at all. Only who is certainly the same child counts;
a likely one waits until a person has answered, and is looked at then.

While something is owed, whatever else would count is part of that conversation. Once it is done, the count begins anew.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy import Connection

from hub.journey import HUB
from hub.known import Known
from hub.store import asks, crossings, watches
from hub.store.connect import looking
from hub.store.crossings import Crossing
from hub.store.faults import is_away
from hub.store.watches import Watched
from protocols.watches import Waiting, Watch
from workers import tasks, turns
from workers.line import House
from workers.looks import LOOK_AGAIN, Look
from workers.telling import told
from workers.turns import OVER, Case

AT_ONCE = 500  # ids read in one go
log = structlog.get_logger()


# -- a round --------------------------------------------------------------------------------------------------


def watch(house: House, *, at_once: int = AT_ONCE) -> int:
    """Everything that is due now; answers how much was looked at."""
    known, count = house.known(), 0
    while True:
        with looking(house.engine) as conn:
            due = watches.due(conn, at=house.now(), limit=at_once)
        for one in due:
            _alone(house, one, partial(_look, id_=one, known=known))
        count += len(due)
        if len(due) < at_once:
            break
    with looking(house.engine) as conn:
        gone = known.directory.closed(house.now())
        moved_on = crossings.moved_on(conn, at=house.now(), gone=gone)
    for one in moved_on:
        _alone(house, None, partial(_follow, id_=one, gone=gone, known=known))
    return count + len(moved_on)


def _alone(house: House, one: UUID | None, work: Callable[[Connection, datetime], None]) -> None:
    """One that cannot be looked at keeps no other from being looked at: it is tried again, and the log says so."""
    at = house.now()
    try:
        with house.engine.begin() as conn:
            watches.alone(conn)
            work(conn, at)
    except Exception as fault:
        if is_away(fault):
            raise
        log.error("what a watch counts cannot be looked at", watched=one, **told(fault))  # noqa: TRY400 - without its words
        if one is not None:
            with house.engine.begin() as conn:
                watches.later(conn, one, until=at + LOOK_AGAIN)


def _look(conn: Connection, at: datetime, *, id_: UUID, known: Known) -> None:
    one = watches.read(conn, id_, at=at)
    if one is None:  # another watcher did
        return
    child = watches.child_of(conn, one)
    next_at = None
    if child is not None:
        _has_come(conn, one, child, known, at)
        protocol = tasks.protocol_of(known, one.area, at)
        next_at = Look(conn, known, at, one, child, protocol).next() if protocol else None
    watches.looked(conn, one, next_at=next_at)


# -- what was opened, followed to its end -------------------------------------------------------------------


def _has_come(conn: Connection, one: Watched, child: UUID, known: Known, at: datetime) -> None:
    """What was waited for is here: nobody owes anything about its not coming any more."""
    for crossing in crossings.of_child(conn, child):
        rule = _rule(crossing, known)
        if isinstance(rule, Waiting) and rule.kind == one.kind:
            _settle(conn, crossing, "done", at)
            crossings.end(conn, crossing.id, at=at)


def _settle(conn: Connection, crossing: Crossing, how: str, at: datetime) -> None:
    for duty in crossings.duties(conn, crossing.id):
        if duty.met_at is None and asks.settle(conn, duty.id, by=HUB, at=at, how=how):
            turns.tell(conn, OVER, duty, at=at)


def _follow(conn: Connection, at: datetime, *, id_: UUID, gone: Sequence[str], known: Known) -> None:
    crossing = crossings.read(conn, id_)
    if crossing is None:
        return
    duties = crossings.duties(conn, id_)
    if any(duty.met_how == "done" for duty in duties):
        _settle(conn, crossing, "void", at)  # whoever did it did it for all who were asked
        crossings.end(conn, id_, at=at)
        return
    for duty in duties:
        if duty.met_at is None and duty.owed_by in gone:
            asks.settle(conn, duty.id, by=HUB, at=at, how="void")
    still_owed = [duty for duty in crossings.duties(conn, id_) if duty.met_at is None]
    with suppress(turns.Later):  # it is looked at again in the next round
        case = _case(conn, crossing, known)
        if case is None or _is_met_no_more(conn, crossing, case):
            _end_what_nobody_asks_for(conn, crossing, at)
        elif not still_owed:
            turns.ask(conn, case, crossing, known=known, at=at)
        elif crossing.look_at is not None and crossing.look_at <= at:
            turns.pass_on(conn, case, crossing, known=known, at=at)


def _case(conn: Connection, crossing: Crossing, known: Known) -> Case | None:
    """As it was counted. None: what set it off was taken back, or no protocol watches for it any more."""
    rule, protocol = _rule(crossing, known), known.protocol(crossing.protocol)
    if rule is None or protocol is None:
        return None
    rows = watches.counted(conn, crossing.id)
    if all(row.message_id != crossing.message_id for row in rows):
        return None
    return turns.locked(conn, protocol, rule, rows, crossing.message_id)


def _is_met_no_more(conn: Connection, crossing: Crossing, case: Case) -> bool:
    """Some of what was counted was taken back, and what is left would not have met it."""
    return crossings.drop_withdrawn(conn, crossing.id) and not turns.meeting(case.watch, case.rows)


def _end_what_nobody_asks_for(conn: Connection, crossing: Crossing, at: datetime) -> None:
    _settle(conn, crossing, "void", at)
    crossings.free(conn, crossing.id, at=at)
    crossings.end(conn, crossing.id, at=at)


def _rule(crossing: Crossing, known: Known) -> Watch | None:
    protocol = known.protocol(crossing.protocol)
    return next((one for one in protocol.watches if one.id == crossing.watch), None) if protocol else None
