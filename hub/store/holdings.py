"""Who holds a child, service by service: one open row at a time, ended and begun in one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from hub.ids import new_id
from hub.store import bulk
from hub.store.tables_of_responsibility import holding


@dataclass(frozen=True, slots=True)
class Holding:
    person_id: UUID
    service: str
    holder: str
    message_id: UUID
    since: datetime
    why: str  # handed_over, accepted, fell_back, placed, as_before
    giver: str | None = None
    person_hidden: bytes | None = None
    person_ref: UUID | None = None
    share_id: UUID | None = None
    id: UUID = field(default_factory=new_id)


_WHO = "id, person_id, service, holder, giver, person_hidden, person_ref"
_OWN_COLUMNS = f"{_WHO}, message_id, share_id, since, until, why"
_COLUMNS = f"{_OWN_COLUMNS}, passed_to"
_OPEN = text(
    f"SELECT {_COLUMNS} FROM holding WHERE person_id = ANY(CAST(:persons AS uuid[])) AND until IS NULL"
    " ORDER BY person_id, service FOR NO KEY UPDATE"
)
_LAST = text(
    "SELECT holding.person_id, holding.service, max(until) AS until FROM holding"
    " JOIN unnest(CAST(:persons AS uuid[]), CAST(:services AS text[])) AS given(person_id, service)"
    " ON holding.person_id = given.person_id AND holding.service = given.service"
    " WHERE until IS NOT NULL GROUP BY 1, 2"
)
_END = text(
    "UPDATE holding SET until = :at, passed_to = CAST(:passed_to AS text) WHERE id = :id AND until IS NULL"
)


def lock_open(conn: Connection, persons: Iterable[UUID]) -> dict[tuple[UUID, str], Any]:
    """Who holds these children now, locked in one order, so that two who move the same never wait in a ring."""
    rows = conn.execute(_OPEN, {"persons": sorted(set(persons))})
    return {(row.person_id, row.service): row for row in rows}


_NOW = text(
    f"SELECT {_COLUMNS} FROM holding WHERE person_id = ANY(CAST(:persons AS uuid[])) AND until IS NULL"
)


def now(conn: Connection, persons: Iterable[UUID]) -> dict[tuple[UUID, str], Any]:
    """The same without a lock: of children whom this transaction does not move."""
    return {(row.person_id, row.service): row for row in conn.execute(_NOW, {"persons": list(persons)})}


def begin(conn: Connection, rows: Sequence[Holding]) -> None:
    """Whoever hands a child over first, holds it; one that somebody holds already is left as it is."""
    bulk.insert(
        conn,
        holding,
        [bulk.row_of(row) for row in sorted(rows, key=lambda one: (one.person_id, one.service))],
        tail="ON CONFLICT (person_id, service) WHERE until IS NULL DO NOTHING",
    )


def free_since(conn: Connection, of: Sequence[tuple[UUID, str]]) -> dict[tuple[UUID, str], datetime]:
    """When the last holder gave it up, of each of these that was held before and is not now."""
    given = {"persons": [person for person, _ in of], "services": [service for _, service in of]}
    return {(row.person_id, row.service): row.until for row in conn.execute(_LAST, given)} if of else {}


def end(conn: Connection, holding_id: UUID, *, at: datetime, passed_to: str | None = None) -> bool:
    """Whether it was still held."""
    return conn.execute(_END, {"id": holding_id, "at": at, "passed_to": passed_to}).rowcount == 1


_ANY_OF = "person_id IN (SELECT id FROM person WHERE root = ANY(CAST(:roots AS uuid[])))"


def services_of(conn: Connection, roots: Sequence[UUID]) -> set[str]:
    """The services in which any of these children was ever held."""
    rows = conn.execute(text(f"SELECT DISTINCT service FROM holding WHERE {_ANY_OF}"), {"roots": list(roots)})
    return {row.service for row in rows}


_COPY = text(
    f"INSERT INTO holding ({_COLUMNS}) SELECT :new, :person, service, holder, giver, person_hidden, person_ref,"
    " message_id, share_id, GREATEST(since, own.ended), until, :why, :passed_to FROM holding,"
    " LATERAL (SELECT max(until) AS ended FROM holding AS own"
    " WHERE own.person_id = :person AND own.service = holding.service) AS own"
    " WHERE id = :id AND (own.ended IS NULL OR own.ended < until)"
)


def copy(conn: Connection, row: Any, person: UUID, why: str) -> None:  # noqa: ANN401 - a row that has ended
    """The same spell in another child's record, after whatever stands there, with where it went on for that one."""
    conn.execute(
        _COPY, {"new": new_id(), "person": person, "why": why, "passed_to": row.passed_to, "id": row.id}
    )


