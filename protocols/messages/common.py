"""What kinds of message have in common, and what must be true across their parts.

Every message has a sender who can be reached. Most are about children; some of those tell of the family as well,
and those that raise a worry or hand a family over tell it all, in the order of SAFER. Each kind builds on the least
of these that it needs, so that nothing is asked for that its reader does not need.

The parts check themselves. Here stands what no part can see alone: that a father or partner is spoken of, that
nobody stands twice, and that what must be withheld is not also told in free text, where nothing can withhold it.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, ClassVar, NamedTuple, Self
from uuid import UUID

from pydantic import Field, ValidationInfo, model_validator

from protocols.messages.account import (
    Assessment,
    ChildsVoice,
    ExpectedResponse,
    Plan,
    Recording,
    Situation,
)
from protocols.messages.attachments import Attachments
from protocols.messages.faults import Findings
from protocols.messages.fields import MessageId, Part, Word, at
from protocols.messages.fields import Reference as CaseReference
from protocols.messages.people import (
    FATHER_OR_PARTNER,
    Address,
    Adult,
    Child,
    HouseholdMember,
    NamedService,
    Practitioner,
    Relation,
    Services,
)
from protocols.vocabulary import Kind, Role, Urgency

_SHORTEST_LINE = 8  # letters and figures: "Flat 2" is in many texts, "27 Raglan Road" in few


@dataclass(frozen=True, slots=True)
class Reference:
    """Another message that is spoken of: in which field, and of which kinds it can be; none: of any."""

    field: str
    message: UUID
    kinds: tuple[Kind, ...] = ()
    lent_to: tuple[Role, str] | None = None  # who is to read it: the role and the very agency


class Addressee(NamedTuple):
    """Somebody to whom a message is addressed by name, and the part in which it says so."""

    where: str
    role: Role | None
    agency: str | None
    ods: str | None


class OwnAction(NamedTuple):
    """An action that a message asks of one agency, or of each of a role: its place in `actions`, and by when."""

    place: int
    role: Role | None
    agency: str | None
    by: date

    @property
    def where(self) -> str:
        return f"actions.{self.place}"


@dataclass(frozen=True, slots=True)
class Noted:
    """What a protocol's watch may keep of one child of a message, and no more than this."""

    child: int  # the place in `children`
    day: date | None  # none: the day on which the message was accepted
    of: Role | None = None  # whose appointment, where it is about one


class Message(Part):
    """What every message has, whatever its kind. Each kind says of itself which it is."""

    kind: str
    version: int
    urgency: Annotated[Urgency, Word]
    """How soon somebody must act: "immediate", "urgent" or "routine"."""
    sender_reference: CaseReference | None = None
    """The sender's own reference for the case; no name and no NHS number."""
    practitioner: Practitioner
    """Who writes, and how to reach them."""

    @model_validator(mode="after")
    def _whole(self, info: ValidationInfo) -> Self:
        found = Findings()
        self.look(found, at(info).today)
        found.end()
        return self

    @property
    def addressed_to(self) -> tuple[NamedService, ...]:
        """Agencies that it names because it is meant for them, and not because they know the family."""
        return ()

    @property
    def refers_to(self) -> tuple[Reference, ...]:
        """The messages that it says it follows, answers or opens; its sender must have sent or received each."""
        return ()

    @property
    def named_day(self) -> date | None:
        """The day by which it asks for something, where a kind names one."""
        return None

    @property
    def follows_on(self) -> UUID | None:
        """The one of those that it takes up: whoever is at its other end counts as named in this one."""
        return None

    @property
    def own_practice(self) -> str | None:
        """The ODS code that must be the sender's own, where a practice speaks for itself."""
        return None

    @property
    def addressed(self) -> tuple[Addressee, ...]:
        """To whom it is addressed by name, where a kind is: a core group, those asked for a report."""
        return ()

    @property
    def own_actions(self) -> tuple[OwnAction, ...]:
        """What it asks of whom by days of their own, where a kind does."""
        return ()

    @property
    def noted(self) -> tuple[Noted, ...]:
        """What a watch may count, or wait from, where a protocol watches for this kind."""
        return ()

    def look(self, found: Findings, today: date) -> None:
        """What is wrong across the parts. A kind of message extends it."""

    def tells(self, *secrets: str, outside: set[str]) -> Iterator[str]:
        """The paths of texts that hold one of these, whatever the spaces, points and capitals."""
        wanted = [secret for secret in secrets if secret]
        if not wanted:
            return
        for path, text in texts(self.model_dump(mode="json", exclude=outside, exclude_none=True)):
            said = letters(text)
            if any(secret in said for secret in wanted):
                yield path


