"""The pictures: their symbols, lines and words by the usual conventions, and that nobody stands upon another."""

import math
import re
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID
from xml.dom import minidom

import pytest

from agencies.pictures import ecomap, genogram, named
from agencies.pictures.layout import CELL, laid_out
from agencies.wire.pictures import Around, Couple, Descent, Ecomap, Genogram, Pictured, Tie, ToldIn

AT = datetime(2026, 4, 15, 12, tzinfo=UTC)
CHILD = UUID("11111111-1111-4111-8111-111111111111")
MESSAGE, OLDER = UUID(int=2), UUID(int=1)


def person(ref: str, label: str, relation: str, lives: str = "yes", **more: Any) -> Pictured:  # noqa: ANN401 - fields
    more.setdefault("sex", {"mother": "female", "father": "male"}.get(relation))
    told = more.pop("told", (ToldIn(message=MESSAGE, place=f"household.{ref[1:]}"),))
    return Pictured(ref=ref, label=label, relation=relation, lives_there=lives, told=told, **more)


ONE = Genogram(
    child=CHILD,
    as_of=AT,
    index="p1",
    people=(person("p1", "The child", "child", sex="female", age="8 months"),),
    couples=(),
    descents=(),
)
TWO_FATHERS = Genogram(
    child=CHILD,
    as_of=AT,
    index="p3",
    people=(
        person("p1", "Older half-sibling A", "half_sibling", sex="male", age="11"),
        person("p2", "Older half-sibling B", "half_sibling", sex="female", age="6"),
        person("p3", "The child", "child", sex="male", age="8 months"),
        person("p4", "Mother", "mother", age="32"),
        person("p5", "Father of a sibling", "father", "no", left_on=date(2022, 6, 30)),
        person("p6", "Father", "father", nameless=True),
        person("p7", "Grandparent", "grandparent", "sometimes"),
    ),
    couples=(Couple(a="p4", b="p5", how="apart"), Couple(a="p4", b="p6", how="together")),
    descents=(
        Descent(child="p1", parents=("p4", "p5")),
        Descent(child="p2", parents=("p4", "p5")),
        Descent(child="p3", parents=("p4", "p6")),
    ),
)
SIX = Genogram(
    child=CHILD,
    as_of=AT,
    index="p4",
    people=(
        *(
            person(f"p{n}", f"Older sibling {'ABC'[n - 1]}", "sibling", "no" if n == 2 else "yes")
            for n in (1, 2, 3)
        ),
        person("p4", "The child", "child", sex="female", age="7"),
        person("p5", "Younger sibling D", "sibling", age="under a month"),
        person("p6", "Unborn sibling", "sibling", unborn=True),
        person("p7", "Sibling G", "sibling", "not_known"),
        person("p8", "Mother", "mother"),
        person("p9", "Father A", "father", "no", died_on=date(2020, 1, 3)),
        person("p10", "Father B", "father", "sometimes"),
        person("p11", "Father C", "father", "no"),
        person("p12", "Grandparent A", "grandparent"),
        person("p13", "Grandparent B", "grandparent", "no"),
        person("p14", "Foster carer", "foster_carer", "no"),
    ),
    couples=(),
    descents=(
        *(Descent(child=f"p{n}", parents=("p8", "p9")) for n in (1, 2, 3)),
        *(Descent(child=f"p{n}", parents=("p8", "p10")) for n in (4, 5)),
        Descent(child="p6", parents=("p11", "p8")),
        Descent(child="p7", parents=("p8",)),
    ),
)


def drawn(svg: str) -> minidom.Document:
    return minidom.parseString(svg)  # noqa: S318 - our own picture


def group(document: minidom.Document, ref: str) -> minidom.Element:
    (found,) = [one for one in document.getElementsByTagName("g") if one.getAttribute("id") == ref]
    return found


def words(element: minidom.Element) -> str:
    spans: Any = element.getElementsByTagName("tspan")
    return " ".join(span.firstChild.data for span in spans if span.firstChild is not None)


