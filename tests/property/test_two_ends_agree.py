"""Whatever happens to a town's shares, the statements of the two ends agree line by line, and a day stays as it was.

A walk of acts in any order, with nights in between. At each midnight the shares are looked at as they stand: that is
what the day's statement must say, whether it is asked for the next morning or long after.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from agencies import comparing, wire
from hub import reading
from hub.clock import LONDON, whole_day_after
from hub.store import days
from hub.store.connect import engine, looking
from tests.journey.world import INSTEAD, OTHER, SENDER, TAKER, World

AGENCIES = (SENDER, TAKER, OTHER, INSTEAD)
ACTS = (
    "receive", "check_back", "challenge", "answer", "agree", "accept", "close", "decline", "release", "redirect",
)  # fmt: skip
OPEN = {"planned", "sealed", "sent", "received", "declined"}

Stood = tuple[UUID, str, str | None, str, datetime | None]  # share, sender, recipient, state, sent_at


class Town(RuleBasedStateMachine):
    world: World  # set by the test that runs the walk

    def __init__(self) -> None:
        super().__init__()
        self.told: dict[tuple[str, date], wire.Statement] = {}
        self.messages: list[UUID] = []
        self.states = self._states()
        self.moved: set[UUID] = set()  # today, as far as both ends know of it
        self._night()

    share = Bundle("share")

    # -- what happens -------------------------------------------------------------------------------------

    @initialize(target=share)
    def one_is_sent_already(self) -> Any:  # noqa: ANN401 - Hypothesis' own type
        return self.send(steps=2)

    @rule(target=share, steps=st.integers(0, 2))
    def send(self, steps: int) -> Any:  # noqa: ANN401 - Hypothesis' own type
        message = self.world.accept()
        self.messages.append(message)
        made = self.world.route(message)
        for one in made:
            for event in ("seal", "send")[:steps]:
                self.world.hub_moves(one, event)
        return multiple(*made)

    @rule()
    def is_accepted_only(self) -> None:
        self.messages.append(self.world.accept())

    @rule(share=share)
    def goes_on(self, share: UUID) -> None:
        step = {"planned": "seal", "sealed": "send"}.get(self.world.state(share))
        if step:
            self.world.hub_moves(share, step)

    @rule(share=share, event=st.sampled_from(ACTS), end=st.sampled_from(["sender", "recipient"]))
    def acts(self, share: UUID, event: str, end: str) -> None:
        """Whether or not it can be done: what is refused changes nothing."""
        [row] = self.world.rows("SELECT sender, recipient FROM share WHERE id = :id", id=share)
        agency = getattr(row, end)
        if event == "receive":
            self.world.receive(agency, share)
        else:
            self.world.act(agency, share, event)

    @rule(share=share)
    def its_recipient_closes(self, share: UUID) -> None:
        self.world.hand_back(share)

    @rule(number=st.integers(0, 50))
    def one_is_withdrawn(self, number: int) -> None:
        message = self.messages[number % len(self.messages)]
        state = self.world.message_state(message)
        held = self.world.rows(
            "SELECT 1 FROM responsibility WHERE message_id = :m AND until IS NULL AND holder <> :s",
            m=message,
            s=SENDER,
        )
        if state in ("accepted", "routed") and not held:
            self.world.withdraw(SENDER, message)

    @rule(nights=st.integers(1, 3))
    def nights_pass(self, nights: int) -> None:
        for _ in range(nights):
            self._night()

    @invariant()
    def what_moves_is_seen(self) -> None:
        states = self._states()
        for one, state in states.items():
            if state != self.states.get(one):
                self.moved.add(one)
        self.states = states

    def _states(self) -> dict[UUID, str]:
        return {row.id: row.state for row in self.world.rows("SELECT id, state FROM share")}

    # -- what must hold -----------------------------------------------------------------------------------

    def _night(self) -> None:
        """Over midnight, and past it: the statement of the day is what stood at its end."""
        day = self.world.now.astimezone(LONDON).date()
        stood = self._as_it_stands()
        self.moved = set()
        self.world.now = whole_day_after(day) + timedelta(minutes=30)
        for agency in AGENCIES:
            told = self._statement(agency, day)
            assert [_stood(line) for line in told.lines if line.share] == [
                one for one in stood if agency == one[1] or (agency == one[2] and one[4] is not None)
            ]
            self.told[agency, day] = told
        self._both_ends_agree(day)

    def _as_it_stands(self) -> list[Stood]:
        """Open, or moved since the midnight before, as the tables have it now."""
        rows = self.world.rows(
            "SELECT share.id, share.sender, recipient, share.state, sent_at, accepted_at FROM share"
            " JOIN message ON message.id = message_id"
        )
        rows = [row for row in rows if row.state in OPEN or row.id in self.moved]
        rows.sort(key=lambda row: (row.sent_at or row.accepted_at, row.id))
        return [(row.id, row.sender, row.recipient, row.state, row.sent_at) for row in rows]

    def _statement(self, agency: str, day: date) -> wire.Statement:
        ends = days.ends_of(self.world.engine, day, at=self.world.now)
        with looking(self.world.engine) as conn:
            return reading.statement(
                conn, agency, day, ends, after=None, limit=10_000, records=self.world.desk.records
            )

    def _both_ends_agree(self, day: date) -> None:
        ours = self.told[SENDER, day]
        for other in AGENCIES[1:]:
            theirs = self.told[other, day]
            between = [line for line in ours.lines if line.recipient == other and line.sent_at is not None]
            assert between == list(theirs.lines)
            same = {one.agency: one.digest for one in ours.between}
            assert [one.digest for one in theirs.between] == ([same[other]] if between else [])

    def teardown(self) -> None:
        """And whatever has happened since, of every day the same is told."""
        self._night()
        for (agency, day), told in self.told.items():
            assert self._statement(agency, day) == told


def _stood(line: wire.Line) -> Stood:
    assert line.share is not None
    assert line.standing == comparing.standing(line.state)
    assert (line.accepted_at is None) == (line.sent_at is not None)
    return line.share, line.sender, line.recipient, line.state, line.sent_at


@pytest.fixture
def world(database: str) -> Iterator[World]:
    pool = engine(database)
    yield World.on(pool)
    pool.dispose()


def test_the_statements_of_both_ends_agree_and_stay(world: World) -> None:
    class Walked(Town):
        pass

    Walked.world = world
    run_state_machine_as_test(
        Walked,
        settings=settings(
            max_examples=12, stateful_step_count=25, deadline=None,
            suppress_health_check=list(HealthCheck), phases=[Phase.generate],
        ),
    )  # fmt: skip
