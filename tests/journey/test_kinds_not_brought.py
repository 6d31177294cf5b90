"""A baby and an older brother who are not brought: told of, looked at together, and closed; within an area and across a
border. Whoever looks sees of the others only what a clause told them.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from agencies import wire
from hub import errors, reading
from hub.store import asks
from tests.examples import GONE, NOW, example, spoilt
from tests.journey.world import PERSON, bodies
from tests.workers.test_people_answers import answer
from tests.workers.town import RECORDS, Town

HOSPITAL, HV, GP, CSC = (
    "sandwell-hospital",
    "sandwell-0-19",
    "sandwell-gp-1",
    "sandwell-childrens-social-care",
)
OFFICE, STRANGER = "sandwell-partnership", "sandwell-police"
SCAN = example("was-not-brought-hip-scan-of-a-baby")
HOME: dict[str, Any] = {"address__area": "E08000025", "address__postcode": "B13 8JP", "services__gp__ods": "Y90012",
        "services__others": []}  # fmt: skip


@pytest.fixture
def town(database: str) -> Iterator[Town]:
    made = Town.on(database)
    yield made
    made.engine.dispose()


def sent(town: Town, *, ago: int = 0, sender: str = HOSPITAL, **changes: object) -> UUID:
    day = (NOW.date() - timedelta(days=ago)).isoformat()
    withhold = changes.pop("withhold", ())
    message = spoilt(SCAN, **{"appointments__0__on": day, **changes})
    made = town.send(message=message, sender=sender, withhold=withhold)
    town.drain()
    return made


def duty(town: Town) -> Any:  # noqa: ANN401 - a row
    [row] = town.rows("SELECT * FROM owed WHERE what = 'look_together' AND met_at IS NULL")
    return row


def seen(town: Town, owed: UUID, agency: str) -> wire.OwedTold:
    with town.engine.connect() as conn:
        return reading.owed_one(conn, owed, agency, at=town.now)


def brought_to_its_end(town: Town, message: UUID, sender: str = HOSPITAL) -> None:
    act = bodies(town.now)
    for agency, share in town.shares(message).items():
        town.receive(agency, share.id)
        for who, event in ((agency, "check_back"), (sender, "agree"), (agency, "close")):
            assert isinstance(town.act(who, share.id, event, act[event]), wire.Moved)
    assert town.state(message) == "closed"


def test_from_the_first_that_was_missed_to_the_conversation_about_three(town: Town) -> None:
    first = sent(town, ago=40, appointments__0__child=1)
    assert set(town.states(first)) == {HV, GP}
    told = town.opened(HV, town.shares(first)[HV].envelope)["message"]
    assert told["appointments"][0]["what"] == "Ultrasound scan of the hips"
    assert told["since"]["seen"] is False
    brought_to_its_end(town, first)
    second = sent(town, ago=10)
    brought_to_its_end(town, second)
    third = sent(town)
    owed = duty(town)
    assert seen(town, owed.id, HV).counted == tuple(sorted((first, second, third)))
    town.receive(HV, owed.share_id)
    body = wire.Meet(
        by=PERSON,
        owed=owed.id,
        done="Rang Sister Rowley: a home visit on Friday, and the scan the week after.",
    )
    assert isinstance(town.act(HV, owed.share_id, "meet", body), wire.Moved)
    town.drain()
    assert seen(town, owed.id, HV).met_how == "done"
    brought_to_its_end(town, third)


def test_whoever_holds_the_plan_hears_of_each_and_answers_the_next_day(town: Town) -> None:
    message = sent(town, plan={"kind": "child_in_need", "since": "2026-02-02"})
    assert set(town.states(message)) == {HV, GP, CSC}
    terms = town.shares(message)[CSC].terms
    assert (terms["clauses"], terms["limits"]["check_back"]) == (["not-brought-on-a-plan"], "1 working day")
    brought_to_its_end(town, message)


def test_across_a_border_the_services_of_the_childs_home_hear(town: Town) -> None:
    message = sent(town, plan={"kind": "child_protection", "since": "2026-02-02"}, **HOME)
    assert set(town.states(message)) == {
        "birmingham-0-19",
        "birmingham-gp-2",
        "birmingham-childrens-social-care",
    }
    terms = town.shares(message)["birmingham-0-19"].terms
    assert [terms["clauses"], *(one["clauses"] for one in terms["also"])] == [
        ["not-brought-lives-elsewhere"],
        ["not-brought-elsewhere"],
    ]
    assert town.rows("SELECT 1 FROM owed WHERE what = 'look_together'") == [], (
        "Birmingham asks after two on a plan"
    )
    sent(town, ago=5, plan={"kind": "child_protection", "since": "2026-02-02"}, **HOME)
    assert (duty(town).owed_by, duty(town).protocol) == ("birmingham-0-19", "birmingham")


def test_a_family_that_moved_is_followed_and_the_office_is_asked_where_nobody_knows_enough(
    town: Town,
) -> None:
    """Two were told in Birmingham, to Birmingham; the third in Sandwell. No clause tells anybody of all three."""
    before = {**HOME, "plan": GONE}
    earlier = [sent(town, ago=ago, sender="birmingham-hospital", **before) for ago in (60, 30)]
    last = sent(town, plan=GONE)
    assert town.rows("SELECT 1 FROM owed WHERE what = 'look_together'") == []
    [task] = town.rows("SELECT * FROM owed WHERE what = 'see_to_watch'")
    assert (task.owed_by, task.message_id) == (OFFICE, last)
    assert seen(town, task.id, OFFICE).counted == tuple(sorted((*earlier, last)))
    for agency in (HV, HOSPITAL, GP, "birmingham-0-19", STRANGER):
        with pytest.raises(errors.NotFound):
            seen(town, task.id, agency)
    with town.engine.begin() as conn:
        asks.settle(conn, task.id, by=OFFICE, at=town.now)
    town.drain()
    [crossing] = town.rows("SELECT * FROM crossing")
    assert crossing.ended_at is not None


def test_what_is_looked_at_with_nobody_else_nobody_else_is_shown(town: Town) -> None:
    """The hospital told the last of three, and of no other: it does not learn from a watch that there are others."""
    for ago, sender in ((30, "sandwell-gp-2"), (10, "sandwell-midwifery")):
        sent(town, ago=ago, sender=sender)
    last = sent(town)
    owed = duty(town)
    assert (owed.owed_by, owed.owed_to) == (HV, HV)
    for agency in (HOSPITAL, GP, STRANGER):
        with pytest.raises(errors.NotFound):
            seen(town, owed.id, agency)
    with town.engine.connect() as conn:
        grid = reading.grid(
            conn, last, HOSPITAL, records=RECORDS, directory=town.known().directory, at=town.now
        )
        theirs = reading.share(conn, owed.share_id, HOSPITAL, records=RECORDS)
        mine = reading.share(conn, owed.share_id, HV, records=RECORDS)
    shown = {one.what for share in grid.shares for one in share.deadlines} | {
        one.what for one in theirs.deadlines
    }
    assert "look_together" not in shown
    assert "look_together" in {one.what for one in mine.deadlines}
    town.later(days=30)
    town.drain()
    hears = town.rows("SELECT DISTINCT agency FROM notice WHERE owed_id = :o", o=owed.id)
    assert {row.agency for row in hears} == {HV, OFFICE}
    assert town.rows("SELECT 1 FROM audit WHERE detail ->> 'owed' = :o AND :a IN (sender, recipient)",
                     o=str(owed.id), a=HOSPITAL) == []  # fmt: skip


def test_what_a_watch_asks_keeps_no_share_open_and_goes_on_when_it_is_closed(town: Town) -> None:
    message = sent(town, plan={"kind": "child_protection", "since": "2026-02-02"})
    owed = duty(town)
    brought_to_its_end(town, message)
    town.drain()
    assert duty(town).id == owed.id
    body = wire.Meet(by=PERSON, owed=owed.id, done="We went through it with the social worker.")
    assert isinstance(town.act(HV, owed.share_id, "meet", body), wire.Moved)
    assert town.state(message) == "closed"


def test_who_is_only_likely_the_same_child_counts_once_a_person_has_said_so(town: Town) -> None:
    for ago in (30, 20):
        sent(town, ago=ago)
    unsure = {**SCAN["children"][0], "nhs_number_unknown_because": "No card was to hand."}
    del unsure["nhs_number"]
    sent(town, ago=10, children=[unsure])
    assert town.rows("SELECT 1 FROM crossing") == []
    [question] = town.rows("SELECT id FROM likeness")
    answer(town, question.id, "same")
    town.drain()
    assert duty(town).owed_by == HV
    assert date(2026, 4, 17) == duty(town).due_at.date()
