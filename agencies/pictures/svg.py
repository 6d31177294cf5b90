"""SVG, written by hand: elements with what they say escaped, and text that is broken into lines.

Nothing is told by colour alone, nothing is fetched and nothing runs. Whatever a name holds, the picture stays
well-formed: what XML cannot hold is left out.
"""

import re
from collections.abc import Iterable, Sequence
from textwrap import wrap
from xml.sax.saxutils import escape, quoteattr

FONT = "Arial, Helvetica, 'Liberation Sans', sans-serif"
INK = "#0b0c0c"
PAPER = "#ffffff"
QUIET = "#505a5f"

# All that XML 1.0 cannot hold, and what turns the direction of writing.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    return _NOT_XML.sub("", text)


def element(name: str, *inside: str, **attributes: str | float) -> str:
    """`stroke_width` is written stroke-width. What stands inside is SVG already."""
    told = "".join(
        f" {key.replace('_', '-')}={quoteattr(_figure(value))}" for key, value in attributes.items()
    )
    return f"<{name}{told}>{''.join(inside)}</{name}>" if inside else f"<{name}{told}/>"


def _figure(value: str | float) -> str:
    return clean(value) if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")


def lines_of(text: str, *, most: int, width: int) -> list[str]:
    """Text in at most so many lines; what does not fit ends in an ellipsis."""
    found = wrap(clean(text), width, break_long_words=True) or [""]
    if len(found) > most:
        found = [*found[: most - 1], f"{found[most - 1][: width - 1].rstrip()}…"]
    return found


def text(
    x: float,
    y: float,
    lines: Sequence[str],
    *,
    size: float = 12,
    weight: str = "normal",
    fill: str = INK,
    anchor: str = "middle",
) -> str:
    """Lines from `y` downward, each with its baseline there."""
    step = size * 1.2
    spans = [
        element("tspan", escape(clean(line)), x=x, y=y + step * number) for number, line in enumerate(lines)
    ]
    return element("text", *spans, font_size=size, font_weight=weight, fill=fill, text_anchor=anchor)


def line(points: Iterable[tuple[float, float]], *, dashes: str | None = None, **more: str | float) -> str:
    path = " ".join(f"{_figure(x)},{_figure(y)}" for x, y in points)
    dashed: dict[str, str | float] = {} if dashes is None else {"stroke_dasharray": dashes}
    drawn: dict[str, str | float] = {"fill": "none", "stroke": INK, "stroke_width": 1.5, **dashed, **more}
    return element("polyline", points=path, **drawn)


def picture(inside: Iterable[str], *, width: float, height: float, title: str, says: str) -> str:
    """The whole document, with its title and its description in words for those who do not see it."""
    return (
        element(
            "svg",
            element("title", escape(clean(title)), id="picture-title"),
            element("desc", escape(clean(says)), id="picture-says"),
            element("rect", width=width, height=height, fill=PAPER),
            *inside,
            xmlns="http://www.w3.org/2000/svg",
            width=width,
            height=height,
            viewBox=f"0 0 {_figure(width)} {_figure(height)}",
            role="img",
            aria_labelledby="picture-title picture-says",
            font_family=FONT,
        )
        + "\n"
    )


def key_lines(words: Sequence[str], *, width: float, size: float = 12) -> list[str]:
    """The key of a picture, broken to its width."""
    return [one for said in words for one in wrap(said, max(20, int(width / (size * 0.56))))]
