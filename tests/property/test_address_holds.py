"""A restricted address: whatever leads to it, wherever a message can name it, is gone, and the rest is not."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from protocols.messages import read, schema
from protocols.messages.read import KINDS
from protocols.minimise import LEADS_TO_ADDRESS, minimise
from protocols.vocabulary import Role, Section, View, Withheld
from tests.examples import NAMES, NOW, example

EXAMPLES = {name: example(name) for name in NAMES}
HOLDS = View("held", frozenset(Section), frozenset({Withheld.RESTRICTED_ADDRESS}))
OPEN = View("open", frozenset(Section))
SCHEMAS = [schema(kind, version) for kind, versions in KINDS.items() for version in versions]
WHOLE = [name for name in NAMES if name.startswith(("concern-", "handover-"))]  # these tell it all

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


@st.composite
def planted(draw: st.DrawFn) -> tuple[dict[str, Any], list[str], list[str]]:
    """A message with a restricted address, all that was planted in it, and the roles of its services."""
    raw = json.loads(json.dumps(EXAMPLES[draw(st.sampled_from(WHOLE))]))
    put = Planted()
    some = st.lists(roles, min_size=1, max_size=3)
    adults, others = draw(some), draw(some)
    raw["address"] = {
        "lines": [put.name()],
        "postcode": put.postcode(),
        "restricted": True,
        "restricted_because": "Her brother has threatened her.",
    }
    told = raw.get("adults") or [{"who": "mother"}]
    raw["adults"] = [
        {**told[place % len(told)], "services": [put.service(role)]} for place, role in enumerate(adults)
    ]
    raw["services"] = {
        "gp": {"ods": put.ods(), "name": put.name(), "registered": False},
        "school": {"name": put.name(), "agency": put.agency()},
        "others": [put.service(role) for role in others],
    }
    raw["recording"]["phoned_already"] = [
        {"whom": "Duty", "agency": put.agency(), "when": "2026-04-01T10:00:00Z", "understood": "All of it."}
        for _ in range(draw(st.integers(0, 3)))
    ]
    raw["plan"] = {
        "kind": "child_in_need",
        "lead_professional": {"name": "Ada Lead", "job": "social worker", "agency": put.agency()},
    }
    if raw["kind"] == "handover":
        raw["move"] = {
            "from_postcode": put.postcode(),
            "to_postcode": put.postcode(),
            "moved_on": "2026-04-01",
        }
        raw["open_work"] = [
            {"what": "A visit", "agency": put.agency()} for _ in range(draw(st.integers(1, 3)))
        ]
    return raw, put.all, adults + others


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
    services = [one for adult in seen["adults"] for one in adult["services"]] + seen["services"]["others"]
    assert services == [{"role": role} for role in kept]
    assert seen["view"]["withheld"] == ["restricted_address"]


@given(planted())
def test_people_keep_their_names(case: tuple[dict[str, Any], list[str], list[str]]) -> None:
    message = read(case[0], now=NOW)
    held, shown = minimise(message, HOLDS), minimise(message, OPEN)
    for part in ("children", "household", "practitioner"):
        assert held[part] == shown[part]
    assert held["plan"]["lead_professional"] == {"name": "Ada Lead", "job": "social worker"}


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
