"""A notice: something waits. With a link and a clock, and never a word of what it is about.

The contract of those who carry one is that of `agencies.reach.port`: outcomes, never exceptions, and in bounded time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from agencies.reach.port import Outcome
from protocols.deadlines import LONDON

MOST_LINES = 20  # of things that wait, in one notice; the rest is counted

ROLES = {"out_of_hours": "out-of-hours contact"}
IN_WORDS = {
    "receipt": "a share to be received",
    "check_back": "a check-back",
    "agreement": "an agreement to a check-back, or a challenge of it",
    "answer": "an answer to a challenge",
    "acceptance": "the acceptance of a responsibility",
    "call": "a telephone call that comes first",
    "call_account": "an account of a telephone call",
    "redirect": "a declined share to be redirected or released",
    "action": "an action that was promised",
    "review": "a review",
}


@dataclass(frozen=True, slots=True)
class Waits:
    """One thing that is owed: overdue, or just asked of whoever reads this."""

    what: str
    owed_by: str
    due_at: datetime
    link: str


@dataclass(frozen=True, slots=True)
class Notice:
    """For one address: all that waits there, so that nobody is written to twice in one breath."""

    reference: UUID
    agency: str  # its name, for people
    contact: str  # the role of whoever reads it
    email: str
    at: datetime  # now
    waits: Sequence[Waits]

    @property
    def subject(self) -> str:
        many = len(self.waits)
        return f"Checkback: {'something waits' if many == 1 else f'{many} things wait'} ({self.agency})"

    @property
    def text(self) -> str:
        shown = self.waits[:MOST_LINES]
        left = len(self.waits) - len(shown)
        lines = [
            f"This is for the {ROLES.get(self.contact, self.contact.replace('_', ' '))} of {self.agency}.",
            "",
            "What waits, and since or until when:",
            *(line for one in shown for line in _lines(one, self.at)),
            *([f"and {left} more"] if left else []),
            "",
            "You are told because nobody has done it yet. If it stays undone, whoever stands next in the information",
            "sharing protocol is told. What it is about stands only where the link leads, for those who may see it.",
        ]
        return "\n".join(lines) + "\n"


def _lines(one: Waits, now: datetime) -> tuple[str, str]:
    due = one.due_at.astimezone(LONDON)
    when = f"{due.day} {due:%B %Y, %H:%M}"
    what = IN_WORDS.get(one.what, one.what.replace("_", " "))
    return (
        f"- {what}, owed by {one.owed_by}, {'is' if one.due_at > now else 'was'} due on {when}",
        f"  {one.link}",
    )


class Carrier(Protocol):
    @property
    def name(self) -> str:
        """How it was told, for the record."""
        ...

    def tell(self, notice: Notice) -> Outcome: ...
