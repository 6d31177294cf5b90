"""Whom the children of a handover are offered to.

A child stands here as the person whom the hub takes it for now (`person.root`). A likely match is a question to a
person, and another child until it is answered: it moves nothing and shows nothing.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from hub.store import handovers

# Handovers that somebody could still accept. Of two that are routed at once the later one is told of; otherwise it is
# whichever offers them last, as one that nobody could hear of at first offers nothing until it is routed again.
_OPEN_TO_OTHERS = text(
    "SELECT DISTINCT mine.message_id, theirs.message_id AS other, child.root, mine.service, mine.giver,"
    " (SELECT sender FROM message WHERE id = mine.message_id) AS sender FROM handover AS mine"
    " JOIN appearance ON appearance.message_id = mine.message_id AND part = 'children'"
    " JOIN person ON person.id = appearance.person_id JOIN person AS child ON child.root = person.root"
    " JOIN appearance AS before ON before.person_id = child.id AND before.part = 'children'"
    " JOIN handover AS theirs ON theirs.message_id = before.message_id AND theirs.ended_at IS NULL"
    " AND theirs.giver = mine.giver AND theirs.service = mine.service"
    " AND (theirs.message_id < mine.message_id OR theirs.message_id <> ALL(CAST(:messages AS uuid[])))"
    " WHERE mine.message_id = ANY(CAST(:messages AS uuid[]))"
    " AND EXISTS (SELECT 1 FROM share WHERE share.message_id = mine.message_id AND takes_responsibility)"
    " AND EXISTS (SELECT 1 FROM share WHERE share.message_id = theirs.message_id AND takes_responsibility"
    " AND state NOT IN ('declined', 'redirected', 'released', 'closed'))"
    " AND NOT EXISTS (SELECT 1 FROM share AS one JOIN share AS other ON other.recipient = one.recipient"
    " WHERE one.message_id = theirs.message_id AND other.message_id = mine.message_id"
    " AND one.takes_responsibility AND other.takes_responsibility)"
    " ORDER BY 1, 2, 3"
)


def offered_elsewhere(conn: Connection, messages: Sequence[UUID]) -> list[Any]:
    """(message_id, other, root, service, giver, sender): of each of these, other handovers by the same hands, of a
    child of it, still open and to somebody else.
    """
    rows = list(conn.execute(_OPEN_TO_OTHERS, {"messages": list(messages)}))
    overtaken = handovers.followed(conn, sorted({row.other for row in rows}))
    return [row for row in rows if row.other not in overtaken]


_OFFERED = text(
    "SELECT owed.id, place, root AS person_id, owed.message_id, owed.share_id, owed.started_at, owed.due_at,"
    " share.sender, share.role, handover.service, handover.giver,"
    " (SELECT holder FROM holding WHERE holding.person_id = root AND holding.service = handover.service"
    " AND until IS NULL) AS holder FROM owed"
    " JOIN share ON share.id = owed.share_id JOIN handover ON handover.message_id = owed.message_id"
    " JOIN appearance ON appearance.message_id = owed.message_id AND part = 'children'"
    " JOIN person ON person.id = appearance.person_id"
    " WHERE owed_by = :agency AND owed.what = 'acceptance' AND met_at IS NULL"
    " AND (CAST(:child AS uuid) IS NULL OR root = :child)"
    " AND (owed.id, place) > (CAST(:after AS uuid), CAST(:place AS int)) ORDER BY owed.id, place LIMIT :limit"
)


def offered_to(
    conn: Connection, agency: str, *, child: UUID | None, after: UUID, place: int, limit: int
) -> list[Any]:
    """A page of the children whom this agency is asked to accept: by what is owed, and each one's place there."""
    given = {"agency": agency, "child": child, "after": after, "place": place, "limit": limit}
    return list(conn.execute(_OFFERED, given))