def shapes(element: minidom.Element) -> list[str]:
    return [one.tagName for one in element.childNodes if one.nodeName != "text"]  # type: ignore[union-attr]


def of_class(document: minidom.Document, name: str) -> list[minidom.Element]:
    return [
        one
        for one in document.getElementsByTagName("polyline")
        if name in one.getAttribute("class").split(" ")
    ]


# -- genogram -----------------------------------------------------------------------------------------------


def test_each_symbol_is_what_it_means() -> None:
    document = drawn(genogram(TWO_FATHERS))
    assert shapes(group(document, "p1")) == ["rect"], "a square is male"
    assert shapes(group(document, "p2")) == ["circle"], "a circle is female"
    assert shapes(group(document, "p3")) == ["rect", "rect"], "the child is drawn double"
    assert shapes(group(document, "p4")) == ["circle"], "a mother"
    assert shapes(group(document, "p7")) == ["polygon"], "a diamond is not told"
    assert "?" in words(group(document, "p6")), "nobody could say who this is"
    assert words(group(document, "p1")).startswith("11 ")
    assert "8m" in words(group(document, "p3"))
    assert "left 30 June" in words(group(document, "p5"))
    assert "sometimes" in words(group(document, "p7"))


def test_a_triangle_is_unborn_and_a_cross_has_died() -> None:
    document = drawn(genogram(SIX))
    (triangle,) = [one for one in group(document, "p6").childNodes if one.nodeName == "polygon"]
    assert len(triangle.getAttribute("points").split()) == 3  # type: ignore[union-attr]
    assert shapes(group(document, "p9")) == ["rect", "polyline", "polyline"]
    assert "died 3 January" in words(group(document, "p9"))


def test_couples_and_children_hang_together() -> None:
    document = drawn(genogram(TWO_FATHERS))
    assert len(of_class(document, "couple")) == 2
    assert len(of_class(document, "apart")) == 2, "two strokes through one of the two lines"
    layout = laid_out(TWO_FATHERS)
    assert layout.x["p5"] < layout.x["p4"] < layout.x["p6"], "the mother of both stands between the fathers"
    assert layout.x["p1"] < layout.x["p2"] < layout.x["p3"], "in the order of their birth"
    assert layout.x["p5"] < layout.x["p1"]
    assert layout.x["p2"] < layout.x["p4"]
    assert layout.x["p4"] < layout.x["p3"] < layout.x["p6"]


@pytest.mark.parametrize("family", [ONE, TWO_FATHERS, SIX], ids=["one", "two fathers", "six"])
def test_nobody_stands_upon_another(family: Genogram) -> None:
    layout = laid_out(family)
    assert set(layout.x) == {one.ref for one in family.people}
    places = sorted((layout.row[ref], x) for ref, x in layout.x.items())
    for (row, x), (next_row, next_x) in pairwise(places):
        assert row != next_row or next_x - x >= CELL - 0.01
    svg = genogram(family)
    width = float(re.search(r'width="([\d.]+)"', svg)[1])  # type: ignore[index]
    for one in drawn(svg).getElementsByTagName("tspan"):
        assert 0 < float(one.getAttribute("x")) < width


def test_a_line_of_a_couple_lies_on_no_other() -> None:
    layout = laid_out(SIX)
    spans = [(sorted((layout.x[a], layout.x[b])), depth) for (a, b), depth in layout.bars.items()]
    for number, ((first, last), depth) in enumerate(spans):
        for (start, end), other in spans[:number]:
            assert depth != other or last <= start or end <= first


def inside(points: list[tuple[float, float]], x: float, y: float) -> bool:
    """Whether a point lies within a polygon, by counting the edges to its right."""
    crossings = 0
    for (ax, ay), (bx, by) in zip(points, [*points[1:], points[0]], strict=True):
        if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
            crossings += 1
    return crossings % 2 == 1


