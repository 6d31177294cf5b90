"""Watches that were met: what each counted, what it opened, and whether that is done."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from hub.store import bulk
from hub.store.tables_of_watches import crossing, crossing_counts, crossing_owes


@dataclass(frozen=True, slots=True)
class Crossing:
    id: UUID
    protocol: str
    watch: str
    message_id: UUID
    at: datetime
    turn: int
    look_at: datetime | None
    ended_at: datetime | None = None


def begin(conn: Connection, one: Crossing, counts: Iterable[UUID]) -> None:
    bulk.insert(conn, crossing, [bulk.row_of(one)])
    count(conn, one.id, one.protocol, one.watch, counts)


def count(conn: Connection, one: UUID, protocol: str, watch: str, counts: Iterable[UUID]) -> None:
    rows = [{"watched_id": id_, "protocol": protocol, "watch": watch, "crossing_id": one} for id_ in counts]
    bulk.insert(conn, crossing_counts, rows)


def owes(conn: Connection, one: UUID, owed: UUID) -> None:
    bulk.insert(conn, crossing_owes, [{"owed_id": owed, "crossing_id": one}])


def turn(conn: Connection, one: UUID, *, turn: int, look_at: datetime | None) -> None:
    """Whose turn it is now, and when somebody is asked after them."""
    conn.execute(
        text("UPDATE crossing SET turn = :turn, look_at = :look_at WHERE id = :id"),
        {"id": one, "turn": turn, "look_at": look_at},
    )


def end(conn: Connection, one: UUID, *, at: datetime) -> None:
    conn.execute(
        text("UPDATE crossing SET ended_at = :at, look_at = NULL WHERE id = :id"), {"id": one, "at": at}
    )


_FREE = text(
    "WITH freed AS (DELETE FROM crossing_counts WHERE crossing_id = :id RETURNING watched_id)"
    " UPDATE watched SET look_at = :at FROM freed WHERE watched.id = freed.watched_id"
)


def free(conn: Connection, one: UUID, *, at: datetime) -> None:
    """What set it off was taken back: the rest is counted afresh."""
    conn.execute(_FREE, {"id": one, "at": at})


_BY_COMING = text(
    "SELECT ended_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM crossing_owes JOIN owed ON owed.id = owed_id"
    " WHERE crossing_id = crossing.id AND met_how = 'done' AND met_by <> :hub)"
    " AND EXISTS (SELECT 1 FROM crossing_owes JOIN owed ON owed.id = owed_id"
    " WHERE crossing_id = crossing.id AND met_how = 'done') FROM crossing WHERE id = :id"
)


def ended_by_coming(conn: Connection, one: UUID, *, by: str) -> bool:
    """Whether it is over as what was waited for came, as `by` saw, and not as somebody said what they did about it."""
    ended: bool = conn.execute(_BY_COMING, {"id": one, "hub": by}).scalar_one()
    return ended


_DROP = text(
    "DELETE FROM crossing_counts USING watched JOIN message ON message.id = watched.message_id"
    " WHERE crossing_id = :id AND watched_id = watched.id AND message.state = 'withdrawn'"
)


def drop_withdrawn(conn: Connection, one: UUID) -> bool:
    """What was counted and has been taken back does not count any more; whether there was any."""
    return conn.execute(_DROP, {"id": one}).rowcount > 0


_TAKEN_BACK = (
    "SELECT 1 FROM crossing_counts JOIN watched ON watched.id = watched_id"
    " JOIN message ON message.id = watched.message_id WHERE crossing_id = crossing.id AND message.state = 'withdrawn'"
)
_DUTY = "SELECT 1 FROM crossing_owes JOIN owed ON owed.id = owed_id WHERE crossing_id = crossing.id AND"
_COLUMNS = "id, protocol, watch, message_id, at, turn, look_at, ended_at"
_MOVED_ON = text(
    f"SELECT id FROM crossing WHERE ended_at IS NULL AND (look_at <= :at OR EXISTS ({_DUTY} met_how = 'done')"
    f" OR NOT EXISTS ({_DUTY} met_at IS NULL) OR EXISTS ({_TAKEN_BACK})"
    f" OR EXISTS ({_DUTY} met_at IS NULL AND owed_by = ANY(CAST(:gone AS text[])))) ORDER BY at, id"
)
_READ = text(f"SELECT {_COLUMNS} FROM crossing WHERE id = :id AND ended_at IS NULL")


def moved_on(conn: Connection, *, at: datetime, gone: Sequence[str]) -> list[UUID]:
    """Those that are not over and of which something is to be done: what was owed is done, or no longer asked for,
    or has lapsed and somebody else is in turn, or is owed by an agency that is gone; or some of what was counted was
    taken back.
    """
    return [row.id for row in conn.execute(_MOVED_ON, {"at": at, "gone": list(gone)})]


def read(conn: Connection, one: UUID) -> Crossing | None:
    row = conn.execute(_READ, {"id": one}).one_or_none()
    return None if row is None else Crossing(*row)


_DUTIES = text(
    "SELECT owed.* FROM crossing_owes JOIN owed ON owed.id = owed_id WHERE crossing_id = :id"
    " ORDER BY started_at, owed.id"
)


def duties(conn: Connection, one: UUID) -> list[Any]:
    """All that it has opened, in turn."""
    return list(conn.execute(_DUTIES, {"id": one}))


_STILL_OPEN = text(
    "SELECT DISTINCT crossing.id FROM crossing JOIN crossing_owes ON crossing_owes.crossing_id = crossing.id"
    " JOIN owed ON owed.id = owed_id WHERE crossing.id = ANY(CAST(:ids AS uuid[])) AND ended_at IS NULL"
    " AND met_at IS NULL"
)


def still_open(conn: Connection, ids: Iterable[UUID]) -> set[UUID]:
    """Of these, those of which something is still owed."""
    return {row.id for row in conn.execute(_STILL_OPEN, {"ids": list(ids)})}


_OF_CHILD = text(
    "SELECT DISTINCT crossing.id FROM person JOIN appearance ON person_id = person.id AND part = 'children'"
    " JOIN watched ON watched.message_id = appearance.message_id AND watched.place = appearance.place"
    " JOIN crossing_counts ON watched_id = watched.id JOIN crossing ON crossing.id = crossing_id"
    " WHERE person.root = :root AND ended_at IS NULL"
)


def of_child(conn: Connection, root: UUID) -> list[Crossing]:
    """Those that are not over, of whatever watch, in which something about this child was counted."""
    ids = [row.id for row in conn.execute(_OF_CHILD, {"root": root})]
    return [found for one in ids if (found := read(conn, one))]


_COUNTED = text(
    "SELECT DISTINCT watched.message_id FROM crossing_counts JOIN watched ON watched.id = watched_id"
    " WHERE crossing_id = (SELECT crossing_id FROM crossing_owes WHERE owed_id = :owed) ORDER BY watched.message_id"
)


def counted_for(conn: Connection, owed: UUID) -> list[UUID]:
    """The messages that a watch counted before it opened this duty, and while it was open."""
    return [row.message_id for row in conn.execute(_COUNTED, {"owed": owed})]
