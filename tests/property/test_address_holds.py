"""A restricted address: whatever leads to it, wherever a message can name it, is gone, and the rest is not."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from protocols.messages import read, schema
from protocols.messages.read import KINDS, NEWEST
from protocols.minimise import LEADS_TO_ADDRESS, minimise
from protocols.vocabulary import STANDS_IN, Role, Section, View, Withheld
from tests.examples import NAMES, NOW, example
from tests.property.test_messages_hold import sectioned

EXAMPLES = {name: example(name) for name in NAMES}
HOLDS = View("held", frozenset(Section), frozenset({Withheld.RESTRICTED_ADDRESS}))
OPEN = View("open", frozenset(Section))
SCHEMAS = [schema(kind, version) for kind, versions in KINDS.items() for version in versions]
ABOUT_A_CHILD = [name for name, raw in EXAMPLES.items() if "address" in NEWEST[raw["kind"]].model_fields]

roles = st.sampled_from(Role).map(lambda role: role.value)


class Planted:
    """Hands out ids, codes, names and postcodes, each once, so that each can be looked for."""

    def __init__(self) -> None:
        self.all: list[str] = []

    def _plant(self, text: str) -> str:
        self.all.append(text)
        return text

    def agency(self) -> str:
        return self._plant(f"planted-{len(self.all):03d}-agency")

    def ods(self) -> str:
        return self._plant(f"QZ{len(self.all):05d}")

    def name(self) -> str:
        return self._plant(f"Planted House {len(self.all):03d}")

    def postcode(self) -> str:
        return self._plant(f"ZE{len(self.all) % 90 + 10} {len(self.all) // 90}ZZ")

    def service(self, role: str) -> dict[str, Any]:
        return {"role": role, "agency": self.agency(), "ods": self.ods(), "name": self.name()}


def _plant_in_families(raw: dict[str, Any], put: Planted, roles_of: list[str]) -> None:
    if "involvement" in raw:
        raw["household"] = [{"role": "mother", "name": "Ida Holt", "lives_there": "yes"}]
        raw["involvement"] = [
            {"role": role, "agency": put.agency(), "name": put.name(), "member": 0, "since": "2026-01-05"}
            for role in roles_of
        ]
        raw["work"] = []
    if "supervision" in raw:
        raw["supervision"]["agency"] = put.agency()


@st.composite
def planted(draw: st.DrawFn) -> tuple[dict[str, Any], list[str], list[str]]:
    """A message with a restricted address, all that was planted in it, and the roles of its services."""
    raw = json.loads(json.dumps(EXAMPLES[draw(st.sampled_from(ABOUT_A_CHILD))]))
    put = Planted()
    some = st.lists(roles, min_size=1, max_size=3)
    adults, others = draw(some), draw(some)
    raw["address"] = {
        "lines": [put.name()],
        "postcode": put.postcode(),
        "restricted": True,
        "restricted_because": "Her brother has threatened her.",
    }
    fields = NEWEST[raw["kind"]].model_fields
    if "adults" in fields:
        told = raw.get("adults") or [{"who": "mother"}]
        raw["adults"] = [
            {**told[place % len(told)], "services": [put.service(role)]} for place, role in enumerate(adults)
        ]
    _plant_in_families(raw, put, adults)
    raw["services"] = {
        "gp": {"ods": put.ods(), "name": put.name(), "registered": raw["kind"] == "registration"},
        "school": {"name": put.name(), "agency": put.agency()},
        "others": [put.service(role) for role in others],
    }
    if "recording" in fields:
        raw["recording"]["phoned_already"] = [
            {
                "whom": "Duty",
                "agency": put.agency(),
                "when": "2026-04-01T10:00:00Z",
                "understood": "All of it.",
            }
            for _ in range(draw(st.integers(0, 3)))
        ]
    if "plan" in fields:
        raw["plan"] = {
            "kind": "child_in_need",
            "lead_professional": {"name": "Ada Lead", "job": "social worker", "agency": put.agency()},
        }
    for place in {"born_at", "to_be_born_at"} & fields.keys():
        raw[place] = put.service(draw(roles))
    if "attachments" in fields:
        raw["attachments"] = {"body_map": [_photographed(put.service(draw(roles)))]}
    _plans_and_reports(raw, put, draw(some))
    if raw["kind"] == "handover":
        raw["move"] = {
            "from_postcode": put.postcode(),
            "to_postcode": put.postcode(),
            "moved_on": "2026-04-01",
        }
        raw["open_work"] = [
            {"what": "A visit", "agency": put.agency()} for _ in range(draw(st.integers(1, 3)))
        ]
    return raw, put.all, (adults if {"adults", "involvement"} & fields.keys() else []) + others


def _plans_and_reports(raw: dict[str, Any], put: Planted, named: list[str]) -> None:
    if raw["kind"] == "plan_change":
        raw["core_group"] = [put.service(role) for role in named]
        raw["next_meeting_not_set_because"] = "It is for the others to set."
    if raw["kind"] == "report_request":
        raw["asked"] = [put.service(role) for role in named]
        raw["form"] = [{"id": "seen", "asks": "When were they seen?"}]
    if raw["kind"] == "report":
        raw["asked_by"] = put.agency()


def _photographed(kept_by: dict[str, Any]) -> dict[str, Any]:
    mark = {
        "region": "chest", "side": "left", "surface": "front", "what": "bruise", "colour": "Blue", "shape": "Round",
        "length_mm": 9, "not_explained_because": "Nobody was asked.",
    }  # fmt: skip
    seen = {"on": "2026-04-15", "by": "Ada Seer, paediatrician", "undressed": True, "marks": [mark]}
    return {**seen, "photographs": True, "photographs_kept_by": kept_by}


def _keepers(seen: dict[str, Any]) -> list[dict[str, Any]]:
    return [one["photographs_kept_by"] for one in seen.get("attachments", {}).get("body_map", ())]


@given(planted())
def test_nothing_that_leads_to_a_restricted_address_is_left(
    case: tuple[dict[str, Any], list[str], list[str]],
) -> None:
    raw, secrets, kept = case
    message = read(raw, now=NOW)
    held, shown = json.dumps(minimise(message, HOLDS)), json.dumps(minimise(message, OPEN))
    assert [secret for secret in secrets if secret in held] == []
    assert [secret for secret in secrets if secret not in shown] == [], "else the test looks for nothing"
    seen = minimise(message, HOLDS)
    adults = [one for adult in seen.get("adults", ()) for one in adult["services"]]
    services = adults + seen.get("involvement", []) + seen["services"]["others"]
    # That a service is there, with whom and since when, leads nowhere.
    assert [one["role"] for one in services] == kept
    assert all(one.keys() <= {"role", "member", "since"} for one in services)
    for one in (*(seen[place] for place in ("born_at", "to_be_born_at") if place in seen), *_keepers(seen)):
        assert one.keys() == {"role"}
    assert seen["view"]["withheld"] == ["restricted_address"]


@given(planted())
def test_people_keep_their_names(case: tuple[dict[str, Any], list[str], list[str]]) -> None:
    message = read(case[0], now=NOW)
    held, shown = minimise(message, HOLDS), minimise(message, OPEN)
    for part in ("children", "household", "practitioner"):
        assert held.get(part) == shown.get(part)
    if "plan" in held:
        assert held["plan"]["lead_professional"] == {"name": "Ada Lead", "job": "social worker"}
    for one in held.get("attachments", {}).get("body_map", ()):
        assert one["by"] == "Ada Seer, paediatrician"


@given(planted())
def test_it_stands_where_the_vocabulary_says_that_it_can(
    case: tuple[dict[str, Any], list[str], list[str]],
) -> None:
    """Else two views that are joined could uncover what one of them covers."""
    message = read(case[0], now=NOW)
    held, shown = minimise(message, HOLDS), minimise(message, OPEN)
    del held["view"], shown["view"]
    left = {field: part for field, _, part in sectioned(held)}
    differ = {section for field, section, part in sectioned(shown) if left.get(field) != part}
    assert differ <= STANDS_IN[Withheld.RESTRICTED_ADDRESS]


@given(st.sampled_from([name for name in NAMES if "household" in EXAMPLES[name]]), st.integers(0, 2))
def test_connected_people_keep_their_numbers_to_themselves(name: str, place: int) -> None:
    raw = json.loads(json.dumps(EXAMPLES[name]))
    someone = raw["household"][place % len(raw["household"])]
    someone |= {"nhs_number": "9990000352", "date_of_birth": "1979-03-31", "phone": "07700 900777"}
    message = read(raw, now=NOW)
    view = View("held", frozenset(Section), frozenset({Withheld.CONNECTED_PEOPLE}))
    held, shown = (json.dumps(minimise(message, one)["household"]) for one in (view, OPEN))
    for number in ("9990000352", "1979-03-31", "07700 900777"):
        assert number in shown, "else the test looks for nothing"
        assert number not in held


def test_every_field_of_an_id_a_code_or_a_postcode_is_known_to_lead_to_the_address() -> None:
    """A field that is added tomorrow must be named for what it is, or be added to the table."""
    patterns = {_pattern(name) for name in ("agency", "ods", "postcode")}
    found = {
        name
        for part in _objects(SCHEMAS)
        for name, kind in part.get("properties", {}).items()
        if patterns & {one.get("pattern") for one in _objects(kind)}
    }
    assert found == LEADS_TO_ADDRESS


def _pattern(name: str) -> str:
    for part in _objects(SCHEMAS):
        for one in _objects(part.get("properties", {}).get(name, {})):
            if "pattern" in one:
                return str(one["pattern"])
    raise AssertionError(name)


def _objects(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [*([value] if isinstance(value, dict) else []), *(one for part in inner for one in _objects(part))]
