"""Advice, asked of a safeguarding lead or the MASH on the same day, before anything is sent about a child.

Nobody need be named: what was seen, how old the child is and the question are enough to be advised by. Who is asked is
in the area of whoever asks. The answer is a check-back, and both are kept like every message.
"""

from typing import Literal

from pydantic import Field, StrictBool

from protocols.messages.account import Situation
from protocols.messages.common import Message
from protocols.messages.fields import Part, Short, Text
from protocols.messages.people import NamedService


class AskedAbout(Part):
    """One child whom the question is about, as far as it must be known to be answered."""

    age: Short
    """In words: "three months", "about twelve"."""
    mobile: StrictBool | None = None
    """Whether they move on their own. It decides what a bruise means."""
    name: Short | None = None
    """Only where it is needed: advice is given without names as well."""


class Advice(Message):
    kind: Literal["advice"]
    version: Literal[1]
    asked_of: NamedService
    """Which role is asked, and which agency where there are several."""
    question: Text
    """What the practitioner wants to be advised on."""
    about: tuple[AskedAbout, ...] = Field(min_length=1, max_length=12)
    """The children, by their ages."""
    situation: Situation
    """What is seen so far: facts, each with its source and its day."""

    @property
    def addressed_to(self) -> tuple[NamedService, ...]:
        return (self.asked_of,)