@pytest.mark.parametrize("family", [ONE, TWO_FATHERS, SIX], ids=["one", "two fathers", "six"])
def test_the_dashed_line_goes_round_those_who_live_there_and_nobody_else(family: Genogram) -> None:
    document = drawn(genogram(family))
    (outline,) = of_class(document, "household")
    assert outline.getAttribute("stroke-dasharray")
    points = [
        (float(x), float(y)) for x, y in (one.split(",") for one in outline.getAttribute("points").split())
    ]
    for one in family.people:
        symbol = group(document, one.ref).firstChild
        assert isinstance(symbol, minidom.Element)
        assert inside(points, *middle(symbol)) is (one.lives_there == "yes"), one.label


def middle(symbol: minidom.Element) -> tuple[float, float]:
    if symbol.tagName == "circle":
        return float(symbol.getAttribute("cx")), float(symbol.getAttribute("cy"))
    if symbol.tagName == "rect":
        size = float(symbol.getAttribute("width")) / 2
        return float(symbol.getAttribute("x")) + size, float(symbol.getAttribute("y")) + size
    corners = [tuple(map(float, one.split(","))) for one in symbol.getAttribute("points").split()]
    return sum(x for x, _ in corners) / len(corners), sum(y for _, y in corners) / len(corners)


def test_it_is_said_in_words_too() -> None:
    document = drawn(genogram(TWO_FATHERS))
    (says,) = document.getElementsByTagName("desc")
    told = str(says.firstChild.data)  # type: ignore[union-attr]
    assert "Mother, aged 32, lives there" in told
    assert "Apart from Father of a sibling" in told
    assert "Child of Mother and Father." in told
    assert "left 30 June 2022" in told


# -- ecomap -------------------------------------------------------------------------------------------------

NAMES = (
    "Sandwell Multi-Agency Safeguarding Hub",
    "Sandwell Early Help",
    "Sandwell 0-19 Service",
    "Smethwick Example Surgery",
    "Cape Example Primary School",
    "Sandwell Substance Misuse Service",
    "Sandwell probation delivery unit",
    "Sandwell Children's Social Care",
    "Sandwell Midwifery",
    "Sandwell and West Birmingham Hospital",
    "West Midlands Police, Sandwell",
    "Adult Social Care",
)
TOLD = (ToldIn(message=MESSAGE, place="involvement.0"),)
TIES = (
    Tie(to="p4", engages="yes", told=TOLD),
    Tie(to="p4", engages="no", told=TOLD),
    Tie(to="p6", engages="yes", until=date(2026, 4, 7), told=TOLD),
    Tie(told=TOLD),
)


def around(count: int) -> Ecomap:
    return Ecomap(
        child=CHILD,
        as_of=AT,
        index="p3",
        people=TWO_FATHERS.people,
        agencies=tuple(
            Around(ref=f"a{n}", role="mash", agency=f"agency-{n}", name=NAMES[n], ties=(TIES[n % 4],))
            for n in range(count)
        ),
    )


@pytest.mark.parametrize("count", [0, 1, 2, 5, 12])
@pytest.mark.parametrize("width", [320, 360, 760, 1400])
def test_circles_touch_neither_each_other_nor_the_household_nor_the_edge(count: int, width: int) -> None:
    document = drawn(ecomap(around(count), width=width))
    (root,) = document.getElementsByTagName("svg")
    high, wide = float(root.getAttribute("height")), float(root.getAttribute("width"))
    (home,) = document.getElementsByTagName("ellipse")
    hx, hy, rx, ry = (float(home.getAttribute(name)) for name in ("cx", "cy", "rx", "ry"))
    circles = [
        tuple(float(one.getAttribute(name)) for name in ("cx", "cy", "r"))
        for one in document.getElementsByTagName("circle")
    ]
    assert len(circles) == count
    for number, (x, y, r) in enumerate(circles):
        assert r <= x <= wide - r
        assert r <= y <= high - r
        for ox, oy, other in circles[:number]:
            assert math.dist((x, y), (ox, oy)) > r + other
        for step in range(72):  # its edge lies outside the household
            ex, ey = x + r * math.cos(step * math.pi / 36), y + r * math.sin(step * math.pi / 36)
            assert ((ex - hx) / rx) ** 2 + ((ey - hy) / ry) ** 2 > 1


