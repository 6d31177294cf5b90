"""Where everybody stands in a genogram: three generations, parents above their children, nobody upon another.

The generation of the parents decides. Couples stand side by side, and whoever has children with several people stands
between them. The children of a couple hang from its line, in the slot beside the one of the two who stands further out;
a slot is made as wide as the children who hang there. Whoever is tied to nobody stands at the right.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from agencies.wire.pictures import Genogram, Pictured

CELL = 116.0  # the width that one person and the words under them take

GRANDPARENTS, PARENTS, CHILDREN = 0, 1, 2
_ROW = {"grandparent": GRANDPARENTS, "child": CHILDREN, "sibling": CHILDREN, "half_sibling": CHILDREN}
_ROW |= {"other_child": CHILDREN}

Edge = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Group:
    """Children who hang from the same place."""

    children: tuple[str, ...]
    x: float


@dataclass(slots=True)
class Layout:
    x: dict[str, float] = field(default_factory=dict)
    row: dict[str, int] = field(default_factory=dict)
    bars: dict[Edge, int] = field(default_factory=dict)  # how deep the line of a couple hangs, from 0
    groups: list[tuple[Edge | str, Group]] = field(default_factory=list)  # by the couple, or the one parent

    @property
    def tied(self) -> set[str]:
        """Whom a line joins to somebody."""
        tied = {ref for edge in self.bars for ref in edge}
        hung = {ref for key, group in self.groups for ref in (key, *group.children)}
        return tied | {ref for ref in hung if isinstance(ref, str)}

    @property
    def depth(self) -> int:
        return 1 + max(self.bars.values(), default=0)


def row_of(person: Pictured) -> int:
    return _ROW.get(person.relation, PARENTS)


def laid_out(family: Genogram) -> Layout:
    made = Layout(row={one.ref: row_of(one) for one in family.people})
    hanging = _hanging(family, made.row)
    edges = _edges(family, hanging, made.row)
    right = 0.0
    for component in _components(edges, hanging, family):
        right = _place(component, edges, hanging, made, right)
    made.bars = _levels(edges, made.x)
    _loose(family, made)
    return made


def _hanging(family: Genogram, row: Mapping[str, int]) -> dict[Edge | str, list[str]]:
    """The children of each couple and of each parent alone, in the order of the picture."""
    parents = {
        one.child: tuple(sorted(p for p in one.parents if row[p] == PARENTS)) for one in family.descents
    }
    found: dict[Edge | str, list[str]] = defaultdict(list)
    for person in family.people:
        theirs = parents.get(person.ref, ())
        if len(theirs) == 2:  # noqa: PLR2004 - a couple
            found[theirs[0], theirs[1]].append(person.ref)
        elif len(theirs) == 1:
            found[theirs[0]].append(person.ref)
    return found


def _edges(family: Genogram, hanging: Iterable[Edge | str], row: Mapping[str, int]) -> list[Edge]:
    told = [tuple(sorted((one.a, one.b))) for one in family.couples if row[one.a] == row[one.b] == PARENTS]
    having = [one for one in hanging if not isinstance(one, str)]
    return list(dict.fromkeys([*having, *((a, b) for a, b in told)]))


def _components(
    edges: Sequence[Edge], hanging: Mapping[Edge | str, list[str]], family: Genogram
) -> list[list[str]]:
    """Everybody who is tied to somebody, each such circle from left to right."""
    beside: dict[str, list[str]] = defaultdict(list)
    for a, b in edges:
        beside[a].append(b)
        beside[b].append(a)
    tied = {*beside, *(one for one in hanging if isinstance(one, str))}
    female = {one.ref for one in family.people if one.sex == "female"}
    places = {one.ref: place for place, one in enumerate(family.people)}

    def eldest(one: str, other: str) -> tuple[int, int]:
        children = hanging.get((min(one, other), max(one, other)), [])
        return (min((places[child] for child in children), default=len(places)), places[other])

    found, left = [], [one.ref for one in family.people if one.ref in tied]
    while left:
        circle = _reached(left[0], beside)
        hub = min(circle, key=lambda one: (-len(beside[one]), one not in female, places[one]))
        found.append(_arranged(hub, beside, eldest))
        left = [one for one in left if one not in circle]
    return found


def _reached(start: str, beside: Mapping[str, list[str]]) -> set[str]:
    found, ahead = {start}, [start]
    while ahead:
        for other in beside.get(ahead.pop(), ()):
            if other not in found:
                found.add(other)
                ahead.append(other)
    return found


def _arranged(
    hub: str, beside: Mapping[str, list[str]], eldest: Callable[[str, str], tuple[int, int]]
) -> list[str]:
    """The hub in the middle, those beside it on either hand in turn, and whoever is beside those further out."""
    seen = {hub}
    sides: tuple[list[str], list[str]] = ([], [])

    def walk(one: str, side: list[str]) -> None:
        seen.add(one)
        side.append(one)
        for other in beside[one]:
            if other not in seen:
                walk(other, side)

    near = sorted(beside.get(hub, ()), key=lambda one: eldest(hub, one))
    for number, one in enumerate(near):
        if one not in seen:
            walk(one, sides[number % 2])
    return [*reversed(sides[0]), hub, *sides[1]]


def _place(
    order: Sequence[str],
    edges: Sequence[Edge],
    hanging: Mapping[Edge | str, list[str]],
    made: Layout,
    left: float,
) -> float:
    """Places one circle and its children from `left` on; answers where it ends."""
    at = {one: place for place, one in enumerate(order)}
    middle = at[max(order, key=lambda one: sum(one in edge for edge in edges))]
    slots: dict[int, list[tuple[Edge, list[str]]]] = defaultdict(list)
    for (a, b), children in ((key, found) for key, found in hanging.items() if not isinstance(key, str)):
        if a in at:
            first, last = sorted((at[a], at[b]))
            slots[first if first < middle else last - 1].append(((a, b), children))
    alone = [CELL * len(hanging.get(one, ())) for one in order]
    x = left + max(CELL, alone[0]) / 2
    for place, one in enumerate(order):
        made.x[one] = x
        if one in hanging:
            made.groups.append((one, _hung(hanging[one], x, made)))
        slot = sum(CELL * len(children) for _, children in slots[place])
        after = alone[place + 1] if place + 1 < len(order) else 0.0
        step = max(CELL, alone[place] / 2 + slot + after / 2)
        start = x + alone[place] / 2 + (step - alone[place] / 2 - after / 2 - slot) / 2
        for edge, children in slots[place]:
            width = CELL * len(children)
            made.groups.append((edge, _hung(children, start + width / 2, made)))
            start += width
        x += step
    return made.x[order[-1]] + max(CELL, alone[-1]) / 2


def _hung(children: Sequence[str], x: float, made: Layout) -> Group:
    start = x - CELL * (len(children) - 1) / 2
    for number, child in enumerate(children):
        made.x[child] = start + CELL * number
    return Group(tuple(children), x)


def _levels(edges: Sequence[Edge], x: Mapping[str, float]) -> dict[Edge, int]:
    """The lines of couples that would lie on each other hang at different depths, the shortest highest."""
    spans = sorted((abs(x[a] - x[b]), min(x[a], x[b]), (a, b)) for a, b in edges)
    levels: dict[Edge, int] = {}
    ends: list[tuple[float, float, int]] = []
    for width, start, edge in spans:
        over = [depth for first, last, depth in ends if first < start + width and start < last]
        levels[edge] = 1 + max(over, default=-1)
        ends.append((start, start + width, levels[edge]))
    return levels


def _loose(family: Genogram, made: Layout) -> None:
    """Whoever is tied to nobody: at the right of their generation. Grandparents who live there begin at the left, in
    columns of their own, so that the line round the household can reach up to them.
    """
    living = [
        one.ref for one in family.people if made.row[one.ref] == GRANDPARENTS and one.lives_there == "yes"
    ]
    shift = CELL * len(living) - (min(made.x.values(), default=CELL / 2) - CELL / 2)
    made.x = {ref: x + shift for ref, x in made.x.items()}
    made.groups = [(key, Group(group.children, group.x + shift)) for key, group in made.groups]
    ends = {row: CELL * len(living) for row in (PARENTS, CHILDREN)} | {GRANDPARENTS: 0.0}
    for ref, x in made.x.items():
        ends[made.row[ref]] = max(ends[made.row[ref]], x + CELL / 2)
    away = [one.ref for one in family.people if one.ref not in made.x and one.ref not in living]
    for ref in [*living, *away]:
        made.x[ref] = ends[made.row[ref]] + CELL / 2
        ends[made.row[ref]] += CELL
