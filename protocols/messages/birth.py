"""A birth: the baby is here, and whoever was told before the birth is told that the child has a name.

It gives what joins the child to the unborn baby of the earlier notice: the mother, and the day the baby was due.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StrictInt, model_validator

from protocols.messages.common import AboutFamily, Attaching, Following, Noted
from protocols.messages.faults import Findings, refuse_at
from protocols.messages.fields import Because, Part, PlannedDate, Text
from protocols.messages.people import NamedService, Relation, WhichChild
from protocols.vocabulary import Kind

# How far from the due date a living child is born: twenty weeks before, six weeks after.
_EARLIEST, _LATEST = -140, 42


class Born(Part):
    """A baby that is born now: which of the children, and how they are."""

    child: WhichChild = 0
    grams: Annotated[StrictInt, Field(ge=200, le=9_000)] | None = None
    """The weight at birth."""
    not_weighed_because: Because | None = None
    note: Text | None = None
    """How the baby is: feeding, care that was needed, what was found at the first examination."""

    @model_validator(mode="after")
    def _weighed_or_says_why(self) -> Self:
        if (self.grams is None) == (self.not_weighed_because is None):
            refuse_at("grams", "give the weight at birth, or say in not_weighed_because why not")
        return self


class GoesHome(Part):
    """Where the baby goes from where they were born."""

    to: Literal["this_household", "other_household", "foster_carer", "stays_in_hospital", "not_known"]
    """"this_household" is the one that the message tells of, at its address."""
    on: PlannedDate | None = None
    because: Text | None = None
    """Where it is not this household: to whom, and why."""

    @model_validator(mode="after")
    def _to_whom(self) -> Self:
        if self.to != "this_household" and self.because is None:
            refuse_at("because", "say to whom the baby goes, and why not to this household")
        return self


class Birth(AboutFamily, Attaching, Following):
    OF_KINDS: ClassVar[tuple[Kind, ...]] = (Kind.UNBORN,)

    kind: Literal["birth"]
    version: Literal[1]
    born: tuple[Born, ...] = Field(min_length=1, max_length=6)
    """Which of the children are born now: the baby, or each of twins, who stand in `children` as in the notice."""
    due_date: PlannedDate | None = None
    """The day on which the baby was due, as the notice before birth gave it."""
    due_date_unknown_because: Because | None = None
    born_at: NamedService | None = None
    """The hospital or the midwives with whom the baby was born."""
    goes_home: GoesHome

    @property
    def was_due(self) -> Mapping[int, date]:
        """By it the baby goes on as the one of the notice before."""
        return {one.child: self.due_date for one in self.born} if self.due_date else {}

    @property
    def noted(self) -> tuple[Noted, ...]:
        """Each baby, on the day they were due; where nobody knows it, on the day of the birth."""
        return tuple(
            Noted(one.child, self.due_date or self.children[one.child].date_of_birth) for one in self.born
        )

    def look(self, found: Findings, today: date) -> None:
        super().look(found, today)
        if all(member.role is not Relation.MOTHER for member in self.household):
            says = "says nothing of the mother: add her, by name or with unknown_because"
            found.append(("household", says))
        if any(child.unborn for child in self.children):
            found.append(("children", "tell of a baby who is not born: that is a notice of its own, unborn"))
        if (self.due_date is None) == (self.due_date_unknown_because is None):
            says = "give the day the baby was due, or say in due_date_unknown_because why nobody knows it"
            found.append(("due_date", says))
        self._those_who_are_born(found)

    def _those_who_are_born(self, found: Findings) -> None:
        seen: set[int] = set()
        for place, one in enumerate(self.born):
            if one.child in seen or one.child >= len(self.children):
                says = "must be the place of one of the children, counted from 0, and of each only once"
                found.append((f"born.{place}.child", says))
                continue
            seen.add(one.child)
            day = self.children[one.child].date_of_birth
            if day is None:
                path = f"children.{one.child}.date_of_birth"
                found.append((path, "is missing: a birth is told with its day"))
            elif self.goes_home.on is not None and self.goes_home.on < day:
                found.append(("goes_home.on", "is before the day of the birth: look for a slip of the pen"))
            elif self.due_date is not None and not _EARLIEST <= (day - self.due_date).days <= _LATEST:
                says = "lies too far from the day of the birth to be true of this baby: look for a slip of the pen"
                found.append(("due_date", says))
