"""The acts of the two ends, one by one: what each moves, owes, settles, and refuses."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from uuid import UUID

import pytest

from agencies import wire
from agencies.keys import KeyRing
from agencies.seal import open_sealed
from hub import answer, errors, journey
from hub.answer import Act
from hub.ids import new_id
from hub.store import messages
from protocols.vocabulary import Role
from tests.journey.world import INSTEAD, OTHER, PERSON, SENDER, STRANGER, TAKER, World, bodies


def test_the_whole_way_of_a_handover(world: World) -> None:
    message, (taken, told) = world.sent()
    assert world.open_duties(taken) == {"receipt", "check_back", "acceptance"}
    assert world.open_duties(told) == {"receipt", "check_back", "call"}

    world.receive(TAKER, taken)
    world.receive(OTHER, told)
    for agency, share in ((TAKER, taken), (OTHER, told)):
        moved = world.act(agency, share, "check_back")
        assert isinstance(moved, wire.Moved)
        assert moved.state == "checked_back"
        assert {duty.what for duty in moved.deadlines} == {"agreement", "action", "review"}
    world.act(SENDER, taken, "challenge")
    assert world.open_duties(taken) == {"acceptance", "action", "review", "answer"}
    world.act(TAKER, taken, "answer")
    world.act(SENDER, taken, "agree")
    world.act(SENDER, told, "agree")

    early = world.act(TAKER, taken, "close")
    assert isinstance(early, errors.Conflict), "a handover that nobody accepted must not close"
    world.act(TAKER, taken, "accept")
    world.act(TAKER, taken, "close")
    assert world.message_state(message) == "routed"
    world.act(OTHER, told, "close")
    assert world.message_state(message) == "closed"
    assert world.open_duties(taken) == world.open_duties(told) == set()
    chain = world.rows("SELECT state_to FROM audit WHERE share_id = :s ORDER BY id", s=taken)
    assert " ".join(row.state_to for row in chain) == (
        "planned sealed sent received checked_back challenged checked_back agreed agreed closed"
    )


def test_responsibility_stays_until_a_named_person_accepts_it(world: World) -> None:
    message, (taken, told) = world.sent()
    held = "SELECT holder, person_hidden, id FROM responsibility WHERE message_id = :m AND until IS NULL"
    assert [row.holder for row in world.rows(held, m=message)] == [SENDER]
    world.receive(TAKER, taken)
    world.receive(OTHER, told)
    wrong = world.act(OTHER, told, "check_back", accepts_responsibility=True)
    assert isinstance(wrong, errors.Conflict)
    assert world.state(told) == "received", "an act that is refused moves nothing"
    world.act(TAKER, taken, "check_back", accepts_responsibility=True)
    now = world.rows(held, m=message)
    assert [row.holder for row in now] == [TAKER]
    name = world.desk.records.show(now[0].person_hidden, where=f"person {now[0].id}")
    assert name is not None
    assert PERSON.name in name
    assert "acceptance" not in world.open_duties(taken)
    again = world.act(TAKER, taken, "accept")
    assert isinstance(again, errors.Conflict)


def test_declined_goes_back_to_the_sender_who_redirects(world: World) -> None:
    message, (_, told) = world.sent()
    declined = world.act(OTHER, told, "decline")
    assert isinstance(declined, wire.Moved)
    assert world.open_duties(told) == {"redirect"}
    elsewhere = world.act(SENDER, told, "redirect", to="camden-gp-1")
    assert isinstance(elsewhere, errors.Invalid), "another area is for the protocol to decide"
    back = world.act(SENDER, told, "redirect", to=OTHER)
    assert isinstance(back, errors.Invalid)
    world.act(SENDER, told, "release")
    assert world.state(told) == "released"
    assert world.open_duties(told) == set()
    assert world.message_state(message) == "routed"


def declined_by_a_practice(world: World) -> tuple[UUID, UUID, str, str]:
    at = world.now
    first, second = [one.agency for one in world.known.directory.find(Role.GP_PRACTICE, "E08000025", at)][:2]
    message = world.accept("concern")
    (share,) = world.route(message, (first,), role="gp_practice")
    world.hub_moves(share, "seal")
    world.hub_moves(share, "send")
    world.act(first, share, "decline", reason="not_registered_here")
    return message, share, first, second


def test_a_redirected_share_starts_anew_under_the_same_clause(world: World) -> None:
    message, share, first, second = declined_by_a_practice(world)
    moved = world.act(SENDER, share, "redirect", to=second, key="r-1")
    assert isinstance(moved, wire.Moved)
    assert moved.redirected_to is not None
    fresh = world.rows("SELECT recipient, state, terms FROM share WHERE id = :s", s=moved.redirected_to)[0]
    assert (fresh.recipient, fresh.state) == (second, "planned")
    assert fresh.terms["clauses"] == ["move-out"]
    assert world.rows("SELECT 1 FROM outbox WHERE step = 'seal' AND message_id = :m", m=message)
    again = world.act(SENDER, share, "redirect", to=second, key="r-1")
    assert again == moved.model_copy(update={"deadlines": ()})
    back = world.act(first, share, "decline", reason="not_registered_here")
    assert isinstance(back, errors.WrongState)


def test_who_declined_does_not_learn_where_it_went_instead(world: World) -> None:
    _, share, first, second = declined_by_a_practice(world)
    world.act(SENDER, share, "redirect", to=second, reason="their sister is registered there")
    told = [world.open_note(first, row.for_recipient) for row in world.notes(share)]
    assert [one["kind"] for one in told] == ["decline", "redirect"]
    assert second not in json.dumps(told)
    assert "sister" not in json.dumps(told)
    own = [world.open_note(SENDER, row.for_sender) for row in world.notes(share)]
    assert own[1]["to"] == second


def test_a_retry_of_a_decline_does_not_tell_where_it_went_instead(world: World) -> None:
    at = world.now
    first, second = [one.agency for one in world.known.directory.find(Role.GP_PRACTICE, "E08000025", at)][:2]
    message = world.accept("concern")
    (share,) = world.route(message, (first,), role="gp_practice")
    world.hub_moves(share, "seal")
    world.hub_moves(share, "send")
    done = world.act(first, share, "decline", reason="not_registered_here", key="d-1")
    world.act(SENDER, share, "redirect", to=second)
    again = world.act(first, share, "decline", reason="not_registered_here", key="d-1")
    assert isinstance(done, wire.Moved)
    assert isinstance(again, wire.Moved)
    assert (again.state, again.redirected_to) == ("declined", None)
    assert {duty.what for duty in again.deadlines} == {"redirect"}


def test_a_redirect_goes_nowhere_that_no_protocol_of_the_share_covers(world: World) -> None:
    _, share, first, second = declined_by_a_practice(world)
    camden = [one.agency for one in world.known.directory.find(Role.GP_PRACTICE, "E09000007", world.now)]
    for elsewhere in (camden[0], first, SENDER):
        assert isinstance(world.act(SENDER, share, "redirect", to=elsewhere), errors.Invalid)
    world.known = replace(world.known, protocols=())
    assert isinstance(world.act(SENDER, share, "redirect", to=second), errors.Conflict), "it has run out"
    assert world.state(share) == "declined"


def test_a_redirect_does_not_go_to_one_who_has_a_share_or_is_withheld(world: World) -> None:
    message, share, _, second = declined_by_a_practice(world)
    decision = {"message_id": message, "role": "gp_practice", "agency": second, "clauses": [], "says": []}
    for outcome in ("share", "withhold"):
        with world.engine.begin() as conn:
            conn.exec_driver_sql("DELETE FROM decision")
            messages.add_decisions(conn, [{**decision, "outcome": outcome, "at": world.now}])
        refused = world.act(SENDER, share, "redirect", to=second)
        assert isinstance(refused, errors.Conflict)
        assert not isinstance(refused, errors.WrongState)


def test_today_is_a_day_in_england(world: World) -> None:
    """Half past midnight in summer: the day has begun in Birmingham, and not yet in Greenwich."""
    _, (taken, told) = world.sent()
    world.receive(OTHER, told)
    world.act(OTHER, told, "check_back")
    world.act(SENDER, told, "agree")
    world.now = world.now.replace(hour=23, minute=30)
    today = (world.now + timedelta(hours=1)).date()
    assert isinstance(world.act(OTHER, told, "close", review_held_on=today), wire.Moved)
    world.receive(TAKER, taken)
    late = world.act(TAKER, taken, "check_back", review_on=today - timedelta(days=1))
    assert isinstance(late, errors.Invalid)


def test_a_review_was_held_after_the_share_was_sent(world: World) -> None:
    _, (_, told) = world.sent()
    world.receive(OTHER, told)
    world.act(OTHER, told, "check_back")
    world.act(SENDER, told, "agree")
    early = world.act(OTHER, told, "close", review_held_on=world.now.date() - timedelta(days=2))
    assert isinstance(early, errors.Invalid)
    assert isinstance(world.act(OTHER, told, "close", review_held_on=world.now.date()), wire.Moved)


def test_a_share_is_not_there_for_its_recipient_before_it_is_sent(world: World) -> None:
    message = world.accept()
    (share, _) = world.route(message)
    early = world.act(TAKER, share, "decline")
    assert isinstance(early, errors.NotFound)
    assert world.receive(TAKER, share)[0].state is None
    stranger = world.act(STRANGER, share, "decline")
    missing = world.act(STRANGER, new_id(), "decline")
    assert isinstance(stranger, errors.NotFound)
    assert isinstance(missing, errors.NotFound)
    assert stranger.detail == missing.detail


def test_withdrawn_before_it_was_sealed_is_never_sent(world: World) -> None:
    message = world.accept()
    first, second = world.route(message)
    world.hub_moves(first, "seal")
    world.withdraw(SENDER, message)
    assert world.state(first) == world.state(second) == "released"
    with pytest.raises(errors.WrongState):
        world.hub_moves(second, "seal")
    assert world.rows("SELECT 1 FROM note WHERE share_id = :s", s=first) == [], (
        "who never had it is not told of it"
    )


def test_what_is_closed_is_taken_back_and_whoever_had_it_hears_why(world: World) -> None:
    message, [share] = world.sent((OTHER,), kind="concern")
    world.receive(OTHER, share)
    world.act(OTHER, share, "check_back")
    world.act(SENDER, share, "agree")
    world.act(OTHER, share, "close")
    assert world.message_state(message) == "closed"
    world.withdraw(SENDER, message)
    assert (world.message_state(message), world.state(share)) == ("withdrawn", "closed")
    last = world.notes(share)[-1]
    assert world.open_note(OTHER, last.for_recipient)["reason"] == "sent for the wrong family"
    [told] = world.rows("SELECT * FROM audit WHERE share_id = :s AND event = 'share.withdraw'", s=share)
    assert told.recipient == OTHER


def test_withdrawn_again_is_told_the_same(world: World) -> None:
    message, _ = world.sent()
    first = world.withdraw(SENDER, message)
    assert world.withdraw(SENDER, message) == first
    assert len(world.rows("SELECT 1 FROM note")) == 2


def test_a_missing_key_does_not_keep_a_wrong_message_in_the_world(world: World) -> None:
    message, (taken, _) = world.sent()
    rows = [row for row in world.key_rows if row.agency != TAKER]
    world.known = replace(world.known, keys=KeyRing(rows))
    world.withdraw(SENDER, message)
    assert world.state(taken) == "released"
    assert len(world.rows("SELECT 1 FROM note")) == 1


def test_a_handover_that_was_accepted_cannot_be_withdrawn(world: World) -> None:
    message, (taken, _) = world.sent()
    world.receive(TAKER, taken)
    world.act(TAKER, taken, "check_back", accepts_responsibility=True)
    with pytest.raises(errors.Conflict):
        world.withdraw(SENDER, message)
    with pytest.raises(errors.NotFound):
        world.withdraw(TAKER, message)
    assert world.message_state(message) == "routed"


def test_one_impossible_act_of_a_group_fails_alone(world: World) -> None:
    _, (taken, told) = world.sent()
    world.receive(TAKER, taken)
    made = bodies(world.now)
    answers = answer.act_many(
        world.engine,
        [
            Act(taken, "check_back", made["check_back"], world.caller(TAKER)),
            Act(told, "check_back", made["check_back"], world.caller(OTHER)),  # not received yet
            Act(taken, "agree", made["agree"], world.caller(SENDER)),  # on the same share, in the same group
            Act(new_id(), "agree", made["agree"], world.caller(SENDER)),
        ],
        known=world.known,
        desk=world.desk,
        at=world.tick(),
    )
    assert isinstance(answers[0], wire.Moved)
    assert isinstance(answers[1], errors.WrongState)
    assert isinstance(answers[3], errors.NotFound)
    assert isinstance(answers[2], wire.Moved), "it is judged by what the act before it has made of the share"
    assert answers[2].state == "agreed"


def test_a_retry_is_told_what_its_first_try_did(world: World) -> None:
    _, (taken, _) = world.sent()
    world.receive(TAKER, taken)
    first = world.act(TAKER, taken, "check_back", key="k-1")
    again = world.act(TAKER, taken, "check_back", key="k-1")
    assert isinstance(first, wire.Moved)
    assert isinstance(again, wire.Moved)
    assert (again.note, again.at) == (first.note, first.at)
    assert isinstance(world.act(TAKER, taken, "check_back", key="k-2"), errors.WrongState)
    assert isinstance(world.act(TAKER, taken, "decline", key="k-1"), errors.KeyReused)


def test_a_retry_of_an_acceptance_is_told_that_it_was_accepted(world: World) -> None:
    _, (taken, _) = world.sent()
    world.receive(TAKER, taken)
    world.act(TAKER, taken, "check_back")
    first = world.act(TAKER, taken, "accept", key="a-1")
    assert isinstance(first, wire.Moved)
    assert world.act(TAKER, taken, "accept", key="a-1") == first


def test_a_retry_of_an_act_that_could_be_done_twice_is_not(world: World) -> None:
    _, (taken, _) = world.sent()
    world.receive(TAKER, taken)
    world.act(TAKER, taken, "check_back")
    first = world.act(SENDER, taken, "challenge", key="c-1")
    world.act(TAKER, taken, "answer")
    again = world.act(SENDER, taken, "challenge", key="c-1")
    other = world.act(SENDER, taken, "challenge", key="c-1", reason="and something else")
    assert isinstance(other, errors.KeyReused), "other words under that key are not taken for the first ones"
    assert isinstance(first, wire.Moved)
    assert isinstance(again, wire.Moved)
    assert again.note == first.note
    assert world.state(taken) == "checked_back"


def test_dates_that_cannot_be_are_refused(world: World) -> None:
    _, (taken, _) = world.sent()
    world.receive(TAKER, taken)
    past = world.now.date() - timedelta(days=1)
    late_review = world.act(TAKER, taken, "check_back", review_on=past)
    assert isinstance(late_review, errors.Invalid)
    assert late_review.faults[0][0] == "review_on"
    action = wire.Action(what="visit", who="somebody", by_when=past)
    late_action = world.act(TAKER, taken, "check_back", actions=(action,))
    assert isinstance(late_action, errors.Invalid)
    assert late_action.faults[0][0] == "actions.0.by_when"
    spoken = wire.SpokeTo(name="A", role="b", at=world.now + timedelta(days=1), understood="c")
    future_call = world.act(TAKER, taken, "check_back", spoke_to=spoken)
    assert isinstance(future_call, errors.Invalid)


def test_a_note_opens_for_both_ends_and_says_who(world: World) -> None:
    _, (taken, _) = world.sent()
    world.receive(TAKER, taken)
    world.act(TAKER, taken, "check_back")
    row = world.rows("SELECT * FROM note WHERE share_id = :s", s=taken)[0]
    for agency, sealed in ((SENDER, row.for_sender), (TAKER, row.for_recipient)):
        opened = json.loads(
            open_sealed(
                json.loads(bytes(sealed)),
                key=world.keys[agency],
                verify=lambda kid: world.known.keys.verify_key(kid, world.now),
            )
        )
        assert opened["understanding"] == "they moved last week"
        assert opened["by"]["name"] == PERSON.name


def test_every_state_can_be_left_or_is_an_end() -> None:
    for of in ("message", "share"):
        # What a watch asks may be met when a share is closed; it stays closed. What is closed can be taken back.
        befores = {
            row.before
            for row in journey.MOVES
            if row.of == of and row.after != row.before and (row.before, row.event) != ("closed", "withdraw")
        }
        afters = {row.after for row in journey.MOVES if row.of == of}
        assert afters - befores == journey.ENDS[of]


def test_a_withdrawal_and_an_acceptance_at_once_end_in_one_of_the_two(world: World) -> None:
    """Whoever comes first, the other is refused: a family is never withdrawn from under those who took it on."""
    for _ in range(12):
        message, (taken, _) = world.sent()
        world.receive(TAKER, taken)
        world.act(TAKER, taken, "check_back")
        both = Barrier(2)

        def accepts(share: UUID = taken, both: Barrier = both) -> bool:
            both.wait()
            return isinstance(world.act(TAKER, share, "accept"), wire.Moved)

        def withdraws(message: UUID = message, both: Barrier = both) -> bool:
            both.wait()
            try:
                world.withdraw(SENDER, message)
            except errors.Conflict:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            accepted, withdrawn = pool.submit(accepts), pool.submit(withdraws)
        assert accepted.result() != withdrawn.result()
        holder = world.rows(
            "SELECT holder FROM responsibility WHERE message_id = :m AND until IS NULL", m=message
        )
        assert [row.holder for row in holder] == [TAKER if accepted.result() else SENDER]
        assert world.message_state(message) == ("routed" if accepted.result() else "withdrawn")


def test_who_declines_suggests_an_agency_that_is_there(world: World) -> None:
    _, (_, told) = world.sent()
    closed = next(row for row in world.known.directory.rows if row.closes and row.successor)
    for wrong in ("no-such-agency", closed.id, OTHER, SENDER):
        refused = world.act(OTHER, told, "decline", suggests=wrong)
        assert isinstance(refused, errors.Invalid), wrong
        assert refused.faults[0][0] == "suggests"
        if wrong == closed.id:
            assert str(closed.successor) in refused.faults[0][1]
    assert isinstance(world.act(OTHER, told, "decline", suggests=INSTEAD), wire.Moved)


def test_an_error_names_what_the_caller_can_do_and_nobody_elses_acts(world: World) -> None:
    _, (taken, _) = world.sent()
    early = world.act(TAKER, taken, "check_back")
    assert isinstance(early, errors.WrongState)
    assert early.next == (
        "from sent, your agency can: receive it (POST /v1/inbox/received), call, decline; the other can: withdraw"
    )
    hasty = world.act(SENDER, taken, "agree")
    assert isinstance(hasty, errors.WrongState)
    assert hasty.next == (
        "from sent, your agency can: call, withdraw; the other can: receive it (POST /v1/inbox/received), decline"
    )
    world.act(TAKER, taken, "decline")
    world.act(SENDER, taken, "release")
    late = world.act(TAKER, taken, "check_back")
    assert isinstance(late, errors.WrongState)
    assert late.next.startswith("nothing more can be done with it")


def test_a_retry_of_an_answer_is_told_what_it_did_though_the_other_side_was_challenged_since(
    world: World,
) -> None:
    _, (taken, _) = world.sent()
    world.receive(TAKER, taken)
    world.act(TAKER, taken, "check_back")
    world.act(SENDER, taken, "challenge")
    first = world.act(TAKER, taken, "answer", key="n-1")
    world.act(TAKER, taken, "challenge", reason="now we ask")
    again = world.act(TAKER, taken, "answer", key="n-1")
    assert isinstance(first, wire.Moved)
    assert isinstance(again, wire.Moved), again
    assert (again.note, again.at) == (first.note, first.at)
    assert isinstance(world.act(TAKER, taken, "answer", key="n-2"), errors.Forbidden)


def test_a_retry_on_a_later_day_is_told_what_it_did_though_its_dates_have_passed(world: World) -> None:
    _, (taken, _) = world.sent()
    world.receive(TAKER, taken)
    body = {
        "review_on": world.now.date(),
        "actions": (wire.Action(what="ring", who="x", by_when=world.now.date()),),
    }
    first = world.act(TAKER, taken, "check_back", key="k-9", **body)
    world.now += timedelta(days=2)
    again = world.act(TAKER, taken, "check_back", key="k-9", **body)
    assert isinstance(first, wire.Moved)
    assert isinstance(again, wire.Moved), again
    assert again.note == first.note
