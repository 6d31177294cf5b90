"""Two records turn out to be one child, by a person's answer: one agency holds it, and the partnership is asked."""

from uuid import UUID

from tests.examples import GONE, example, spoilt
from tests.workers.test_people import questions
from tests.workers.test_people_answers import answer
from tests.workers.town import Town
from workers.place import keep_placed

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
