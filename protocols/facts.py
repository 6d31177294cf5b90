"""What a protocol may ask about a message: a small, flat record of facts, and nothing else.

A clause's conditions are written against these fields, so that no clause can reach into the text of a message
and no rule depends on how a message is laid out. The facts say what the sender said; they never score,
rank or predict.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from protocols.vocabulary import Category, Kind, Role, Urgency

AreaOf = Callable[[str], str | None]  # a postcode to a local authority's GSS code, or None: never a guess


class NamedService(NamedTuple):
    """A service that the sender says knows the family; `agency` where the sender named the very team."""

    role: Role
    agency: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    kind: Kind
    version: int
    urgency: Urgency
    categories: frozenset[Category] = frozenset()
    children: int = 1
    youngest_days: int | None = None  # days of life of the youngest child; None: not born, not known
    oldest_days: int | None = None
    unborn: bool = False
    unborn_weeks: int | None = None  # whole weeks of pregnancy, from the due date
    non_mobile: bool = False  # at least one child is said not to move on their own
    gp_registered: bool | None = None  # None: the sender does not know
    gp_ods: tuple[str, ...] = ()
    home_area: str | None = None
    origin_area: str | None = None
    destination_area: str | None = None
    services: tuple[NamedService, ...] = ()
    has_plan: str | None = None  # "child_protection", "child_in_need", "looked_after", "early_help"
    adult_supervision: bool = False  # an adult of the household is supervised by probation
    adult_services: frozenset[Role] = frozenset()  # services that work with the adults

    @property
    def cross_border(self) -> bool:
        """The family moves from one known area to another."""
        return (
            self.origin_area is not None
            and self.destination_area is not None
            and self.origin_area != self.destination_area
        )
