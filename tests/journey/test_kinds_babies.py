"""A baby's way through the hub: told of before birth, assessed, born, registered; within an area and across a border.

Each is sent by those who would send it and goes over the real line, from sending to closing.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from agencies import wire
from hub import errors, reading, referring
from hub.clock import LONDON
from hub.ids import new_id
from hub.store import children
from tests.examples import GONE, example, spoilt
from tests.journey.world import PERSON, bodies
from tests.workers.town import Town

MIDWIFE = "sandwell-midwifery"
BORN = datetime(2026, 9, 6, 10, 0, tzinfo=UTC)

UNBORN = example("unborn-sandwell")
NEIGHBOUR = example("unborn-booked-in-sandwell-lives-in-birmingham")
BIRTH = example("birth-sandwell")
REGISTRATION = example("registration-sandwell")


@pytest.fixture
def town(database: str) -> Iterator[Town]:
    made = Town.on(database)
    yield made
    made.engine.dispose()


def sent(town: Town, message: dict[str, Any], sender: str = MIDWIFE) -> UUID:
    """Sent, and walked until everybody has it who hears."""
    made = town.send(message=message, sender=sender)
    town.drain()
    assert set(town.states(made).values()) <= {"sent"}
    return made


def birth_of(unborn: dict[str, Any], *, follows: UUID | None = None, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """The birth of the baby of that notice, into the same household."""
    due = unborn["children"][0]["due_date"]
    child = {**BIRTH["children"][0], "date_of_birth": changes.pop("born_on", "2026-09-05")}
    made = {
        **spoilt(BIRTH, attachments=GONE),
        "children": [child],
        "due_date": due,
        "household": unborn["household"],
        "address": unborn["address"],
        "goes_home": {"to": "this_household", "on": child["date_of_birth"]},
        "services": {
            "gp": {**unborn["services"]["gp"], "registered": False},
            "others": changes.pop("others", []),
        },
        **changes,
    }
    return {**made, "follows": str(follows)} if follows else made


def met(town: Town, share: Any, what: str) -> wire.Meet:  # noqa: ANN401 - a row
    [row] = town.rows(
        "SELECT id FROM owed WHERE share_id = :s AND what = :w AND met_at IS NULL", s=share.id, w=what
    )
    return wire.Meet(
        by=PERSON, owed=row.id, done="Both parents were met and it is written down.", evidence="On file."
    )


def brought_to_its_end(town: Town, message: UUID, sender: str = MIDWIFE) -> None:
    """Every share is received, checked back, agreed, what it asks for met, and closed; then the message is."""
    for agency, share in town.shares(message).items():
        act = bodies(town.now)
        town.receive(agency, share.id)
        for who, event in ((agency, "check_back"), (sender, "agree")):
            assert isinstance(town.act(who, share.id, event, act[event]), wire.Moved)
        for what in share.terms.get("owes", {}):
            early = town.act(agency, share.id, "close", act["close"])
            assert isinstance(early, errors.Conflict), (
                "what the protocol asks for is not forgotten by closing"
            )
            assert isinstance(town.act(agency, share.id, "meet", met(town, share, what)), wire.Moved)
        assert isinstance(town.act(agency, share.id, "close", act["close"]), wire.Moved)
    assert town.state(message) == "closed"
    assert town.rows("SELECT 1 FROM owed WHERE message_id = :m AND met_at IS NULL", m=message) == []


def owed(town: Town, message: UUID) -> dict[tuple[str, str], date]:
    """What the protocol asks for beyond the check-back: by whom and what, and the day."""
    rows = town.rows("SELECT * FROM owed WHERE message_id = :m AND met_at IS NULL ORDER BY id", m=message)
    every = {"receipt", "check_back", "acceptance", "call", "call_account"}
    asked = [row for row in rows if row.what not in every]
    # What is due by the end of a day is due as the next begins.
    return {(r.owed_by, r.what): (r.due_at - timedelta(seconds=1)).astimezone(LONDON).date() for r in asked}


def seen_by(town: Town, message: UUID, agency: str) -> dict[str, Any]:
    share = town.shares(message)[agency]
    told: dict[str, Any] = town.opened(agency, share.envelope)["message"]
    return told


def test_from_the_notice_to_the_registration_in_one_area(town: Town) -> None:
    unborn = sent(town, UNBORN)
    network = {
        "sandwell-childrens-social-care", "sandwell-0-19", "sandwell-gp-1", "sandwell-early-help", "sandwell-probation",
    }  # fmt: skip
    assert set(town.states(unborn)) == network
    assert owed(town, unborn) == {
        ("sandwell-childrens-social-care", "pre_birth_assessment"): date(2026, 6, 19)  # 45 working days
    }
    told = seen_by(town, unborn, "sandwell-childrens-social-care")
    assert {one["role"] for one in told["household"]} == {"mother", "father"}
    probation = seen_by(town, unborn, "sandwell-probation")
    assert probation["adults"][0]["name"] == "Dean Marsh"
    assert "pregnancy" not in probation
    brought_to_its_end(town, unborn)

    town.now = BORN
    birth = sent(town, birth_of(UNBORN, follows=unborn))
    assert set(town.states(birth)) == network, (
        "whoever was told before the birth is told that the baby is here"
    )
    assert owed(town, birth) == {("sandwell-0-19", "new_birth_visit"): date(2026, 9, 20)}
    seen = seen_by(town, birth, "sandwell-0-19")
    assert (seen["children"][0]["name"], seen["due_date"]) == ("Ezra Lyle", UNBORN["children"][0]["due_date"])
    assert "follows" not in seen
    brought_to_its_end(town, birth)

    town.later(days=20)
    registered = {
        **REGISTRATION,
        "children": birth_of(UNBORN)["children"],
        "household": UNBORN["household"],
        "registration": {
            "on": "2026-09-25",
            "household": [{"member": 0, "registered": "here"}, {"member": 1, "registered": "nowhere"}],
            "missing": [],
        },
        "services": {"gp": {"ods": "Y90001", "registered": True}},
        "follows": str(birth),
    }
    registration = sent(town, registered, "sandwell-gp-1")
    assert set(town.states(registration)) == {"sandwell-0-19", MIDWIFE}, "the 0-19 service, and who had asked"
    assert seen_by(town, registration, MIDWIFE)["registration"]["household"][1]["registered"] == "nowhere"
    brought_to_its_end(town, registration, "sandwell-gp-1")


def test_a_mother_booked_in_sandwell_who_lives_in_birmingham(town: Town) -> None:
    unborn = sent(town, NEIGHBOUR)
    heard = {
        "birmingham-midwifery", "birmingham-childrens-social-care", "birmingham-mash", "birmingham-0-19",
        "birmingham-gp-2", "sandwell-substance-misuse",
    }  # fmt: skip
    assert set(town.states(unborn)) == heard
    assert owed(town, unborn) == {
        ("birmingham-childrens-social-care", "pre_birth_assessment"): date(
            2026, 5, 20
        )  # the day that it names
    }
    terms = town.shares(unborn)["birmingham-childrens-social-care"].terms
    assert [terms["protocol_id"], *(one["protocol_id"] for one in terms["also"])] == [
        "sandwell",
        "birmingham",
    ]
    brought_to_its_end(town, unborn)

    town.now = datetime(2026, 6, 22, 9, 0, tzinfo=UTC)
    message = birth_of(NEIGHBOUR, follows=unborn, born_on="2026-06-21")
    birth = sent(town, message)
    assert set(town.states(birth)) == heard
    brought_to_its_end(town, birth)

    town.later(days=10)
    registered = {
        **REGISTRATION,
        "children": message["children"],
        "address": NEIGHBOUR["address"],
        "household": NEIGHBOUR["household"],
        "registration": {
            "on": "2026-07-01",
            "household": [{"member": place, "registered": "not_known"} for place in range(3)],
            "missing": ["Who the father is."],
        },
        "services": {"gp": {"ods": "Y90012", "registered": True}},
        "follows": str(birth),
    }
    registration = sent(town, registered, "birmingham-gp-2")
    assert set(town.states(registration)) == {"birmingham-0-19", MIDWIFE}
    brought_to_its_end(town, registration, "birmingham-gp-2")


def test_an_assessment_that_does_not_come_is_chased(town: Town) -> None:
    unborn = sent(town, UNBORN)
    share = town.shares(unborn)["sandwell-childrens-social-care"]
    town.receive("sandwell-childrens-social-care", share.id)
    town.act("sandwell-childrens-social-care", share.id, "check_back", bodies(town.now)["check_back"])
    town.act(MIDWIFE, share.id, "agree", bodies(town.now)["agree"])
    town.now = datetime(2026, 7, 20, 9, 0, tzinfo=UTC)
    town.drain()
    [row] = town.rows(
        "SELECT step, due_at FROM owed WHERE share_id = :s AND what = 'pre_birth_assessment'", s=share.id
    )
    assert row.due_at < town.now
    assert row.step > 0, "the ladder was climbed"


# -- one child ----------------------------------------------------------------------------------------------


def child_of(town: Town, message: UUID) -> UUID:
    with town.engine.connect() as conn:
        [found] = children.children_of_messages(conn, [message])[message]
    return found


def certainty(town: Town, message: UUID) -> str:
    [row] = town.rows(
        "SELECT certainty FROM appearance WHERE message_id = :m AND part = 'children'", m=message
    )
    return str(row.certainty)


def asked(town: Town) -> list[list[str]]:
    return [row.why for row in town.rows("SELECT why FROM likeness ORDER BY id")]


def test_the_unborn_baby_and_the_child_are_one_for_whoever_knows_both(town: Town) -> None:
    unborn = sent(town, UNBORN)
    town.now = BORN
    birth = sent(town, birth_of(UNBORN, follows=unborn))
    assert (child_of(town, birth), certainty(town, birth)) == (child_of(town, unborn), "certain")
    with town.engine.connect() as conn:
        for agency in (MIDWIFE, "sandwell-0-19", "sandwell-childrens-social-care"):
            told = reading.child(conn, child_of(town, birth), agency)
            assert [(one.kind, one.message) for one in told.messages] == [
                ("unborn", unborn),
                ("birth", birth),
            ]
        with pytest.raises(errors.NotFound):
            reading.child(conn, child_of(town, birth), "sandwell-school-1")


def test_another_due_date_is_a_question_to_a_person(town: Town) -> None:
    unborn = sent(town, UNBORN)
    town.now = BORN
    birth = sent(town, {**birth_of(UNBORN), "due_date": "2026-09-16"})
    assert child_of(town, birth) != child_of(town, unborn)
    assert certainty(town, birth) == "likely"
    assert asked(town) == [["mother", "another_due_date"]]
    assert ("same_child", "sandwell-partnership") in town.tasks(birth)


def test_without_the_mothers_number_the_notice_that_is_followed_is_a_question(town: Town) -> None:
    unnumbered = spoilt(UNBORN, household__0__nhs_number=GONE)
    unborn, other = sent(town, unnumbered), sent(town, unnumbered)
    assert child_of(town, unborn) != child_of(town, other)
    town.now = BORN
    birth = sent(town, birth_of(unnumbered, follows=unborn))
    assert certainty(town, birth) == "likely"
    found = town.rows("SELECT * FROM likeness WHERE message_id = :m", m=birth)
    [asked_about] = [row for row in found if row.why == ["notice"]]  # who the parents are is asked as well
    assert {asked_about.one, asked_about.other} == {child_of(town, unborn), child_of(town, birth)}
    noah = {"children__0__name": "Noah Lyle", "children__0__nhs_number": "9990001073"}
    alone = sent(town, spoilt(birth_of(unnumbered), **noah))
    assert certainty(town, alone) == "unknown", "nothing says whose birth it is"


def test_twins_who_are_told_of_one_by_one_are_never_taken_for_one(town: Town) -> None:
    sent(town, UNBORN)
    town.now = BORN
    first = sent(town, birth_of(UNBORN))
    second = sent(
        town, spoilt(birth_of(UNBORN), children__0__name="Noah Lyle", children__0__nhs_number="9990001073")
    )
    assert child_of(town, second) != child_of(town, first)
    assert certainty(town, second) == "likely"
    assert asked(town) == [["mother_and_due", "born_already"]]
    unnumbered = {
        "children__0__nhs_number": GONE,
        "children__0__nhs_number_unknown_because": "Not given yet.",
    }
    again = sent(town, spoilt(birth_of(UNBORN), children__0__name="Noah Lyle", **unnumbered))
    assert (child_of(town, again), certainty(town, again)) == (child_of(town, second), "certain")


def test_twins_who_are_told_of_together_keep_their_places(town: Town) -> None:
    due = {"due_date": UNBORN["children"][0]["due_date"]}
    unborn = sent(town, {**UNBORN, "children": [due, due]})
    town.now = BORN
    birth = birth_of(UNBORN)
    birth["children"].append({**birth["children"][0], "name": "Noah Lyle", "nhs_number": "9990001073"})
    birth["born"] = [{"child": 0, "grams": 2600}, {"child": 1, "grams": 2500}]
    told = sent(town, birth)
    with town.engine.connect() as conn:
        found = children.children_of_messages(conn, [unborn, told])
    assert found[unborn] == found[told]
    assert len(set(found[told])) == 2
    assert asked(town) == []


def test_the_same_birth_told_twice_is_one_child(town: Town) -> None:
    """By the hospital before the baby has a number, and by the midwife after."""
    unborn = sent(town, UNBORN)
    town.now = BORN
    unnumbered = {
        "children__0__nhs_number": GONE,
        "children__0__nhs_number_unknown_because": "Not given yet.",
    }
    first = sent(town, spoilt(birth_of(UNBORN), **unnumbered), "sandwell-hospital")
    second = sent(town, birth_of(UNBORN))
    assert child_of(town, unborn) == child_of(town, first) == child_of(town, second)
    assert asked(town) == []


# -- taking up an earlier message ---------------------------------------------------------------------------


def test_whoever_said_that_it_is_not_theirs_does_not_hear_of_the_birth(town: Town) -> None:
    unborn = sent(town, UNBORN)
    share = town.shares(unborn)["sandwell-early-help"]
    declined = town.act("sandwell-early-help", share.id, "decline", bodies(town.now)["decline"])
    assert isinstance(declined, wire.Moved)
    town.now = BORN
    birth = sent(town, birth_of(UNBORN, follows=unborn))
    assert "sandwell-early-help" not in town.states(birth)
    assert "sandwell-probation" in town.states(birth)


def test_a_message_that_is_none_of_the_senders_is_not_there(town: Town) -> None:
    unborn = sent(town, UNBORN)
    registration = sent(town, REGISTRATION, "sandwell-gp-1")
    town.now = BORN
    told = []
    for which, sender in (
        (unborn, "sandwell-hospital"),
        (new_id(), "sandwell-hospital"),
        (registration, MIDWIFE),
    ):
        refers_to = town.incoming(sender=sender, message=birth_of(UNBORN, follows=which)).refers_to
        with town.engine.connect() as conn, pytest.raises(errors.Invalid) as refused:
            referring.check(conn, refers_to, sender)
        told.append(refused.value.faults)
    assert told[0] == told[1] == told[2], (
        "another's, one that never was, and one of the wrong kind look the same"
    )
    assert told[0][0][0] == "message.follows"


def test_even_past_the_door_it_names_nobody(town: Town) -> None:
    unborn = sent(town, UNBORN)
    town.now = BORN
    birth = sent(town, birth_of(UNBORN, follows=unborn), "sandwell-hospital")
    assert set(town.states(birth)) == {"sandwell-0-19", "sandwell-midwifery", "sandwell-gp-1"}


def test_one_who_was_told_learns_nothing_of_the_others_who_were(town: Town) -> None:
    unborn = sent(town, UNBORN)
    town.now = BORN
    birth = sent(town, birth_of(UNBORN, follows=unborn), "sandwell-0-19")
    assert set(town.states(birth)) == {"sandwell-midwifery", "sandwell-gp-1"}
    assert town.tasks(birth) == []


# -- a practice speaks for itself ---------------------------------------------------------------------------


@pytest.mark.parametrize("sender", ["sandwell-gp-2", "sandwell-0-19"])
def test_nobody_says_for_a_practice_whom_it_has_registered(town: Town, sender: str) -> None:
    with pytest.raises(errors.Invalid) as refused:
        town.send(message=REGISTRATION, sender=sender)
    assert [path for path, _ in refused.value.faults] == ["message.services.gp.ods"]
    assert town.rows("SELECT 1 FROM message") == []
