"""Leave to read: one agency lets another read a message, and what was said about it, for a purpose and for a time.

Adult social care may have to read what children's services hold, and not only hear of it. The leave is a message like
every other, so that a protocol decides who may be given it and how much of the other message they then see. It ends by
itself; whoever gave it can take it back; and every reading is in the record with the reader's name.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from protocols.messages.common import Message, Reference
from protocols.messages.faults import Findings
from protocols.messages.fields import AgencyId, Because, MessageId, Part, PlannedDate, Short, Text, Word
from protocols.messages.people import NamedService
from protocols.vocabulary import Role


class Reader(Part):
    """The one agency that may read."""

    role: Annotated[Role, Word]
    agency: AgencyId


class Turn(Part):
    """One turn of the talk about the message, in the words of its note: the hub itself cannot open it."""

    kind: Short
    agency: AgencyId
    at: AwareDatetime
    said: Text


class ReadGrant(Message):
    kind: Literal["read_grant"]
    version: Literal[1]
    of: MessageId
    """The message that may be read: one that you sent, or were sent a share of."""
    to: Reader
    """Who may read it."""
    purpose: Because
    """What they must read it for."""
    until: PlannedDate
    """The last day on which they may. The protocol may end it sooner, and never later."""
    thread: tuple[Turn, ...] = Field(default=(), max_length=100)
    """What was said about it since, as far as they may read that too."""

    def look(self, found: Findings, today: date) -> None:
        super().look(found, today)
        if self.until < today:
            found.append(("until", "is past: give the last day on which they may read, from today on"))

    @property
    def addressed_to(self) -> tuple[NamedService, ...]:
        return (NamedService(role=self.to.role, agency=self.to.agency),)

    @property
    def refers_to(self) -> tuple[Reference, ...]:
        return (Reference("of", self.of, lent_to=(self.to.role, self.to.agency)),)
