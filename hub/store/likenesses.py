"""The question whether two persons are one, as people answered it; and who stands for whom, which follows from that."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from hub.store import bulk
from hub.store.tables_of_children import likeness_answer

_ALONE = 0x6F6E65  # "one": an advisory lock of our own
_COLUMNS = (
    "likeness.id, likeness.one, likeness.other, likeness.message_id, why, asked_at, answered_at, answer,"
    " one.root AS one_root, other.root AS other_root"
)
_FROM = " FROM likeness JOIN person AS one ON one.id = likeness.one JOIN person AS other ON other.id = likeness.other"


def alone(conn: Connection) -> None:
    """Until the transaction ends nobody else merges or un-merges anybody. People do it, and seldom."""
    conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ALONE})


def nobody_merges(conn: Connection) -> None:
    """Until the transaction ends nobody is merged or un-merged: for whoever tells by a child who holds it, or who is
    found. Any number may hold this at once. It comes before every other lock, as `alone` does.
    """
    conn.execute(text("SELECT pg_advisory_xact_lock_shared(:lock)"), {"lock": _ALONE})


def find(conn: Connection, likeness_id: UUID) -> Any:  # noqa: ANN401 - a row or None
    return conn.execute(
        text(f"SELECT {_COLUMNS}{_FROM} WHERE likeness.id = :id"), {"id": likeness_id}
    ).one_or_none()


def of_persons(conn: Connection, persons: Iterable[UUID]) -> list[Any]:
    """All that was asked about these, on either side."""
    return list(
        conn.execute(
            text(
                f"SELECT {_COLUMNS}{_FROM} WHERE likeness.one = ANY(CAST(:ids AS uuid[]))"
                f" UNION SELECT {_COLUMNS}{_FROM} WHERE likeness.other = ANY(CAST(:ids AS uuid[])) ORDER BY id"
            ),
            {"ids": list(persons)},
        )
    )


def answered(
    conn: Connection,
    likenesses: Sequence[UUID],
    answer: str,
    *,
    by: str,
    hidden: dict[UUID, tuple[UUID, bytes]],
    at: datetime,
) -> None:
    """Each has this answer now; every answer that it ever had stays. `hidden` is each one's id and reason."""
    conn.execute(
        text("UPDATE likeness SET answer = :answer, answered_at = :at WHERE id = ANY(CAST(:ids AS uuid[]))"),
        {"answer": answer, "at": at, "ids": list(likenesses)},
    )
    bulk.insert(
        conn,
        likeness_answer,
        [
            {
                "id": hidden[one][0],
                "likeness_id": one,
                "answer": answer,
                "at": at,
                "by_agency": by,
                "because_hidden": hidden[one][1],
            }
            for one in likenesses
        ],
    )


def answers(conn: Connection, likenesses: Sequence[UUID]) -> list[Any]:
    return list(
        conn.execute(
            text(
                "SELECT * FROM likeness_answer WHERE likeness_id = ANY(CAST(:ids AS uuid[])) ORDER BY at, id"
            ),
            {"ids": list(likenesses)},
        )
    )


def members(conn: Connection, roots: Iterable[UUID]) -> list[Any]:
    """All who are the same as these: (id, root, what, message_id, at), the longest known first."""
    return list(
        conn.execute(
            text(
                "SELECT id, root, what, message_id, at FROM person WHERE root = ANY(CAST(:roots AS uuid[]))"
                " ORDER BY at, message_id, id"
            ),
            {"roots": list(roots)},
        )
    )


def stand_for(conn: Connection, persons: Sequence[UUID], root: UUID) -> None:
    conn.execute(
        text("UPDATE person SET root = :root WHERE id = ANY(CAST(:ids AS uuid[])) AND root <> :root"),
        {"root": root, "ids": list(persons)},
    )


# -- as an office is asked --------------------------------------------------------------------------------------

_ASKED_OF = (
    "SELECT owed.id AS owed_id, owed.owed_by, owed.due_at, owed.met_at, likeness.id, likeness.one, likeness.other,"
    " likeness.message_id, why, asked_at, answered_at, answer, one.root AS one_root, other.root AS other_root"
    f"{_FROM} JOIN owed ON owed.message_id = likeness.message_id AND owed.what = 'same_child'"
    " AND owed.about = likeness.id::text"
)


def asked_of(conn: Connection, agency: str | None, *, after: tuple[datetime, UUID], limit: int) -> list[Any]:
    """Open questions of this office, or of all: the first due first."""
    of = " AND owed_by = :agency" if agency else ""
    found = text(
        f"{_ASKED_OF} WHERE met_at IS NULL{of} AND (due_at, owed.id) > (:due, CAST(:id AS uuid))"
        " ORDER BY due_at, owed.id LIMIT :limit"
    )
    due, last = after
    return list(conn.execute(found, {"agency": agency, "due": due, "id": last, "limit": limit}))


def was_asked(conn: Connection, agency: str, likenesses: Sequence[UUID]) -> bool:
    """Whether this office is, or was, asked one of these: whoever was once may think better of its answer."""
    found = conn.execute(
        text(f"{_ASKED_OF} WHERE likeness.id = ANY(CAST(:ids AS uuid[])) AND owed_by = :agency LIMIT 1"),
        {"ids": list(likenesses), "agency": agency},
    )
    return found.first() is not None


_MENTIONS = text(
    "SELECT DISTINCT root, appearance.message_id, sender, kind, accepted_at FROM person"
    " JOIN appearance ON person_id = person.id JOIN message ON message.id = appearance.message_id"
    " WHERE root = ANY(CAST(:roots AS uuid[])) ORDER BY accepted_at, message_id"
)


def mentions(conn: Connection, roots: Iterable[UUID]) -> list[Any]:
    """Which messages of which agencies speak of these: what an office must know to ask them."""
    return list(conn.execute(_MENTIONS, {"roots": list(roots)}))
