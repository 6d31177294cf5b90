"""An ecomap, drawn to the usual conventions: the child's household in the middle, and round it whoever is involved.

A plain line is work that goes on, a dashed one work that the person does not take up or only in part, a dotted one
what has ended; an arrow points from the service to those with whom it works. Who that is, and how it goes, is said in
words in each circle as well. The circles stand on a ring that grows until none touches another, tall on a narrow page.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from agencies.pictures.svg import INK, PAPER, QUIET, element, key_lines, line, lines_of, picture, text
from agencies.pictures.words import Names, day, listed
from agencies.wire.pictures import Around, Ecomap, Pictured, Tie

WIDTH = 760.0
NARROW = 560.0
EDGE = 12.0
HEAD = 48.0
_DASHES: Mapping[str, str | None] = {"working": None, "weak": "8 6", "ended": "2 5"}
_WEIGHT = {"working": 2.5, "weak": 1.5, "ended": 1.5}


@dataclass(frozen=True, slots=True)
class _Sizes:
    """How large circles and letters are on a page of this width."""

    circle: float
    letters: float
    across: int  # letters in the middle line of a circle
    gap: float


def _sizes(width: float) -> _Sizes:
    return _Sizes(50.0, 9.5, 16, 8.0) if width < NARROW else _Sizes(66.0, 11.5, 18, 12.0)


def ecomap(around: Ecomap, names: Names | None = None, *, width: float = WIDTH) -> str:
    """The picture as SVG. `names` are by ref, put in by whoever opened the copies."""
    return _Drawing(around, names or {}, max(width, 320.0)).drawn()


class _Drawing:
    def __init__(self, around: Ecomap, names: Names, width: float) -> None:
        self.map = around
        self.names = names
        self.width = width
        self.sizes = _sizes(width)
        self.people = {one.ref: one for one in around.people}
        self.home = self._home()
        self.rx, self.ry = self._middle()
        self.ring_x, self.ring_y = self._ring()

    # -- sizes ------------------------------------------------------------------------------------------------

    def _home(self) -> list[str]:
        """The lines in the middle: the child first, then who lives there, each by what they are to the child."""
        living = [one for one in self.map.people if one.ref == self.map.index or one.lives_there == "yes"]
        living.sort(key=lambda one: one.ref != self.map.index)
        return [part for one in living for part in lines_of(self._who(one), most=2, width=self.sizes.across)]

    def _who(self, one: Pictured) -> str:
        return self.names.get(one.ref, one.label)

    def _middle(self) -> tuple[float, float]:
        """An ellipse, a circle if that is enough, round the lines of the household."""
        high = (len(self.home) + 2) * self.sizes.letters * 1.25
        wide = max((len(one) for one in self.home), default=4) * self.sizes.letters * 0.62
        free = self.width / 2 - EDGE - 2 * self.sizes.circle - 22
        rx = min(max(wide / 2 + 16, 44.0), max(free, 44.0))
        return rx, max(rx, high / 2 + 14)

    def _ring(self) -> tuple[float, float]:
        circle = self.sizes.circle
        rx = self.width / 2 - EDGE - circle
        ry = max(self.ry + circle + 56, circle + 80)
        places = self._places(rx, ry)
        while _closest(places) < 2 * circle + self.sizes.gap:
            ry += 8
            places = self._places(rx, ry)
        return rx, ry

    def _places(self, rx: float, ry: float) -> list[tuple[float, float]]:
        return _round(len(self.map.agencies), rx, ry)

    # -- the whole --------------------------------------------------------------------------------------------

    def drawn(self) -> str:
        title = f"Ecomap, {day(self.map.as_of.date())}"
        cx, cy = self.width / 2, HEAD + self.ring_y + self.sizes.circle
        said = key_lines(list(self._key()), width=self.width - 2 * EDGE)
        below = cy + self.ring_y + self.sizes.circle + 24
        places = self._places(self.ring_x, self.ring_y)
        pieces = list(zip(self.map.agencies, places, strict=True))
        inside = [
            text(EDGE, 28, [title], size=18, weight="bold", anchor="start"),
            *(piece for one, (x, y) in pieces for piece in self._ties(one, x, y, cx, cy)),
            *self._household(cx, cy),
            *(piece for one, (x, y) in pieces for piece in self._agency(one, cx + x, cy + y)),
            text(EDGE, below, said, fill=QUIET, anchor="start"),
        ]
        height = below + 14.4 * len(said)
        return picture(inside, width=self.width, height=height, title=title, says=self._says())

    def _household(self, cx: float, cy: float) -> Iterator[str]:
        yield element("ellipse", cx=cx, cy=cy, rx=self.rx, ry=self.ry, fill=PAPER, stroke=INK, stroke_width=2.5,
                      **{"class": "household"})  # fmt: skip
        size = self.sizes.letters
        lines = ["Household", *self.home]
        top = cy - size * 1.25 * (len(lines) - 1) / 2 + size * 0.35
        yield text(cx, top, lines[:1], size=size, weight="bold")
        yield text(cx, top + size * 1.3, lines[1:], size=size)

    def _ties(self, one: Around, x: float, y: float, cx: float, cy: float) -> Iterator[str]:
        """One line a tie, side by side, from the circle to the household, with an arrow at its end."""
        far = math.hypot(x, y)
        ux, uy = x / far, y / far
        reach = 1 / math.hypot(ux / self.rx, uy / self.ry)  # where the ellipse is met
        for number, tie in enumerate(one.ties):
            aside = (number - (len(one.ties) - 1) / 2) * 9
            sx, sy = cx - uy * aside, cy + ux * aside
            start = (sx + ux * (far - self.sizes.circle), sy + uy * (far - self.sizes.circle))
            end = (sx + ux * (reach + 3), sy + uy * (reach + 3))
            yield line([start, end], dashes=_DASHES[tie.line], stroke_width=_WEIGHT[tie.line],
                       **{"class": f"tie {tie.line}"})  # fmt: skip
            yield _arrow(end, (ux, uy))

    def _agency(self, one: Around, x: float, y: float) -> Iterator[str]:
        size, across = self.sizes.letters, self.sizes.across
        facts = [part for said in self._facts(one) for part in lines_of(said, most=2, width=across)][:4]
        name = lines_of(_called(one), most=3 if len(facts) > 2 else 4, width=across - 2)  # noqa: PLR2004 - what fits
        step = size * 1.2
        top = y - step * (len(name) + len(facts) - 1) / 2 + size * 0.35
        words = [text(x, top, name, size=size, weight="bold")]
        if facts:
            words.append(text(x, top + step * len(name), facts, size=size - 1))
        circle = element("circle", cx=x, cy=y, r=self.sizes.circle, fill=PAPER, stroke=INK, stroke_width=2)
        yield element("g", circle, *words, id=one.ref, data_role=one.role)

    # -- in words ---------------------------------------------------------------------------------------------

    def _facts(self, one: Around) -> list[str]:
        """With whom, and how that goes."""
        by: dict[str, list[str]] = {}
        for tie in one.ties:
            by.setdefault(_goes(tie), []).append(self._with(tie))
        told = []
        for goes, whom in by.items():
            people = [one for one in dict.fromkeys(whom) if one]
            told += [f"with {listed(people)}" if people else "", goes]
        return [one for one in told if one]

    def _with(self, tie: Tie) -> str:
        if tie.to is None:
            return f"a {tie.relation.replace('_', ' ')}" if tie.relation else ""
        one = self.people[tie.to]
        return self.names.get(one.ref) or _lowered(one.label)

    def _key(self) -> Iterator[str]:
        lines = {tie.line for one in self.map.agencies for tie in one.ties}
        if "working" in lines:
            yield "Plain line: works with them."
        if "weak" in lines:
            yield "Dashed line: they do not take it up, or only in part."
        if "ended" in lines:
            yield "Dotted line: has ended."
        if not lines:
            yield "Nobody is known to be involved, as far as was shared with you."
        yield "An arrow points to those with whom a service works."

    def _says(self) -> str:
        living = [self._who(one) for one in self.map.people if one.lives_there == "yes"]
        told = [f"In the household: {listed(living)}"] if living else []
        for one in self.map.agencies:
            each = [self._tie_said(tie) for tie in one.ties]
            told.append(f"{_called(one)}: {'; '.join(each)}")
        return ". ".join(told) + "." if told else "Nobody is known to be involved."

    def _tie_said(self, tie: Tie) -> str:
        whom = self._with(tie)
        since = f"since {day(tie.since)}" if tie.since else ""
        return ", ".join(
            part for part in (f"with {whom}" if whom else "with the family", since, _goes(tie)) if part
        )


def _goes(tie: Tie) -> str:
    if tie.until is not None:
        return f"ended {day(tie.until)}"
    return {"no": "not taken up", "partly": "taken up in part"}.get(tie.engages or "", "")


_ROLES = {
    "mash": "MASH",
    "gp_practice": "GP practice",
    "childrens_social_care": "Children's social care",
    "health_visiting": "Health visiting",
}


def _called(one: Around) -> str:
    return one.name or one.agency or _ROLES.get(one.role, one.role.replace("_", " ").capitalize())


def _lowered(label: str) -> str:
    return label[:1].lower() + label[1:]


def _round(count: int, rx: float, ry: float) -> list[tuple[float, float]]:
    """So many places on an ellipse, equally far along it, the first at the top."""
    if not count:
        return []
    steps = 720
    points = [
        (rx * math.sin(2 * math.pi * step / steps), -ry * math.cos(2 * math.pi * step / steps))
        for step in range(steps + 1)
    ]
    along = [0.0]
    for (ax, ay), (bx, by) in pairwise(points):
        along.append(along[-1] + math.hypot(bx - ax, by - ay))
    found, at = [], 0
    for number in range(count):
        wanted = along[-1] * number / count
        while along[at] < wanted:
            at += 1
        found.append(points[at])
    return found


def _closest(places: Sequence[tuple[float, float]]) -> float:
    return min(
        (math.dist(one, other) for number, one in enumerate(places) for other in places[:number]),
        default=math.inf,
    )


def _arrow(tip: tuple[float, float], way: tuple[float, float]) -> str:
    """A head at `tip`, for a line that comes from the direction of `way`."""
    (x, y), (ux, uy) = tip, way
    points = [
        (x, y),
        (x + ux * 10 - uy * 4.5, y + uy * 10 + ux * 4.5),
        (x + ux * 10 + uy * 4.5, y + uy * 10 - ux * 4.5),
    ]
    return element("polygon", points=" ".join(f"{a:.1f},{b:.1f}" for a, b in points), fill=INK)
