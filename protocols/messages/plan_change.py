"""A change of plan: a child protection or child-in-need plan has begun, changed, ended, or goes to another authority.

Whoever sees the child must know on the same day what holds now and what is asked of them. A plan that has ended still
matters, so the message says which it was. A plan that goes to another authority stays with the old one, which goes on
visiting, until the new one has held its conference and a named practitioner has accepted the family's handover.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field

from protocols.messages.account import ExpectedResponse, Plan
from protocols.messages.common import AboutChild, Addressee
from protocols.messages.faults import Findings
from protocols.messages.fields import AreaCode, Because, Part, PlannedDate, Text, Word
from protocols.messages.people import NamedService
from protocols.vocabulary import Change

_OF_SOCIAL_CARE = {"child_protection", "child_in_need", "looked_after"}
_TOLD_LATE = timedelta(days=366)


class Transfer(Part):
    """To which authority the plan goes, and what keeps the child safe until it is there."""

    to_area: AreaCode
    """The authority, by GSS code."""
    until_then: Text
    """Who visits and how often until the transfer-in conference was held: the old authority keeps the plan so long."""


class PlanChange(AboutChild):
    kind: Literal["plan_change"]
    version: Literal[1]
    change: Annotated[Change, Word]
    """What became of the plan: "begun", "changed", "ended" or "transferred"."""
    holds_from: PlannedDate
    """From which day."""
    plan: Plan
    """The plan as it is from then on; for one that ended "none", with ended_on."""
    plan_before: Literal["child_protection", "child_in_need", "looked_after", "early_help", "none"] | None = (
        None
    )
    """The kind of plan before the change. One that has ended still matters."""
    why: Text
    """What was decided, by whom, and on what grounds."""
    expected_response: ExpectedResponse
    """What each must know and do from now on."""
    core_group: tuple[NamedService, ...] = Field(default=(), max_length=30)
    """Every agency of the core group, named by its id (a GP practice by its ODS code): each of them checks back."""
    no_core_group_because: Because | None = None
    next_meeting_not_set_because: Because | None = None
    """Where plan.next_meeting_on cannot be given yet."""
    lead_professional_not_named_because: Because | None = None
    """Where plan.lead_professional cannot be given yet."""
    transfer: Transfer | None = None
    """For, and only for, a plan that is transferred."""

    @property
    def addressed(self) -> tuple[Addressee, ...]:
        return addressees("core_group", self.core_group)

    def look(self, found: Findings, today: date) -> None:
        super().look(found, today)
        self._says_which_plan(found)
        self._days_can_be(found, today)
        if (self.change is Change.TRANSFERRED) == (self.transfer is None):
            found.append(("transfer", "is for, and only for, a plan that is transferred: say where it goes"))
        if self.change is not Change.ENDED:
            self._says_who_and_when_next(found)
        for place, member in enumerate(self.core_group):
            if member.agency is None and member.ods is None:
                says = "name this member by its agency id, or a GP practice by its ODS code: each of them must hear"
                found.append((f"core_group.{place}.agency", says))
        nobody_twice("core_group", self.core_group, found)

    def _days_can_be(self, found: Findings, today: date) -> None:
        if self.holds_from < today - _TOLD_LATE:
            found.append(("holds_from", "lies more than a year back: look for a slip of the pen"))
        if self.change is not Change.ENDED and self.plan.says_both:
            found.append(
                ("plan.ended_on", 'is for a plan that ended: then say "none" in kind, or leave it out')
            )
        if self.plan.next_meeting_on is not None and self.plan.next_meeting_on < today:
            found.append(
                ("plan.next_meeting_on", "is past: give the day of the next, or say why there is none")
            )

    def _says_which_plan(self, found: Findings) -> None:
        ended = self.change is Change.ENDED
        if self.plan.kind == "not_known":
            found.append(("plan.kind", "whoever tells of a change knows the plan: say which it is"))
        elif ended != (self.plan.kind == "none"):
            says = 'must be "none" for a plan that ended, and only for that: the plan as it is from now on'
            found.append(("plan.kind", says))
        if ended and self.plan.ended_on is None:
            found.append(("plan.ended_on", "say on which day the plan ended"))
        if ended and self.plan_before in {None, "none"}:
            found.append(("plan_before", "say which kind of plan has ended: it still matters"))
        if self.change is Change.CHANGED and self.plan_before is None:
            found.append(
                ("plan_before", "say which kind of plan it was before, even if it was the same kind")
            )
        if self.change is Change.BEGUN and self.plan_before == self.plan.kind:
            found.append(
                ("plan_before", "is the plan that has begun: say that it has changed, or which was before")
            )
        if self.change is Change.TRANSFERRED and self.plan.kind not in {
            *_OF_SOCIAL_CARE,
            "none",
            "not_known",
        }:
            says = "only a child protection, child-in-need or looked-after plan goes to another authority"
            found.append(("plan.kind", says))

    def _says_who_and_when_next(self, found: Findings) -> None:
        asked = (
            ("plan.next_meeting_on", self.plan.next_meeting_on, "next_meeting_not_set_because"),
            ("plan.lead_professional", self.plan.lead_professional, "lead_professional_not_named_because"),
            ("core_group", self.core_group or None, "no_core_group_because"),
        )
        for path, given, because in asked:
            if (given is None) == (getattr(self, because) is None):
                found.append((path, f"give it, or say in {because} why not; one of the two"))


def addressees(part: str, services: Sequence[NamedService]) -> tuple[Addressee, ...]:
    return tuple(
        Addressee(f"{part}.{place}", one.role, one.agency, one.ods) for place, one in enumerate(services)
    )


def nobody_twice(part: str, services: Sequence[NamedService], found: Findings) -> None:
    """Each agency once: what is asked twice of one is asked by nobody knows whom."""
    named = [one.agency or one.ods or one.role.value for one in services]
    count = Counter(named)
    for place, name in enumerate(named):
        if count[name] > 1 and named.index(name) < place:
            found.append((f"{part}.{place}", "is named twice: each of them once"))
