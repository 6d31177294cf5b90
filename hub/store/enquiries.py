"""Enquiries after families that nobody can trace: rows of what is owed, found by the child that they are about."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text


def is_one(conn: Connection, owed_id: UUID) -> bool:
    found = conn.execute(text("SELECT 1 FROM owed WHERE id = :id AND what = 'enquiry'"), {"id": owed_id})
    return found.first() is not None


_LOCK = text(
    "SELECT owed.id, what, owed.message_id, share_id, owed_by, started_at, met_at, met_by, met_how, sender FROM owed"
    " JOIN message ON message.id = owed.message_id AND message.state <> 'withdrawn'"
    " WHERE owed.message_id = ANY(CAST(:messages AS uuid[])) AND what IN ('enquiry', 'hand_on')"
    " ORDER BY owed.id FOR NO KEY UPDATE OF owed"
)


def lock_of(conn: Connection, messages: Sequence[UUID]) -> list[Any]:
    """All that was and is enquired by these messages, and that whoever holds is to hand on: locked in one order."""
    return list(conn.execute(_LOCK, {"messages": list(messages)})) if messages else []


def lock_beside(conn: Connection, owed_ids: Sequence[UUID]) -> None:
    """Where one of these is an enquiry: all of its message, before the first of them is met."""
    if not owed_ids:
        return
    rows = conn.execute(
        text(
            "SELECT DISTINCT message_id FROM owed WHERE id = ANY(CAST(:ids AS uuid[])) AND what = 'enquiry'"
            " ORDER BY message_id"
        ),
        {"ids": list(owed_ids)},
    )
    lock_of(conn, [row.message_id for row in rows])


# -- what says where they are -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Word:
    """Of a message by which a family is sought: whether later ones say where each of its children is, and whether
    its own sender has handed each of them on.
    """

    found: bool
    handed_on: bool


# A registration or a birth says where a child is; and a handover does, for as long as somebody may take the child over.
_SAYS_WHERE = (
    "(word.kind IN ('registration', 'birth') OR word.kind = 'handover' AND EXISTS (SELECT 1 FROM share"
    " WHERE share.message_id = word.id AND takes_responsibility AND share.state NOT IN ('released', 'redirected')))"
)
_WORD = text(
    "SELECT id, COALESCE(bool_and(found), false) AS found, COALESCE(bool_and(handed_on), false) AS handed_on FROM ("
    "SELECT sought.id, here.root, bool_or(word.id IS NOT NULL) AS found,"
    " bool_or(word.kind = 'handover' AND word.sender = sought.sender) AS handed_on"
    " FROM message AS sought JOIN appearance AS mine ON mine.message_id = sought.id AND mine.part = 'children'"
    " JOIN person AS here ON here.id = mine.person_id"
    " LEFT JOIN (person AS there JOIN appearance AS theirs ON theirs.person_id = there.id AND theirs.part = 'children'"
    " JOIN message AS word ON word.id = theirs.message_id AND word.state <> 'withdrawn'"
    f" AND {_SAYS_WHERE}) ON there.root = here.root AND word.accepted_at > sought.accepted_at"
    " WHERE sought.id = ANY(CAST(:messages AS uuid[])) GROUP BY 1, 2) AS children GROUP BY id ORDER BY id"
)


def word_of(conn: Connection, messages: Sequence[UUID]) -> dict[UUID, Word]:
    rows = conn.execute(_WORD, {"messages": list(messages)})
    return {row.id: Word(row.found, bool(row.handed_on)) for row in rows}


# -- which are about whom -----------------------------------------------------------------------------------

_SOUGHT = (
    "SELECT DISTINCT owed.message_id FROM appearance AS mine JOIN person AS here ON here.id = mine.person_id"
    " JOIN person AS there ON there.root = here.root"
    " JOIN appearance AS theirs ON theirs.person_id = there.id AND theirs.part = 'children'"
    " JOIN owed ON owed.message_id = theirs.message_id AND owed.what IN ('enquiry', 'hand_on'){still}"
    " WHERE mine.message_id = ANY(CAST(:messages AS uuid[])) AND mine.part = 'children'"
    " AND owed.message_id <> mine.message_id ORDER BY owed.message_id"
)
_STILL_SOUGHT = text(_SOUGHT.format(still=" AND owed.met_at IS NULL"))
_EVER_SOUGHT = text(_SOUGHT.format(still=""))


def still_about(conn: Connection, messages: Sequence[UUID]) -> list[UUID]:
    """The other messages by which a child of these is sought, or is still to be handed on."""
    return list(conn.execute(_STILL_SOUGHT, {"messages": list(messages)}).scalars()) if messages else []


def ever_about(conn: Connection, messages: Sequence[UUID]) -> list[UUID]:
    """The other messages by which a child of these is or was sought."""
    return list(conn.execute(_EVER_SOUGHT, {"messages": list(messages)}).scalars()) if messages else []


_OF_CHILDREN = text(
    "SELECT DISTINCT owed.message_id FROM person JOIN appearance ON appearance.person_id = person.id"
    " AND part = 'children' JOIN owed ON owed.message_id = appearance.message_id AND owed.what = 'enquiry'"
    " WHERE root = ANY(CAST(:roots AS uuid[])) ORDER BY owed.message_id"
)


def of_children(conn: Connection, roots: Sequence[UUID]) -> list[UUID]:
    """The messages by which one of these children is or was sought."""
    return list(conn.execute(_OF_CHILDREN, {"roots": list(roots)}).scalars())


def still_open(conn: Connection, *, after: UUID, limit: int) -> list[UUID]:
    """The next messages by which somebody is still sought."""
    rows = conn.execute(
        text(
            "SELECT DISTINCT message_id FROM owed WHERE met_at IS NULL AND what IN ('enquiry', 'hand_on')"
            " AND message_id > CAST(:after AS uuid) ORDER BY message_id LIMIT :limit"
        ),
        {"after": after, "limit": limit},
    )
    return list(rows.scalars())
