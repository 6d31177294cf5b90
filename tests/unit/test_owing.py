"""What a clause asks of whoever hears, beyond checking back: by a limit, by the day that the message names, or both."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.store.tables import TASKS
from protocols.explain import explain
from protocols.owing import NAMED_DAY, RESERVED, By, Start
from protocols.parse import ProtocolFaults, parse, print_
from protocols.protocol import Owed
from protocols.vocabulary import Kind
from tests.property.protocols import LIMITS
from tests.signed import clause, concern, decided, signed, text

AT = datetime(2026, 7, 3, 9, 30, tzinfo=UTC)
ASKED = 'with = "childrens_social_care", area = "home", view = "full"'
LATER = st.builds(By, LIMITS, start=st.sampled_from(Start))
BYS = LATER | st.builds(By, st.none() | LIMITS, named_day=st.booleans()).filter(
    lambda by: by.limit or by.named_day
)


@given(BYS)
def test_it_is_read_as_it_is_written(by: By) -> None:
    assert By.parse(str(by)) == by


@given(BYS, BYS)
def test_where_two_ask_both_are_asked(a: By, b: By) -> None:
    both = a.with_(b)
    assert both.named_day == (a.named_day or b.named_day)
    assert (both.limit is None) or set(both.limit.each) <= {a.limit, b.limit}
    assert (both.limit is None) == (a.limit is b.limit is None)
    assert both.start is (a.start if a.start is b.start and not both.named_day else Start.SENDING)
    assert By.parse(str(both)) == both


def test_a_limit_runs_from_the_event_that_is_named() -> None:
    by = By.parse("15 working days from receipt")
    assert (str(by.limit), by.start) == ("15 working days", Start.RECEIPT)
    assert By.parse("15 working days from check-back").start is Start.CHECK_BACK
    assert By.parse("15 working days").start is Start.SENDING
    with pytest.raises(ValueError, match="leave out from receipt"):
        By.parse(f"15 working days from receipt, or {NAMED_DAY}")


@pytest.mark.parametrize(
    "wrong", ["", "soon", "the day", f"soon, or {NAMED_DAY}", f"{NAMED_DAY}, or 5 days", "5 days from now"]
)
def test_what_is_no_moment_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="write a limit"):
        By.parse(wrong)


def faults(kind: str, owes: str) -> list[str]:
    source = text(clause("asks", f'kind = "{kind}"', f"{ASKED}, owes = {{ {owes} }}"))
    with pytest.raises(ProtocolFaults) as caught:
        parse(source, file="p.toml")
    return [fault.says for fault in caught.value.faults]


def test_a_protocol_gives_it_a_name_of_its_own() -> None:
    assert "no name that every share owes already" in faults("concern", 'review = "5 days"')[0]
    assert "small letters" in faults("concern", '"Transfer-in" = "5 days"')[0]
    assert "write a limit" in faults("concern", 'conference = "soon"')[0]
    assert faults("concern", f'conference = "{NAMED_DAY}"') == [
        "no message of this kind names a day: write a limit"
    ]


def test_no_name_can_be_mistaken_for_another_duty() -> None:
    assert {*Owed, *TASKS, "action", "review"} <= RESERVED


def asking(kind: str, owes: str, name: str = "asks") -> str:
    return clause(name, f'kind = "{kind}"', f"{ASKED}, owes = {{ {owes} }}")


def test_the_decision_carries_it_with_the_day_that_the_message_names() -> None:
    owes = f'conference_report = "5 working days, or {NAMED_DAY}", answer_by_hand = "2 days"'
    protocol = signed(asking("report_request", owes))
    assert parse(print_(protocol), file="again.toml") == protocol
    told = " ".join(explain(protocol).split())
    assert (
        "owes the conference report within 5 working days or by the day it names, whichever comes first;"
        in told
    )
    assert "owes the answer by hand within 2 days" in told
    seen = concern(kind=Kind.REPORT_REQUEST, categories=frozenset(), named_day=date(2026, 7, 10))
    (share,) = decided(seen, protocol).shares
    assert share.terms()["owes"] == {
        "conference_report": {"limit": "5 working days", "day": "2026-07-10"},
        "answer_by_hand": {"limit": "2 days"},
    }


def test_two_clauses_that_ask_the_same_ask_for_the_earlier() -> None:
    protocol = signed(
        asking("concern", 'visit = "5 days"'), asking("concern", 'visit = "2 days", ring = "1 day"', "also")
    )
    (share,) = decided(concern(), protocol).shares
    assert share.terms()["owes"] == {"visit": {"limit": "2 days"}, "ring": {"limit": "1 day"}}


def test_a_protocol_that_asks_for_nothing_else_says_nothing_of_it() -> None:
    plain = signed(clause("asks", 'kind = "concern"', ASKED))
    assert "owes" not in print_(plain)
    assert "owes" not in decided(concern(), plain).shares[0].terms()
    assert signed(asking("concern", 'conference = "5 days"')).digest != plain.digest
