"""The family moved again: which handover overtakes which, and who is to accept when one of them is taken back."""

from uuid import UUID

from agencies import wire
from tests.journey.nursery import BIRMINGHAM, CAMDEN, SANDWELL, Nursery
from tests.journey.test_responsibility import HV, first, nursery

__all__ = ["nursery"]


def is_open(nursery: Nursery, share: UUID) -> bool:
    return "acceptance" in nursery.open_duties(share)


def events(nursery: Nursery, message: UUID) -> list[str]:
    rows = nursery.rows("SELECT event FROM audit WHERE message_id = :m ORDER BY id", m=message)
    return [row.event for row in rows if "moved_again" in row.event]


def released(nursery: Nursery, agency: str, share: UUID, sender: str = SANDWELL) -> None:
    """Whoever was to accept it declines, and its sender leaves it at that."""
    assert isinstance(nursery.act(agency, share, "decline"), wire.Moved)
    assert isinstance(nursery.act(sender, share, "release"), wire.Moved)


def test_a_brother_who_stayed_is_not_overtaken_with_his_sister(nursery: Nursery) -> None:
    earlier, share = nursery.hand_over(SANDWELL, BIRMINGHAM, [None, None])
    brother, sister = nursery.children
    _, onward = nursery.hand_over(SANDWELL, CAMDEN, [sister], follows=earlier)
    assert "follows_nothing" in nursery.whys()
    assert is_open(nursery, share), "the first stands as it stood"
    nursery.take(CAMDEN, onward)
    assert nursery.holders() == {(brother, HV): SANDWELL, (sister, HV): CAMDEN}
    nursery.take(BIRMINGHAM, share)
    assert nursery.holders() == {(brother, HV): BIRMINGHAM, (sister, HV): CAMDEN}


def test_with_another_child_besides_it_is_overtaken(nursery: Nursery) -> None:
    child, earlier, share = first(nursery)
    nursery.hand_over(SANDWELL, CAMDEN, [child, None], follows=earlier)
    assert nursery.alarms() == []
    assert not is_open(nursery, share)


def test_whoever_declined_a_family_does_not_hand_it_on(nursery: Nursery) -> None:
    child, earlier, share = first(nursery)
    nursery.act(BIRMINGHAM, share, "decline")
    nursery.hand_over(BIRMINGHAM, CAMDEN, [child], follows=earlier)
    assert set(nursery.whys()) == {"follows_nothing", "two_holders"}
    assert events(nursery, earlier) == []


def test_one_that_reaches_nobody_any_more_overtakes_nothing(nursery: Nursery) -> None:
    child, earlier, share = first(nursery)
    later, onward = nursery.hand_over(SANDWELL, CAMDEN, [child], follows=earlier)
    assert isinstance(nursery.act(CAMDEN, onward, "decline"), wire.Moved)
    assert not is_open(nursery, share), "its sender has it in hand"
    assert isinstance(nursery.act(SANDWELL, onward, "release"), wire.Moved)
    assert is_open(nursery, share)
    assert events(nursery, earlier) == ["message.moved_again", "message.not_moved_again"]
    [ended] = nursery.rows("SELECT ended_how FROM handover WHERE message_id = :m", m=later)
    assert ended.ended_how == "released"
    assert isinstance(nursery.take(BIRMINGHAM, share), wire.Moved)
    assert nursery.holders() == {(child, HV): BIRMINGHAM}


def test_one_of_which_nobody_can_hear_overtakes_nothing_until_somebody_does(nursery: Nursery) -> None:
    child, earlier, share = first(nursery)
    later = nursery.refused(SANDWELL, [child], follows=earlier)
    nursery.keep_placed()
    assert is_open(nursery, share)
    assert events(nursery, earlier) == []
    onward = nursery.heard_at_last(later, SANDWELL, CAMDEN, follows=earlier)
    assert not is_open(nursery, share)
    assert events(nursery, earlier) == ["message.moved_again"]
    assert isinstance(nursery.take(CAMDEN, onward), wire.Moved)
    assert nursery.holders() == {(child, HV): CAMDEN}
    assert nursery.alarms() == []