def test_lines_say_what_goes_on_and_words_say_it_too() -> None:
    document = drawn(ecomap(around(4)))
    lines = {name: of_class(document, name) for name in ("working", "weak", "ended")}
    assert {name: len(found) for name, found in lines.items()} == {"working": 2, "weak": 1, "ended": 1}
    assert not lines["working"][0].hasAttribute("stroke-dasharray")
    assert lines["weak"][0].getAttribute("stroke-dasharray") != lines["ended"][0].getAttribute(
        "stroke-dasharray"
    )
    assert words(group(document, "a0")) == "Sandwell Multi- Agency Safeguarding Hub with mother"
    assert words(group(document, "a1")) == "Sandwell Early Help with mother not taken up"
    assert "ended 7 April" in words(group(document, "a2"))
    assert "with" not in words(group(document, "a3")).split()
    (says,) = document.getElementsByTagName("desc")
    told = str(says.firstChild.data)  # type: ignore[union-attr]
    assert "In the household: " in told
    assert "Sandwell Early Help: with mother, not taken up" in told
    assert "Smethwick Example Surgery: with the family" in told


def test_one_agency_that_works_with_several_has_a_line_to_each() -> None:
    one = Around(ref="a1", role="early_help", agency="x", name="Early Help", ties=TIES[:3])
    document = drawn(ecomap(around(0).model_copy(update={"agencies": (one,)})))
    assert len(of_class(document, "tie")) == 3


def test_a_service_that_is_not_named_is_called_by_what_it_is_for() -> None:
    one = Around(ref="a1", role="gp_practice", ties=TIES[3:])
    document = drawn(ecomap(around(0).model_copy(update={"agencies": (one,)})))
    assert words(group(document, "a1")) == "GP practice"


# -- names --------------------------------------------------------------------------------------------------


def opened(message: UUID, name: str) -> dict[str, Any]:
    return {
        "message_id": str(message),
        "message": {"household": [{}, {"name": name}], "children": [{"known_as": "Al"}]},
    }


def test_names_come_from_the_copies_that_were_opened_the_newest_first() -> None:
    places = tuple(ToldIn(message=message, place="household.1") for message in (OLDER, MESSAGE))
    mother = person("p1", "Mother", "mother", told=places)
    family = ONE.model_copy(update={"people": (mother,)})
    both = [opened(OLDER, "Leanne Marsh"), opened(MESSAGE, "Leanne Corbett")]
    assert named(family, both) == {"p1": "Leanne Corbett"}
    assert named(family, both[:1]) == {"p1": "Leanne Marsh"}
    assert named(family, []) == {}


@pytest.mark.parametrize(
    "place", ["household.0", "household.7", "household.x", "children.0", "nowhere.0", "household"]
)
def test_what_is_not_there_has_no_name(place: str) -> None:
    someone = person("p1", "Mother", "mother", told=(ToldIn(message=MESSAGE, place=place),))
    assert named(ONE.model_copy(update={"people": (someone,)}), [opened(MESSAGE, "Leanne Corbett")]) == {}


def test_a_name_stands_above_what_they_are_to_the_child() -> None:
    svg = genogram(TWO_FATHERS, {"p4": 'Leanne <"&> Corbett'})
    assert words(group(drawn(svg), "p4")).endswith('Leanne <"&> Corbett Mother')
    assert "<script" not in genogram(TWO_FATHERS, {"p4": "<script>alert(1)</script>"})
    assert "Leanne" in ecomap(around(2), {"p4": "Leanne"})
