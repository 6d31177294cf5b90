"""A year of three areas, on a clock of its own: what is owed is always somebody's, and no lapse goes unheard.

20,000 messages by the shipped protocols, with bank holidays, both nights on which the clocks change, agencies that
answer in time, late or never, two that close, and a scheduler that was down for four days. After every look of the
scheduler the properties are checked again. The messages are put into the tables as they stand once they are sent, as
nothing before that is owed; every later move, every duty and every step of a ladder is made by the hub's own code.
"""

import heapq
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text

from agencies.directory import Directory
from agencies.directory import shipped as shipped_directory
from agencies.keys import KeyRing
from agencies.places import shipped as shipped_places
from hub import journey
from hub.duties import Asked, duties, step_at
from hub.ids import new_id
from hub.journey import Actor, Wanted
from hub.known import Known
from hub.store import bulk, connect, owed, registry, shares
from hub.store.tables import message as message_table
from hub.store.tables import share as share_table
from protocols.decide import ShareDecision, decide
from protocols.facts import facts
from protocols.ladders import steps_of
from protocols.messages import read
from protocols.shipped import shipped as shipped_protocols
from tests.examples import NOW, example
from workers.chase import chase
from workers.housekeep import Housekeeper
from workers.line import House

MESSAGES = 20_000
BEGINS, ENDS = datetime(2026, 4, 15, tzinfo=UTC), datetime(2027, 4, 16, tzinfo=UTC)
AGREED, CLOSED = 0.9, 0.2  # of what is checked back
FULLER = 1_000  # messages, after which PostgreSQL counts what there is, as it does by itself in a hub
LOOK = timedelta(hours=25)  # between two looks of the scheduler: at every hour of the day in turn
DOWN = (datetime(2026, 12, 24, 12, tzinfo=UTC), datetime(2026, 12, 28, 12, tzinfo=UTC))
CLOSING = {
    "birmingham-gp-1": {"closes": "2026-09-30", "successor": "birmingham-gp-2"},
    "birmingham-probation": {"closes": "2026-12-01"},
}
SENT = {  # example: who sends it
    "concern-bruise-non-mobile-baby": "sandwell-0-19",
    "handover-sandwell-to-birmingham": "sandwell-0-19",
    "concern-neglect": "sandwell-school-1",
    "concern-below-threshold": "sandwell-0-19",
}
HABITS = ("in time", "in time", "in time", "in time", "late", "never")


@dataclass(order=True)
class Turn:
    """Something that somebody does at a moment."""

    at: datetime
    share: UUID
    event: str = field(compare=False)


