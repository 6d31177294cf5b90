"""One child, as an agency may know it; and what an office is asked about two who may be one.

An agency sees the messages that it sent or was sent a share of with the children in it, and no others. Nothing tells
it that somebody else spoke of the child: neither the id, nor how certain the hub was. Only the office that is asked
sees which agencies spoke of the two, as that is whom it must ask.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from agencies import wire
from hub.children import no_such_child, no_such_match
from hub.reading.owed import cursor, place
from hub.store import children, likenesses


def child(
    conn: Connection, person: UUID, agency: str, *, after: UUID | None = None, limit: int = 500
) -> wire.ChildTold:
    """A page of the messages about one child, the oldest first."""
    root = children.found_by(conn, agency, person)
    if root is None:
        raise no_such_child()
    rows = children.known_messages(conn, agency, root, after=after, limit=limit + 1)
    page = tuple(_message(row) for row in rows[:limit])
    return wire.ChildTold(
        id=children.seen_as(conn, agency, [root])[root],
        messages=page,
        next=page[-1].message if len(rows) > limit else None,
    )


def _message(row: Any) -> wire.ChildMessage:  # noqa: ANN401 - a row
    sent = row.share is None
    return wire.ChildMessage(
        message=row.message,
        share=row.share,
        kind=row.kind,
        sender=row.sender,
        sent_at=row.accepted_at if sent else row.sent_at,
        state=row.message_state if sent else row.share_state,
    )


def children_in(conn: Connection, message: UUID, agency: str) -> tuple[wire.ChildAt, ...]:
    """The children of a message that this agency knows, by the ids under which it knows them."""
    roots = children.children_of_messages(conn, [message])[message]
    ids = children.seen_as(conn, agency, roots)
    return tuple(
        wire.ChildAt(place=place, child=ids[root]) for place, root in enumerate(roots) if root in ids
    )


def matches(conn: Connection, agency: str | None, *, after: str | None, limit: int) -> wire.Matches:
    """A page of the open questions of an office, or of all, the first due first."""
    rows = likenesses.asked_of(conn, agency, after=place(after), limit=limit + 1)
    page = rows[:limit]
    spoken = _mentions(conn, [root for row in page for root in (row.one_root, row.other_root)])
    return wire.Matches(
        matches=tuple(_match(row, spoken, row.due_at) for row in page),
        next=cursor(page[-1].due_at, page[-1].owed_id) if len(rows) > limit else None,
    )


def match(conn: Connection, likeness: UUID) -> wire.Match:
    row = likenesses.find(conn, likeness)
    if row is None:
        raise no_such_match()
    return _match(row, _mentions(conn, [row.one_root, row.other_root]), None)


def _mentions(conn: Connection, roots: Iterable[UUID]) -> dict[UUID, tuple[wire.Mention, ...]]:
    found: dict[UUID, tuple[wire.Mention, ...]] = {}
    for row in likenesses.mentions(conn, roots):
        told = wire.Mention(message=row.message_id, sender=row.sender, kind=row.kind, sent_at=row.accepted_at)
        found[row.root] = (*found.get(row.root, ()), told)
    return found


def _match(
    row: Any,  # noqa: ANN401 - a row
    spoken: Mapping[UUID, tuple[wire.Mention, ...]],
    due_at: datetime | None,
) -> wire.Match:
    return wire.Match(
        id=row.id,
        why=tuple(row.why),
        raised_by=row.message_id,
        asked_at=row.asked_at,
        due_at=due_at,
        one=wire.MatchPerson(child=row.one, messages=spoken.get(row.one_root, ())),
        other=wire.MatchPerson(child=row.other, messages=spoken.get(row.other_root, ())),
        are_one=row.one_root == row.other_root,
        answer=row.answer,
        answered_at=row.answered_at,
    )
