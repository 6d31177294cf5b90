"""A child was not brought: an appointment that was missed, or that the family cancelled.

Children do not miss appointments; they are not brought to them. One is usually no concern, and so the message asks for
facts and no opinion: whose appointment, on which day, what the family said, whether anybody has seen the child since.
What several of them mean is for those who look at them together.
"""

from datetime import date
from typing import Literal, Self

from pydantic import Field, StrictBool, model_validator

from protocols.messages.account import Plan
from protocols.messages.common import AboutChild, Noted
from protocols.messages.faults import Findings
from protocols.messages.fields import Because, Part, PastDate, PlannedDate, Short, Text
from protocols.messages.people import NamedService, WhichChild


class Appointment(Part):
    """One appointment of one child."""

    child: WhichChild = 0
    """The place in `children`, from 0."""
    service: NamedService
    """Whose appointment it was."""
    what: Short
    """What it was for: a review, a clinic, an immunisation, a visit at home."""
    on: PlannedDate
    """The day of the appointment; for one that was cancelled ahead, it may be still to come."""
    how: Literal["missed", "cancelled_by_family"]
    """Nobody came, or the family called it off. One that the service itself moved is neither."""
    reason_given: Text | None = None
    """What the family said, in their own words."""
    no_reason_because: Because | None = None
    """Why there is no reason to give: nobody answered, nobody asked yet."""

    @model_validator(mode="after")
    def _reason_or_says_why(self) -> Self:
        found = Findings()
        if (self.reason_given is None) == (self.no_reason_because is None):
            says = "give what the family said, or say in no_reason_because why there is none; one of the two"
            found.append(("reason_given", says))
        found.end()
        return self


class Since(Part):
    """What was done about it, and whether the child was seen."""

    done: Text
    """Who was rung, written to or visited, what was offered; "nothing yet, because …" is an answer."""
    seen: StrictBool
    """Whether anybody of your service has seen the child since."""
    seen_on: PastDate | None = None
    seen_by: Short | None = None
    """Who saw the child, by name and job, and where."""
    not_seen_because: Because | None = None
    offered_again_on: PlannedDate | None = None
    """The day of the next appointment, where there is one."""

    @model_validator(mode="after")
    def _seen_or_says_why(self) -> Self:
        found = Findings()
        if self.seen and None in (self.seen_on, self.seen_by):
            found.append(("seen_on", "say on which day the child was seen, and in seen_by by whom"))
        if not self.seen and (self.seen_on or self.seen_by):
            found.append(("seen", "must be true where seen_on or seen_by is given"))
        if self.seen == (self.not_seen_because is not None):
            found.append(
                ("not_seen_because", "is for, and only for, a child whom nobody has seen since: say why")
            )
        found.end()
        return self


class WasNotBrought(AboutChild):
    kind: Literal["was_not_brought"]
    version: Literal[1]
    appointments: tuple[Appointment, ...] = Field(min_length=1, max_length=12)
    """What was missed or cancelled: each appointment of each child is one entry."""
    since: Since
    """What was done since, and whether the child was seen."""
    plan: Plan | None = None
    """The plan that these children are on, where you know it."""

    @property
    def noted(self) -> tuple[Noted, ...]:
        return tuple(Noted(one.child, one.on, one.service.role) for one in self.appointments)

    def look(self, found: Findings, today: date) -> None:
        super().look(found, today)
        told: set[tuple[int, date, str]] = set()
        for place, one in enumerate(self.appointments):
            if one.child >= len(self.children):
                says = "must be the place of one of the children, counted from 0"
                found.append((f"appointments.{place}.child", says))
            if one.how == "missed" and one.on > today:
                says = 'lies ahead: what is still to come was not missed; if the family called it off, say so in "how"'
                found.append((f"appointments.{place}.on", says))
            if one.child < len(self.children) and one.on < (self.children[one.child].date_of_birth or one.on):
                says = "is before this child was born: look for a slip of the pen"
                found.append((f"appointments.{place}.on", says))
            same = (one.child, one.on, one.service.role)
            if same in told:
                says = "stands twice in this message: one appointment of one child is one entry"
                found.append((f"appointments.{place}", says))
            told.add(same)
        self._since_can_be(found, today)
        if any(child.unborn for child in self.children):
            says = "tell of a baby who is not born: a missed antenatal appointment is told in an unborn or a concern"
            found.append(("children", says))

    def _since_can_be(self, found: Findings, today: date) -> None:
        last = max((one.on for one in self.appointments if one.on <= today), default=date.min)
        if self.since.seen_on is not None and self.since.seen_on < last:
            says = "is before the last of these appointments: say when the child was seen since, or that nobody has"
            found.append(("since.seen_on", says))
        if self.plan is not None and self.plan.says_both:
            says = 'is for a plan that ended: then say "none" in kind, or leave this day out'
            found.append(("plan.ended_on", says))