def test_what_was_accepted_before_anybody_could_hear_is_not_overtaken(nursery: Nursery) -> None:
    child, earlier, share = first(nursery)
    later = nursery.refused(SANDWELL, [child], follows=earlier)
    assert isinstance(nursery.take(BIRMINGHAM, share), wire.Moved)
    nursery.heard_at_last(later, SANDWELL, CAMDEN, follows=earlier)
    assert set(nursery.whys()) == {"follows_nothing", "two_holders"}
    assert nursery.holders() == {(child, HV): BIRMINGHAM}


def test_one_in_between_is_taken_back_and_what_came_first_stays_overtaken(nursery: Nursery) -> None:
    child, earlier, share = first(nursery)
    second, _ = nursery.hand_over(SANDWELL, BIRMINGHAM, [child], follows=earlier)
    third, _ = nursery.hand_over(SANDWELL, CAMDEN, [child], follows=second)
    nursery.withdraw(SANDWELL, second)
    assert not is_open(nursery, share)
    assert events(nursery, earlier) == ["message.moved_again"]
    nursery.withdraw(SANDWELL, third)
    assert is_open(nursery, share)
    assert events(nursery, earlier) == ["message.moved_again", "message.not_moved_again"]


def test_the_last_is_taken_back_and_the_one_before_it_is_asked_alone(nursery: Nursery) -> None:
    child, earlier, share = first(nursery)
    second, onward = nursery.hand_over(SANDWELL, CAMDEN, [child], follows=earlier)
    third, _ = nursery.hand_over(SANDWELL, BIRMINGHAM, [child], follows=second)
    nursery.withdraw(SANDWELL, third)
    assert is_open(nursery, onward)
    assert not is_open(nursery, share)


def test_nobody_is_left_to_accept_and_whoever_holds_them_owes_that_they_are_handed_on(
    nursery: Nursery,
) -> None:
    child, earlier, share = first(nursery)
    later, _ = nursery.hand_over(SANDWELL, CAMDEN, [child], follows=earlier)
    nursery.receive(BIRMINGHAM, share)
    nursery.act(BIRMINGHAM, share, "check_back")
    nursery.act(SANDWELL, share, "agree")
    assert isinstance(nursery.act(BIRMINGHAM, share, "close"), wire.Moved)
    nursery.withdraw(SANDWELL, later)
    [then] = nursery.rows("SELECT * FROM owed WHERE what = 'hand_on'")
    assert (then.owed_by, then.message_id, then.met_at) == (SANDWELL, earlier, None)
    assert nursery.holders() == {(child, HV): SANDWELL}
    nursery.refused(SANDWELL, [child])
    [then] = nursery.rows("SELECT * FROM owed WHERE what = 'hand_on'")
    assert then.met_at is None, "to nobody"
    nursery.hand_over(SANDWELL, CAMDEN, [child])
    [then] = nursery.rows("SELECT * FROM owed WHERE what = 'hand_on'")
    assert then.met_how == "done"


def test_one_that_came_before_what_it_follows_was_read_goes_after_all_of_it_or_none(nursery: Nursery) -> None:
    child, _, _ = first(nursery)
    earlier = nursery.accept(sender=SANDWELL)
    nursery.hand_over(SANDWELL, CAMDEN, [child], follows=earlier)
    share = nursery.routed(earlier, SANDWELL, BIRMINGHAM, [child, None])
    nursery.send(share)
    assert "follows_nothing" in nursery.whys()
    assert is_open(nursery, share)
    last = nursery.accept(sender=SANDWELL)
    nursery.hand_over(SANDWELL, CAMDEN, [child], follows=last)
    share = nursery.routed(last, SANDWELL, BIRMINGHAM, [child])
    nursery.send(share)
    nursery.keep_placed()
    assert not is_open(nursery, share)


def test_what_was_overtaken_before_it_was_sent_owes_nothing_once_the_other_is_accepted(
    nursery: Nursery,
) -> None:
    child, _, _ = first(nursery)
    earlier = nursery.accept(sender=SANDWELL)
    share = nursery.routed(earlier, SANDWELL, BIRMINGHAM, [child])
    _, onward = nursery.hand_over(SANDWELL, CAMDEN, [child], follows=earlier)
    nursery.take(CAMDEN, onward)
    nursery.send(share)
    nursery.keep_placed()
    assert not is_open(nursery, share)
