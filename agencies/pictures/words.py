"""What the pictures say in words: days, lives, and who somebody is, with the name where the caller has put it in."""

from collections.abc import Mapping, Sequence
from datetime import date

from agencies.wire.pictures import Pictured

Names = Mapping[str, str]  # by ref


def day(on: date) -> str:
    return f"{on.day} {on:%B %Y}"


def title_of(person: Pictured, names: Names) -> list[str]:
    """The name and what they are to the child, or that alone."""
    name = names.get(person.ref)
    return [person.label] if name is None else [name, person.label]


def facts_of(person: Pictured) -> list[str]:
    """What stands under the label."""
    if person.died_on is not None:
        return [f"died {day(person.died_on)}"]
    if person.left_on is not None:
        return [f"left {day(person.left_on)}"]
    said = {"sometimes": ["lives there sometimes"], "not_known": ["where is not told"]}
    return said.get(person.lives_there, [])


def listed(words: Sequence[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def short_age(age: str | None) -> str:
    """As it fits into a symbol: "7", "4m"."""
    if age is None:
        return ""
    figure, _, unit = age.partition(" ")
    return figure + (unit[:1] if unit else "")
