"""Worked examples of the pictures. The family is invented."""

from typing import Any

CHILD = "6f0b7a52-4a7c-4a53-9a0e-2f1d3c4b5a69"
MESSAGE = "0197f3a2-5c00-7c1e-9d35-4f7a10b2c3d4"
SHARE = "0197f3a2-6d10-7b2f-8e46-5a8b21c3d4e5"
AT = "2026-07-03T09:30:00Z"


def _told(place: str) -> list[dict[str, str]]:
    return [{"message": MESSAGE, "share": SHARE, "place": place}]


def _person(ref: str, label: str, relation: str, place: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - fields
    return {
        "ref": ref,
        "label": label,
        "relation": relation,
        "sex": None,
        "age": None,
        "unborn": False,
        "lives_there": "yes",
        "since": None,
        "left_on": None,
        "died_on": None,
        "nameless": False,
        "told": _told(place),
        **more,
    }


PEOPLE = [
    _person("p1", "The child", "child", "children.0", sex="male", age="8 months"),
    _person("p2", "Mother", "mother", "household.0", sex="female", age="32"),
    _person("p3", "Father", "father", "household.1", sex="male", lives_there="no", left_on="2026-02-01"),
]
GENOGRAM = {
    "child": CHILD,
    "as_of": AT,
    "index": "p1",
    "people": PEOPLE,
    "couples": [{"a": "p2", "b": "p3", "how": "apart"}],
    "descents": [{"child": "p1", "parents": ["p2", "p3"]}],
}
TIE = {
    "to": "p2",
    "relation": None,
    "since": "2026-02-02",
    "until": None,
    "engages": "yes",
    "told": _told("involvement.0"),
}
ECOMAP = {
    "child": CHILD,
    "as_of": AT,
    "index": "p1",
    "people": PEOPLE[:2],
    "agencies": [
        {
            "ref": "a1",
            "role": "early_help",
            "agency": "sandwell-early-help",
            "name": "Sandwell Early Help",
            "ties": [TIE],
        }
    ],
}
SVG = '<svg xmlns="http://www.w3.org/2000/svg" role="img">…</svg>'
