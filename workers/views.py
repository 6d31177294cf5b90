"""A view as it was granted when the protocol decided, whatever a newer version of it may say."""

from collections.abc import Mapping
from typing import Any

from protocols.vocabulary import Section, View, Withheld


def view_of(terms: Mapping[str, Any]) -> View:
    return View(
        terms["view"],
        frozenset(Section(one) for one in terms["sections"]),
        frozenset(Withheld(one) for one in terms["withhold"]),
    )
