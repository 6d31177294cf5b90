"""For each child and service one agency holds, until a named practitioner elsewhere accepts; whatever else happens."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from agencies import wire
from agencies.directory import Directory
from agencies.directory import shipped as shipped_directory
from hub import errors
from hub.store.connect import engine
from tests.journey.nursery import BIRMINGHAM, CAMDEN, MIDWIVES, SANDWELL, Nursery

HV = "health_visiting"
OFFICE = "sandwell-partnership"


@pytest.fixture
def nursery(database: str) -> Iterator[Nursery]:
    pool = engine(database)
    yield Nursery.with_agencies(pool)
    pool.dispose()


def first(nursery: Nursery, sender: str = SANDWELL, to: str = BIRMINGHAM) -> tuple[UUID, UUID, UUID]:
    """A child whom nobody knew, handed over: the child, the message, the share."""
    message, share = nursery.hand_over(sender, to, [None])
    return nursery.children[-1], message, share


def refused(answer: object) -> str:
    assert isinstance(answer, errors.Conflict), answer
    return f"{answer.detail}; {answer.next}"


def test_whoever_hands_a_child_over_holds_it_until_a_named_practitioner_accepts(nursery: Nursery) -> None:
    child, message, share = first(nursery)
    assert nursery.holders() == {(child, HV): SANDWELL}
    [row] = nursery.rows("SELECT * FROM holding")
    [sent] = nursery.rows("SELECT accepted_at FROM message WHERE id = :m", m=message)
    assert (row.since, row.person_hidden) == (sent.accepted_at, None), "held from the moment of acceptance"
    nursery.receive(BIRMINGHAM, share)
    nursery.act(BIRMINGHAM, share, "check_back")
    assert nursery.holders() == {(child, HV): SANDWELL}, "checking back is not accepting"
    nursery.act(BIRMINGHAM, share, "accept")
    assert nursery.history(child) == [(SANDWELL, "handed_over"), (BIRMINGHAM, "accepted")]
    before, now = nursery.rows("SELECT * FROM holding ORDER BY since")
    assert (before.until, now.until) == (now.since, None)
    assert now.person_hidden is not None


def test_a_midwife_hands_on_to_a_health_visitor_and_one_service_becomes_another(nursery: Nursery) -> None:
    child, _, share = first(nursery, MIDWIVES)
    assert nursery.holders() == {(child, "midwifery"): MIDWIVES}
    nursery.take(BIRMINGHAM, share)
    assert nursery.holders() == {(child, HV): BIRMINGHAM}
    [ended] = nursery.rows("SELECT * FROM holding WHERE service = 'midwifery'")
    assert ended.passed_to == HV
    _, again = nursery.hand_over(MIDWIVES, SANDWELL, [child])
    nursery.take(SANDWELL, again)
    assert nursery.holders()[child, HV] == BIRMINGHAM, "whoever holds by the record holds on"
    assert nursery.whys() == ["two_holders"]


def test_two_who_say_that_they_hold_are_an_alarm_and_the_record_stands(nursery: Nursery) -> None:
    child, _, _ = first(nursery)
    _, share = nursery.hand_over(CAMDEN, BIRMINGHAM, [child])
    assert nursery.holders() == {(child, HV): SANDWELL}
    [alarm] = nursery.alarms()
    assert (alarm.why, alarm.holder, alarm.other) == ("two_holders", SANDWELL, CAMDEN)
    nursery.receive(BIRMINGHAM, share)
    nursery.act(BIRMINGHAM, share, "check_back")
    assert "not plain who holds" in refused(nursery.act(BIRMINGHAM, share, "accept"))
    assert nursery.keep_placed() == 1
    assert nursery.keep_placed() == 0, "asked once"
    assert nursery.place("camden-partnership", alarm.id, CAMDEN).__class__ is errors.NotFound
    placed = nursery.place(OFFICE, alarm.id, CAMDEN)
    assert isinstance(placed, wire.Placed)
    assert nursery.place(OFFICE, alarm.id, CAMDEN) == placed, "again: the same answer"
    assert isinstance(nursery.place(OFFICE, alarm.id, SANDWELL), errors.Conflict)
    assert nursery.history(child) == [(SANDWELL, "handed_over"), (CAMDEN, "placed")]
    assert isinstance(nursery.act(BIRMINGHAM, share, "accept"), wire.Moved)
    assert nursery.holders() == {(child, HV): BIRMINGHAM}
    assert nursery.alarms() == []
    [task] = nursery.rows("SELECT * FROM owed WHERE what = 'place_responsibility'")
    assert (task.met_how, task.met_by) == ("done", OFFICE)


def test_only_somebody_who_could_hold_is_placed_and_is_named(nursery: Nursery) -> None:
    child, _, _ = first(nursery)
    nursery.hand_over(CAMDEN, BIRMINGHAM, [child])
    nursery.keep_placed()
    [alarm] = nursery.alarms()
    for nobody in ("sandwell-police", "no-such-agency"):
        assert isinstance(nursery.place(OFFICE, alarm.id, nobody), errors.Invalid)
    assert nursery.holders() == {(child, HV): SANDWELL}
    assert isinstance(nursery.place(OFFICE, alarm.id, SANDWELL), wire.Placed)
    assert nursery.history(child) == [(SANDWELL, "handed_over")], "it stands as it was"


def claimed_by_camden(nursery: Nursery) -> tuple[UUID, UUID, UUID]:
    """Of a message that Birmingham knows nothing of: what Birmingham was sent before, and the alarm."""
    child, earlier, share = first(nursery)
    nursery.hand_over(CAMDEN, SANDWELL, [child])
    nursery.keep_placed()
    [alarm] = nursery.alarms()
    return earlier, share, alarm.id


def test_whoever_is_placed_hears_of_it_by_a_message_that_it_knows(nursery: Nursery) -> None:
    earlier, _, alarm = claimed_by_camden(nursery)
    assert isinstance(nursery.place(OFFICE, alarm, BIRMINGHAM), wire.Placed)
    heard = nursery.rows(
        "SELECT message_id FROM audit WHERE event = 'responsibility.placed' AND recipient = :a", a=BIRMINGHAM
    )
    assert [row.message_id for row in heard] == [earlier]


@pytest.mark.parametrize("gone", ["declined", "withdrawn"])
def test_nobody_is_placed_who_knows_no_message_of_the_child(nursery: Nursery, gone: str) -> None:
    earlier, share, alarm = claimed_by_camden(nursery)
    before = nursery.holders()
    if gone == "declined":
        nursery.receive(BIRMINGHAM, share)
        nursery.act(BIRMINGHAM, share, "decline")
    else:
        nursery.withdraw(SANDWELL, earlier)
    said = refused(nursery.place(OFFICE, alarm, BIRMINGHAM))
    assert "knows no message about this child" in said
    assert nursery.holders() == before
    assert [row.id for row in nursery.alarms()] == [alarm], "it is still asked"
    assert isinstance(nursery.place(OFFICE, alarm, CAMDEN), wire.Placed)


@pytest.mark.parametrize("by", [SANDWELL, BIRMINGHAM])
def test_a_family_that_moves_again_is_followed_and_the_old_holder_still_holds(
    nursery: Nursery, by: str
) -> None:
    child, earlier, share = first(nursery)
    nursery.receive(BIRMINGHAM, share)
    later, onward = nursery.hand_over(by, CAMDEN, [child], follows=earlier)
    assert nursery.holders() == {(child, HV): SANDWELL}
    assert "acceptance" not in nursery.open_duties(share)
    said = refused(nursery.act(BIRMINGHAM, share, "check_back", accepts_responsibility=True))
    assert "moved on again" in said
    assert (str(later) in said) == (by == BIRMINGHAM), "which it was is for those to know who have it"
    assert CAMDEN not in said
    [told] = nursery.rows("SELECT * FROM audit WHERE event = 'message.moved_again'")
    assert (told.message_id, told.sender, told.recipient, told.by_agency) == (
        earlier,
        SANDWELL,
        BIRMINGHAM,
        by,
    )
    nursery.take(CAMDEN, onward)
    assert nursery.history(child) == [(SANDWELL, "handed_over"), (CAMDEN, "accepted")]
    held = nursery.rows("SELECT message_id, holder FROM responsibility WHERE until IS NULL")
    assert {row.message_id: row.holder for row in held} == {earlier: CAMDEN, later: CAMDEN}
    assert nursery.alarms() == []


def test_what_was_overtaken_can_be_closed_though_nobody_accepted_it(nursery: Nursery) -> None:
    child, earlier, share = first(nursery)
    nursery.hand_over(SANDWELL, CAMDEN, [child], follows=earlier)
    nursery.receive(BIRMINGHAM, share)
    nursery.act(BIRMINGHAM, share, "check_back")
    nursery.act(SANDWELL, share, "agree")
    assert isinstance(nursery.act(BIRMINGHAM, share, "close"), wire.Moved)
    assert nursery.message_state(earlier) == "closed"
    assert nursery.holders() == {(child, HV): SANDWELL}


def test_they_move_on_and_on_and_the_first_holder_holds_until_somebody_has_them(nursery: Nursery) -> None:
    child, earlier, _ = first(nursery)
    second, _ = nursery.hand_over(BIRMINGHAM, CAMDEN, [child], follows=earlier)
    third, share = nursery.hand_over(CAMDEN, BIRMINGHAM, [child], follows=second)
    assert nursery.holders() == {(child, HV): SANDWELL}
    nursery.take(BIRMINGHAM, share)
    assert nursery.holders() == {(child, HV): BIRMINGHAM}
    ended = nursery.rows("SELECT message_id, ended_how FROM handover")
    assert {row.message_id: row.ended_how for row in ended} == {
        earlier: "followed", second: "followed", third: "accepted",
    }  # fmt: skip


def test_whoever_went_after_them_takes_it_back_and_the_first_can_be_accepted_again(nursery: Nursery) -> None:
    child, earlier, share = first(nursery)
    later, _ = nursery.hand_over(SANDWELL, CAMDEN, [child], follows=earlier)
    nursery.withdraw(SANDWELL, later)
    assert "acceptance" in nursery.open_duties(share)
    events = [
        row.event
        for row in nursery.rows("SELECT event FROM audit WHERE message_id = :m ORDER BY id", m=earlier)
    ]
    assert events[-2:] == ["message.moved_again", "message.not_moved_again"]
    assert isinstance(nursery.take(BIRMINGHAM, share), wire.Moved)
    assert nursery.holders() == {(child, HV): BIRMINGHAM}


def test_it_follows_nothing_that_is_not_its_senders_or_is_not_about_the_child(nursery: Nursery) -> None:
    child, earlier, share = first(nursery)
    nursery.hand_over(CAMDEN, BIRMINGHAM, [child], follows=earlier)
    assert sorted(nursery.whys()) == ["follows_nothing", "two_holders"]
    nursery.hand_over(SANDWELL, CAMDEN, [None], follows=earlier)
    assert sorted(nursery.whys()) == ["follows_nothing", "follows_nothing", "two_holders"]
    assert isinstance(nursery.take(BIRMINGHAM, share), wire.Moved), "the first stands as it stood"
    nursery.hand_over(SANDWELL, CAMDEN, [child], follows=earlier)
    assert nursery.alarms()[-1].why == "follows_nothing", "what was accepted is over"
    assert nursery.holders()[child, HV] == BIRMINGHAM


def test_two_places_at_once_is_asked_and_never_guessed(nursery: Nursery) -> None:
    child, earlier, share = first(nursery)
    later, other = nursery.hand_over(SANDWELL, CAMDEN, [child])
    [alarm] = nursery.alarms()
    assert (alarm.why, alarm.message_id, alarm.other_message_id) == ("two_ways", later, earlier)
    nursery.take(CAMDEN, other)
    assert nursery.alarms() == [], "one of the two has them: that is the answer"
    nursery.receive(BIRMINGHAM, share)
    nursery.act(BIRMINGHAM, share, "check_back")
    assert "somebody else holds" in refused(nursery.act(BIRMINGHAM, share, "accept"))
    assert nursery.holders() == {(child, HV): CAMDEN}


def test_the_same_place_again_is_no_alarm(nursery: Nursery) -> None:
    child, _, _ = first(nursery)
    nursery.hand_over(SANDWELL, BIRMINGHAM, [child])
    assert nursery.alarms() == []


def test_a_likely_match_moves_nothing(nursery: Nursery) -> None:
    """It is another child, until a person has said that it is not."""
    child, earlier, _ = first(nursery)
    nursery.hand_over(SANDWELL, CAMDEN, [None])
    assert nursery.alarms() == []
    nursery.hand_over(SANDWELL, CAMDEN, [None], follows=earlier)
    assert nursery.whys() == ["follows_nothing"]
    assert nursery.holders()[child, HV] == SANDWELL


def test_whoever_was_to_accept_closes_and_the_partnership_is_asked(nursery: Nursery) -> None:
    child, _, share = first(nursery)
    nursery.fall_back(share)
    [alarm] = nursery.alarms()
    assert (alarm.why, alarm.holder, alarm.other) == ("receiver_closed", SANDWELL, BIRMINGHAM)
    nursery.keep_placed()
    [task] = nursery.rows("SELECT * FROM owed WHERE what = 'place_responsibility'")
    assert (task.owed_by, task.about) == ("birmingham-partnership", f"responsibility.{alarm.id}")
    _, onward = nursery.hand_over(SANDWELL, CAMDEN, [child])
    nursery.take(CAMDEN, onward)
    assert nursery.alarms() == []
    [task] = nursery.rows("SELECT * FROM owed WHERE what = 'place_responsibility'")
    assert task.met_how == "done"


def test_what_a_closed_agency_had_accepted_falls_back_and_the_partnership_is_asked(nursery: Nursery) -> None:
    child, _, share = first(nursery, MIDWIVES)
    nursery.take(BIRMINGHAM, share)
    nursery.fall_back(share)
    assert nursery.holders() == {(child, "midwifery"): MIDWIVES}
    assert nursery.whys() == ["holder_closed"]
    assert nursery.history(child) == [(BIRMINGHAM, "accepted")]
    assert nursery.history(child, "midwifery") == [(MIDWIVES, "handed_over"), (MIDWIVES, "fell_back")]


def test_withdrawn_before_anybody_accepted_the_sender_holds_on_and_nothing_is_asked(nursery: Nursery) -> None:
    child, _, _ = first(nursery)
    claim, _ = nursery.hand_over(CAMDEN, BIRMINGHAM, [child])
    nursery.keep_placed()
    nursery.withdraw(CAMDEN, claim)
    assert nursery.alarms() == []
    assert nursery.holders() == {(child, HV): SANDWELL}
    [task] = nursery.rows("SELECT met_how FROM owed WHERE what = 'place_responsibility'")
    assert task.met_how == "void"


# -- one child or two ---------------------------------------------------------------------------------------


def test_one_child_whom_two_agencies_hold_is_an_alarm_and_who_held_longer_holds_on(nursery: Nursery) -> None:
    one, _, _ = first(nursery)
    other, _, _ = first(nursery, CAMDEN)
    nursery.found_same(other, one)  # whichever stands for both
    assert nursery.holders() == {(other, HV): SANDWELL}
    [alarm] = nursery.alarms()
    assert (alarm.why, alarm.holder, alarm.other) == ("one_child", SANDWELL, CAMDEN)
    nursery.found_different(other, one)
    assert nursery.holders() == {(one, HV): SANDWELL, (other, HV): CAMDEN}
    assert nursery.alarms() == []


def test_one_child_whom_one_agency_holds_is_no_question(nursery: Nursery) -> None:
    one, _, share = first(nursery)
    other, _, _ = first(nursery)
    nursery.found_same(one, other)
    assert nursery.holders() == {(one, HV): SANDWELL}
    assert nursery.alarms() == []
    nursery.take(BIRMINGHAM, share)
    assert nursery.holders() == {(one, HV): BIRMINGHAM}
    nursery.found_different(one, other)
    assert nursery.holders() == {(one, HV): BIRMINGHAM, (other, HV): SANDWELL}


def test_what_was_accepted_for_a_child_while_it_was_taken_for_another_stays_its_own(nursery: Nursery) -> None:
    one, _, _ = first(nursery)
    other, _, share = first(nursery)
    nursery.found_same(one, other)
    nursery.take(BIRMINGHAM, share)
    assert nursery.holders() == {(one, HV): BIRMINGHAM}
    nursery.found_different(one, other)
    assert nursery.holders() == {(one, HV): SANDWELL, (other, HV): BIRMINGHAM}


def test_what_passed_on_in_another_service_for_the_one_has_not_passed_on_for_the_other(
    nursery: Nursery,
) -> None:
    other, _, _ = first(nursery, MIDWIVES)
    one, _, share = first(nursery, MIDWIVES)
    nursery.found_same(one, other)
    nursery.take(BIRMINGHAM, share)
    assert nursery.holders() == {(one, HV): BIRMINGHAM}
    nursery.found_different(one, other)
    assert nursery.holders() == {(one, HV): BIRMINGHAM, (other, "midwifery"): MIDWIVES}


def test_what_passed_on_under_the_others_record_is_in_its_own_afterwards(nursery: Nursery) -> None:
    one, _, _ = first(nursery)
    other, _, share = first(nursery, MIDWIVES)
    nursery.found_same(one, other)
    nursery.take(BIRMINGHAM, share)
    nursery.found_different(one, other)
    spells = nursery.rows(
        "SELECT service, holder, passed_to, until FROM holding WHERE person_id = :c ORDER BY since, id",
        c=other,
    )
    assert [(row.service, row.holder, row.passed_to) for row in spells if row.service == "midwifery"] == [
        ("midwifery", MIDWIVES, None),
        ("midwifery", MIDWIVES, HV),
    ]
    assert all(row.until for row in spells if row.service == "midwifery")


def test_one_child_whom_one_agency_offers_to_two_is_asked_about(nursery: Nursery) -> None:
    one, _, share = first(nursery)
    other, _, _ = first(nursery, to=CAMDEN)
    nursery.found_same(one, other)
    assert nursery.whys() == ["two_ways"]
    nursery.take(BIRMINGHAM, share)
    assert nursery.alarms() == []


def test_placed_while_it_was_one_child_is_asked_again_once_it_is_two(nursery: Nursery) -> None:
    one, _, _ = first(nursery)
    other, _, _ = first(nursery, CAMDEN)
    nursery.found_same(one, other)
    nursery.keep_placed()
    [alarm] = nursery.alarms()
    assert isinstance(nursery.place(OFFICE, alarm.id, CAMDEN), wire.Placed)
    nursery.found_different(one, other)
    assert nursery.holders()[other, HV] == CAMDEN
    assert nursery.holders()[one, HV] == SANDWELL
    assert nursery.whys() == ["two_children"]


def test_a_holder_that_has_closed_is_asked_about_child_by_child(nursery: Nursery) -> None:
    message, _ = nursery.hand_over(SANDWELL, BIRMINGHAM, [None, None])
    yesterday = (nursery.now - timedelta(days=1)).date().isoformat()
    rows = [
        {**row, "closes": yesterday} if row["id"] == SANDWELL and not row.get("closes") else row
        for row in shipped_directory().to_rows()
    ]
    nursery.known = replace(nursery.known, directory=Directory.from_rows(rows))
    assert nursery.keep_placed() == 2
    assert nursery.whys() == ["holder_closed", "holder_closed"]
    alarm = nursery.alarms()[0]
    assert alarm.message_id == message
    assert isinstance(nursery.place(OFFICE, alarm.id, SANDWELL), errors.Invalid), "it is no more"
    assert isinstance(nursery.place(OFFICE, alarm.id, CAMDEN), errors.Conflict), "it was told of nobody"
    assert isinstance(nursery.place(OFFICE, alarm.id, BIRMINGHAM), wire.Placed)
    assert nursery.keep_placed() == 0
    assert len(nursery.alarms()) == 1
