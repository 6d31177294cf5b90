"""Two records turn out to be one child, by a person's answer: one agency holds it, and the partnership is asked."""

import time
from threading import Thread
from uuid import UUID

from hub import children
from tests.examples import GONE, example, spoilt
from tests.workers.test_people import questions
from tests.workers.test_people_answers import answer, said
from tests.workers.town import Town
from workers.place import keep_placed

WAITS = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
HANDOVER = "handover-sandwell-to-birmingham"


def handed(town: Town, sender: str, **changes: object) -> UUID:
    message = town.send(HANDOVER, message=spoilt(example(HANDOVER), **changes), sender=sender)
    town.drain()
    town.later(minutes=1)
    return message


def held(town: Town) -> list[str]:
    return sorted(row.holder for row in town.rows("SELECT holder FROM holding WHERE until IS NULL"))


def test_the_answer_that_they_are_one_leaves_one_holder_and_an_alarm(town: Town) -> None:
    number = {
        "children__0__nhs_number": GONE,
        "children__0__nhs_number_unknown_because": "Not on the letter.",
    }
    one_child = {"children__1": GONE, "health__weights": [], "health__missed_appointments": []}
    handed(town, "sandwell-0-19", **one_child)
    from_camden = {"move__from_area": "E09000007", "move__from_postcode": GONE}
    handed(town, "camden-0-19", **one_child, **number, **from_camden)
    assert held(town) == ["camden-0-19", "sandwell-0-19"], "a likely match is another child"
    [match] = questions(town)
    answer(town, match.id, "same")
    assert held(town) == ["sandwell-0-19"], "who has held longer holds on"
    keep_placed(town.line(), town.known())
    [alarm] = town.rows("SELECT * FROM unplaced WHERE ended_at IS NULL")
    assert (alarm.why, alarm.holder, alarm.other) == ("one_child", "sandwell-0-19", "camden-0-19")
    answer(town, match.id, "different")
    assert held(town) == ["camden-0-19", "sandwell-0-19"]
    assert town.rows("SELECT 1 FROM unplaced WHERE ended_at IS NULL") == []


def test_a_handover_that_is_routed_while_two_are_found_to_be_one_is_of_that_one(town: Town) -> None:
    alone = {"children__1": GONE, "health__weights": [], "health__missed_appointments": []}
    number = {
        "children__0__nhs_number": GONE,
        "children__0__nhs_number_unknown_because": "Not on the letter.",
    }
    handed(town, "sandwell-0-19", **alone, **number)
    from_camden = {"move__from_area": "E09000007", "move__from_postcode": GONE}
    later = handed(town, "camden-0-19", **alone, **from_camden)
    [match] = questions(town)
    town.withdraw(later, "camden-0-19")
    midwives = spoilt(example(HANDOVER), **alone)
    again = town.send(HANDOVER, message=midwives, sender="sandwell-midwifery")
    routing = Thread(target=town.drain)
    with town.engine.begin() as conn:
        children.answer(conn, match.id, said(), "same", known=town.known(), at=town.now)
        routing.start()
        while routing.is_alive() and not town.rows(WAITS):
            time.sleep(0.01)
    routing.join()
    assert town.state(again) == "routed"
    rows = town.rows(
        "SELECT root = person_id AS stands FROM holding JOIN person ON person.id = person_id WHERE until IS NULL"
    )
    assert rows
    assert all(row.stands for row in rows), "one child has one record"
