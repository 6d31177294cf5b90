"""When a clause holds: conditions on the facts of a message, all of which must be met.

What is not known is not met. A condition about mobility does not hold for a child of whom nobody said whether they
move, nor one about age for a child whose age nobody knows: another clause must be there for those.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from protocols.facts import Facts
from protocols.vocabulary import Category, Change, Ground, Kind, Role, Urgency


class Plan(StrEnum):
    """A plan that a child may be under, as a clause may ask for it."""

    CHILD_PROTECTION = "child_protection"
    CHILD_IN_NEED = "child_in_need"
    LOOKED_AFTER = "looked_after"
    EARLY_HELP = "early_help"


_AGE = re.compile(r"(0|[1-9][0-9]{0,2}) (day|week|month|year)s?", re.ASCII)
_DAYS_IN = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "year": 365.25}


@dataclass(frozen=True, slots=True)
class Age:
    """An age as a protocol writes it: "26 weeks", "13 years"."""

    figure: int
    unit: str  # day, week, month, year

    @classmethod
    def parse(cls, text: str) -> "Age":
        found = _AGE.fullmatch(text)
        if found is None:
            raise ValueError('write an age as "26 weeks": a figure, then days, weeks, months or years')
        return cls(int(found[1]), found[2])

    def __str__(self) -> str:
        return f"{self.figure} {self.unit}" + ("" if self.figure == 1 else "s")

    @property
    def in_days(self) -> int:
        return math.floor(self.figure * _DAYS_IN[self.unit])


@dataclass(frozen=True, kw_only=True)
class When:
    """The conditions of a clause. All that are given must hold; what is not known does not hold."""

    kind: Kind
    sender: tuple[Role, ...] = ()
    category: tuple[Category, ...] = ()
    urgency: tuple[Urgency, ...] = ()
    plan: tuple[Plan, ...] = ()
    change: tuple[Change, ...] = ()
    ground: tuple[Ground, ...] = ()
    adult_services: tuple[Role, ...] = ()
    involved: tuple[Role, ...] = ()
    other_area: tuple[str, ...] = ()  # the area on the other side of the border
    child_mobile: bool | None = None
    unborn: bool | None = None
    gp_registered: bool | None = None
    adult_supervision: bool | None = None
    asks: bool | None = None  # whether there are children in a household
    disengaged: bool | None = None
    pregnant_from: Age | None = None  # so far into the pregnancy, or further
    youngest_under: Age | None = None
    oldest_from: Age | None = None

    def holds(self, facts: Facts, *, sender: Role, other_area: str | None) -> bool:
        return facts.kind == self.kind and all(
            met for met in self._tests(facts, sender=sender, other_area=other_area)
        )

    def _tests(self, facts: Facts, *, sender: Role, other_area: str | None) -> Iterator[bool]:
        if self.sender:
            yield sender in self.sender
        if self.category:
            yield not facts.categories.isdisjoint(self.category)
        if self.urgency:
            yield facts.urgency in self.urgency
        if self.other_area:
            yield other_area in self.other_area
        if self.ground:
            yield facts.ground in self.ground
        yield from self._of_children(facts)
        yield from self._of_family(facts)
        yield from self._of_those_round_them(facts)

    def _of_children(self, facts: Facts) -> Iterator[bool]:
        if self.child_mobile is not None:
            yield facts.non_mobile is not self.child_mobile
        if self.unborn is not None:
            yield facts.unborn is self.unborn
        if self.pregnant_from is not None:
            yield facts.unborn_weeks is not None and facts.unborn_weeks * 7 >= self.pregnant_from.in_days
        if self.youngest_under is not None:
            yield facts.youngest_days is not None and facts.youngest_days < self.youngest_under.in_days
        if self.oldest_from is not None:
            yield facts.oldest_days is not None and facts.oldest_days >= self.oldest_from.in_days

    def _of_family(self, facts: Facts) -> Iterator[bool]:
        if self.plan:  # one that has just ended or changed still matters
            yield facts.has_plan in self.plan or facts.plan_before in self.plan
        if self.change:
            yield facts.change in self.change
        if self.gp_registered is not None:
            yield facts.gp_registered is self.gp_registered
        if self.adult_supervision is not None:
            yield facts.adult_supervision is self.adult_supervision
        if self.adult_services:
            yield not facts.adult_services.isdisjoint(self.adult_services)

    def _of_those_round_them(self, facts: Facts) -> Iterator[bool]:
        if self.involved:
            yield any(one.role in self.involved for one in facts.involved)
        if self.asks is not None:
            yield facts.asks is self.asks
        if self.disengaged is not None:
            yield facts.disengaged is self.disengaged
