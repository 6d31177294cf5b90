"""Housekeeping: what nobody asks for and must be done all the same. Safe to run by several schedulers at once.

Nothing here ends anything that is not confirmed: the hub's own copy is destroyed only of a message that is closed
or withdrawn, and a message is closed only when every share of it has come to its end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import Connection

from hub import closed, journey
from hub.known import Known
from hub.shredding import shred
from hub.store import asks, days, messages, outbox, owed, readings, responsibility, shares, watches
from hub.store.faults import is_away
from hub.store.likenesses import nobody_merges
from workers import tasks
from workers.chase import chase
from workers.line import House
from workers.place import keep_placed
from workers.tasks import Task
from workers.telling import told
from workers.watch import watch

START = UUID(int=0)
LONG = timedelta(hours=1)  # so long may the hub's own servers be away before each message is a person's task
AT_ONCE = 500  # messages in one transaction: a long one would make others wait
log = structlog.get_logger()


@dataclass
class Housekeeper:
    """Remembers between two rounds how far it has walked, and what was known."""

    line: House
    walked_to: UUID = START
    known_number: int | None = None
    at_once: int = AT_ONCE

    def round(self) -> None:
        """Each duty once. One that fails keeps none of the others from being done."""
        known = self.line.known()
        for duty in (
            lambda: self.when_known_changed(known),
            lambda: self.tell_of_what_is_stuck(known),
            lambda: self.hand_back_from_closed(known),
            lambda: watch(self.line),
            lambda: keep_placed(self.line, known),
            lambda: chase(self.line),
            self.close_what_was_missed,
            self.shred_what_ended,
            self.end_what_was_lent,
            self.end_the_day,
        ):
            try:
                duty()
            except Exception as fault:
                if is_away(fault):
                    raise
                log.warning("a duty of the house was not done, and is tried again", **told(fault))

    def when_known_changed(self, known: Known) -> None:
        """What was missing may be there now: what waits for it is due at once, and what nobody heard of is decided
        again: when this process starts, too, as the change may have come while none was running.
        """
        if known.number == self.known_number:
            return
        with self.line.engine.begin() as conn:
            outbox.hasten(conn, now=self.line.now())
            watches.hasten(conn, at=self.line.now())
        self.decide_again()
        self.known_number = known.number

    def decide_again(self) -> int:
        """Messages that went to nobody, though somebody should have heard: the protocol is asked once more."""
        after, put = START, 0
        while True:
            with self.line.engine.begin() as conn:
                some = asks.unheard(conn, after, limit=self.at_once)
                outbox.put(conn, [outbox.Work("route", one, None, self.line.now()) for one in some])
            put += len(some)
            if len(some) < self.at_once:
                return put
            after = some[-1]

    def tell_of_what_is_stuck(self, known: Known) -> int:
        """A step that fails again and again goes on being tried, slowly; and a person is told, once."""
        at = self.line.now()
        with self.line.engine.begin() as conn:
            stuck = sorted(set(outbox.stuck(conn, long_ago=at - LONG, limit=self.at_once)))
            locked = messages.lock(conn, stuck)
            wanted = [
                Task(tasks.RESOLVE_STUCK, one.id, one.sender, None)
                for one in locked.values()
                if one.state not in journey.ENDS["message"]
            ]
            opened = tasks.open_once(conn, wanted, known=known, at=at)
        for task in opened:
            log.error("a message is stuck: a person is asked to look", message=task.message_id)
        return len(opened)

    def hand_back_from_closed(self, known: Known) -> int:
        """What closed agencies left open, nobody would ever do. Their shares go back to the senders, who owe a
        redirect; where the sender has closed, or a closed agency holds a responsibility, a person is asked who does
        its work now; and what a closed office was asked, the office of today is asked.
        """
        at = self.line.now()
        gone = known.directory.closed(at)
        if not gone:
            return 0
        handed = self._hand_back_shares(known, gone, at)
        self._ask_who_holds(known, gone, at)
        self._ask_who_looks_again(known, gone, at)
        self._ask_other_offices(known, gone, at)
        return handed

    def _hand_back_shares(self, known: Known, gone: Sequence[str], at: datetime) -> int:
        handed, after = 0, (START, START)
        while True:
            with self.line.engine.begin() as conn:
                nobody_merges(conn)
                found = owed.shares_owed_by(conn, gone, after=after, limit=self.at_once)
                theirs = [row for row in found if row.recipient in gone]
                senders = {row.message_id: (row.sender, row.sender) for row in found if row.sender in gone}
                new = _not_asked_yet(conn, senders)
                # Messages before shares, as everybody locks them: two orders would be a deadlock.
                messages.lock(conn, sorted({row.message_id for row in theirs} | set(new)))
                locked = shares.lock(conn, sorted(row.share_id for row in theirs))
                back = closed.hand_back(conn, list(locked.values()), known=known, at=at)
                self._ask_for_successors(conn, new, known, at)
            for share in back:
                log.warning("the agency has closed: its share went back to the sender", share=share)
            handed += len(back)
            if len(found) < self.at_once:
                return handed
            after = (found[-1].message_id, found[-1].share_id)

    def _ask_who_holds(self, known: Known, gone: Sequence[str], at: datetime) -> None:
        after = START
        while True:
            with self.line.engine.begin() as conn:
                found = responsibility.held_by(conn, gone, after=after, limit=self.at_once)
                new = _not_asked_yet(conn, {row.message_id: (row.sender, row.holder) for row in found})
                messages.lock(conn, sorted(new))
                self._ask_for_successors(conn, new, known, at)
            if len(found) < self.at_once:
                return
            after = found[-1].message_id

    def _ask_who_looks_again(self, known: Known, gone: Sequence[str], at: datetime) -> None:
        """Of what nobody hears, no office is asked, but the hub's operator (`workers.tasks`)."""
        after = START
        while True:
            with self.line.engine.begin() as conn:
                found = owed.owed_to_themselves(conn, gone, after=after, limit=self.at_once)
                new = _not_asked_yet(conn, {message: (sender, sender) for message, sender in found.items()})
                messages.lock(conn, sorted(new))
                self._ask_for_successors(conn, new, known, at)
            if len(found) < self.at_once:
                return
            after = max(found)

    def _ask_for_successors(
        self, conn: Connection, new: Mapping[UUID, tuple[str, str]], known: Known, at: datetime
    ) -> None:
        """Of each of these locked messages, the sender and the agency that has closed are given."""
        wanted = [
            Task(tasks.FIND_SUCCESSOR, message, sender, tasks.area_of(known, gone, at))
            for message, (sender, gone) in new.items()
        ]
        for task in tasks.open_once(conn, wanted, known=known, at=at):
            log.error("an agency has closed: a person is asked who does its work", message=task.message_id)

    def _ask_other_offices(self, known: Known, gone: Sequence[str], at: datetime) -> None:
        while True:
            with self.line.engine.begin() as conn:
                open_still = asks.of_offices(conn, gone, limit=self.at_once)
                messages.lock(conn, sorted({one.message_id for one in open_still}))
                # Whatever was done while this waited for the lock is not asked again.
                voided = [
                    one for one in open_still if asks.settle(conn, one.id, by=journey.HUB, at=at, how="void")
                ]
                again = [
                    Task(
                        one.what,
                        one.message_id,
                        one.owed_to,
                        tasks.area_of(known, one.owed_by, at),
                        one.share_id,
                        one.about,
                    )
                    for one in voided
                ]
                tasks.open_once(conn, again, known=known, at=at)
            if len(open_still) < self.at_once:
                return

    def close_what_was_missed(self) -> int:
        """The next few of the open messages: whichever has no open share is closed. Acts do this themselves, so
        that here is only what a fault of ours left behind.
        """
        with self.line.engine.begin() as conn:
            some = messages.routed_after(conn, self.walked_to, limit=self.at_once)
            self.walked_to = some[-1] if len(some) == self.at_once else START
            done = messages.all_done(conn, some)
            late = journey.close_what_is_done(conn, messages.lock(conn, done), at=self.line.now())
        for one in late:
            log.warning("a message was closed late", message=one)
        return len(late)

    def shred_what_ended(self) -> int:
        """Destroy the hub's own copies of what has ended long enough ago."""
        shredded = 0
        while True:
            at = self.line.now()
            with self.line.engine.begin() as conn:
                gone = shred(conn, ended_before=at - self.line.shred_after, limit=self.at_once, at=at)
            shredded += len(gone)
            if len(gone) < self.at_once:
                return shredded

    def end_what_was_lent(self) -> int:
        """Leave to read ends by itself: nobody is handed the copy from that moment on, and here it is destroyed."""
        ended = 0
        while True:
            with self.line.engine.begin() as conn:
                some = readings.forget_ended(conn, at=self.line.now(), limit=self.at_once)
            ended += some
            if some < self.at_once:
                return ended

    def end_the_day(self) -> None:
        """Soon after midnight, so that the day's statement is what had happened by then."""
        with self.line.engine.begin() as conn:
            days.close_last(conn, at=self.line.now())


def _not_asked_yet(conn: Connection, of: Mapping[UUID, tuple[str, str]]) -> dict[UUID, tuple[str, str]]:
    """Those of these messages about which nobody was ever asked who does a closed agency's work."""
    asked_before = asks.ever_asked(conn, list(of), tasks.FIND_SUCCESSOR) if of else set()
    return {message: ends for message, ends in of.items() if message not in asked_before}
