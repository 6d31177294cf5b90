"""Whom messages are about, as far as the hub can tell: for whoever follows one child through many messages.

A person is an id and marks. `root` follows every merge that people have made: of all persons who are the same, one id.
An agency is never told a root, which may be of a message that it knows nothing of: `seen_as` gives the id under which
it knows the child itself.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from hub.store.shares import STILL_SHOWS

_ROOT_OF = text("SELECT id, root FROM person WHERE id = ANY(CAST(:ids AS uuid[]))")


def root_of(conn: Connection, ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Of each of these persons, the one who stands for all that are the same; who is not there is left out."""
    return {row.id: row.root for row in conn.execute(_ROOT_OF, {"ids": list(ids)})}


_SAME_AS = text(
    "SELECT other.id, other.root FROM person AS one JOIN person AS other ON other.root = one.root"
    " WHERE one.id = ANY(CAST(:ids AS uuid[]))"
)


def same_as(conn: Connection, ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Everybody who is the same as one of these, they too: each with whoever stands for them."""
    return {row.id: row.root for row in conn.execute(_SAME_AS, {"ids": list(ids)})}


_OF_MESSAGES = text(
    "SELECT appearance.message_id, part, place, person_id, root, certainty, relation"
    " FROM appearance JOIN person ON person.id = person_id"
    " WHERE appearance.message_id = ANY(CAST(:ids AS uuid[])) ORDER BY appearance.message_id, part, place"
)


def of_messages(conn: Connection, message_ids: Iterable[UUID]) -> list[Any]:
    """Everybody in these messages of whom the hub knows a person: children and those round them."""
    return list(conn.execute(_OF_MESSAGES, {"ids": list(message_ids)}))


def children_of_messages(conn: Connection, message_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """The children of each message, as roots, in their places. One that is about no child has none."""
    found: dict[UUID, list[UUID]] = {one: [] for one in message_ids}
    for row in of_messages(conn, message_ids):
        if row.part == "children":
            found[row.message_id].append(row.root)
    return found


_ABOUT = text(
    "SELECT appearance.message_id, part, place, person_id, certainty, relation, sender, kind, state, accepted_at"
    " FROM person JOIN appearance ON appearance.person_id = person.id"
    " JOIN message ON message.id = appearance.message_id"
    " WHERE person.root = (SELECT root FROM person WHERE id = :id)"
    " ORDER BY accepted_at, appearance.message_id, part, place"
)


def messages_about(conn: Connection, person: UUID) -> list[Any]:
    """Every message in which this person stands, whoever they were first taken for, and in which part of it."""
    return list(conn.execute(_ABOUT, {"id": person}))


_SIBLINGS = text(
    "WITH mine AS (SELECT id FROM person WHERE root = (SELECT root FROM person WHERE id = :id)),"
    " here AS (SELECT DISTINCT message_id FROM appearance WHERE person_id IN (SELECT id FROM mine)"
    " AND (part = 'children' OR relation = 'sibling')),"
    " parents AS (SELECT DISTINCT person.root FROM appearance JOIN person ON person.id = person_id"
    " WHERE appearance.message_id IN (SELECT message_id FROM here) AND relation IN ('mother', 'father')),"
    " homes AS (SELECT message_id FROM here UNION SELECT appearance.message_id FROM appearance"
    " JOIN person ON person.id = person_id"
    " WHERE root IN (SELECT root FROM parents) AND relation IN ('mother', 'father'))"
    " SELECT DISTINCT person.root FROM appearance JOIN person ON person.id = person_id"
    " WHERE appearance.message_id IN (SELECT message_id FROM homes) AND (part = 'children' OR relation = 'sibling')"
    " AND person_id NOT IN (SELECT id FROM mine) ORDER BY person.root"
)


def siblings(conn: Connection, person: UUID) -> list[UUID]:
    """Children who stand in one message with this child, or in another with the same mother or father: as roots."""
    return [row.root for row in conn.execute(_SIBLINGS, {"id": person})]


# An agency knows of a child by what it sent, and by what was sent to it with the children in it.
_KNOWN_TO = (
    " FROM appearance JOIN person ON person.id = person_id JOIN message ON message.id = appearance.message_id"
    " LEFT JOIN share ON share.message_id = message.id AND share.recipient = :agency AND share.sent_at IS NOT NULL"
    " AND share.terms -> 'sections' ? 'child'"
    " WHERE part = 'children' AND (message.sender = :agency OR share.id IS NOT NULL)"
)
_SEEN_AS = text(
    f"SELECT DISTINCT ON (root) root, person_id{_KNOWN_TO} AND root = ANY(CAST(:roots AS uuid[]))"
    " ORDER BY root, accepted_at, message.id"
)


def seen_as(conn: Connection, agency: str, roots: Iterable[UUID]) -> dict[UUID, UUID]:
    """The id by which this agency knows each of these children: of the first message that it knows itself. Who is
    merged with somebody of whom it knows nothing keeps the id that it was told, so that a merge tells it nothing.
    """
    found = conn.execute(_SEEN_AS, {"agency": agency, "roots": list(roots)})
    return {row.root: row.person_id for row in found}


_FOUND_BY = text(f"SELECT root{_KNOWN_TO} AND person_id = :id LIMIT 1")


def found_by(conn: Connection, agency: str, person: UUID) -> UUID | None:
    """The root of this person, if the agency itself knows a message that was first taken to be about them."""
    found: UUID | None = conn.execute(_FOUND_BY, {"agency": agency, "id": person}).scalar_one_or_none()
    return found


_KNOWN_MESSAGES = text(
    "SELECT DISTINCT message.id AS message, message.sender, message.kind, message.state AS message_state, accepted_at,"
    " share.id AS share, share.state AS share_state, share.sent_at"
    f"{_KNOWN_TO} AND root = :root AND (CAST(:after AS uuid) IS NULL OR message.id > :after)"
    " ORDER BY message LIMIT :limit"
)


def known_messages(
    conn: Connection, agency: str, root: UUID, *, after: UUID | None = None, limit: int | None = None
) -> list[Any]:
    """The messages about this child that the agency sent, or holds a share of in which the children stand: all, or a
    page after one of them.
    """
    given = {"agency": agency, "root": root, "after": after, "limit": limit}
    return list(conn.execute(_KNOWN_MESSAGES, given))


_STILL_KNOWN = text(
    f"SELECT DISTINCT accepted_at, message.id{_KNOWN_TO} AND root = :root AND message.state <> 'withdrawn'"
    f" AND (message.sender = :agency OR {STILL_SHOWS}) ORDER BY accepted_at, message.id"
)


def still_known_messages(conn: Connection, agency: str, root: UUID) -> list[UUID]:
    """Of these, those that nobody has taken back, and that the agency has not declined: the newest last."""
    return [row.id for row in conn.execute(_STILL_KNOWN, {"agency": agency, "root": root})]
