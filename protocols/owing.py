"""What a clause asks of whoever hears, beyond checking back: a conference to hold, a report to write, an answer.

Each has a name of the protocol's own, and a moment: a limit that runs from the sending, the day that the message
names, or both, and then the earlier one. It is met by a named person who says what was done.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from protocols.deadlines import Limit, stricter

NAMED_DAY = "the day it names"
NAME = re.compile(r"[a-z][a-z0-9_]{2,39}", re.ASCII)

# What is owed under names that a protocol cannot give to something else: every share's own, and the hub's tasks.
RESERVED = frozenset(
    {
        *(
            "receipt",
            "check_back",
            "agreement",
            "answer",
            "acceptance",
            "redirect",
            "action",
            "review",
            "asked",
        ),
        *("resolve_refusal", "resolve_stuck", "register_key", "deliver_by_hand", "find_successor"),
        *("tell_by_telephone", "same_child"),
    }
)


@dataclass(frozen=True, slots=True)
class By:
    """By when. `str` and `parse` are each other's inverse."""

    limit: Limit | None
    named_day: bool = False

    @classmethod
    def parse(cls, text: str) -> "By":
        limit, sign, named = text.partition(f", or {NAMED_DAY}")
        if limit == NAMED_DAY:
            return cls(None, named_day=True)
        if named:
            raise ValueError(f'write a limit, "{NAMED_DAY}", or "5 working days, or {NAMED_DAY}"')
        return cls(Limit.parse(limit), named_day=bool(sign))

    def __str__(self) -> str:
        if self.limit is None:
            return NAMED_DAY
        return f"{self.limit}, or {NAMED_DAY}" if self.named_day else str(self.limit)

    def with_(self, other: "By", at: datetime) -> "By":
        """Both are asked: whichever comes first."""
        limits = [limit for limit in (self.limit, other.limit) if limit is not None]
        if len(limits) == 2:  # noqa: PLR2004 - one of each
            limits = [stricter(*limits, start=at)]
        return By(limits[0] if limits else None, named_day=self.named_day or other.named_day)
