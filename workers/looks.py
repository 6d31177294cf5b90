"""One look at what was said of one child: what the watches of the child's area make of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from hub.clock import whole_day_after
from hub.journey import HUB
from hub.known import Known
from hub.store import children, crossings, watches
from hub.store.watches import Watched
from protocols.protocol import Protocol
from protocols.watches import Across, Counting, Waiting, Watch
from protocols.watching import last_day, occasion
from workers import turns

LOOK_AGAIN = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Look:
    conn: Connection
    known: Known
    at: datetime
    one: Watched
    child: UUID  # as a root
    protocol: Protocol

    def next(self) -> datetime | None:
        """Open whatever is owed now, and say when to look again, if there is a moment to wait for."""
        moments = [self._asked(rule) for rule in self.protocol.watches]
        return min((moment for moment in moments if moment is not None), default=None)

    def _asked(self, rule: Watch) -> datetime | None:
        if isinstance(rule, Counting) and self.one.kind == rule.kind:
            return self._count(rule)
        if isinstance(rule, Waiting) and self.one.kind in rule.begins:
            return self._wait(rule)
        return None

    # -- so many of a kind ------------------------------------------------------------------------------------

    def _count(self, rule: Counting) -> datetime | None:
        siblings = children.siblings(self.conn, self.child) if rule.across is Across.SIBLINGS else ()
        rows = self._seen(rule, [self.child, *siblings], [rule.kind])
        if self._is_counted(rule, rows):
            return None
        # What was talked about is over, and told once more it is not a new occasion.
        over = {occasion(turns.seen(row)) for row in rows if row.crossing_id}
        fresh = [row for row in rows if row.crossing_id is None and occasion(turns.seen(row)) not in over]
        met = turns.meeting(rule, fresh)
        return self._met(rule, fresh, met[-1].message_id) if met else None

    def _is_counted(self, rule: Watch, rows: Sequence[Any]) -> bool:
        """It was; or it is now, with what is being talked about already."""
        if any(row.id == self.one.id and row.crossing_id for row in rows):
            return True
        still_open = crossings.still_open(self.conn, {row.crossing_id for row in rows if row.crossing_id})
        for crossing in sorted(still_open)[:1]:
            self._add(rule, crossing)
        return bool(still_open)

    # -- one that does not come -------------------------------------------------------------------------------

    def _wait(self, rule: Waiting) -> datetime | None:
        """Once for a child; from the day that the newest message gives, as a due date may be mended."""
        rows = self._seen(rule, [self.child], [*rule.begins, rule.kind])
        begins = [row for row in rows if row.kind in rule.begins]
        newest = begins[-1]
        if any(row.kind == rule.kind for row in rows) or newest.id != self.one.id:
            return None
        earlier = [row.crossing_id for row in begins if row.crossing_id]
        if earlier and crossings.ended_by_coming(
            self.conn, earlier[0], by=HUB
        ):  # and what came was taken back
            crossings.free(self.conn, earlier[0], at=self.at)
            return self.at + LOOK_AGAIN
        if earlier:
            if newest.crossing_id is None:
                self._add(rule, earlier[0])
            return None
        runs_out = whole_day_after(last_day(rule, newest.day))
        return runs_out if self.at < runs_out else self._met(rule, begins, newest.message_id)

    # -- both -------------------------------------------------------------------------------------------------

    def _seen(self, rule: Watch, family: Sequence[UUID], kinds: Sequence[str]) -> list[Any]:
        return watches.seen(self.conn, family, kinds, protocol=self.protocol.id, watch=rule.id)

    def _add(self, rule: Watch, crossing: UUID) -> None:
        crossings.count(self.conn, crossing, self.protocol.id, rule.id, [self.one.id])

    def _met(self, rule: Watch, rows: Sequence[Any], set_off: UUID) -> datetime | None:
        try:
            case = turns.locked(self.conn, self.protocol, rule, rows, set_off)
            turns.ask(self.conn, case, None, known=self.known, at=self.at)
        except turns.Later:
            return self.at + LOOK_AGAIN
        return None
