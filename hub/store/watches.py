"""What protocols watch for: of each child that a message speaks of, the day, so that it can be counted long after."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from hub.store import bulk
from hub.store.owed import MOST_COUNTED
from hub.store.tables_of_watches import watched


@dataclass(frozen=True, slots=True)
class Watched:
    id: UUID
    message_id: UUID
    place: int
    kind: str
    day: date
    of_role: str | None
    plan: str | None
    area: str | None
    look_at: datetime | None


def note(conn: Connection, rows: Sequence[Watched]) -> None:
    bulk.insert(conn, watched, [bulk.row_of(row) for row in rows])


# Of everybody who is the same as a child of these messages, whatever was noted and waits for nothing.
_ROOTS_OF = (
    "SELECT root FROM appearance JOIN person ON person.id = person_id"
    " WHERE appearance.message_id = ANY(CAST(:ids AS uuid[])) AND part = 'children'"
)
_AGAIN = (
    "UPDATE watched SET look_at = :at FROM person JOIN appearance ON person_id = person.id"
    " WHERE person.root IN ({roots}) AND part = 'children' AND appearance.message_id = watched.message_id"
    " AND appearance.place = watched.place AND look_at IS NULL"
)
_AGAIN_OF_MESSAGES = text(_AGAIN.format(roots=_ROOTS_OF))
_AGAIN_OF_PERSONS = text(_AGAIN.format(roots="SELECT root FROM person WHERE id = ANY(CAST(:ids AS uuid[]))"))


def look_again(conn: Connection, messages: Sequence[UUID], *, at: datetime) -> None:
    """These messages say something new of their children: who is whose sibling. What was noted before may count now."""
    if messages:
        conn.execute(_AGAIN_OF_MESSAGES, {"ids": list(messages), "at": at})


def look_again_at(conn: Connection, persons: Iterable[UUID], *, at: datetime) -> None:
    """Somebody has answered who these are: what was noted of each is looked at again."""
    conn.execute(_AGAIN_OF_PERSONS, {"ids": list(persons), "at": at})


def hasten(conn: Connection, *, at: datetime) -> None:
    """Whatever waits for its day is looked at now: a protocol that is new may name another day."""
    conn.execute(text("UPDATE watched SET look_at = :at WHERE look_at > :at"), {"at": at})


def alone(conn: Connection) -> None:
    """Until the transaction ends no other watcher counts: two that saw half each would open two duties, or none."""
    conn.execute(text("SELECT pg_advisory_xact_lock(hashtext('checkback_watch'))"))


_COLUMNS = (
    "watched.id, watched.message_id, watched.place, watched.kind, day, of_role, watched.plan, area, look_at"
)
_DUE = text("SELECT id FROM watched WHERE look_at <= :at ORDER BY look_at, id LIMIT :limit")
_READ = text(f"SELECT {_COLUMNS} FROM watched WHERE id = :id AND look_at <= :at")


def due(conn: Connection, *, at: datetime, limit: int) -> list[UUID]:
    return [row.id for row in conn.execute(_DUE, {"at": at, "limit": limit})]


def read(conn: Connection, one: UUID, *, at: datetime) -> Watched | None:
    """If it is still to be looked at."""
    row = conn.execute(_READ, {"id": one, "at": at}).one_or_none()
    return None if row is None else Watched(*row)


def looked(conn: Connection, one: Watched, *, next_at: datetime | None) -> None:
    """It was looked at as it stood; if something new has been said meanwhile, it stays due."""
    conn.execute(
        text("UPDATE watched SET look_at = :next WHERE id = :id AND look_at = :seen"),
        {"id": one.id, "next": next_at, "seen": one.look_at},
    )


def later(conn: Connection, one: UUID, *, until: datetime) -> None:
    conn.execute(text("UPDATE watched SET look_at = :until WHERE id = :id"), {"id": one, "until": until})


_CHILD = text(
    "SELECT root, state FROM watched JOIN message ON message.id = watched.message_id"
    " JOIN appearance ON appearance.message_id = watched.message_id AND appearance.place = watched.place"
    " AND part = 'children' JOIN person ON person.id = person_id WHERE watched.id = :id"
)


def child_of(conn: Connection, one: Watched) -> UUID | None:
    """The child, as a root. None: the message was withdrawn, and what it said is not counted."""
    row = conn.execute(_CHILD, {"id": one.id}).one_or_none()
    return None if row is None or row.state == "withdrawn" else row.root


# What was said in a message that its sender took back is not counted.
_NOTED = (
    "SELECT watched.id, watched.message_id, root, watched.kind, day, of_role, watched.plan, area, accepted_at, sender,"
    " counts.crossing_id FROM watched JOIN message ON message.id = watched.message_id AND state <> 'withdrawn'"
    " JOIN appearance ON appearance.message_id = watched.message_id AND appearance.place = watched.place"
    " AND part = 'children' JOIN person ON person.id = person_id"
)
_OLDEST_FIRST = " ORDER BY accepted_at, watched.message_id, watched.id"
_SEEN = text(
    f"{_NOTED} LEFT JOIN crossing_counts AS counts ON counts.watched_id = watched.id AND counts.protocol = :protocol"
    " AND counts.watch = :watch"
    " WHERE person.root = ANY(CAST(:roots AS uuid[])) AND watched.kind = ANY(CAST(:kinds AS text[]))"
    + _OLDEST_FIRST
)
_COUNTED = text(
    f"{_NOTED} JOIN crossing_counts AS counts ON counts.watched_id = watched.id"
    " WHERE counts.crossing_id = :crossing" + _OLDEST_FIRST
)


def seen(
    conn: Connection, children: Iterable[UUID], kinds: Iterable[str], *, protocol: str, watch: str
) -> list[Any]:
    """All that was noted of these children, in messages of these kinds that stand: the oldest first, each with the
    crossing in which this watch has counted it.
    """
    given = {"roots": list(children), "kinds": list(kinds), "protocol": protocol, "watch": watch}
    return list(conn.execute(_SEEN, given))


def counted(conn: Connection, crossing: UUID) -> list[Any]:
    """The same of what one crossing has counted."""
    return list(conn.execute(_COUNTED, {"crossing": crossing}))


def unlooked(conn: Connection, *, since: datetime) -> int:
    """How much should have been looked at before then and was not; up to MOST_COUNTED."""
    late = "SELECT 1 FROM watched WHERE look_at < :since LIMIT :most"
    found: int = conn.execute(
        text(f"SELECT count(*) FROM ({late}) AS late"), {"since": since, "most": MOST_COUNTED}
    ).scalar_one()
    return found
