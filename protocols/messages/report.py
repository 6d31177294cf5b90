"""A conference asks agencies for reports by a day, with a form to answer; and a report answers.

A report tells what an agency knows, fact apart from opinion, or that it knows nothing and why: no reply is not the
same as nothing known. It goes to whoever asked, and it is what the request was for: once it is there, the report is
not owed any more.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from protocols.messages.account import Assessment, ChildsVoice, Situation
from protocols.messages.common import AboutChild, Addressee, Reference
from protocols.messages.faults import Findings, refuse_at
from protocols.messages.fields import (
    AgencyId,
    Because,
    ClockTime,
    MessageId,
    Part,
    PlannedDate,
    Short,
    Slug,
    Text,
    Word,
)
from protocols.messages.people import NamedService
from protocols.messages.plan_change import addressees, nobody_twice
from protocols.vocabulary import Kind, Role


class Conference(Part):
    which: Literal["initial", "review", "transfer_in", "other"]
    """An initial or review child protection conference, a transfer-in conference, or another meeting."""
    what: Short | None = None
    """For "other": what it is called."""
    on: PlannedDate
    starts: ClockTime | None = None
    where: Short
    """The place, or how to join."""
    purpose: Text
    """Why it is held: what those who are asked must know so as to answer well."""

    @model_validator(mode="after")
    def _named_if_other(self) -> Self:
        if (self.which == "other") == (self.what is None):
            refuse_at("what", 'is for, and only for, a conference that is "other": say what it is called')
        return self


class Question(Part):
    """One question of the form that is to be sent back."""

    id: Slug
    """Its name in the form; a reply gives it back."""
    asks: Text
    of: tuple[Annotated[Role, Word], ...] = Field(default=(), max_length=14)
    """Of which of those asked; of all of them where none is named."""


class ReportRequest(AboutChild):
    kind: Literal["report_request"]
    version: Literal[1]
    conference: Conference
    reports_by: PlannedDate
    """The day by which the reports must be there."""
    asked: tuple[NamedService, ...] = Field(min_length=1, max_length=30)
    """Who is asked: the very agency by its id (a GP practice by its ODS code), or only the role where there is one."""
    form: tuple[Question, ...] = Field(min_length=1, max_length=40)
    """The form to be answered, question by question."""

    @property
    def named_day(self) -> date | None:
        return self.reports_by

    @property
    def addressed(self) -> tuple[Addressee, ...]:
        return addressees("asked", self.asked)

    def look(self, found: Findings, today: date) -> None:
        super().look(found, today)
        if self.conference.on < today:
            found.append(("conference.on", "is past: nothing can be reported to it any more"))
        if not today <= self.reports_by <= self.conference.on:
            found.append(("reports_by", "must lie between today and the day of the conference"))
        nobody_twice("asked", self.asked, found)
        _each_once("form", "id", [question.id for question in self.form], found)
        roles = {one.role for one in self.asked}
        for place, question in enumerate(self.form):
            if not set(question.of) <= roles:
                found.append((f"form.{place}.of", "asks somebody who is not among those asked"))


class Reply(Part):
    """The answer to one question of the form."""

    question: Slug
    answer: Text | None = None
    nothing_known_because: Because | None = None

    @model_validator(mode="after")
    def _known_or_says_why(self) -> Self:
        if (self.answer is None) == (self.nothing_known_because is None):
            refuse_at("answer", "answer it, or say in nothing_known_because why not; one of the two")
        return self


class Report(AboutChild):
    kind: Literal["report"]
    version: Literal[1]
    answers: MessageId
    """The id of the request, as the share of it says: message_id."""
    asked_by: AgencyId
    """The agency that asked, as the share of the request says: from. The report goes there."""
    replies: tuple[Reply, ...] = Field(default=(), max_length=40)
    """The form, question by question."""
    contact_with_family: Text | None = None
    """Since when and how often the agency has seen the family: a child seen twice in a year is known otherwise than one
    who is seen each week.
    """
    childs_voice: ChildsVoice | None = None
    situation: Situation | None = None
    """Fact: what the agency has seen, heard or recorded."""
    assessment: Assessment | None = None
    """Opinion: what it may mean."""
    nothing_known_because: Because | None = None
    """That the agency knows nothing is an answer: why, and where it was looked."""

    @property
    def request(self) -> UUID:
        return self.answers

    @property
    def refers_to(self) -> tuple[Reference, ...]:
        return (Reference("answers", self.request, (Kind.REPORT_REQUEST,)),)

    @property
    def addressed(self) -> tuple[Addressee, ...]:
        return (Addressee("asked_by", None, self.asked_by, None),)

    def look(self, found: Findings, today: date) -> None:
        super().look(found, today)
        if (self.situation is None) == (self.nothing_known_because is None):
            says = (
                "tell the facts that are known, or say in nothing_known_because that there are none, and why"
            )
            found.append(("situation", says))
        if self.nothing_known_because is not None:
            found += [
                (name, "leave it out where nothing is known, or tell what is")
                for name in ("replies", "childs_voice", "assessment")
                if getattr(self, name)
            ]
        elif self.childs_voice is None:
            found.append(("childs_voice", "say what the child said or shows, or why neither is known"))
        _each_once("replies", "question", [reply.question for reply in self.replies], found)


def _each_once(part: str, name: str, ids: Sequence[str], found: Findings) -> None:
    count = Counter(ids)
    for place, one in enumerate(ids):
        if count[one] > 1 and ids.index(one) < place:
            found.append((f"{part}.{place}.{name}", "stands there already: each question once"))
