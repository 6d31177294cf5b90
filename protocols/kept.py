"""What was decided of a message of which nobody hears."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from protocols.cited import Cited
from protocols.owing import By, asked
from protocols.protocol import Ladder


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDecision:
    """That nobody hears, by a clause that says so; and what the sender owes itself."""

    area: str
    cited: Cited
    owes: Mapping[str, By]
    named_day: date | None  # the day that the message names
    steps: Ladder

    def terms(self) -> dict[str, Any]:
        return {
            "area": self.area,
            **self.cited.terms(),
            "owes": asked(self.owes, self.named_day),
            "ladder": self.steps.name,
        }
