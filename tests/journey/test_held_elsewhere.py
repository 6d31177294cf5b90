"""A handover that nobody can accept any more, as somebody else holds the children: it is said, and it can be closed."""

from uuid import UUID

import pytest

from agencies import wire
from hub import errors
from tests.journey.nursery import BIRMINGHAM, CAMDEN, MIDWIVES, SANDWELL, Nursery
from tests.journey.test_moved_again import is_open
from tests.journey.test_responsibility import HV, OFFICE, first, nursery, refused

__all__ = ["nursery"]


def told(nursery: Nursery, message: UUID) -> list[tuple[str, str, str | None]]:
    rows = nursery.rows(
        "SELECT event, sender, recipient FROM audit WHERE message_id = :m AND event LIKE 'message.%held_elsewhere'"
        " ORDER BY id",
        m=message,
    )
    return [(row.event.removeprefix("message."), row.sender, row.recipient) for row in rows]


def ends_well(nursery: Nursery, agency: str, one: UUID, sender: str = SANDWELL) -> None:
    """Nothing keeps it open, and nobody can accept it."""
    if nursery.state(one) == "sent":
        nursery.receive(agency, one)
    if nursery.state(one) == "received":
        nursery.act(agency, one, "check_back")
    assert not is_open(nursery, one)
    assert "somebody else holds" in refused(nursery.act(agency, one, "accept"))
    nursery.act(sender, one, "agree")
    assert isinstance(nursery.act(agency, one, "close"), wire.Moved)


def test_of_two_places_one_accepts_and_the_other_is_told_and_can_close(nursery: Nursery) -> None:
    child, earlier, share = first(nursery)
    _, other = nursery.hand_over(SANDWELL, CAMDEN, [child])
    assert is_open(nursery, share)
    nursery.take(CAMDEN, other)
    assert told(nursery, earlier) == [("held_elsewhere", SANDWELL, BIRMINGHAM)]
    rows = nursery.rows("SELECT by_agency FROM audit WHERE event = 'message.held_elsewhere'")
    assert [row.by_agency for row in rows] == ["hub"], "that, and not who holds them"
    ends_well(nursery, BIRMINGHAM, share)
    assert nursery.holders() == {(child, HV): CAMDEN}


@pytest.mark.parametrize("holder", [BIRMINGHAM, CAMDEN])
def test_the_office_answers_and_whoever_it_is_not_can_close(nursery: Nursery, holder: str) -> None:
    child, earlier, share = first(nursery)
    later, other = nursery.hand_over(SANDWELL, CAMDEN, [child])
    nursery.keep_placed()
    [alarm] = nursery.alarms()
    assert isinstance(nursery.place(OFFICE, alarm.id, holder), wire.Placed)
    lost = (other, CAMDEN, later) if holder == BIRMINGHAM else (share, BIRMINGHAM, earlier)
    assert told(nursery, lost[2]) == [("held_elsewhere", SANDWELL, lost[1])]
    ends_well(nursery, lost[1], lost[0])


def test_a_claim_that_the_office_does_not_follow_can_be_closed(nursery: Nursery) -> None:
    child, _, _ = first(nursery)
    claim, share = nursery.hand_over(CAMDEN, BIRMINGHAM, [child])
    nursery.receive(BIRMINGHAM, share)
    nursery.act(BIRMINGHAM, share, "check_back")
    assert "not plain who holds" in refused(nursery.act(BIRMINGHAM, share, "accept"))
    nursery.act(CAMDEN, share, "agree")
    assert isinstance(nursery.act(BIRMINGHAM, share, "close"), errors.Conflict), "it is asked first"
    nursery.keep_placed()
    [alarm] = nursery.alarms()
    assert isinstance(nursery.place(OFFICE, alarm.id, SANDWELL), wire.Placed)
    assert told(nursery, claim) == [("held_elsewhere", CAMDEN, BIRMINGHAM)]
    assert not is_open(nursery, share)
    assert isinstance(nursery.act(BIRMINGHAM, share, "close"), wire.Moved)


def test_a_sister_who_is_still_offered_keeps_it_open(nursery: Nursery) -> None:
    nursery.hand_over(SANDWELL, BIRMINGHAM, [None, None])
    brother, sister = nursery.children
    [row] = nursery.rows("SELECT id FROM share")
    _, other = nursery.hand_over(SANDWELL, CAMDEN, [brother])
    nursery.take(CAMDEN, other)
    assert is_open(nursery, row.id)
    assert isinstance(nursery.take(BIRMINGHAM, row.id), wire.Moved)
    assert nursery.holders() == {(brother, HV): CAMDEN, (sister, HV): BIRMINGHAM}


def test_one_that_is_sent_only_afterwards_owes_no_acceptance(nursery: Nursery) -> None:
    child, _, share = first(nursery)
    late = nursery.accept(sender=SANDWELL)
    unsent = nursery.routed(late, SANDWELL, CAMDEN, [child])
    nursery.take(BIRMINGHAM, share)
    nursery.send(unsent)
    nursery.keep_placed()
    assert not is_open(nursery, unsent)


def test_they_are_two_after_all_and_the_other_is_asked_again(nursery: Nursery) -> None:
    one, earlier, share = first(nursery)
    other, _, onward = first(nursery, to=CAMDEN)
    nursery.found_same(one, other)
    nursery.take(CAMDEN, onward)
    assert nursery.holders() == {(one, HV): CAMDEN}
    assert not is_open(nursery, share)
    nursery.found_different(one, other)
    assert is_open(nursery, share)
    assert [event for event, *_ in told(nursery, earlier)] == ["held_elsewhere", "not_held_elsewhere"]
    assert isinstance(nursery.take(BIRMINGHAM, share), wire.Moved)
    assert nursery.holders() == {(one, HV): BIRMINGHAM, (other, HV): CAMDEN}


def test_a_midwife_who_hands_to_two_is_asked_about(nursery: Nursery) -> None:
    child, _, share = first(nursery, MIDWIVES)
    _, other = nursery.hand_over(MIDWIVES, CAMDEN, [child])
    nursery.take(CAMDEN, other)
    assert is_open(nursery, share), (
        "nobody holds it as a midwife: whoever accepts it says that they hold the child"
    )
    nursery.take(BIRMINGHAM, share)
    assert nursery.holders() == {(child, HV): CAMDEN}
    assert nursery.whys() == ["two_holders"]
