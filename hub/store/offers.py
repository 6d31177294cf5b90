"""Which children a message is about, whom it offers them to, and who may know of a child at all.

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
    "SELECT DISTINCT owed.id, root AS person_id, owed.message_id, owed.share_id, owed.started_at, owed.due_at,"
    " share.sender, share.role, handover.service, handover.giver FROM owed"
    " JOIN share ON share.id = owed.share_id JOIN handover ON handover.message_id = owed.message_id"
    " JOIN appearance ON appearance.message_id = owed.message_id AND part = 'children'"
    " JOIN person ON person.id = appearance.person_id"
    " WHERE owed_by = :agency AND owed.what = 'acceptance' AND met_at IS NULL"
    " AND (CAST(:child AS uuid) IS NULL OR root = :child)"
    " AND (owed.id, root) > (CAST(:first AS uuid), CAST(:second AS uuid))"
    " ORDER BY owed.id, root LIMIT :limit"
)


def offered_to(
    conn: Connection, agency: str, *, child: UUID | None, after: tuple[UUID, UUID], limit: int
) -> list[Any]:
    """A page of the children whom this agency is asked to accept."""
    first, second = after
    given = {"agency": agency, "child": child, "first": first, "second": second, "limit": limit}
    return list(conn.execute(_OFFERED, given))


# Whoever declined, or from whom it was taken back, does not go on hearing of the child.
_MAY_KNOW = text(
    "SELECT message.sender = :agency OR COALESCE(share.terms -> 'sections' ?| ARRAY['address', 'move', 'services']"
    " AND NOT share.terms -> 'withhold' ? 'restricted_address', false) AS sees_where"
    " FROM person JOIN appearance ON appearance.person_id = person.id AND part = 'children'"
    " JOIN message ON message.id = appearance.message_id AND message.state <> 'withdrawn'"
    " LEFT JOIN share ON share.message_id = message.id AND share.recipient = :agency AND share.sent_at IS NOT NULL"
    " AND share.state NOT IN ('declined', 'redirected', 'released') AND share.terms -> 'sections' ? 'child'"
    " WHERE root = :child AND (message.sender = :agency OR share.id IS NOT NULL)"
)


def may_know(conn: Connection, agency: str, child: UUID) -> bool | None:
    """None: it may not know of this child. Else whether it may also know where the child's services are: a view that
    holds a restricted address back holds back what leads to it.
    """
    rows = [row.sees_where for row in conn.execute(_MAY_KNOW, {"agency": agency, "child": child})]
    return any(rows) if rows else None
