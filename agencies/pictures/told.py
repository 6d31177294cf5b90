"""A genogram in words: its key, and all of it for whoever does not see it."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from agencies.pictures.words import Names, day, listed, title_of
from agencies.wire.pictures import Genogram, Pictured


def key(family: Genogram, tied: AbstractSet[str]) -> Iterator[str]:
    """What the symbols mean that stand in this picture. `tied` are those whom a line joins to somebody."""
    people = family.people
    yield "Square: male. Circle: female. Diamond: not told. Drawn double: the child whose picture this is."
    if any(one.unborn for one in people):
        yield "Triangle: not yet born."
    if any(one.nameless for one in people):
        yield "?: nobody could say who this is."
    if any(one.how == "apart" for one in family.couples):
        yield "Two strokes through a line: apart."
    if any(one.died_on for one in people):
        yield "Cross: has died."
    if any(one.lives_there == "yes" for one in people):
        yield "Dashed line: lives in the child's household."
    if any(one.ref not in tied for one in people):
        yield "Without a line: it is not told whose parent or child they are."


def told(family: Genogram, names: Names) -> str:
    labels = {one.ref: names.get(one.ref, one.label) for one in family.people}
    each = [". ".join([_said(one, names), *_ties(one, family, labels)]) for one in family.people]
    return ". ".join(each) + "."


_COUPLES = {"together": "A couple with", "apart": "Apart from", "not_known": "A couple, or once one, with"}


def _ties(one: Pictured, family: Genogram, labels: Names) -> list[str]:
    parents = next((found.parents for found in family.descents if found.child == one.ref), ())
    said = [f"Child of {listed([labels[ref] for ref in parents])}"] if parents else []
    return [*said, *(f"{_COUPLES[two.how]} {labels[two.b]}" for two in family.couples if two.a == one.ref)]


_LIVES = {
    "yes": "lives there",
    "no": "does not live there",
    "sometimes": "lives there sometimes",
    "not_known": "where they live is not told",
}


def _said(one: Pictured, names: Names) -> str:
    said = [", ".join(title_of(one, names))]
    said += [f"aged {one.age}"] if one.age else []
    said += ["not yet born"] if one.unborn else [_LIVES[one.lives_there]]
    said += [f"died {day(one.died_on)}"] if one.died_on else []
    said += [f"left {day(one.left_on)}"] if one.left_on else []
    return ", ".join(said)