@dataclass
class Year:
    engine: Engine
    known: Known
    now: datetime = BEGINS
    turns: list[Turn] = field(default_factory=list)
    steps: dict[str, int] = field(default_factory=dict)  # of what is owed, how many were told
    audited: int = 0
    looked: datetime = BEGINS
    told: int = 0

    @property
    def house(self) -> House:
        return House(engine=self.engine, known=lambda: self.known, clock=lambda: self.now)

    def rows(self, sql: str, **given: Any) -> Sequence[Any]:  # noqa: ANN401 - rows of whatever was asked
        with self.engine.connect() as conn:
            return conn.execute(text(sql), given).all()

    def count(self) -> None:
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.exec_driver_sql("ANALYZE message, share, owed, audit, notice")

    # -- what happens -------------------------------------------------------------------------------------

    def arrive(
        self, arrivals: Sequence[tuple[datetime, Sequence[ShareDecision], str]], dice: random.Random
    ) -> None:
        messages, made, owes = [], [], []
        for at, decisions, sender in arrivals:
            message = new_id()
            messages.append(_message(message, sender, at))
            for decision in decisions:
                if self.known.directory.is_closed(decision.recipient.agency, at):
                    continue
                row = _share(message, sender, decision, at)
                made.append(row)
                share = shares.Share(**{name: row[name] for name in shares.Share.__slots__})
                whats = ("receipt", "check_back", "acceptance")
                found = duties(share, whats, (), first=journey.HUB, note_id=None, known=self.known, at=at)
                owes += found
                self._expect(share, found, at, dice)
        with self.engine.begin() as conn:
            bulk.insert(conn, message_table, messages)
            bulk.insert(conn, share_table, made)
            owed.start(conn, owes)

    def _expect(
        self, share: shares.Share, found: Sequence[owed.Owed], at: datetime, dice: random.Random
    ) -> None:
        habit = dice.choice(HABITS)
        if habit == "never":
            return
        by = {one.what: one.due_at for one in found}
        slack = timedelta(0) if habit == "in time" else timedelta(hours=dice.randrange(1, 200))
        moment = at
        for event, what in (("receive", "receipt"), ("check_back", "check_back"), ("accept", "acceptance")):
            if what in by:
                due = by[what] or at
                moment = max(moment, at + (due - at) * dice.random() + slack)
                heapq.heappush(self.turns, Turn(moment, share.id, event))
        if dice.random() < AGREED:
            heapq.heappush(
                self.turns, Turn(moment + timedelta(hours=dice.randrange(1, 40)), share.id, "agree")
            )
        if dice.random() < CLOSED:
            heapq.heappush(
                self.turns, Turn(moment + timedelta(days=dice.randrange(4, 40)), share.id, "close")
            )

    def act(self) -> None:
        """What people do up to now, the moves of one share one after the other."""
        due: list[Turn] = []
        while self.turns and self.turns[0].at <= self.now:
            due.append(heapq.heappop(self.turns))
        while due:
            first: dict[UUID, Turn] = {}
            for turn in due:
                first.setdefault(turn.share, turn)
            due = [turn for turn in due if first[turn.share] is not turn]
            with self.engine.begin() as conn:
                self._move(conn, list(first.values()))

    def _move(self, conn: Connection, turns: Sequence[Turn]) -> None:
        locked = shares.lock(conn, [turn.share for turn in turns])
        asked = []
        for turn in turns:
            share = locked[turn.share]
            if turn.event not in journey.legal_from("share", share.state):
                continue  # it went back meanwhile
            agency = share.sender if turn.event == "agree" else share.recipient
            promises: tuple[Asked, ...] = ()
            if turn.event == "check_back":
                promises = (Asked("review", self.now + timedelta(days=share.id.int % 300)),)
                if share.id.int % 5 == 0:
                    promises = (*promises, Asked("action", self.now + timedelta(days=3)))
            actor = Actor(agency, "c", b"a person", share.id)
            asked.append((Wanted(share.id, turn.event, actor, promises=promises), share))
        if asked:
            journey.move(conn, asked, known=self.known, at=self.now)

    # -- what must hold -----------------------------------------------------------------------------------

    def check(self) -> None:
        self._nothing_is_owed_by_nobody()
        self._nothing_lapses_unheard()
        self._steps_are_told_once_and_in_order()

    def _nothing_is_owed_by_nobody(self) -> None:
        closed = list(self.known.directory.closed(self.now))
        assert not self.rows(
            "SELECT 1 FROM owed WHERE met_at IS NULL AND owed_by = ANY(:closed) LIMIT 1", closed=closed
        )
        assert not self.rows("SELECT 1 FROM owed WHERE met_at IS NULL AND due_at IS NULL LIMIT 1")

    def _nothing_lapses_unheard(self) -> None:
        """What lapsed since the last look has been told; and of what lapsed before, no step is left behind."""
        assert not self.rows(
            "SELECT 1 FROM owed WHERE met_at IS NULL AND due_at > :last AND due_at <= :now AND step = 0 LIMIT 1",
            last=self.looked,
            now=self.now,
        )
        assert not self.rows(
            "SELECT 1 FROM owed WHERE met_at IS NULL AND next_at <= :now LIMIT 1", now=self.now
        )

    def _steps_are_told_once_and_in_order(self) -> None:
        lapses = self.rows(
            "SELECT audit.id, audit.at, detail, terms -> 'ladder_steps' AS ladder, due_at, met_at, owed_by FROM audit"
            " JOIN owed ON owed.id = (detail ->> 'owed')::uuid LEFT JOIN share ON share.id = owed.share_id"
            " WHERE audit.id > :last AND event = 'owed.lapse' AND audit.sender <> 'hub' ORDER BY audit.id",
            last=self.audited,
        )
        for row in lapses:
            step, name = row.detail["step"], row.detail["owed"]
            assert step == self.steps.get(name, 0) + 1, "no step is told twice, and none is left out"
            self.steps[name] = step
            assert row.detail["told"], "somebody hears"
            moment = step_at(
                steps_of(row.ladder), step - 1, row.owed_by, lapsed_at=row.due_at, known=self.known
            )
            assert moment is not None
            assert self.looked < moment <= self.now, "at the first look after its moment"
            assert row.met_at is None or row.met_at >= row.at
            self.told += 1
        if lapses:
            self.audited = lapses[-1].id