_IS_ABOUT = (
    "EXISTS (SELECT 1 FROM appearance JOIN person ON person.id = appearance.person_id"
    " WHERE appearance.message_id = {message} AND part = 'children' AND root = :child)"
)
# In which other service it went on: that of whoever accepted it since, by a handover of this child; or as somebody
# placed it, which began there at that moment.
_WENT_ON = (
    "COALESCE((SELECT max(share.role) FROM handover JOIN share ON share.message_id = handover.message_id"
    " WHERE handover.service = :service AND ended_how = 'accepted' AND ended_at >= holding.since"
    f" AND takes_responsibility AND share.role <> :service AND {_IS_ABOUT.format(message='handover.message_id')}),"
    " (SELECT next.service FROM holding AS next WHERE next.person_id = holding.person_id"
    " AND next.service = holding.passed_to AND next.since = holding.until"
    f" AND {_IS_ABOUT.format(message='next.message_id')} LIMIT 1))"
)
_LAST_ABOUT = text(
    f"SELECT {_OWN_COLUMNS}, {_WENT_ON} AS passed_to FROM holding"
    f" WHERE {_ANY_OF} AND service = :service AND {_IS_ABOUT.format(message='holding.message_id')}"
    " ORDER BY since DESC, id DESC LIMIT 1"
)


def last_about(conn: Connection, child: UUID, roots: Sequence[UUID], service: str) -> Any:  # noqa: ANN401 - a row or None
    """Of all that these records hold, what came last by a message about this child itself, and where it went on by
    another such. What a message about another child of these moved has, for this one, not moved.
    """
    given = {"child": child, "roots": list(roots), "service": service}
    return conn.execute(_LAST_ABOUT, given).one_or_none()


# -- read ---------------------------------------------------------------------------------------------------

_PAGE = (
    " AND (CAST(:child AS uuid) IS NULL OR person_id IN (SELECT id FROM person WHERE root = :child))"
    " AND id > CAST(:after AS uuid) ORDER BY id LIMIT :limit"
)
_READ = (
    f"SELECT {_COLUMNS}, (SELECT sender FROM message WHERE message.id = message_id) AS sender FROM holding"
)
_SIDES = {
    "held": text(f"{_READ} WHERE holder = :agency AND until IS NULL{_PAGE}"),
    "given": text(f"{_READ} WHERE holder = :agency AND until IS NOT NULL{_PAGE}"),
}


def of_agency(
    conn: Connection, agency: str, side: str, *, child: UUID | None, after: UUID, limit: int
) -> list[Any]:
    """A page of those that it holds now, or of those that it held and gave away."""
    given = {"agency": agency, "child": child, "after": after, "limit": limit}
    return list(conn.execute(_SIDES[side], given))


def history(conn: Connection, child: UUID) -> list[Any]:
    """Whoever has held this child, under whichever id it was known, the first at the head."""
    rows = conn.execute(
        text(
            f"{_READ} WHERE person_id IN (SELECT id FROM person WHERE root = :child)"
            " ORDER BY since, until NULLS LAST, id"
        ),
        {"child": child},
    )
    return list(rows)


_OF_THE_GONE = text(
    f"SELECT {_COLUMNS} FROM holding WHERE until IS NULL AND holder = ANY(CAST(:agencies AS text[]))"
    " AND id > CAST(:after AS uuid) ORDER BY id LIMIT :limit"
)


def held_by(conn: Connection, agencies: Sequence[str], *, after: UUID, limit: int) -> list[Any]:
    """The next that one of these holds."""
    return list(conn.execute(_OF_THE_GONE, {"agencies": list(agencies), "after": after, "limit": limit}))


def newest(conn: Connection, *, agency: str | None, limit: int) -> list[Any]:
    """What is held now, by whoever or by one agency: what came last at the head."""
    of = " AND holder = :agency" if agency else ""
    rows = conn.execute(
        text(f"SELECT {_COLUMNS} FROM holding WHERE until IS NULL{of} ORDER BY id DESC LIMIT :limit"),
        {"agency": agency, "limit": limit},
    )
    return list(rows)
