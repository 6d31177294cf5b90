"""Enquiries after families that nobody can trace: rows of what is owed, found by the child that they are about."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

_ONE = "SELECT owed.id, owed.message_id, owed.share_id, owed.owed_by, message.sender FROM owed"
_OPEN = " WHERE owed.what = 'enquiry' AND owed.met_at IS NULL"


def is_one(conn: Connection, owed_id: UUID) -> bool:
    found = conn.execute(text("SELECT 1 FROM owed WHERE id = :id AND what = 'enquiry'"), {"id": owed_id})
    return found.first() is not None


def open_of(conn: Connection, messages: Sequence[UUID]) -> list[Any]:
    """What is still enquired on these messages, locked: (id, message_id, share_id, owed_by, sender)."""
    rows = conn.execute(
        text(
            f"{_ONE} JOIN message ON message.id = owed.message_id{_OPEN}"
            " AND owed.message_id = ANY(CAST(:messages AS uuid[])) ORDER BY owed.id FOR NO KEY UPDATE OF owed"
        ),
        {"messages": list(messages)},
    )
    return list(rows)


_ABOUT = (
    "SELECT appearance.message_id FROM person JOIN appearance ON appearance.person_id = person.id"
    " AND part = 'children' WHERE root = ANY(CAST(:children AS uuid[]))"
)


def open_about(conn: Connection, children: Sequence[UUID], *, before: datetime) -> list[Any]:
    """The same of every message about one of these children that was sent earlier."""
    rows = conn.execute(
        text(
            f"{_ONE} JOIN message ON message.id = owed.message_id{_OPEN} AND accepted_at < :before"
            f" AND owed.message_id IN ({_ABOUT}) ORDER BY owed.id FOR NO KEY UPDATE OF owed"
        ),
        {"children": list(children), "before": before},
    )
    return list(rows)


_SOUGHT = text(
    "SELECT DISTINCT mine.message_id FROM owed"
    " JOIN appearance AS theirs ON theirs.message_id = owed.message_id AND theirs.part = 'children'"
    " JOIN person AS there ON there.id = theirs.person_id JOIN person AS here ON here.root = there.root"
    " JOIN appearance AS mine ON mine.person_id = here.id AND mine.part = 'children'"
    " WHERE owed.what IN ('enquiry', 'hand_on') AND owed.met_at IS NULL AND owed.message_id <> mine.message_id"
    " AND mine.message_id = ANY(CAST(:messages AS uuid[]))"
)


def sought_by(conn: Connection, messages: Sequence[UUID]) -> set[UUID]:
    """Of these messages, those about a child after whom somebody enquires, or who is still to be handed on."""
    return {row.message_id for row in conn.execute(_SOUGHT, {"messages": list(messages)})}


def handed_on(
    conn: Connection, children: Sequence[UUID], sender: str, *, before: datetime, at: datetime
) -> None:
    """Whoever owed it that these children are handed on, once they were found, has done so."""
    conn.execute(
        text(
            "UPDATE owed SET met_at = :at, met_by = :sender, met_how = 'done' WHERE what = 'hand_on'"
            " AND owed_by = :sender AND met_at IS NULL AND started_at < :before"
            f" AND message_id IN ({_ABOUT})"
        ),
        {"children": list(children), "sender": sender, "before": before, "at": at},
    )