def _message(message: UUID, sender: str, at: datetime) -> Mapping[str, Any]:
    return {
        "id": message, "sender": sender, "idempotency_key": str(message), "fingerprint": b"f", "kind": "concern",
        "version": 1, "state": "routed", "state_at": at, "accepted_at": at,
    }  # fmt: skip


def _share(message: UUID, sender: str, decision: ShareDecision, at: datetime) -> dict[str, Any]:
    return {
        "id": new_id(), "message_id": message, "kind": "concern", "sender": sender,
        "recipient": decision.recipient.agency, "role": decision.recipient.role, "state": "sent", "state_at": at,
        "protocol": decision.protocol_id, "protocol_version": decision.version, "digest": decision.digest,
        "terms": decision.terms(), "takes_responsibility": decision.takes_responsibility, "sent_at": at, "sent_tx": 1,
        "challenged_by": None, "redirected_to": None,
    }  # fmt: skip


def _decided(known: Known) -> list[tuple[Sequence[ShareDecision], str]]:
    """What the shipped protocols make of each example: one share of each in three, so that the year is varied."""
    found: list[tuple[Sequence[ShareDecision], str]] = []
    for name, sender in SENT.items():
        seen = facts(read(example(name), now=NOW), area_of=known.area_of, as_of=NOW)
        decision = decide(
            seen,
            sender=known.party(sender, NOW),
            protocols=known.protocols,
            directory=known.directory,
            at=NOW,
        )
        assert decision.shares
        found += [((share,), sender) for share in decision.shares]
    return found


@pytest.fixture
def year(database: str) -> Iterator[Year]:
    rows = [{**row, **CLOSING.get(row["id"], {})} for row in shipped_directory().to_rows()]
    directory = Directory.from_rows(rows)
    known = Known(1, directory, shipped_protocols(), KeyRing([]), {}, shipped_places())
    engine = connect.engine(database)
    with engine.begin() as conn:
        registry.save_directory(conn, directory)
    yield Year(engine, known)
    engine.dispose()


def test_a_year_in_which_nothing_is_owed_by_nobody_and_nothing_lapses_unheard(year: Year) -> None:
    dice = random.Random(20260415)
    kinds = _decided(year.known)
    span = (ENDS - BEGINS - timedelta(days=40)).total_seconds()
    moments = sorted(BEGINS + timedelta(seconds=dice.random() * span) for _ in range(MESSAGES))
    arrivals = [(at, *dice.choice(kinds)) for at in moments]
    place = 0
    while year.now < ENDS:
        year.now += LOOK
        first = place
        while place < len(arrivals) and arrivals[place][0] <= year.now:
            place += 1
        year.arrive(arrivals[first:place], dice)
        year.act()
        if place // FULLER > first // FULLER:
            year.count()
        if DOWN[0] <= year.now < DOWN[1]:
            continue
        Housekeeper(year.house).hand_back_from_closed(year.known)
        chase(year.house)
        year.check()
        year.looked = year.now
    assert place == MESSAGES
    assert year.told > MESSAGES, "much has lapsed, and was heard"
    notices = year.rows(
        "SELECT count(*) AS n, count(DISTINCT (owed_id, step, agency, contact)) AS different FROM notice"
    )[0]
    assert notices.n == notices.different
    heard = {row.told for row in year.rows("SELECT DISTINCT split_part(agency, '-', 2) AS told FROM notice")}
    assert "partnership" in heard
