"""Whoever was enquired after is found by what others say later, child by child; and enquired after again when that is
taken back, or turns out to be about somebody else.
"""

from typing import Any
from uuid import UUID

from agencies import wire
from tests.examples import GONE, example, spoilt
from tests.journey.test_enquiry import (
    GP,
    LEAD,
    MASH,
    POLICE,
    SENDER,
    SOCIAL,
    UNTRACED,
    check_back,
    enquiries,
    gone,
    say_met,
    sent_on,
    town,
)
from tests.workers.test_people import questions
from tests.workers.test_people_answers import answer as say
from tests.workers.town import PERSON, Town
from workers.place import keep_placed

__all__ = ["town"]

ALL = {MASH, POLICE, GP, SOCIAL}
NOT_OURS = wire.Decline(by=PERSON, reason="wrong_service", explanation="they are nobody of ours")
SISTER = {
    "name": "Ida Flynn",
    "date_of_birth": "2022-02-08",
    "nhs_number": "9990000905",
    "sex": "female",
    "mobile": True,
}


def registered(town: Town, *children: dict[str, Any]) -> UUID:
    theirs = list(children) or [example(UNTRACED)["children"][0]]
    message = town.send(
        "registration-sandwell",
        message=spoilt(example("registration-sandwell"), children=theirs),
        sender=GP,
    )
    town.drain()
    return message


def handing_on(town: Town) -> list[str | None]:
    rows = town.rows("SELECT met_how FROM owed WHERE what = 'hand_on' ORDER BY started_at, id")
    return [row.met_how for row in rows]


def test_that_they_are_found_is_taken_back_and_each_enquires_again(town: Town) -> None:
    message = gone(town)
    town.later(hours=1)
    said = registered(town)
    assert enquiries(town, message) == {}
    town.later(hours=1)
    town.withdraw(said, GP)
    assert set(enquiries(town, message)) == ALL
    assert handing_on(town) == ["void"], "nobody knows where to"
    told = town.rows("SELECT recipient FROM audit WHERE event = 'owed.not_found'")
    assert {row.recipient for row in told} == ALL
    town.later(hours=1)
    registered(town)
    assert enquiries(town, message) == {}
    assert handing_on(town) == ["void", None]


def test_one_word_of_two_is_taken_back_and_they_are_found_all_the_same(town: Town) -> None:
    message = gone(town)
    town.later(hours=1)
    first, _ = registered(town), registered(town)
    town.withdraw(first, GP)
    assert enquiries(town, message) == {}
    assert handing_on(town) == [None]


def test_what_a_person_found_no_message_takes_back(town: Town) -> None:
    message = gone(town)
    row = enquiries(town, message)[POLICE]
    check_back(town, POLICE, row.share_id)
    say_met(town, POLICE, row)
    town.later(hours=1)
    town.withdraw(registered(town), GP)
    assert enquiries(town, message) == {}
    assert handing_on(town) == [None]


def test_a_handover_that_reaches_nobody_has_found_nobody(town: Town) -> None:
    message = gone(town)
    town.later(hours=1)
    later = sent_on(town)
    assert enquiries(town, message) == {}
    [taking] = town.rows("SELECT * FROM share WHERE message_id = :m AND takes_responsibility", m=later)
    town.receive(taking.recipient, taking.id)
    no = wire.Decline(by=PERSON, reason="moved_on", explanation="the house is empty")
    assert isinstance(town.act(taking.recipient, taking.id, "decline", no), wire.Moved)
    assert enquiries(town, message) == {}, "its sender has it in hand"
    assert isinstance(
        town.act(SENDER, taking.id, "release", wire.Release(by=PERSON, reason="they are gone")), wire.Moved
    )
    assert set(enquiries(town, message)) == ALL


def test_each_child_of_the_family_is_to_be_found(town: Town) -> None:
    both = [*example(UNTRACED)["children"], SISTER]
    message = town.send(UNTRACED, message=spoilt(example(UNTRACED), children=both))
    town.drain()
    town.later(hours=1)
    registered(town, both[0])
    assert set(enquiries(town, message)) == ALL, "of the sister nobody knows"
    assert handing_on(town) == []
    registered(town, both[1])
    assert enquiries(town, message) == {}


def test_whoever_holds_them_says_what_was_done_though_nobody_has_answered_yet(town: Town) -> None:
    message = gone(town)
    share = enquiries(town, message)[POLICE].share_id
    town.later(hours=1)
    registered(town)
    town.act(POLICE, share, "decline", NOT_OURS)
    [then] = town.rows("SELECT * FROM owed WHERE what = 'hand_on'")
    assert then.met_at is None, "that one of them declines changes nothing for whoever holds them"
    town.meet_own(SENDER, then.id, "the health visitor of Walsall was rung")
    assert handing_on(town) == ["done"]


def test_nobody_is_left_to_enquire_and_whoever_holds_them_is_asked(town: Town) -> None:
    message = gone(town)
    town.later(hours=1)
    said = registered(town)
    for agency, row in town.shares(message).items():
        town.receive(agency, row.id)
        town.act(agency, row.id, "decline", NOT_OURS)
        town.act(SENDER, row.id, "release", wire.Release(by=LEAD, reason="r"))
    town.withdraw(said, GP)
    assert enquiries(town, message) == {}
    [then] = town.rows("SELECT * FROM owed WHERE what = 'hand_on'")
    assert then.met_at is None, "nobody else looks for them"
    town.meet_own(SENDER, then.id, "they are back, and were seen at home")
    assert handing_on(town) == ["done"]


def test_that_two_are_one_child_finds_them_and_that_they_are_not_loses_them(town: Town) -> None:
    message = gone(town)
    town.later(hours=1)
    child = spoilt(
        example(UNTRACED)["children"][0],
        nhs_number=GONE,
        nhs_number_unknown_because="Not on the letter.",
    )
    registered(town, child)
    assert set(enquiries(town, message)) == ALL, "a likely match is a question"
    [match] = questions(town)
    say(town, match.id, "same")
    assert enquiries(town, message) == {}
    say(town, match.id, "different")
    assert set(enquiries(town, message)) == ALL


def test_a_word_that_came_before_the_enquiries_were_sent_is_seen_by_the_housekeeper(town: Town) -> None:
    message = town.send(UNTRACED)
    town.one_step("route")
    town.later(hours=1)
    registered(town)
    town.later(hours=1)
    town.drain()
    if enquiries(town, message):
        keep_placed(town.line(), town.known())
    assert enquiries(town, message) == {}