class AtAnAddress(Message):
    """A message about people who live somewhere. Who must not learn where is minded in every part of it."""

    address: Address
    """Where they live."""

    def look(self, found: Findings, today: date) -> None:
        super().look(found, today)
        self._nobody_twice(found)
        self._restricted_address_stays_put(found)

    def people(self) -> tuple[tuple[str, tuple[Child | HouseholdMember, ...]], ...]:
        """Everybody who is named with a number of their own, by the part in which they stand."""
        return ()

    @property
    def was_due(self) -> Mapping[int, date]:
        """For children who are born now, by their place in `children`: when they were due, as others may have written
        of them before. Twins in the order in which they stood then. A kind that tells of a birth says it.
        """
        return {}

    def _nobody_twice(self, found: Findings) -> None:
        seen: set[str] = set()
        for part, entries in self.people():
            for place, person in enumerate(entries):
                number = person.nhs_number
                if number is not None and number in seen:
                    says = "stands twice in this message: each person has their own, and is named once"
                    found.append((f"{part}.{place}.nhs_number", says))
                if number is not None:
                    seen.add(number)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What gives a restricted address away wherever it is written."""
        if not self.address.restricted:
            return ()
        first_line = letters(self.address.lines[0]) if self.address.lines else ""
        telling = first_line if len(first_line) >= _SHORTEST_LINE else ""
        return letters(self.address.postcode or ""), telling

    def _restricted_address_stays_put(self, found: Findings) -> None:
        for path in self.tells(*self.secrets, outside={"address", "move"}):
            says = (
                "repeats the restricted address: take it out, because nothing can withhold it from free text"
            )
            found.append((path, says))


class AboutChild(AtAnAddress):
    """A message about one child or several: who they are, where they live, which services know them."""

    children: tuple[Child, ...] = Field(min_length=1, max_length=12)
    """Every child this is about, brothers and sisters too."""
    services: Services
    """The GP practice, the school, and others who know the family."""

    @property
    def noted(self) -> tuple[Noted, ...]:
        """Each child, on the day of the message or, before birth, the day that the baby is due."""
        return tuple(Noted(place, child.due_date) for place, child in enumerate(self.children))

    def people(self) -> tuple[tuple[str, tuple[Child | HouseholdMember, ...]], ...]:
        return (*super().people(), ("children", self.children))


class AboutFamily(AboutChild):
    """A message that also tells who lives with the children and plays a part in their lives."""

    household: tuple[HouseholdMember, ...] = Field(min_length=1, max_length=30)
    """Everybody who lives there or plays a part, father or partner always among them."""

    def look(self, found: Findings, today: date) -> None:
        super().look(found, today)
        self._fathers(found)
        self._mothers_of_unborn(found)

    def people(self) -> tuple[tuple[str, tuple[Child | HouseholdMember, ...]], ...]:
        return (*super().people(), ("household", self.household))

    def _fathers(self, found: Findings) -> None:
        roles = Counter(member.role for member in self.household)
        if not roles.keys() & FATHER_OR_PARTNER and roles[Relation.MOTHER] < 2:  # noqa: PLR2004 - two mothers
            says = (
                "says nothing of a father or partner: add one with role father, partner or step_parent, "
                "by name or with unknown_because"
            )
            found.append(("household", says))

    def _mothers_of_unborn(self, found: Findings) -> None:
        unborn = any(child.unborn for child in self.children)
        if unborn and all(member.role is not Relation.MOTHER for member in self.household):
            says = "an unborn baby is found through the mother: add her, by name or with unknown_because"
            found.append(("household", says))


class Attaching(AboutChild):
    """A message that may carry forms that were filled in with the family."""

    attachments: Attachments | None = None
    """Safe-sleep assessment, ICON conversation, red-book entry, Graded Care Profile 2, body map."""

    def look(self, found: Findings, today: date) -> None:
        super().look(found, today)
        for name, some in self.attachments.all() if self.attachments else ():
            for place, one in enumerate(some):
                if one.child >= len(self.children):
                    says = "must be the place of one of the children, counted from 0"
                    found.append((f"attachments.{name}.{place}.child", says))


class Following(Message):
    """A message that takes up an earlier one, and is told on to the other end of it, as far as the protocol allows."""

    OF_KINDS: ClassVar[tuple[Kind, ...]] = ()

    follows: MessageId | None = None
    """The message that it takes up, of those that you sent or were sent a share of. Nobody else is shown it."""

    @property
    def follows_on(self) -> UUID | None:
        return self.follows

    @property
    def refers_to(self) -> tuple[Reference, ...]:
        earlier = () if self.follows_on is None else (Reference("follows", self.follows_on, self.OF_KINDS),)
        return (*super().refers_to, *earlier)


class Safer(AboutFamily, Attaching):
    """A message that tells it all: situation, assessment, family, expected response, recording."""

    adults: tuple[Adult, ...] = Field(default=(), max_length=12)
    childs_voice: ChildsVoice
    """What the child says or shows."""
    situation: Situation
    """Fact: what was seen, said or recorded."""
    plan: Plan | None = None
    assessment: Assessment
    """Opinion: what it may mean."""
    expected_response: ExpectedResponse
    """What is asked of those who read this."""
    recording: Recording
    """What the family was told and who was rung."""


def letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON
    """Every text in it, each with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from texts(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from texts(inner, f"{path}.{place}")
