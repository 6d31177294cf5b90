"""What one recipient may see, and that the rest is gone."""

import json
from typing import Any

import pytest
from pydantic import BaseModel

from protocols.messages import read
from protocols.messages.attachments import Attachments
from protocols.messages.read import NEWEST
from protocols.minimise import ALWAYS, ATTACHMENTS, FOR_NOBODY, FOR_THE_HUB, SECTION_OF, minimise
from protocols.vocabulary import ATTACHED, KEPT, Section, View, Withheld
from tests.examples import GONE, NAMES, NOW, example, spoilt

EVERYTHING = View("everything", frozenset(Section))


def seen(
    raw: dict[str, Any], *sections: Section, withhold: frozenset[Withheld] = frozenset()
) -> dict[str, Any]:
    view = View("some", frozenset(sections) or frozenset(Section), withhold)
    return minimise(read(raw, now=NOW), view)


@pytest.mark.parametrize("kind", NEWEST.values())
def test_every_field_stands_in_a_section(kind: type[BaseModel]) -> None:
    assert set(kind.model_fields) <= ALWAYS | set(SECTION_OF) | {ATTACHMENTS} | FOR_THE_HUB | FOR_NOBODY
    assert not set(SECTION_OF) & (FOR_THE_HUB | FOR_NOBODY)


def test_every_section_holds_something_and_the_table_names_no_field_that_is_not() -> None:
    assert set(SECTION_OF.values()) == set(Section) - ATTACHED
    assert set(Attachments.model_fields) == ATTACHED
    fields = {field for kind in NEWEST.values() for field in kind.model_fields}
    assert set(SECTION_OF) | FOR_THE_HUB | FOR_NOBODY <= fields


@pytest.mark.parametrize("name", [name for name in NAMES if example(name)["kind"] not in KEPT])
def test_a_view_of_everything_shows_everything(name: str) -> None:
    shown = minimise(read(example(name), now=NOW), EVERYTHING)
    del shown["view"]
    assert read(shown, now=NOW) == read(example(name), now=NOW)


def test_an_empty_view_shows_nothing_of_the_family() -> None:
    shown = minimise(read(example("concern-neglect"), now=NOW), View("nothing", frozenset()))
    assert shown == {
        "kind": "concern",
        "version": 1,
        "urgency": "urgent",
        "sender_reference": "WGPS-2026-031",
        "view": {"name": "nothing", "sections": [], "withheld": []},
    }


def test_a_view_shows_its_sections_and_says_which() -> None:
    shown = seen(example("concern-neglect"), Section.CHILD, Section.SERVICES)
    assert set(shown) == ALWAYS | {"children", "services", "view"}
    assert shown["view"] == {"name": "some", "sections": ["child", "services"], "withheld": []}


def test_a_field_that_the_table_does_not_know_is_seen_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(SECTION_OF, "health")
    shown = seen(example("handover-sandwell-to-birmingham"))
    assert "health" not in shown


# -- what is attached ---------------------------------------------------------------------------------------

BODY_MAP = example("concern-bruise-with-a-body-map")
MIDWIFE = example("handover-midwife-to-health-visitor")


def test_each_form_is_granted_on_its_own() -> None:
    shown = seen(MIDWIFE, Section.CHILD, Section.ICON)
    assert shown["attachments"].keys() == {"icon"}
    assert shown["attachments"]["icon"][0]["said"] == MIDWIFE["attachments"]["icon"][0]["said"]
    assert "sofa" not in json.dumps(shown)


def test_a_form_that_is_not_granted_leaves_no_trace_that_it_was_attached() -> None:
    granted = frozenset(Section) - {Section.BODY_MAP}
    assert "attachments" not in minimise(read(BODY_MAP, now=NOW), View("less", granted))
    bare = spoilt(BODY_MAP, attachments=GONE)
    assert minimise(read(bare, now=NOW), View("less", granted)) == minimise(
        read(BODY_MAP, now=NOW), View("less", granted)
    )


def test_who_filled_a_form_in_is_who_raised_the_concern() -> None:
    hidden = seen(BODY_MAP, withhold=frozenset({Withheld.REFERRER_IDENTITY}))
    assert "by" not in hidden["attachments"]["body_map"][0]
    assert (
        hidden["attachments"]["body_map"][0]["marks"] == seen(BODY_MAP)["attachments"]["body_map"][0]["marks"]
    )
    assert hidden["view"]["withheld"] == ["referrer_identity"]
    handed_over = seen(MIDWIFE, withhold=frozenset({Withheld.REFERRER_IDENTITY}))
    assert handed_over["attachments"] == seen(MIDWIFE)["attachments"]


def test_who_filled_in_any_form_is_nowhere_where_who_raised_it_is_withheld() -> None:
    forms = {
        **MIDWIFE["attachments"],
        **BODY_MAP["attachments"],
        **example("concern-neglect")["attachments"],
    }
    named = {name: [{**one, "by": "Ada Planted, nurse"} for one in forms[name]] for name in forms}
    assert named.keys() == ATTACHED
    shown = seen(spoilt(BODY_MAP, attachments=named), withhold=frozenset({Withheld.REFERRER_IDENTITY}))
    assert shown["attachments"].keys() == ATTACHED
    assert "Ada Planted" not in json.dumps(shown)


