"""What is owed, as those hear it whom it concerns."""

from collections.abc import Iterable, Mapping
from typing import Any

from agencies import wire


def told(rows: Iterable[Mapping[str, Any]]) -> tuple[wire.Deadline, ...]:
    """What is open and what was done. What lapsed because nobody asks for it any more is left to the audit."""
    return tuple(
        wire.Deadline(
            what=row["what"],
            owed_by=row["owed_by"],
            limit=row["limit_text"],
            due_at=row["due_at"],
            met_at=row["met_at"],
        )
        for row in rows
        if row["met_how"] not in ("void", "again")
    )
