"""Persons as marks, and where they appear: what routing reads before it matches, and what it writes then."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from hub.store import bulk
from hub.store.bulk import Binaries
from hub.store.connect import together
from hub.store.tables_of_children import appearance, likeness, person, person_mark

_CLAIM = text("INSERT INTO mark (mark) SELECT unnest(CAST(:marks AS bytea[])) ON CONFLICT DO NOTHING")
_HOLD = text(
    "SELECT count(*) FROM (SELECT 1 FROM mark WHERE mark = ANY(CAST(:marks AS bytea[]))"
    " ORDER BY mark FOR NO KEY UPDATE) AS held"
)


def lock(conn: Connection, marks: Iterable[bytes]) -> None:
    """Until the transaction ends nobody else matches anybody by these marks. In their order, new ones before those
    that are known, so that no two transactions wait for each other in a ring. Whoever also locks messages or merges
    locks the messages first, and the persons last.
    """
    given = {"marks": Binaries(sorted(set(marks)))}
    if given["marks"]:
        with together(conn):
            conn.execute(_CLAIM, given)  # waits for whoever writes the same for the first time
            conn.execute(_HOLD, given)


_KNOWN = text(
    "SELECT person.id, person.root, kept.what, kept.mark FROM person"
    " JOIN person_mark AS kept ON kept.person_id = person.id"
    " WHERE person.root IN (SELECT root FROM person_mark JOIN person ON person.id = person_id"
    " WHERE mark = ANY(CAST(:marks AS bytea[])))"
)


def known(conn: Connection, marks: Iterable[bytes]) -> list[Any]:
    """Of everybody who has one of these marks, and of all who are the same, every mark: (id, root, what, mark)."""
    return list(conn.execute(_KNOWN, {"marks": Binaries(sorted(set(marks)))}))


# The first message that speaks of both is enough: a family that is spoken of every week costs no more than another.
_TOGETHER = text(
    "SELECT pair.one, pair.other FROM unnest(CAST(:ones AS uuid[]), CAST(:others AS uuid[])) AS pair(one, other),"
    " LATERAL (SELECT 1 FROM person AS one JOIN appearance AS mine ON mine.person_id = one.id"
    " JOIN appearance AS theirs ON theirs.message_id = mine.message_id"
    " JOIN person AS other ON other.id = theirs.person_id"
    " WHERE one.root = pair.one AND other.root = pair.other LIMIT 1) AS together"
)


def seen_together(conn: Connection, pairs: Collection[tuple[UUID, UUID]]) -> list[Any]:
    """Those of these pairs, as roots, who have stood in one message."""
    if not pairs:
        return []
    ones, others = zip(*pairs, strict=True)
    return list(conn.execute(_TOGETHER, {"ones": list(ones), "others": list(others)}))


_ASKED = text(
    "SELECT one.root AS one, other.root AS other FROM likeness JOIN person AS one ON one.id = likeness.one"
    " JOIN person AS other ON other.id = likeness.other"
    " WHERE likeness.one IN (SELECT id FROM person WHERE root = ANY(CAST(:roots AS uuid[])))"
)


def asked(conn: Connection, roots: Iterable[UUID]) -> set[frozenset[UUID]]:
    """Of which of these, two and two, it was ever asked whether they are one."""
    return {frozenset((row.one, row.other)) for row in conn.execute(_ASKED, {"roots": list(roots)})}


def recorded(conn: Connection, messages: Sequence[UUID]) -> set[UUID]:
    """Of these messages, those whose children were told apart already."""
    rows = conn.execute(
        text("SELECT DISTINCT message_id FROM appearance WHERE message_id = ANY(CAST(:ids AS uuid[]))"),
        {"ids": list(messages)},
    )
    return {row.message_id for row in rows}


def add(
    conn: Connection,
    persons: Sequence[bulk.Row],
    marks: Sequence[bulk.Row],
    appearances: Sequence[bulk.Row],
    likenesses: Sequence[bulk.Row],
) -> None:
    with together(conn):
        bulk.insert(conn, person, persons)
        add_marks(conn, marks)
        bulk.insert(conn, appearance, appearances)
        bulk.insert(conn, likeness, likenesses)


def add_marks(conn: Connection, marks: Sequence[bulk.Row]) -> None:
    """What is known of somebody grows with every message; what is known already stays."""
    bulk.insert(conn, person_mark, marks, tail="ON CONFLICT DO NOTHING")
