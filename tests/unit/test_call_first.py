"""Whether the call that comes first was made already, as the message tells of it."""

from protocols.facts import facts
from protocols.messages import read
from tests.examples import NOW, example
from tests.signed import clause, concern, decided, signed

FIRST = 'with = "mash", area = "home", view = "full", call_first = true'
PLAIN = 'with = "mash", area = "home", view = "full"'


def test_a_call_that_the_message_names_the_agency_of_is_a_fact() -> None:
    message = read(example("handover-sandwell-to-birmingham"), now=NOW)
    assert facts(message, area_of=lambda _: None, as_of=NOW).phoned == {"birmingham-0-19"}


def test_the_share_says_so_and_nobody_elses_call_counts() -> None:
    protocol = signed(clause("a", 'kind = "concern"', FIRST))
    (called,) = decided(concern(phoned=frozenset({"sandwell-mash"})), protocol).shares
    assert called.terms()["called"] is True
    (other,) = decided(concern(phoned=frozenset({"sandwell-police"})), protocol).shares
    assert "called" not in other.terms()


def test_a_call_has_a_limit_only_where_it_comes_first() -> None:
    (first,) = decided(concern(), signed(clause("a", 'kind = "concern"', FIRST))).shares
    (plain,) = decided(concern(), signed(clause("a", 'kind = "concern"', PLAIN))).shares
    assert first.limits["call"] == "4 working hours"
    assert "call" not in plain.limits
    assert plain.limits["call_account"] == "1 working day"