@pytest.mark.parametrize("name", [name for name in NAMES if "household" in example(name)])
def test_nobody_round_a_child_is_told_by_number_birth_or_telephone(name: str) -> None:
    raw = example(name)
    held = json.dumps(seen(raw, withhold=frozenset({Withheld.CONNECTED_PEOPLE})))
    for person in raw["household"]:
        for field in ("nhs_number", "date_of_birth", "phone"):
            assert person.get(field, "no such thing") not in held


def test_nobody_is_shown_which_message_this_one_follows() -> None:
    raw = {**example("birth-sandwell"), "follows": "0198c0de-0000-7000-8000-000000000001"}
    assert "0198c0de" not in json.dumps(seen(raw))


# -- the restricted address ---------------------------------------------------------------------------------

RESTRICTED = spoilt(
    example("handover-sandwell-to-birmingham"),
    address={
        "lines": ["Flat 6, 118 Alcester Road"],
        "postcode": "B13 8JP",
        "area": "E08000025",
        "restricted": True,
        "restricted_because": "Her brother has threatened her.",
    },
    services__school={"name": "Little Acorns Nursery"},
    services__others__0__name="The Moseley team",
)
HOLD_ADDRESS = frozenset({Withheld.RESTRICTED_ADDRESS})


def test_a_restricted_address_is_withheld_with_all_that_leads_to_it() -> None:
    shown = seen(RESTRICTED, withhold=HOLD_ADDRESS)
    text = json.dumps(shown)
    for secret in ("Alcester", "B13", "B66", "Little Acorns", "The Moseley team", "Her brother", '"gp"'):
        assert secret not in text
    assert shown["address"] == {"area": "E08000025", "restricted": True}
    assert shown["move"]["to_area"] == "E08000025"
    assert shown["services"]["others"][0] == {"role": "health_visiting"}
    assert shown["view"]["withheld"] == ["restricted_address"]


def test_an_address_that_is_not_restricted_is_not_withheld() -> None:
    raw = example("handover-sandwell-to-birmingham")
    shown = seen(raw, withhold=HOLD_ADDRESS)
    assert shown["address"]["lines"] == raw["address"]["lines"]
    assert shown["view"]["withheld"] == []


def test_a_restricted_address_is_shown_to_a_view_that_does_not_withhold_it() -> None:
    assert seen(RESTRICTED)["address"]["postcode"] == "B13 8JP"


def test_nothing_is_said_to_be_withheld_from_sections_that_are_not_shown() -> None:
    assert seen(RESTRICTED, Section.CHILD, withhold=frozenset(Withheld))["view"]["withheld"] == []


# -- who raised it, and people round the child --------------------------------------------------------------


def test_the_referrer_and_the_practitioner_are_withheld() -> None:
    raw = example("concern-from-a-neighbour-who-wants-anonymity")
    shown = seen(raw, withhold=frozenset({Withheld.REFERRER_IDENTITY}))
    text = json.dumps(shown)
    for secret in (
        "Winston",
        "neighbour",
        "Through the wall",
        "From the landing",
        "Dawn Perry",
        "0121 496 0240",
    ):
        assert secret not in text.replace(raw["assessment"]["opinion"], "").replace(
            raw["assessment"]["strengths"][0], ""
        ).replace(raw["recording"]["not_told_because"], "")
    assert shown["referrer"] == {"wants_anonymity": True}
    assert shown["practitioner"] == {"job": "Family support worker", "team": "Early help, Ladywood"}
    assert shown["situation"]["facts"][2]["source_detail"] == "His teacher, asked by telephone"
    assert shown["view"]["withheld"] == ["referrer_identity"]


def test_whoever_hands_a_family_over_can_be_rung_by_all_who_hear() -> None:
    raw = example("handover-sandwell-to-birmingham")
    shown = seen(raw, withhold=frozenset({Withheld.REFERRER_IDENTITY}))
    assert shown["practitioner"] == raw["practitioner"]
    assert shown["view"]["withheld"] == []


def test_numbers_and_births_of_connected_people_are_withheld_and_the_childrens_are_not() -> None:
    raw = example("handover-sandwell-to-birmingham")
    shown = seen(raw, withhold=frozenset({Withheld.CONNECTED_PEOPLE}))
    text = json.dumps(shown)
    for secret in ("9990000034", "2002-05-30", "1998-10-03", "07700 900141"):
        assert secret not in text
    assert shown["household"][0]["name"] == "Kelly Sharpe"
    assert [child["nhs_number"] for child in shown["children"]] == ["9990000018", "9990000026"]
    assert shown["view"]["withheld"] == ["connected_people"]


def test_withholding_leaves_the_message_itself_alone() -> None:
    message = read(RESTRICTED, now=NOW)
    minimise(message, View("less", frozenset(Section), frozenset(Withheld)))
    assert minimise(message, EVERYTHING)["address"]["postcode"] == "B13 8JP"
