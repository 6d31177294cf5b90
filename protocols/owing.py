"""What a clause asks of whoever hears, beyond checking back: a conference to hold, a report to write, an answer.

Each has a name of the protocol's own, and a moment: a limit that runs from the sending, the day that the message
names, or both, and then the earlier one. It is met by a named person who says what was done. One authority's fifteen
days run from when it was sent, another's from its receipt or from when it was taken up, which here is the check-back.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from protocols.deadlines import Limit, both

NAMED_DAY = "the day it names"
NOBODY = "nobody"  # as a clause says with whom it shares
# A family that left for nobody knows where is enquired after. This duty stands until they are found or a lead stands it
# down: when it lapses, and its ladder is told to the end, it is owed anew.
ENQUIRY = "enquiry"
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
            "call",
            "call_account",
            "action",
            "review",
            "asked",
            "asked_on_receipt",
            "asked_on_check_back",
        ),
        *("resolve_refusal", "resolve_stuck", "register_key", "deliver_by_hand", "find_successor"),
        *("tell_by_telephone", "same_child", "see_to_watch", "place_responsibility", "hand_on"),
    }
)


class Start(StrEnum):
    """From when a limit runs."""

    SENDING = "sending"
    RECEIPT = "receipt"
    CHECK_BACK = "check_back"


_FROM = {f" from {start.replace('_', '-')}": start for start in Start if start is not Start.SENDING}


def from_start(limit: str, start: str) -> str:
    """A limit as a protocol writes it: with what it runs from, unless that is the sending."""
    return limit + next((words for words, one in _FROM.items() if one == start), "")


_SHOWN = (
    f'write a limit, as "5 working days" or "5 working days{next(iter(_FROM))}", or "{NAMED_DAY}", or both'
)


@dataclass(frozen=True, slots=True)
class By:
    """By when. `str` and `parse` are each other's inverse."""

    limit: Limit | None
    named_day: bool = False
    start: Start = Start.SENDING  # a named day is asked for from the sending on

    @classmethod
    def parse(cls, text: str) -> "By":
        if text == NAMED_DAY:
            return cls(None, named_day=True)
        limit, sign, more = text.partition(f", or {NAMED_DAY}")
        if more:
            raise ValueError(_SHOWN)
        for words, start in _FROM.items():
            if limit.endswith(words):
                if sign:
                    raise ValueError(f"a day that is named is owed from the sending on: leave out{words}")
                return cls(Limit.parse(limit.removesuffix(words)), start=start)
        return cls(Limit.parse(limit), named_day=bool(sign))

    def __str__(self) -> str:
        if self.limit is None:
            return NAMED_DAY
        return f"{self.said}, or {NAMED_DAY}" if self.named_day else self.said

    @property
    def said(self) -> str:
        """The limit alone, with what it runs from."""
        return from_start(str(self.limit), self.start)

    def with_(self, other: "By") -> "By":
        """Both are asked: whichever comes first. Where they run from different moments, from the first of these."""
        limits = [limit for limit in (self.limit, other.limit) if limit is not None]
        if len(limits) == 2:  # noqa: PLR2004 - one of each
            limits = [both(*limits)]
        named_day = self.named_day or other.named_day
        start = self.start if self.start is other.start and not named_day else Start.SENDING
        return By(limits[0] if limits else None, named_day=named_day, start=start)


def asked(owes: Mapping[str, By], named_day: date | None) -> dict[str, dict[str, str]]:
    """As JSON can say it, with the day that the message names put in its place."""
    found = {}
    for what, by in owes.items():
        day = named_day if by.named_day else None
        found[what] = {
            **({"limit": str(by.limit)} if by.limit else {}),
            **({"from": by.start.value} if by.start is not Start.SENDING else {}),
            **({"day": day.isoformat()} if day else {}),
        }
    return found
