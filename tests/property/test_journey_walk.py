"""A long walk: every actor tries every act, in any order, and a second, separately written map says what must happen.

The second map (`AFTER`, `WHOSE`) is drawn from the design's picture, not from `hub.journey.MOVES`: where the two
differ, one of them is wrong. `test_the_walk_sees_a_missing_guard` takes guards out and expects the walk to fail.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from agencies import wire
from hub import errors, whose_turn
from hub.answer import acts, commit
from hub.cli.embedded import Postgres
from hub.store.connect import engine
from tests.journey.world import INSTEAD, OTHER, SENDER, STRANGER, TAKER, World

AFTER = {
    ("received", "check_back"): "checked_back",
    ("checked_back", "challenge"): "challenged",
    ("challenged", "answer"): "checked_back",
    ("challenged", "escalate"): "challenged",
    ("challenged", "conclude"): "checked_back",
    ("checked_back", "conclude"): "checked_back",
    ("checked_back", "agree"): "agreed",
    ("checked_back", "accept"): "checked_back",
    ("agreed", "accept"): "agreed",
    ("agreed", "close"): "closed",
    ("checked_back", "meet"): "checked_back",
    **{(state, "call"): state for state in ("sent", "received", "checked_back", "challenged", "agreed")},
    ("challenged", "meet"): "challenged",
    ("agreed", "meet"): "agreed",
    ("sent", "decline"): "declined",
    ("received", "decline"): "declined",
    ("declined", "release"): "released",
    ("declined", "redirect"): "redirected",
}
WHOSE = {
    "check_back": "recipient",
    "agree": "sender",
    "accept": "recipient",
    "close": "recipient",
    "meet": "recipient",
    "decline": "recipient",
    "release": "sender",
    "redirect": "sender",
    "challenge": "both",
    "answer": "both",
    "escalate": "both",
    "call": "both",
    "conclude": "both",
}
DUTIES = {
    "planned": set(),
    "sealed": set(),
    "sent": {"receipt", "check_back"},
    "received": {"check_back"},
    "checked_back": {"agreement", "action", "review"},
    "challenged": {"answer", "action", "review"},
    "agreed": {"action", "review"},
    "declined": {"redirect"},
    "closed": set(),
    "released": set(),
    "redirected": set(),
}
MESSAGES = 3  # in one walk: few, so that each is walked far
CHAIR = 3  # the last of the stages, counted from nought
ENDED = {"closed", "released", "redirected"}
STEPS = {"planned": ("seal", "sealed"), "sealed": ("send", "sent")}


@dataclass
class Model:
    message: UUID
    recipient: str
    state: str = "planned"
    challenged_by: str | None = None
    action_open: bool = False
    stage: int | None = None  # of an open disagreement
    calls: dict[str, int] = field(default_factory=dict)  # of how many each end has told
    account_by: str | None = None


class Walk(RuleBasedStateMachine):
    world: World  # set by the test that runs the walk

    def __init__(self) -> None:
        super().__init__()
        self.shares: dict[UUID, Model] = {}
        self.messages: dict[UUID, str] = {}
        self.holder: dict[UUID, str] = {}

    share = Bundle("share")
    message = Bundle("message")

    # -- the hub ------------------------------------------------------------------------------------------

    @initialize(target=share)
    def one_is_sent_already(self) -> Any:  # noqa: ANN401 - Hypothesis' own type
        message, made = self.world.sent()
        self.messages[message], self.holder[message] = "routed", SENDER
        for share, recipient in zip(made, (TAKER, OTHER), strict=True):
            self.shares[share] = Model(message, recipient, "sent")
        return multiple(*made)

    @precondition(lambda self: len(self.messages) < MESSAGES)
    @rule(target=message)
    def accept_message(self) -> UUID:
        message = self.world.accept()
        self.messages[message], self.holder[message] = "accepted", SENDER
        return message

    @rule(target=share, message=consumes(message))
    def route(self, message: UUID) -> Any:  # noqa: ANN401 - Hypothesis' own type
        if self.messages[message] != "accepted":
            return multiple()
        made = self.world.route(message)
        self.messages[message] = "routed"
        for share, recipient in zip(made, (TAKER, OTHER), strict=True):
            self.shares[share] = Model(message, recipient)
        return multiple(*made)

    @rule(share=share)
    def next_step(self, share: UUID) -> None:
        model = self.shares[share]
        if model.state in STEPS:
            event, model.state = STEPS[model.state]
            self.world.hub_moves(share, event)
        else:
            with pytest.raises(errors.WrongState):
                self.world.hub_moves(share, "seal")

    @rule(share=share, seldom=st.integers(0, 5))
    def its_recipient_closes(self, share: UUID, seldom: int) -> None:
        """Whatever it had in hand goes back to the sender, the responsibility too."""
        model = self.shares[share]
        open_still = model.state not in ENDED and model.state != "declined"
        if seldom and open_still:
            return
        assert self.world.hand_back(share) == ([share] if open_still else [])
        if open_still:
            model.state = "declined"
            if self.holder[model.message] == model.recipient:
                self.holder[model.message] = SENDER

    # -- the agencies -------------------------------------------------------------------------------------

    @rule(share=share, agency=st.sampled_from([SENDER, TAKER, OTHER, INSTEAD, STRANGER]))
    def receive(self, share: UUID, agency: str) -> None:
        self._receive(share, agency)

    def _receive(self, share: UUID, agency: str) -> None:
        model = self.shares[share]
        (one,) = self.world.receive(agency, share)
        if agency != model.recipient or model.state in STEPS or self._never_heard(share):
            assert one.state is None
            return
        assert one.moved == (model.state == "sent")
        model.state = "received" if one.moved else model.state

    @rule(
        target=share,
        share=share,
        agency=st.sampled_from([SENDER, SENDER, TAKER, TAKER, OTHER, INSTEAD, STRANGER]),
        event=st.sampled_from(sorted(WHOSE)),
        how=st.sampled_from(["any", "possible", "possible", "onward"]),
    )
    def act(self, share: UUID, agency: str, event: str, how: str) -> Any:  # noqa: ANN401 - Hypothesis' own type
        """Any act by anybody; or one that somebody may do here; or, so that walks reach the far end, the one
        that leads on. It is one rule, since Hypothesis leaves whole rules out of a walk.
        """
        before = set(self.shares)
        possible = [one for state, one in AFTER if state == self.shares[share].state]
        if how == "onward":
            self._onward(share)
        elif how == "possible" and possible:
            self._act(share, agency, possible[sorted(WHOSE).index(event) % len(possible)])
        else:
            self._act(share, agency, event)
        return multiple(*(set(self.shares) - before))

    def _act(self, share: UUID, agency: str, event: str) -> None:
        model = self.shares[share]
        answer = self.world.meet(agency, share) if event == "meet" else self.world.act(agency, share, event)
        if self._expected(model, share, agency, event):
            assert isinstance(answer, wire.Moved), f"{event} by {agency} from {model.state}: {answer}"
            model.state = AFTER[model.state, event]
            assert answer.state == model.state
            self._after(model, agency, event)
            if answer.redirected_to is not None:
                self.shares[answer.redirected_to] = Model(model.message, INSTEAD)
        else:
            assert isinstance(answer, errors.CheckbackError), f"{event} by {agency} from {model.state}"
            mine = agency in (SENDER, model.recipient)
            assert mine or isinstance(answer, errors.NotFound), "nobody else may know that it is there"

    def _onward(self, share: UUID) -> None:
        model = self.shares[share]
        if model.state == "sent":
            self._receive(share, model.recipient)
            return
        unplaced = model.recipient == TAKER and self.holder[model.message] == SENDER
        onward = {
            "received": ("check_back", model.recipient),
            "checked_back": ("agree", SENDER),
            "challenged": ("answer", model.recipient if model.challenged_by == SENDER else SENDER),
            "agreed": ("accept" if unplaced else "close", model.recipient),
        }
        if model.state in onward:
            event, agency = onward[model.state]
            self._act(share, agency, event)

    @rule(share=share, agency=st.sampled_from([SENDER, TAKER, STRANGER]), seldom=st.integers(0, 5))
    def withdraw(self, share: UUID, agency: str, seldom: int) -> None:
        if seldom and agency == SENDER:
            return
        message = self.shares[share].message
        again = agency == SENDER and self.messages[message] == "withdrawn"  # told the same, and nothing moves
        allowed = again or (
            agency == SENDER
            and self.messages[message] in ("routed", "closed")
            and self.holder[message] == SENDER
        )
        try:
            self.world.withdraw(agency, message)
        except errors.CheckbackError:
            assert not allowed
            return
        assert allowed
        self.messages[message] = "withdrawn"
        for model in self.shares.values():
            if model.message == message and model.state not in ENDED:
                model.state = "released"

    # -- what must hold after every step ------------------------------------------------------------------

    @invariant()
    def states_are_as_the_picture_says(self) -> None:
        found = {row.id: row.state for row in self.world.rows("SELECT id, state FROM share")}
        for share, model in self.shares.items():
            assert found[share] == model.state

    @invariant()
    def a_message_closes_when_all_its_shares_have_ended(self) -> None:
        found = {row.id: row.state for row in self.world.rows("SELECT id, state FROM message")}
        for message, state in self.messages.items():
            mine = [model.state for model in self.shares.values() if model.message == message]
            ended = state == "routed" and bool(mine) and set(mine) <= ENDED
            assert found[message] == ("closed" if ended else state)

    @invariant()
    def somebody_holds_the_responsibility_and_one_only(self) -> None:
        rows = self.world.rows("SELECT message_id, holder FROM responsibility WHERE until IS NULL")
        held = [(row.message_id, row.holder) for row in rows if row.message_id in self.holder]
        assert sorted(held) == sorted(self.holder.items())

    @invariant()
    def every_move_is_in_the_audit_as_an_unbroken_chain(self) -> None:
        chains: dict[UUID, list[Any]] = {}
        for row in self.world.rows("SELECT * FROM audit WHERE share_id IS NOT NULL ORDER BY id"):
            chains.setdefault(row.share_id, []).append(row)
        for share, model in self.shares.items():
            chain = chains[share]
            assert chain[0].event == "share.plan"
            assert [row.state_from for row in chain[1:]] == [row.state_to for row in chain[:-1]]
            assert chain[-1].state_to == model.state

    @invariant()
    def what_is_owed_is_what_this_state_owes(self) -> None:
        for share, model in self.shares.items():
            wanted = set(DUTIES[model.state]) - (set() if model.action_open else {"action"})
            open_for = {"sent", "received", "checked_back", "challenged", "agreed"}
            if model.state in open_for:
                wanted |= {"call"} if model.recipient == OTHER and not model.calls.get(SENDER) else set()
                wanted |= {"call_account"} if model.account_by else set()
            if model.recipient == TAKER and model.state in open_for and self.holder[model.message] == SENDER:
                wanted |= {"acceptance"}
            assert self.world.open_duties(share) == wanted, model.state

    @invariant()
    def a_disagreement_stands_at_the_stage_to_which_it_was_taken(self) -> None:
        rows = self.world.rows("SELECT share_id, stage FROM disagreement WHERE ended_at IS NULL")
        open_now = {row.share_id: row.stage for row in rows if row.share_id in self.shares}
        gone = ENDED | {"declined"}
        assert open_now == {
            share: model.stage
            for share, model in self.shares.items()
            if model.stage is not None and model.state not in gone
        }

    @invariant()
    def what_is_owed_at_a_stage_is_owed_by_whoever_was_challenged(self) -> None:
        rows = self.world.rows("SELECT * FROM owed WHERE what = 'answer' AND met_at IS NULL")
        for row in (row for row in rows if row.share_id in self.shares):  # others are of walks before this
            model = self.shares[row.share_id]
            assert (row.stage, row.owed_to) == (model.stage, model.challenged_by)
            assert row.owed_by in {SENDER, model.recipient} - {model.challenged_by}

    # -- the second map -----------------------------------------------------------------------------------

    def _expected(self, model: Model, share: UUID, agency: str, event: str) -> bool:
        whose = {"sender": (SENDER,), "recipient": (model.recipient,), "both": (SENDER, model.recipient)}
        possible = (model.state, event) in AFTER and not self._unseen(model, share, agency)
        its_own = event == "answer" and agency == model.challenged_by
        if not possible or its_own or agency not in whose[WHOSE[event]]:
            return False
        unplaced = self.holder[model.message] == SENDER
        if event == "meet":
            return model.action_open
        if event in ("escalate", "conclude"):
            return self._climbs_or_ends(model, agency, event)
        takes = model.recipient == TAKER and unplaced
        if event == "redirect":
            return model.recipient == OTHER  # it goes to another practice; there is no other 0-19 service
        return takes if event == "accept" else not (event == "close" and takes)

    def _called(self, model: Model, agency: str) -> None:
        """Whoever has told of fewer calls owes the other an account."""
        other = model.recipient if agency == SENDER else SENDER
        model.calls[agency] = model.calls.get(agency, 0) + 1
        model.account_by = None if model.account_by == agency else model.account_by
        if model.calls[agency] > model.calls.get(other, 0):
            model.account_by = other

    def _climbs_or_ends(self, model: Model, agency: str, event: str) -> bool:
        if model.stage is None or event == "escalate":
            return model.stage is not None and model.stage < CHAIR
        return model.stage == CHAIR or agency == model.challenged_by

    def _unseen(self, model: Model, share: UUID, agency: str) -> bool:
        return agency == model.recipient and (model.state in STEPS or self._never_heard(share))

    def _never_heard(self, share: UUID) -> bool:
        """Withdrawn before it was sent: it was never there for its recipient."""
        return not self.world.rows("SELECT 1 FROM audit WHERE share_id = :s AND state_to = 'sent'", s=share)

    def _after(self, model: Model, agency: str, event: str) -> None:
        if event == "challenge":
            model.challenged_by = agency
            model.stage = 0 if model.stage is None else min(model.stage + 1, CHAIR)
        if event == "escalate":
            assert model.stage is not None
            model.stage += 1
        if event in ("conclude", "agree"):
            model.stage = None
        if event == "call":
            self._called(model, agency)
        if event in ("check_back", "meet"):
            model.action_open = event == "check_back"
        if event == "accept":
            self.holder[model.message] = agency


@contextmanager
def walking(server: Postgres, template: str, name: str) -> Iterator[type[Walk]]:
    with psycopg.connect(server.url(), autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    pool = engine(server.url(name))

    class Here(Walk):
        world = World.on(pool)

    try:
        yield Here
    finally:
        pool.dispose()


WALKS = settings(
    max_examples=8,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)


def test_the_journey_holds_whoever_does_what(postgres_server: Postgres, template: str) -> None:
    with walking(postgres_server, template, "walk") as walk:
        run_state_machine_as_test(walk, settings=WALKS)


@pytest.mark.parametrize("guard", ["whose", "strangers"])
def test_the_walk_sees_a_missing_guard(
    postgres_server: Postgres, template: str, monkeypatch: pytest.MonkeyPatch, guard: str
) -> None:
    """A check that cannot fail is no check: without a guard, the same walk must find the hole."""
    if guard == "whose":
        monkeypatch.setattr(whose_turn, "is_of", lambda *_: True)
    else:
        monkeypatch.setattr(acts, "concerns", lambda *_: True)
    seen = settings(WALKS, max_examples=200, report_multiple_bugs=False, phases=[Phase.generate])
    with walking(postgres_server, template, f"walk_without_{guard}") as walk, pytest.raises(AssertionError):
        run_state_machine_as_test(walk, settings=seen)


def test_the_walk_sees_a_handover_that_closes_in_nobodys_hands(
    postgres_server: Postgres, template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same for a guard behind a long way: the walk is led there, and then does what the guard forbids."""
    monkeypatch.setattr(commit, "_guard", lambda *_: None)
    with walking(postgres_server, template, "walk_without_handover") as walk:
        led = walk()
        led.one_is_sent_already()
        (share,) = [one for one, model in led.shares.items() if model.recipient == TAKER]
        for state in ("received", "checked_back", "agreed"):
            led._onward(share)
            assert led.shares[share].state == state
        with pytest.raises(AssertionError, match="close by"):
            led._act(share, TAKER, "close")
