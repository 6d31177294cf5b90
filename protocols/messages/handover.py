"""A handover: one practitioner passes a family on to another service, most often because the family moved.

The sender keeps the responsibility until a named practitioner accepts it, and so a handover says everything the
next one needs on the first day: what is done, what is still open, what was missed, and who to ring.
"""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StrictBool, StrictInt, model_validator

from protocols.messages.account import Plan
from protocols.messages.common import Reference, Safer
from protocols.messages.faults import Findings, refuse_at
from protocols.messages.fields import (
    AgencyId,
    AreaCode,
    Because,
    MessageId,
    MoveDate,
    Part,
    PastDate,
    PlannedDate,
    Postcode,
    Short,
    Text,
)
from protocols.messages.people import WhichChild
from protocols.vocabulary import Kind

_A_BABY = 366  # days


class MovedAgain(Part):
    """The family has moved on before anybody accepted an earlier handover: this one goes after them."""

    follows: MessageId
    """The id that the hub gave the handover before this one: your own, or one that you were sent."""


class Move(Part):
    """From where to where, and when. "We do not know where to" is an answer, and a worrying one."""

    from_area: AreaCode | None = None
    from_postcode: Postcode | None = None
    to_area: AreaCode | None = None
    to_postcode: Postcode | None = None
    to_unknown_because: Because | None = None
    moved_on: MoveDate | None = None
    """The day of the move; up to a year ahead where it is planned."""
    moved_on_unknown_because: Because | None = None
    left_on: MoveDate | None = None
    """The day they left the old address, where that was another day."""
    reason: Text | None = None
    earlier_moves: Text | None = None
    """Earlier moves, with areas and years, as far as known."""
    moved_again: MovedAgain | None = None
    """Where an earlier handover of these children, that nobody has accepted, is overtaken by this one."""

    @model_validator(mode="after")
    def _known_or_says_why(self) -> Self:
        found = Findings()
        if self.from_area is None and self.from_postcode is None:
            found.append(("from_area", "give from_area (a GSS code) or from_postcode"))
        to_known = self.to_area is not None or self.to_postcode is not None
        if to_known == (self.to_unknown_because is not None):
            says = "give to_area or to_postcode, or say in to_unknown_because why neither is known"
            found.append(("to_area", says))
        if (self.moved_on is None) == (self.moved_on_unknown_because is None):
            says = "give the day of the move, or say in moved_on_unknown_because why not; one of the two"
            found.append(("moved_on", says))
        if self.moved_on and self.left_on and self.left_on > self.moved_on:
            found.append(("left_on", "must not be later than moved_on"))
        found.end()
        return self


class Weight(Part):
    child: WhichChild = 0
    on: PastDate
    grams: Annotated[StrictInt, Field(ge=200, le=200_000)]
    centile: Short | None = None


class Immunisations(Part):
    up_to_date: StrictBool | None = None
    """null: not known."""
    note: Text | None = None
    """What is missing, what is booked, or why it is not known."""


class Check(Part):
    """Something that is done once with every family of a baby, and written where the family keeps it."""

    done: StrictBool
    by: Short | None = None
    on: PastDate | None = None
    in_red_book: StrictBool | None = None
    not_done_because: Because | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _done_or_says_why(self) -> Self:
        if self.done and None in (self.by, self.on, self.in_red_book):
            refuse_at("done", "say by whom, on which day, and whether it is in the red book")
        if self.done == (self.not_done_because is not None):
            refuse_at("not_done_because", "is for, and only for, what was not done: say why")
        return self


class Missed(Part):
    """An appointment that the child was not brought to."""

    child: WhichChild = 0
    what: Short
    on: PastDate
    reason_given: Text | None = None
    what_was_done: Text | None = None


class Health(Part):
    feeding: Text | None = None
    weights: tuple[Weight, ...] = Field(default=(), max_length=60)
    immunisations: Immunisations | None = None
    safe_sleep: Check | None = None
    """The safe sleeping assessment."""
    icon: Check | None = None
    """ICON: coping with crying; babies cry, you can cope."""
    development: Text | None = None
    missed_appointments: tuple[Missed, ...] = Field(default=(), max_length=60)


class OpenWork(Part):
    """Something begun and not done, that falls between two stools unless somebody takes it up."""

    what: Text
    who: Short | None = None
    agency: AgencyId | None = None
    by: PlannedDate | None = None


class Handover(Safer):
    kind: Literal["handover"]
    version: Literal[1]
    plan: Plan
    """The plan the child is on; "none" is an answer."""
    move: Move | None = None
    handed_over_because: Text | None = None
    """Where the family does not move: why another service takes over."""
    health: Health | None = None
    open_work: tuple[OpenWork, ...] = Field(default=(), max_length=40)

    @property
    def follows(self) -> UUID | None:
        """The handover that this one overtakes."""
        again = self.move.moved_again if self.move else None
        return again.follows if again else None

    @property
    def refers_to(self) -> tuple[Reference, ...]:
        return (
            (Reference("move.moved_again.follows", self.follows, (Kind.HANDOVER,)),) if self.follows else ()
        )

    def look(self, found: Findings, today: date) -> None:
        super().look(found, today)
        if self.move is None and self.handed_over_because is None:
            found.append(
                ("move", "say where the family moves, or in handed_over_because why another takes over")
            )
        self._babies_are_safe_asleep(found, today)
        for part in ("weights", "missed_appointments"):
            for place, entry in enumerate(getattr(self.health, part, ())):
                if entry.child >= len(self.children):
                    says = "must be the place of one of the children, counted from 0"
                    found.append((f"health.{part}.{place}.child", says))

    def _babies_are_safe_asleep(self, found: Findings, today: date) -> None:
        born = [child.date_of_birth for child in self.children if child.date_of_birth]
        if not any((today - day).days <= _A_BABY for day in born):
            return
        for check in ("safe_sleep", "icon"):
            if getattr(self.health, check, None) is None:
                says = "is asked of every baby in the first year: when, by whom, or not_done_because"
                found.append((f"health.{check}", says))
