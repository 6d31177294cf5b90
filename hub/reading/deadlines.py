"""What is owed, as those hear it whom it concerns."""

from collections.abc import Iterable
from typing import Any

from agencies import wire
from hub.duties import seen_by


def told(rows: Iterable[dict[str, Any]], agency: str) -> tuple[wire.Deadline, ...]:
    """What is open and what was done, as far as this agency may know of it. What lapsed because nobody asks for it any
    more is left to the audit.
    """
    return tuple(
        wire.Deadline(
            what=row["what"],
            owed_by=row["owed_by"],
            limit=row["limit_text"],
            due_at=row["due_at"],
            met_at=row["met_at"],
        )
        for row in seen_by(rows, agency)
        if row["met_how"] not in ("void", "again")
    )
