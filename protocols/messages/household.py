"""A household: who lives there, in which role and since when; fathers, partners and brothers and sisters among them.

It is said as of one day, because households change. Who is whose parent and who is a couple is said where it is known:
two children of one mother may have two fathers, and a review begins with the question who was in that home.
"""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from protocols.messages.common import AboutFamily
from protocols.messages.faults import Findings
from protocols.messages.fields import PastDate
from protocols.messages.people import HouseholdMember, Relation, WhichChild, WhichMember

_NOT_A_PARENT = {Relation.SIBLING, Relation.OTHER_CHILD}


class FamilyMember(HouseholdMember):
    """Somebody of the household or the family, with what ties them to the others."""

    sex: Literal["female", "male", "indeterminate", "not_known"] | None = None
    """Where their role does not say it."""
    of_children: Annotated[tuple[WhichChild, ...], Field(max_length=12)] = ()
    """Whose mother, father or relative they are, by place in children; all of them where it is left out."""
    couple_with: WhichMember | None = None
    """With whom of the household they are or were a couple, by place."""
    couple: Literal["together", "apart", "not_known"] | None = None
    """Whether that couple is together now."""
    left_on: PastDate | None = None
    """The day on which they left this household."""
    died_on: PastDate | None = None

    @model_validator(mode="after")
    def _one_story(self) -> Self:
        found = Findings()
        if (self.couple_with is None) != (self.couple is None):
            found.append(("couple", "belongs to couple_with: give both, or leave both out"))
        for name in ("left_on", "died_on"):
            day: date | None = getattr(self, name)
            if day is not None and self.lives_there != "no":
                found.append(("lives_there", f"contradicts {name}: whoever left or died does not live there"))
            if day is not None and self.since is not None and day < self.since:
                found.append((name, "must not be earlier than since"))
        found.end()
        return self


class Household(AboutFamily):
    kind: Literal["household"]
    version: Literal[1]
    as_of: PastDate
    """The day for which this is true: when it was last seen or asked who lives there."""
    household: Annotated[tuple[FamilyMember, ...], Field(min_length=1, max_length=30)]
    """Everybody who lives there or plays a part, father or partner always among them."""

    def look(self, found: Findings, today: date) -> None:
        super().look(found, today)
        for place, member in enumerate(self.household):
            self._ties(found, place, member)
            for name in ("since", "left_on", "died_on"):
                day: date | None = getattr(member, name)
                if day is not None and day > self.as_of:
                    says = "is later than as_of, the day for which this household is told"
                    found.append((f"household.{place}.{name}", says))

    def _ties(self, found: Findings, place: int, member: FamilyMember) -> None:
        for child in member.of_children:
            if child >= len(self.children):
                says = "must be the places of some of the children, counted from 0"
                found.append((f"household.{place}.of_children", says))
        if member.couple_with is None:
            return
        at = f"household.{place}.couple_with"
        if member.couple_with >= len(self.household) or member.couple_with == place:
            found.append((at, "must be the place of somebody else of the household, counted from 0"))
            return
        other = self.household[member.couple_with]
        if member.role in _NOT_A_PARENT or other.role in _NOT_A_PARENT:
            found.append((at, "is for adults: a brother, a sister or another child is no half of a couple"))
        if other.couple_with == place and other.couple != member.couple:
            found.append((f"household.{place}.couple", "contradicts what the other half of this couple says"))
