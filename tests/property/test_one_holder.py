"""Handovers, acceptances, withdrawals, families that move again, agencies that close, children found to be one or two:
in any order, each child and service that ever had a holder has exactly one, and it changes by a named person alone.

What each step may change is said here, from the design and not from the code: everything else must stand as it stood.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from structlog.testing import capture_logs

from agencies import wire
from hub import placing
from hub.cli.embedded import Postgres
from hub.store import handovers, unplaced
from hub.store.connect import engine
from tests.journey.nursery import BIRMINGHAM, CAMDEN, MIDWIVES, OFFICES, SANDWELL, SERVICE, Nursery

AGENCIES = (SANDWELL, BIRMINGHAM, CAMDEN, MIDWIVES)
TAKERS = (SANDWELL, BIRMINGHAM, CAMDEN)
IN_HAND = ("sent", "received", "checked_back", "agreed")
MOST = 8  # handovers in one walk
Held = dict[tuple[UUID, str], str]


class Lives(RuleBasedStateMachine):
    nursery: Nursery  # set by the test that runs the walk

    def __init__(self) -> None:
        super().__init__()
        self.children: list[UUID] = []
        self.handovers: dict[UUID, tuple[str, str, UUID]] = {}  # message: sender, taker, share
        self.over: set[UUID] = set()  # overtaken, withdrawn or accepted
        self.merged: list[tuple[UUID, UUID]] = []

    def held(self) -> Held:
        return {key: holder for key, holder in self.nursery.holders().items() if key[0] in self.children}

    def _stands(self, before: Held) -> None:
        """Whoever held, holds."""
        now = self.held()
        assert {key: now.get(key) for key in before} == before

    # -- what happens -------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.handovers) < MOST)
    @rule(
        sender=st.sampled_from(AGENCIES),
        taker=st.sampled_from(TAKERS),
        which=st.lists(st.integers(0, 2), min_size=1, max_size=2, unique=True),
        follows=st.integers(-2, MOST),
    )
    def hand_over(self, sender: str, taker: str, which: list[int], follows: int) -> None:
        if sender == taker:
            return
        before, known = self.held(), list(self.children)
        about = [known[one] if one < len(known) else None for one in which]
        earlier = list(self.handovers)[follows] if 0 <= follows < len(self.handovers) else None
        many = len(self.nursery.children)
        message, share = self.nursery.hand_over(sender, taker, about, follows=earlier)
        self.children += self.nursery.children[many:]
        self.handovers[message] = (sender, taker, share)
        self._stands(before)
        for child in (
            self.nursery.root(one) for one in [*filter(None, about), *self.nursery.children[many:]]
        ):
            assert any(key[0] == child for key in self.held()), "whoever is handed over is held"

    @precondition(lambda self: self.handovers)
    @rule(which=st.integers(0, MOST))
    def accept(self, which: int) -> None:
        message, (_, taker, share) = self._one(which)
        before, alarms = self.held(), {row.id for row in self.nursery.alarms()}
        overtaken = self._is_overtaken(message)
        answer = self.nursery.take(taker, share)
        if not isinstance(answer, wire.Moved):
            self._stands(before)
            return
        assert not overtaken, "what was overtaken is accepted by nobody"
        # With it goes all that it went after: there the responsibility has passed on as well.
        gone = self.nursery.rows("SELECT message_id FROM handover WHERE ended_how = 'followed'")
        self.over |= {message, *(row.message_id for row in gone)}
        about = self._about(message)
        now = self.held()
        for key in before.keys() | now.keys():
            if before.get(key) == now.get(key):
                continue
            assert key[0] in about, "nobody else's child moves"
            assert now.get(key, taker) == taker, "and it moves to whoever accepts"
        for child in about:
            claims = {
                row.person_id
                for row in self.nursery.alarms()
                if row.id not in alarms or row.why == "two_holders"
            }
            assert now.get((child, SERVICE[taker])) == taker or child in claims

    @precondition(lambda self: self.handovers)
    @rule(which=st.integers(0, MOST))
    def withdraw(self, which: int) -> None:
        message, (sender, _, _) = self._one(which)
        before = self.held()
        if self.nursery.message_state(message) == "routed" and message not in self.over:
            self.nursery.withdraw(sender, message)
            self.over.add(message)
        self._stands(before)

    @precondition(lambda self: self.handovers)
    @rule(which=st.integers(0, MOST), then=st.sampled_from(["release", None]))
    def decline(self, which: int, then: str | None) -> None:
        message, (sender, taker, share) = self._one(which)
        before = self.held()
        if isinstance(self.nursery.act(taker, share, "decline"), wire.Moved):
            self.over.discard(message)
        if then and isinstance(self.nursery.act(sender, share, then), wire.Moved):
            self.over.add(message)
        self._stands(before)

    @precondition(lambda self: self.handovers)
    @rule(which=st.integers(0, MOST))
    def close(self, which: int) -> None:
        _, (sender, taker, share) = self._one(which)
        before = self.held()
        self.nursery.act(sender, share, "agree")
        self.nursery.act(taker, share, "close")
        self._stands(before)

    @precondition(lambda self: self.handovers)
    @rule(which=st.integers(0, MOST))
    def its_recipient_closes(self, which: int) -> None:
        message, (_, taker, share) = self._one(which)
        before, alarms = self.held(), {row.id for row in self.nursery.alarms()}
        self.nursery.fall_back(share)
        if self.nursery.state(share) == "declined":
            self.over.discard(message)
        now = self.held()
        moved = {key for key in before if before[key] != now.get(key)}
        raised = {row.person_id for row in self.nursery.alarms() if row.id not in alarms}
        for child, service in moved:
            assert before[child, service] == taker
            assert child in raised, "what falls back is told to the partnership"

    @rule()
    def the_house_is_kept(self) -> None:
        before = self.held()
        self.nursery.keep_placed()
        self._stands(before)
        asked = self.nursery.rows(
            "SELECT count(*) AS n FROM owed WHERE what = 'place_responsibility' AND met_at IS NULL"
        )
        assert asked[0].n == len(self.nursery.rows("SELECT 1 FROM unplaced WHERE ended_at IS NULL")), (
            "each is asked"
        )

    @rule(which=st.integers(0, 20), office=st.sampled_from(OFFICES), holder=st.sampled_from(TAKERS))
    def the_office_answers(self, which: int, office: str, holder: str) -> None:
        alarms = [row for row in self.nursery.alarms() if row.person_id in self.children]
        if not alarms:
            return
        alarm, before = alarms[which % len(alarms)], self.held()
        if not isinstance(self.nursery.place(office, alarm.id, holder), wire.Placed):
            self._stands(before)
            return
        assert self.held() == {**before, (alarm.person_id, alarm.service): holder}
        left = [
            row
            for row in self.nursery.alarms()
            if (row.person_id, row.service) == (alarm.person_id, alarm.service)
        ]
        assert left == [], "one answer answers all that is asked about this"

    @precondition(lambda self: len(self.children) > 1)
    @rule(kept=st.integers(0, 3), gone=st.integers(0, 3))
    def they_are_one_child(self, kept: int, gone: int) -> None:
        one, other = self.children[kept % len(self.children)], self.children[gone % len(self.children)]
        alone = {person for pair in self.merged for person in pair}
        if one == other or one in alone or other in alone:
            return
        before = self.held()
        self.nursery.found_same(one, other)
        self.merged.append((one, other))
        now = self.held()
        for service in {service for child, service in before if child in (one, other)}:
            were = {before[child, service] for child in (one, other) if (child, service) in before}
            assert now[one, service] in were
            asked = [row for row in self.nursery.alarms() if (row.person_id, row.service) == (one, service)]
            assert len(were) == 1 or "one_child" in {row.why for row in asked}, "never chosen in silence"
        assert not any(child == other for child, _ in now)

    @precondition(lambda self: self.merged)
    @rule()
    def they_are_two_after_all(self) -> None:
        one, other = self.merged.pop()
        before = self.held()
        self.nursery.found_different(one, other)
        now = self.held()
        assert {key: who for key, who in before.items() if key[0] not in (one, other)} == {
            key: who for key, who in now.items() if key[0] not in (one, other)
        }

    # -- what must hold after every step ------------------------------------------------------------------

    @invariant()
    def each_has_exactly_one_holder_without_gap_or_overlap(self) -> None:
        if not self.children:
            return
        roots = {child: self.nursery.root(child) for child in self.children}
        spells: dict[tuple[UUID, str], list[Any]] = defaultdict(list)
        for row in self.nursery.rows("SELECT * FROM holding ORDER BY since, until NULLS LAST, id"):
            spells[row.person_id, row.service].append(row)
        for (child, _), rows in spells.items():
            if child not in roots:
                continue
            self._follow_each_other(child, rows)
            still = rows[-1].until is None
            if roots[child] != child:
                assert not still, "one child has one record"
            elif not still and child in self._about(rows[-1].message_id):
                self._went_on(child, rows[-1].passed_to, spells)

    def _follow_each_other(self, child: UUID, rows: list[Any]) -> None:
        for earlier, later in pairwise(rows):
            assert earlier.until is not None
            assert earlier.until <= later.since, "no overlap"
            passed = earlier.passed_to is not None or later.why == "as_before"
            if earlier.until != later.since and not passed:
                assert child not in self._about(earlier.message_id), "no gap, unless it was another child's"

    def _went_on(self, child: UUID, service: str | None, spells: dict[tuple[UUID, str], list[Any]]) -> None:
        assert service is not None, "nothing has nobody"
        there = spells[child, service]
        assert there, "what passed on is held where it went"
        assert there[-1].until is None or there[-1].passed_to is not None

    @invariant()
    def it_changed_by_a_named_person_or_the_answer_to_an_alarm(self) -> None:
        for row in self.nursery.rows(
            "SELECT * FROM holding WHERE why IN ('accepted', 'placed', 'fell_back')"
        ):
            if row.why == "accepted":
                act = self.nursery.rows(
                    "SELECT person_hidden FROM audit WHERE share_id = :s AND event = 'share.accept' AND at = :at",
                    s=row.share_id,
                    at=row.since,
                )
                assert row.person_hidden is not None
                assert [one.person_hidden is not None for one in act] == [True]
            else:
                sql = {
                    "fell_back": "SELECT 1 FROM unplaced WHERE message_id = :m AND at = :at AND why = 'holder_closed'",
                    "placed": "SELECT 1 FROM unplaced WHERE message_id = :m AND ended_at = :at AND placed_with <> ''",
                }[row.why]
                assert self.nursery.rows(sql, m=row.message_id, at=row.since)

    @invariant()
    def whoever_can_accept_is_asked_to_and_nobody_else_is(self) -> None:
        rows = self.nursery.rows(
            "SELECT share.id, share.message_id, share.state, handover.ended_at, EXISTS (SELECT 1 FROM owed"
            " WHERE share_id = share.id AND what = 'acceptance' AND met_at IS NULL) AS asked FROM share"
            " JOIN handover ON handover.message_id = share.message_id"
        )
        for row in rows:
            if row.message_id in self.handovers:
                offered = (
                    row.ended_at is None and row.state in IN_HAND and not self._is_overtaken(row.message_id)
                )
                assert row.asked == offered, (row.state, row.ended_at)

    # -- helpers ------------------------------------------------------------------------------------------

    def _one(self, which: int) -> tuple[UUID, tuple[str, str, UUID]]:
        found = list(self.handovers.items())
        return found[which % len(found)]

    def _about(self, message: UUID) -> set[UUID]:
        rows = self.nursery.rows(
            "SELECT root FROM appearance JOIN person ON person.id = person_id WHERE appearance.message_id = :m",
            m=message,
        )
        return {row.root for row in rows}

    def _is_overtaken(self, message: UUID) -> bool:
        """By one that somebody may accept, or by what followed one that nobody may."""
        for row in self.nursery.rows(
            "SELECT message_id, ended_how FROM handover WHERE follows = :m", m=message
        ):
            _, _, share = self.handovers[row.message_id]
            if row.ended_how not in ("withdrawn", "released") and self.nursery.state(share) != "released":
                return True
            if self._is_overtaken(row.message_id):
                return True
        return False


@pytest.fixture(autouse=True)
def lines() -> Iterator[list[Any]]:
    """What is logged meanwhile, by the hundred."""
    with capture_logs() as captured:
        yield captured


@contextmanager
def living(server: Postgres, template: str, name: str) -> Iterator[type[Lives]]:
    with psycopg.connect(server.url(), autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    pool = engine(server.url(name))

    class Here(Lives):
        nursery = Nursery.with_agencies(pool)

    try:
        yield Here
    finally:
        pool.dispose()


WALKS = settings(
    max_examples=15,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    phases=[
        Phase.generate
    ],  # each step is a dozen transactions: to shrink a walk takes longer than to read it
)


def test_each_child_is_held_by_one_whoever_does_what(postgres_server: Postgres, template: str) -> None:
    with living(postgres_server, template, "lives") as lives:
        run_state_machine_as_test(lives, settings=WALKS)


@pytest.mark.parametrize("hole", ["overtaken", "nobody", "silent"])
def test_the_walk_sees_a_hole(
    postgres_server: Postgres, template: str, monkeypatch: pytest.MonkeyPatch, hole: str
) -> None:
    """A check that cannot fail is no check: the walk is led to where something is missing, and must see it."""
    if hole == "overtaken":
        monkeypatch.setattr(handovers, "followed", lambda *_: {})
    elif hole == "nobody":
        monkeypatch.setattr(placing, "_take", lambda *_, **__: None)
    else:
        monkeypatch.setattr(unplaced, "raise_", lambda *_: None)
    with living(postgres_server, template, f"lives_{hole}") as lives:
        led = lives()
        led.hand_over(SANDWELL, BIRMINGHAM, [0], -1)
        if hole == "overtaken":
            led.hand_over(SANDWELL, CAMDEN, [0], 0)
        if hole == "silent":
            led.accept(0)
        with pytest.raises(AssertionError):
            led.its_recipient_closes(0) if hole == "silent" else led.accept(0)
