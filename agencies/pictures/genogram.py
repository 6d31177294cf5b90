"""A genogram, drawn to the usual conventions.

A square is male, a circle female, a diamond either or not told, a triangle a child not yet born; a question mark
stands for whoever nobody could name. A line under two people joins a couple, two strokes through it say that they are
apart. Children hang from it in the order of their birth, the child whose picture it is drawn double. A cross
stands for whoever has died. The dashed line goes round those who live in the child's household.
"""

from collections.abc import Iterator, Mapping, Sequence

from agencies.pictures.layout import CELL, CHILDREN, GRANDPARENTS, PARENTS, Edge, Group, Layout, laid_out
from agencies.pictures.svg import INK, QUIET, element, key_lines, line, lines_of, picture, text
from agencies.pictures.told import key, told
from agencies.pictures.words import Names, day, facts_of, short_age, title_of
from agencies.wire.pictures import Genogram, Pictured

R = 22.0  # half of a symbol
SIZE = 12.0
LETTERS = 17  # in a line under a symbol
EDGE = 20.0
BAR = 14.0  # between the lines of two couples


def genogram(family: Genogram, names: Names | None = None) -> str:
    """The picture as SVG. `names` are by ref, put in by whoever opened the copies."""
    return _Drawing(family, names or {}).drawn()


class _Drawing:
    def __init__(self, family: Genogram, names: Names) -> None:
        self.family = family
        self.names = names
        self.people = {one.ref: one for one in family.people}
        self.layout: Layout = laid_out(family)
        self.words = {one.ref: _words(one, names) for one in family.people}
        self.rows = self._rows()
        self.shift = EDGE

    # -- where the generations stand --------------------------------------------------------------------------

    def _height(self, row: int) -> float:
        """Of the words at the symbols of a generation."""
        return max((len(self.words[ref]) for ref in self._in(row)), default=0) * SIZE * 1.2

    def _in(self, row: int) -> list[str]:
        return [ref for ref, found in self.layout.row.items() if found == row]

    def _rows(self) -> dict[int, float]:
        """The middle of the symbols of each generation. Words stand above those of adults, as lines hang below."""
        y = 54.0
        rows = {}
        for row in (GRANDPARENTS, PARENTS):
            if self._in(row):
                y += self._height(row) + 12 + R
                rows[row] = y
                y += R + 18
        y += (8 + BAR * self.layout.depth + 26) if self.layout.groups or self.layout.bars else 10
        rows[CHILDREN] = y + R
        return rows

    def _x(self, ref: str) -> float:
        return self.layout.x[ref] + self.shift

    def _y(self, ref: str) -> float:
        return self.rows[self.layout.row[ref]]

    # -- the whole ------------------------------------------------------------------------------------------------

    def drawn(self) -> str:
        right = max(self.layout.x.values()) + CELL / 2 + 2 * EDGE
        title = f"Genogram, {day(self.family.as_of.date())}"
        below = self.rows[CHILDREN] + R + 8 + self._height(CHILDREN) + 20
        width = max(right, 340.0)
        said = key_lines(list(key(self.family, self.layout.tied)), width=width - 2 * EDGE)
        inside = [
            text(EDGE, 28, [title], size=18, weight="bold", anchor="start"),
            *self._household(),
            *self._lines(),
            *(piece for one in self.family.people for piece in self._person(one)),
            text(EDGE, below + 14, said, fill=QUIET, anchor="start"),
        ]
        height = below + 14 + SIZE * 1.2 * len(said) + 4
        return picture(inside, width=width, height=height, title=title, says=told(self.family, self.names))

    # -- people ---------------------------------------------------------------------------------------------------

    def _person(self, one: Pictured) -> Iterator[str]:
        x, y = self._x(one.ref), self._y(one.ref)
        symbol = [_shape(one, x, y, R)]
        if one.ref == self.family.index:
            symbol.append(_shape(one, x, y, R - 5))
        inside = "?" if one.nameless else short_age(one.age)
        if inside:
            low = 8 if one.unborn else 5
            symbol.append(text(x, y + low, [inside], size=14, weight="bold"))
        if one.died_on is not None:
            symbol += [
                line([(x - R, y - R), (x + R, y + R)]),
                line([(x - R, y + R), (x + R, y - R)]),
            ]
        words = self.words[one.ref]
        top = y + R + 8 + SIZE
        if self.layout.row[one.ref] != CHILDREN:
            top = y - R - 8 - SIZE * 1.2 * (len(words) - 1)
        yield element("g", *symbol, text(x, top, words), id=one.ref, data_relation=one.relation)

    # -- couples and children -------------------------------------------------------------------------------------

    def _bar(self, edge: Edge) -> float:
        return self.rows[PARENTS] + R + 10 + BAR * self.layout.bars[edge]

    def _lines(self) -> Iterator[str]:
        how = {tuple(sorted((one.a, one.b))): one.how for one in self.family.couples}
        for a, b in self.layout.bars:
            y, bottom = self._bar((a, b)), self.rows[PARENTS] + R
            yield line(
                [(self._x(a), bottom), (self._x(a), y), (self._x(b), y), (self._x(b), bottom)],
                **{"class": "couple"},
            )
            if how.get((a, b)) == "apart":
                yield from self._apart(a, b, y)
        for parents, group in self.layout.groups:
            yield from self._children(parents, group)

    def _apart(self, a: str, b: str, y: float) -> Iterator[str]:
        near = max(self._x(a), self._x(b)) - 32 if self._x(a) != self._x(b) else self._x(a)
        for x in (near, near + 7):
            yield line([(x - 4, y + 7), (x + 4, y - 7)], **{"class": "apart"})

    def _children(self, parents: Edge | str, group: Group) -> Iterator[str]:
        start = self.rows[PARENTS] + R if isinstance(parents, str) else self._bar(parents)
        x, top = group.x + self.shift, self.rows[CHILDREN] - R
        bar = top - 16
        places = [self._x(child) for child in group.children]
        yield line([(x, start), (x, bar)], **{"class": "descent"})
        if len(places) > 1:
            yield line([(places[0], bar), (places[-1], bar)], **{"class": "descent"})
        for place in places:
            yield line([(place, bar), (place, top)], **{"class": "descent"})

    # -- who lives there ------------------------------------------------------------------------------------------

    def _household(self) -> Iterator[str]:
        inside = {one.ref for one in self.family.people if one.lives_there == "yes"}
        if not inside:
            return
        above = self._spans(PARENTS, inside)
        below = self._spans(CHILDREN, inside)
        top = self.rows.get(PARENTS, self.rows[CHILDREN] - R - 40) + R + 4
        bottom = self.rows[CHILDREN] - R - 6
        tops = [(first, last, self.rows[PARENTS] - R - 12 - self._height(PARENTS)) for first, last in above]
        tops += [
            (first, last, self.rows[GRANDPARENTS] - R - 12 - self._height(GRANDPARENTS))
            for first, last in self._spans(GRANDPARENTS, inside)
        ]
        bottoms = [
            (first, last, self.rows[CHILDREN] + R + 14 + self._height(CHILDREN)) for first, last in below
        ]
        yield line(_outline(sorted(tops), sorted(bottoms), top, bottom), dashes="7 5", stroke=QUIET,
                   stroke_linejoin="round", **{"class": "household"})  # fmt: skip

    def _spans(self, row: int, inside: set[str]) -> list[tuple[float, float]]:
        """From where to where those of a generation who live there stand, without anybody between who does not."""
        spans: list[tuple[float, float]] = []
        open_ = False
        for ref in sorted(self._in(row), key=self._x):
            x = self._x(ref)
            if ref not in inside:
                open_ = False
            elif open_:
                spans[-1] = (spans[-1][0], x + CELL / 2 - 3)
            else:
                spans.append((x - CELL / 2 + 3, x + CELL / 2 - 3))
                open_ = True
        return spans


