"""An appointment that a child was not brought to: facts, what was done, and whether anybody has seen the child."""

from datetime import date
from typing import Any

import pytest

from protocols.messages import Invalid, WasNotBrought, read
from protocols.messages.common import Noted
from protocols.minimise import minimise
from protocols.vocabulary import Role, Section, View, Withheld
from tests.examples import GONE, NOW, example, spoilt

SCAN = example("was-not-brought-hip-scan-of-a-baby")
WHY = "The telephone was answered by nobody."


def faults(raw: dict[str, Any]) -> dict[str, str]:
    try:
        read(raw, now=NOW)
    except Invalid as error:
        return {fault.path: fault.says for fault in error.faults}
    return {}


def says(raw: dict[str, Any], path: str, words: str) -> None:
    told = faults(raw)
    assert set(told) == {path}
    assert words in told[path]


def test_the_family_said_something_or_it_is_said_why_not() -> None:
    says(
        spoilt(SCAN, appointments__0__reason_given="No car."), "appointments.0.reason_given", "one of the two"
    )
    says(
        spoilt(SCAN, appointments__0__no_reason_because=GONE), "appointments.0.reason_given", "one of the two"
    )
    said = spoilt(
        SCAN, appointments__0__no_reason_because=GONE, appointments__0__reason_given="No car that day."
    )
    assert faults(said) == {}


def test_what_the_family_called_off_is_told_as_well_before_its_day() -> None:
    ahead = spoilt(SCAN, appointments__0__on="2026-04-20")
    says(ahead, "appointments.0.on", "if the family called it off")
    assert faults(spoilt(ahead, appointments__0__how="cancelled_by_family")) == {}
    says(spoilt(SCAN, appointments__0__how="moved_by_clinic"), "appointments.0.how", "must be")


def test_the_child_was_seen_since_or_it_is_said_why_not() -> None:
    seen = {
        "done": "Visited at home.",
        "seen": True,
        "seen_on": "2026-04-14",
        "seen_by": "Ann Lowe, health visitor",
    }
    assert faults(spoilt(SCAN, since=seen)) == {}
    says(
        spoilt(SCAN, since={name: one for name, one in seen.items() if name != "seen_by"}),
        "since.seen_on",
        "by whom",
    )
    says(spoilt(SCAN, since={**seen, "not_seen_because": WHY}), "since.not_seen_because", "nobody has seen")
    says(spoilt(SCAN, since__not_seen_because=GONE), "since.not_seen_because", "say why")
    says(spoilt(SCAN, since__seen_on="2026-04-14"), "since.seen", "must be true")
    says(spoilt(SCAN, since={**seen, "seen_on": "2026-04-16"}), "since.seen_on", "in the future")


def test_each_appointment_is_of_one_of_the_children_and_stands_once() -> None:
    says(spoilt(SCAN, appointments__0__child=2), "appointments.0.child", "counted from 0")
    twice = spoilt(SCAN, appointments=[SCAN["appointments"][0]] * 2)
    says(twice, "appointments.1", "stands twice")
    brother = {**SCAN["appointments"][0], "child": 1}
    assert faults(spoilt(SCAN, appointments=[SCAN["appointments"][0], brother])) == {}
    says(spoilt(SCAN, appointments=[]), "appointments", "at least 1")


def test_every_fault_is_told_at_once() -> None:
    wrong = spoilt(
        SCAN, appointments__0__child=9, appointments__0__on="2026-05-01", plan__kind="lost", since__seen=True
    )
    assert set(faults(wrong)) >= {"plan.kind", "since.seen_on", "since.not_seen_because"}
    wrong = spoilt(SCAN, appointments__0__child=9, appointments__0__on="2026-05-01")
    assert set(faults(wrong)) == {"appointments.0.child", "appointments.0.on"}


def test_a_baby_who_is_not_born_misses_nothing() -> None:
    unborn = {"due_date": "2026-06-30"}
    says(spoilt(SCAN, children__1=unborn), "children", "antenatal appointment")


def test_a_watch_may_keep_the_child_the_day_and_whose_it_was_and_no_more() -> None:
    message = read(SCAN, now=NOW)
    assert isinstance(message, WasNotBrought)
    assert message.noted == (Noted(0, date(2026, 4, 13), Role.HOSPITAL),)


@pytest.mark.parametrize("kind", ["concern-pre-birth", "concern-neglect"])
def test_of_any_other_message_a_watch_may_keep_each_child_and_the_day_a_baby_is_due(kind: str) -> None:
    message = read(example(kind), now=NOW)
    children = example(kind)["children"]
    assert [(one.child, one.day and one.day.isoformat(), one.of) for one in message.noted] == [
        (place, child.get("due_date"), None) for place, child in enumerate(children)
    ]


def test_whose_appointment_it_was_does_not_lead_to_a_restricted_address() -> None:
    hidden = spoilt(
        SCAN,
        address={
            "restricted": True,
            "restricted_because": "From the father.",
            "unknown_because": "Kept back.",
        },
    )
    view = View("v", frozenset({Section.SITUATION}), frozenset({Withheld.RESTRICTED_ADDRESS}))
    seen = minimise(read(hidden, now=NOW), view)
    assert seen["appointments"][0]["service"] == {"role": "hospital"}
    assert seen["view"]["withheld"] == ["restricted_address"]
