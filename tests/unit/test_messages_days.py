"""Days that cannot be: each is a slip of the pen, and would be counted or waited for by what is built on it."""

from typing import Any

import pytest

from protocols.messages import Invalid, read
from tests.examples import NOW, example, spoilt

SCAN, BIRTH, REGISTRATION = "was-not-brought-hip-scan-of-a-baby", "birth-sandwell", "registration-sandwell"
BEGINS = "plan-change-child-protection-plan-begins"


@pytest.mark.parametrize(
    ("name", "changes", "path", "words"),
    [
        (SCAN, {"appointments__0__on": "2020-01-02"}, "appointments.0.on", "before this child was born"),
        (
            SCAN,
            {"since": {"done": "Rung.", "seen": True, "seen_on": "2026-04-12", "seen_by": "A nurse"}},
            "since.seen_on",
            "before the last of these appointments",
        ),
        (
            SCAN,
            {"plan": {"kind": "child_protection", "ended_on": "2020-05-01"}},
            "plan.ended_on",
            'say "none" in kind',
        ),
        (REGISTRATION, {"registration__on": "2001-05-01"}, "registration.on", "before one of these children"),
        (BIRTH, {"goes_home__on": "1990-05-01"}, "goes_home.on", "before the day of the birth"),
        (BEGINS, {"holds_from": "1901-05-01"}, "holds_from", "more than a year back"),
        (BEGINS, {"plan__next_meeting_on": "2001-05-01"}, "plan.next_meeting_on", "is past"),
        (BEGINS, {"plan__ended_on": "2020-05-01"}, "plan.ended_on", 'say "none" in kind'),
    ],
)
def test_a_day_that_cannot_be_is_a_slip_of_the_pen(
    name: str, changes: dict[str, Any], path: str, words: str
) -> None:
    assert read(example(name), now=NOW)
    with pytest.raises(Invalid) as refused:
        read(spoilt(example(name), **changes), now=NOW)
    [fault] = [one for one in refused.value.faults if one.path == path]
    assert words in fault.says
