"""A concern: something about a child that others must know, look into or act on.

Writing one is never made harder than it must be: what is not known is answered with "unknown, because …", and no
rule here weighs whether the concern is grave enough. That is for those who receive it.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StrictBool

from protocols.messages.common import Reference, Safer, letters
from protocols.messages.faults import Findings
from protocols.messages.fields import MessageId, Part, Short, Word
from protocols.vocabulary import Category, Kind

_A_BABY = 366  # days: the first year of life, in which a bruise asks first of all whether the child can move
_OF_THE_BODY = {Category.BRUISING, Category.PHYSICAL_ABUSE}


class Referrer(Part):
    """Who raised it with the sender, where that was not the practitioner's own seeing."""

    relationship: Literal[
        "parent", "relative", "neighbour", "friend", "child_themself", "other_child", "professional", "public"
    ]
    """What they are to the family."""
    name: Short | None = None
    wants_anonymity: StrictBool
    """Whether they asked that the family not learn who they are."""


class Concern(Safer):
    kind: Literal["concern"]
    version: Literal[1]
    categories: tuple[Annotated[Category, Word], ...] = Field(min_length=1, max_length=8)
    """What it is about; more than one where more than one is true."""
    referrer: Referrer | None = None
    advice: MessageId | None = None
    """The advice that was asked before this was sent: the id of that message."""

    @property
    def refers_to(self) -> tuple[Reference, ...]:
        asked = () if self.advice is None else (Reference("advice", self.advice, (Kind.ADVICE,)),)
        return (*super().refers_to, *asked)

    def look(self, found: Findings, today: date) -> None:
        super().look(found, today)
        categories = set(self.categories)
        if len(categories) < len(self.categories):
            found.append(("categories", "names one category twice"))
        if Category.PRE_BIRTH in categories and not any(child.unborn for child in self.children):
            says = "pre_birth needs an unborn child: one entry of children with a due_date"
            found.append(("categories", says))
        if Category.NOT_REGISTERED_WITH_GP in categories and self.services.gp and self.services.gp.registered:
            says = "contradicts the category not_registered_with_gp: say false, or leave the category out"
            found.append(("services.gp.registered", says))
        if categories & _OF_THE_BODY:
            self._babies_can_move_or_not(found, today)
        self._anonymous_means_anonymous(found)

    def _babies_can_move_or_not(self, found: Findings, today: date) -> None:
        for place, child in enumerate(self.children):
            born = child.date_of_birth
            baby = (today - born).days <= _A_BABY if born else child.about_years == 0
            if baby and child.mobile is None:
                says = (
                    "say whether this baby moves on their own (rolls, crawls, pulls to stand): true or false"
                )
                found.append((f"children.{place}.mobile", says))

    def _anonymous_means_anonymous(self, found: Findings) -> None:
        if self.referrer is None or not self.referrer.wants_anonymity or self.referrer.name is None:
            return
        elsewhere = {"referrer", "children", "household", "adults", "practitioner", "services"}
        for path in self.tells(letters(self.referrer.name), outside=elsewhere):
            says = "names the referrer, who wants anonymity: take the name out, because free text goes to all"
            found.append((path, says))
