"""What does not come: no registration by twelve weeks after the due date, and whom the hub asks then, in turn."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from agencies import wire
from hub.store import registry
from protocols.conditions import Age
from protocols.parse import print_
from protocols.shipped import shipped
from protocols.watches import Waiting
from tests.examples import example, spoilt
from tests.journey.test_kinds_babies import birth_of, brought_to_its_end
from tests.workers.test_people_answers import answer
from tests.workers.test_watch import asked_of, done, opened
from tests.workers.town import PERSON, Town
from workers.housekeep import Housekeeper

MIDWIFE, GP, HV, OFFICE = "sandwell-midwifery", "sandwell-gp-1", "sandwell-0-19", "sandwell-partnership"
UNBORN, REGISTRATION = example("unborn-sandwell"), example("registration-sandwell")  # due on 9 September 2026
BORN = datetime(2026, 9, 6, 10, 0, tzinfo=UTC)
IN_TIME = datetime(2026, 12, 2, 23, 30, tzinfo=UTC)  # the last half hour of the last day of twelve weeks
TOO_LATE = datetime(2026, 12, 3, 9, 0, tzinfo=UTC)
CHECK = "check_registration"


@pytest.fixture
def town(database: str) -> Iterator[Town]:
    made = Town.on(database)
    yield made
    made.engine.dispose()


def sent(town: Town, message: dict[str, Any], sender: str = MIDWIFE) -> UUID:
    made = town.send(message=message, sender=sender)
    town.drain()
    return made


def at(town: Town, moment: datetime) -> None:
    town.now = moment
    town.drain()


def registered(child: dict[str, Any]) -> dict[str, Any]:
    return {
        **REGISTRATION,
        "children": [child],
        "household": UNBORN["household"],
        "registration": {
            "on": "2026-09-25",
            "household": [{"member": 0, "registered": "here"}, {"member": 1, "registered": "nowhere"}],
            "missing": [],
        },
        "services": {"gp": {"ods": "Y90001", "registered": True}},
    }


def test_the_practice_owes_a_check_once_twelve_weeks_have_gone_by(town: Town) -> None:
    message = sent(town, UNBORN)
    at(town, IN_TIME)
    assert asked_of(town) == []
    at(town, TOO_LATE)
    assert asked_of(town) == [(CHECK, GP, "open")]
    [duty] = opened(town, CHECK)
    assert (duty.owed_to, duty.message_id, duty.share_id) == (MIDWIFE, message, town.shares(message)[GP].id)
    assert (duty.clause, duty.limit_text) == ("no-registration", "2 working days")
    at(town, TOO_LATE + timedelta(minutes=30))
    assert len(asked_of(town)) == 1


def test_when_the_practice_lets_it_lapse_the_health_visitor_owes_it_too(town: Town) -> None:
    sent(town, UNBORN)
    at(town, TOO_LATE)
    [duty] = opened(town, CHECK)
    at(town, duty.due_at + timedelta(minutes=1))
    assert asked_of(town) == [(CHECK, GP, "open"), (CHECK, HV, "open")]
    done(town, opened(town, CHECK)[1], HV)
    town.drain()
    assert asked_of(town) == [(CHECK, GP, "void"), (CHECK, HV, "done")]
    at(town, town.now + timedelta(days=60))
    assert len(asked_of(town)) == 2, "it is asked once for a child"


def test_where_no_practice_is_known_the_health_visitor_is_asked_at_once(town: Town) -> None:
    unknown = {"gp_unknown_because": "She did not say; asked twice.", "others": UNBORN["services"]["others"]}
    sent(town, spoilt(UNBORN, services=unknown))
    at(town, TOO_LATE)
    assert asked_of(town) == [(CHECK, HV, "open")]


def test_a_registration_that_comes_in_time_is_what_was_waited_for(town: Town) -> None:
    sent(town, UNBORN)
    at(town, BORN)
    birth = birth_of(UNBORN)
    sent(town, birth)
    town.later(days=20)
    sent(town, registered(birth["children"][0]), GP)
    at(town, TOO_LATE)
    assert asked_of(town) == []


def test_one_that_comes_late_settles_what_was_asked(town: Town) -> None:
    sent(town, UNBORN)
    at(town, BORN)
    birth = birth_of(UNBORN)
    last = sent(town, birth)
    at(town, TOO_LATE)
    [duty] = opened(town, CHECK)
    assert (duty.owed_by, duty.message_id) == (GP, last), "of the newest message that tells of the baby"
    sent(town, registered(birth["children"][0]), GP)
    assert asked_of(town) == [(CHECK, GP, "done")]
    heard = town.rows("SELECT recipient FROM audit WHERE event = 'owed.over' ORDER BY recipient")
    assert [row.recipient for row in heard] == [GP, MIDWIFE]
    town.later(days=30)
    town.drain()
    assert len(asked_of(town)) == 1


def test_it_is_asked_of_a_share_that_was_closed_long_ago(town: Town) -> None:
    message = sent(town, UNBORN)
    brought_to_its_end(town, message)
    at(town, BORN)
    at(town, TOO_LATE)
    assert town.rows("SELECT 1 FROM message_body") == [], "nothing is left of what was said"
    [duty] = opened(town, CHECK)
    assert town.shares(message)[GP].state == "closed"
    done(town, duty, GP)
    town.drain()
    assert asked_of(town) == [(CHECK, GP, "done")]


def test_a_due_date_that_is_mended_is_waited_for_anew(town: Town) -> None:
    sent(town, UNBORN)
    at(town, BORN)
    sent(town, {**birth_of(UNBORN), "due_date": "2026-09-30"})
    [question] = town.rows("SELECT id FROM likeness")  # whether it is the baby of the notice
    answer(town, question.id, "same")
    at(town, TOO_LATE)
    assert asked_of(town) == []
    at(town, TOO_LATE + timedelta(days=21))
    assert asked_of(town) == [(CHECK, GP, "open")]


def test_a_notice_that_is_taken_back_asks_nothing_of_anybody(town: Town) -> None:
    message = sent(town, UNBORN)
    town.withdraw(message, MIDWIFE)
    at(town, TOO_LATE)
    assert asked_of(town) == []


def test_a_registration_of_who_is_only_likely_the_child_waits_for_an_answer(town: Town) -> None:
    at(town, BORN)
    birth = birth_of(UNBORN)
    sent(town, birth)
    at(town, TOO_LATE)
    unsure = {**birth["children"][0], "nhs_number_unknown_because": "The card has not come."}
    del unsure["nhs_number"]
    sent(town, registered(unsure), GP)
    assert asked_of(town) == [(CHECK, GP, "open")]
    [question] = town.rows("SELECT id FROM likeness")
    answer(town, question.id, "same")
    town.drain()
    assert asked_of(town) == [(CHECK, GP, "done")]


def test_nobody_whom_the_watch_names_holds_a_share(town: Town) -> None:
    """The practice is unknown and the sender withholds it from the health visitors: the office, and never silence."""
    unknown = {"gp_unknown_because": "She did not say; asked twice.", "others": []}
    hidden = ({"agency": HV, "reason": "Her sister works there."},)
    town.send(message=spoilt(UNBORN, services=unknown), sender=MIDWIFE, withhold=hidden)
    town.drain()
    at(town, TOO_LATE)
    assert asked_of(town) == [("see_to_watch", OFFICE, "open")]


def test_a_new_version_of_the_protocol_may_name_another_day(town: Town) -> None:
    sent(town, UNBORN)
    [sandwell] = (one for one in shipped() if one.id == "sandwell")
    sooner = replace(
        sandwell,
        version="2026.9",
        effective=date(2026, 9, 1),
        watches=tuple(
            replace(one, until=Age.parse("2 weeks")) if isinstance(one, Waiting) else one
            for one in sandwell.watches
        ),
    )
    at(town, datetime(2026, 9, 24, 9, 0, tzinfo=UTC))
    assert asked_of(town) == []
    with town.engine.begin() as conn:
        registry.save_protocol(conn, print_(sooner), sooner, at=town.now)
    Housekeeper(town.line()).round()
    assert asked_of(town) == [(CHECK, GP, "open")]


def test_who_was_asked_and_closes_is_followed_by_the_next_in_turn(town: Town) -> None:
    sent(town, UNBORN)
    at(town, TOO_LATE)
    assert asked_of(town) == [(CHECK, GP, "open")]
    with town.engine.begin() as conn:
        directory = registry.directory(conn)
        rows = [{**row, "closes": "2026-12-03"} if row["id"] == GP else row for row in directory.to_rows()]
        registry.save_directory(conn, type(directory).from_rows(rows))
        conn.execute(text("UPDATE share SET state = 'closed' WHERE recipient = :gp"), {"gp": GP})
    at(town, TOO_LATE + timedelta(days=1))
    assert asked_of(town) == [(CHECK, GP, "void"), (CHECK, HV, "open")]


def test_a_practice_that_declines_keeps_nobody_from_being_asked(town: Town) -> None:
    message = sent(town, UNBORN)
    share = town.shares(message)[GP].id
    town.receive(GP, share)
    body = wire.Decline(by=PERSON, reason="not_our_child", explanation="she is with another practice")
    assert isinstance(town.act(GP, share, "decline", body), wire.Moved)
    at(town, TOO_LATE)
    assert asked_of(town) == [(CHECK, HV, "open")]


def test_what_waits_for_a_key_keeps_nobody_from_being_asked_for_ever(town: Town) -> None:
    message = sent(town, UNBORN)
    with town.engine.begin() as conn:
        conn.execute(
            text(
                "UPDATE share SET state = 'planned', sent_at = NULL WHERE message_id = :m AND recipient = :gp"
            ),
            {"m": message, "gp": GP},
        )
    at(town, TOO_LATE)
    assert asked_of(town) == [(CHECK, HV, "open")]


def test_a_registration_that_is_taken_back_has_not_come(town: Town) -> None:
    sent(town, UNBORN)
    at(town, BORN)
    birth = birth_of(UNBORN)
    sent(town, birth)
    town.later(days=20)
    word = sent(town, registered(birth["children"][0]), GP)
    at(town, TOO_LATE)
    assert asked_of(town) == []
    town.withdraw(word, GP)
    at(town, TOO_LATE + timedelta(minutes=5))
    assert asked_of(town) == [(CHECK, GP, "open")]


def test_one_that_came_late_and_is_taken_back_is_asked_for_again(town: Town) -> None:
    sent(town, UNBORN)
    at(town, BORN)
    birth = birth_of(UNBORN)
    sent(town, birth)
    at(town, TOO_LATE)
    word = sent(town, registered(birth["children"][0]), GP)
    assert [how for *_, how in asked_of(town)] == ["done"]
    town.withdraw(word, GP)
    for _ in range(3):
        town.later(minutes=5)
        town.drain()
    assert [how for *_, how in asked_of(town)] == ["done", "open"]


def test_what_a_person_has_said_is_not_asked_again_when_a_registration_is_taken_back(town: Town) -> None:
    sent(town, UNBORN)
    at(town, TOO_LATE)
    [duty] = opened(town, CHECK)
    done(town, duty, GP)
    town.drain()
    birth = birth_of(UNBORN)
    word = sent(town, registered(birth["children"][0]), GP)
    town.withdraw(word, GP)
    for _ in range(3):
        town.later(minutes=5)
        town.drain()
    assert [how for *_, how in asked_of(town)] == ["done"]


def test_a_pregnancy_that_was_lost_is_taken_back_and_nobody_is_asked(town: Town) -> None:
    """Also when the notice is closed; and where somebody was asked already, they are not any more."""
    message = sent(town, UNBORN)
    brought_to_its_end(town, message)
    assert town.state(message) == "closed"
    town.withdraw(message, MIDWIFE)
    at(town, TOO_LATE)
    assert asked_of(town) == []


def test_whoever_was_asked_of_a_pregnancy_that_was_lost_is_asked_no_more(town: Town) -> None:
    message = sent(town, UNBORN)
    at(town, TOO_LATE)
    town.withdraw(message, MIDWIFE)
    at(town, TOO_LATE + timedelta(minutes=5))
    assert asked_of(town) == [(CHECK, GP, "void")]


def test_a_brother_in_a_notice_before_birth_is_not_a_baby_who_is_waited_for(town: Town) -> None:
    brother = {
        "name": "Old Obi",
        "date_of_birth": "2022-06-21",
        "nhs_number": "9990003114",
        "sex": "male",
        "mobile": True,
    }
    sent(town, {**UNBORN, "children": [*UNBORN["children"], brother]})
    at(town, datetime(2026, 8, 1, 9, 0, tzinfo=UTC))
    assert asked_of(town) == []
    at(town, BORN)
    birth = birth_of(UNBORN)
    sent(town, birth)
    town.later(days=20)
    sent(town, registered(birth["children"][0]), GP)
    at(town, TOO_LATE)
    assert asked_of(town) == []