def _words(one: Pictured, names: Names) -> list[str]:
    most = [2, 2] if one.ref in names else [3]
    titles = title_of(one, names)
    said = [*zip(titles, most, strict=True), *((fact, 2) for fact in facts_of(one))]
    return [part for words, lines in said for part in lines_of(words, most=lines, width=LETTERS)]


def _shape(one: Pictured, x: float, y: float, r: float) -> str:
    drawn: Mapping[str, str | float] = {"fill": "#ffffff", "stroke": INK, "stroke_width": 2}
    if one.unborn:
        return _polygon([(x, y - r), (x + r, y + r * 0.8), (x - r, y + r * 0.8)], drawn)
    if one.sex == "male":
        return element("rect", x=x - r, y=y - r, width=2 * r, height=2 * r, **drawn)
    if one.sex == "female":
        return element("circle", cx=x, cy=y, r=r, **drawn)
    return _polygon([(x, y - r), (x + r, y), (x, y + r), (x - r, y)], drawn)


def _polygon(points: Sequence[tuple[float, float]], drawn: Mapping[str, str | float]) -> str:
    return element("polygon", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points), **drawn)


Span = tuple[float, float, float]


def _outline(
    tops: Sequence[Span], bottoms: Sequence[Span], top: float, bottom: float
) -> list[tuple[float, float]]:
    """Once round the household: along the top, up round each who stands there, and back along the bottom."""
    left = min(first for first, _, _ in (*tops, *bottoms))
    right = max(last for _, last, _ in (*tops, *bottoms))
    points = [(left, top)]
    for first, last, y in tops:
        points += [(first, top), (first, y), (last, y), (last, top)]
    points += [(right, top), (right, bottom)]
    for first, last, y in reversed(bottoms):
        points += [(last, bottom), (last, y), (first, y), (first, bottom)]
    return [*points, (left, bottom), (left, top)]
