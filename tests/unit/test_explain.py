"""A protocol in English, as somebody reads it who is about to sign."""

import re

import pytest

from protocols.explain import explain, when
from protocols.protocol import Protocol
from protocols.shipped import shipped
from tests.signed import clause, signed

MASH = 'with = "mash", area = "home", view = "full"'


def told(protocol: Protocol) -> str:
    return re.sub(r"\s+", " ", explain(protocol))


def test_who_gets_what_when_and_why() -> None:
    text = told(signed())
    assert "sandwell 1, for E08000028, from 2026-01-01; to be reviewed by 2026-12-31" in text
    assert "Shared under Children Act 2004 s.16LA." in text
    assert "bruise A bruise is told to the MASH. When there is a concern about bruising:" in text
    assert (
        '- the MASH of the child\'s area: is telephoned first; sees "full"; fetches it within 1 hour.' in text
    )
    assert "checks back within 3 working days" in text
    assert (
        '- "brief" shows address, child, practitioner; holds back referrer identity, restricted address.'
        in text
    )
    assert (
        "- \"urgent\": after 0 hours the recipient's duty lead, the sender's duty lead; after 8 hours the"
        in text
    )


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ('sender = ["police", "school"]', "a concern from the police team or school"),
        ('category = ["neglect", "pre_birth"]', "about neglect or an unborn baby"),
        ('urgency = ["immediate"]', "and it is immediate"),
        ("child_mobile = false", "and a child cannot move on their own"),
        ("unborn = true", "and a child is not yet born"),
        ("unborn = false", "and every child is born"),
        ('pregnant_from = "12 weeks"', "and the pregnancy has lasted 12 weeks or longer"),
        ('youngest_under = "1 year"', "and the youngest is under 1 year old"),
        ('oldest_from = "10 years"', "and the oldest is 10 years old or older"),
        ('plan = ["child_in_need", "looked_after"]', "is on a plan (child in need or looked after)"),
        ("gp_registered = false", "and the child is not registered with a GP"),
        ("gp_registered = true", "and the child is registered with a GP"),
        ("adult_supervision = true", "and an adult of the household is under supervision"),
        ('adult_services = ["substance_misuse"]', "an adult is known to the substance misuse service"),
    ],
)
def test_every_condition_in_words(condition: str, says: str) -> None:
    protocol = signed(clause("a", f'kind = "concern", {condition}', MASH))
    assert says in when(protocol.clauses[0].when)


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        (
            'kind = "involvement", involved = ["early_help", "mash"]',
            "and the early help service or MASH is involved",
        ),
        ('kind = "supervision", asks = true', "and it asks whether there are children in the household"),
        ('kind = "supervision", asks = false', "and it tells of a child in the household"),
        ('kind = "supervision", disengaged = true', "the adult does not work with whoever supervises them"),
    ],
)
def test_conditions_of_other_kinds_in_words(condition: str, says: str) -> None:
    assert says in when(signed(clause("a", condition, MASH)).clauses[0].when)


def test_a_neighbour_by_name_and_a_handover() -> None:
    takes = 'with = "mash", area = "destination", view = "full", takes_responsibility = true, if_named = true'
    text = told(
        signed(
            clause("a", 'kind = "handover", other_area = ["E08000025"]', takes, direction="outbound"),
            clause("b", 'kind = "handover"', takes.replace("destination", "origin")),
        )
    )
    assert "Out of the area (the other area's protocol must allow it too)" in text
    assert "When there is a handover, and the other area is E08000025:" in text
    assert "the MASH of the area where the family is now, if the message names one:" in text
    assert "takes the responsibility once a named practitioner accepts it" in text
    assert "the MASH of the area that the family leaves" in text


def test_a_plan_that_goes_elsewhere_those_who_are_addressed_and_every_one() -> None:
    goes = 'kind = "plan_change", plan = ["child_in_need"], change = ["transferred"]'
    owes = 'owes = { transfer_in_conference = "15 working days from receipt" }'
    text = told(
        signed(
            clause(
                "a", goes, f'with = "mash", area = "destination", view = "full", {owes}', direction="inbound"
            ),
            clause("b", 'kind = "report_request"', 'with = "police", area = "addressed", view = "full"'),
            clause("c", 'kind = "learning"', 'with = "school", area = "every", view = "brief"'),
            clause("d", 'kind = "plan_change", change = ["begun", "ended"]', MASH),
        )
    )
    assert (
        "the child is or was until now on a plan (child in need), and the plan goes to another authority:"
        in text
    )
    assert "the MASH of the area to which the plan goes:" in text
    assert "owes the transfer in conference within 15 working days from receipt" in text
    assert "the police team to whom the message is addressed by name:" in text
    assert "the school of the area, every one:" in text
    assert "and the plan has begun or has ended:" in text


@pytest.mark.parametrize("protocol", shipped(), ids=lambda one: one.id)
def test_the_library_reads_well(protocol: Protocol) -> None:
    text = explain(protocol)
    assert max(map(len, text.splitlines())) <= 110
    assert "None" not in text
    for one in protocol.clauses:
        assert re.sub(r"\s+", " ", one.says) in re.sub(r"\s+", " ", text)
