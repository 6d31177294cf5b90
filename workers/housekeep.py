"""Housekeeping: what nobody asks for and must be done all the same. Safe to run by several schedulers at once.

Nothing here ends anything that is not confirmed: the hub's own copy is destroyed only of a message that is closed
or withdrawn, and a message is closed only when every share of it has come to its end.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from hub import closed, journey
from hub.known import Known
from hub.store import messages, outbox, owed, shares
from hub.store.faults import is_away
from workers import tasks
from workers.line import House
from workers.tasks import Task
from workers.telling import told

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
            self.close_what_was_missed,
            self.shred_what_ended,
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
        if self.known_number is not None:
            with self.line.engine.begin() as conn:
                outbox.hasten(conn, now=self.line.now())
        self.decide_again()
        self.known_number = known.number

    def decide_again(self) -> int:
        """Messages that went to nobody, though somebody should have heard: the protocol is asked once more."""
        after, put = START, 0
        while True:
            with self.line.engine.begin() as conn:
                some = owed.unheard(conn, after, limit=self.at_once)
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
        """What a closed agency still owes, nobody would ever do: its shares go back to whoever sent them, who owes a
        redirect. Where the sender has closed, a person is asked who does its work now.
        """
        handed = 0
        while True:
            at = self.line.now()
            gone = known.directory.closed(at)
            with self.line.engine.begin() as conn:
                found = owed.by_closed(conn, gone, limit=self.at_once) if gone else []
                messages.lock(conn, sorted({message for message, _ in found}))
                locked = shares.lock(conn, sorted({share for _, share in found}))
                mine = [one for one in locked.values() if one.recipient in gone]
                back = closed.hand_back(conn, mine, known=known, at=at)
                wanted = {
                    one.message_id: Task(
                        tasks.FIND_SUCCESSOR,
                        one.message_id,
                        one.sender,
                        tasks.last_area_of(known, one.sender),
                    )
                    for one in locked.values()
                    if one.sender in gone
                }
                tasks.open_once(conn, list(wanted.values()), known=known, at=at)
            for share in back:
                log.warning("the agency has closed: its share went back to the sender", share=share)
            handed += len(back)
            if len(found) < self.at_once:
                return handed

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
                gone = journey.shred(conn, ended_before=at - self.line.shred_after, limit=self.at_once, at=at)
            shredded += len(gone)
            if len(gone) < self.at_once:
                return shredded
