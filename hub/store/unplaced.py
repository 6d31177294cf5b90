"""What cannot be placed: alarms, each about one child and service, until a person has answered or it was placed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from hub.ids import new_id
from hub.store import bulk
from hub.store.tables import PLACE_RESPONSIBILITY
from hub.store.tables_of_responsibility import unplaced

ABOUT = "responsibility."  # what a task is about: this, and the alarm's id


@dataclass(frozen=True, slots=True)
class Alarm:
    person_id: UUID
    service: str
    why: str
    holder: str  # of record
    message_id: UUID
    at: datetime
    other: str | None = None
    other_message_id: UUID | None = None
    id: UUID = field(default_factory=new_id)


def raise_(conn: Connection, alarms: Sequence[Alarm]) -> None:
    """Each once, for as long as it is open."""
    tail = "ON CONFLICT (person_id, service, why, message_id) WHERE ended_at IS NULL DO NOTHING"
    bulk.insert(conn, unplaced, [bulk.row_of(one) for one in alarms], tail=tail)


_END = (
    "UPDATE unplaced SET ended_at = :at, ended_how = :how WHERE ended_at IS NULL AND {which}"
    " RETURNING id, message_id"
)
_END_OF_CHILD = text(
    _END.format(which="person_id = :person AND service = :service AND why = ANY(CAST(:whys AS text[]))")
)
_END_OF_MESSAGE = text(_END.format(which=":message IN (message_id, other_message_id)"))
# A statement of its own: one that had to wait for an alarm does not see the task that was opened meanwhile.
_SETTLE = text(
    "UPDATE owed SET met_at = :at, met_by = :by, met_how = :met"
    " FROM unnest(CAST(:messages AS uuid[]), CAST(:ids AS text[])) AS given(message_id, id)"
    f" WHERE owed.message_id = given.message_id AND owed.what = '{PLACE_RESPONSIBILITY}'"
    f" AND owed.about = '{ABOUT}' || given.id AND owed.met_at IS NULL"
)


def end_of_child(
    conn: Connection, person: UUID, service: str, whys: Sequence[str], *, how: str, by: str, at: datetime
) -> None:
    """What was asked about this child and service is answered, and so is the task."""
    given = {"person": person, "service": service, "whys": list(whys), "how": how, "at": at}
    _settle(conn, conn.execute(_END_OF_CHILD, given).all(), by=by, met="done", at=at)


def end_of_message(conn: Connection, message_id: UUID, *, how: str, by: str, at: datetime) -> None:
    """What a message gave rise to is no longer asked, as the message is no more."""
    ended = conn.execute(_END_OF_MESSAGE, {"message": message_id, "how": how, "at": at}).all()
    _settle(conn, ended, by=by, met="void", at=at)


def _settle(conn: Connection, ended: Sequence[Any], *, by: str, met: str, at: datetime) -> None:
    if ended:
        ids = {"messages": [row.message_id for row in ended], "ids": [str(row.id) for row in ended]}
        conn.execute(_SETTLE, {**ids, "at": at, "by": by, "met": met})


_REGROUP = text(
    "WITH here AS (SELECT unplaced.id, service, why, unplaced.message_id, COALESCE(own.root, person.root) AS root"
    " FROM unplaced JOIN person ON person.id = person_id LEFT JOIN LATERAL ("
    "SELECT one.root FROM appearance JOIN person AS one ON one.id = appearance.person_id"
    " WHERE appearance.message_id = unplaced.message_id AND part = 'children'"
    " AND one.root = ANY(CAST(:roots AS uuid[])) ORDER BY one.root <> person.root, place LIMIT 1) AS own ON true"
    " WHERE person.root = ANY(CAST(:roots AS uuid[])) AND ended_at IS NULL)"
    " UPDATE unplaced SET person_id = here.root FROM here WHERE unplaced.id = here.id AND person_id <> here.root"
    " AND NOT EXISTS (SELECT 1 FROM unplaced AS same WHERE same.person_id = here.root AND same.ended_at IS NULL"
    " AND same.service = here.service AND same.why = here.why AND same.message_id = here.message_id)"
)


def regroup(conn: Connection, roots: Sequence[UUID]) -> None:
    """What is asked is asked about the child whom its message is about, as children are told apart now."""
    conn.execute(_REGROUP, {"roots": list(roots)})


_ASKED_OF = (
    f" JOIN owed ON owed.message_id = unplaced.message_id AND owed.what = '{PLACE_RESPONSIBILITY}'"
    f" AND owed.about = '{ABOUT}' || unplaced.id"
)
_TOLD = (
    "SELECT unplaced.id, person_id, service, why, holder, other, unplaced.message_id, other_message_id,"
    " at, ended_at, ended_how, placed_with, fingerprint, owed_by, due_at, owed.id AS owed_id FROM unplaced"
)


def asked_of(conn: Connection, office: str, *, after: UUID, limit: int) -> list[Any]:
    """A page of the open ones that this office is asked about."""
    found = text(
        f"{_TOLD}{_ASKED_OF} WHERE owed_by = :office AND met_at IS NULL AND ended_at IS NULL"
        " AND unplaced.id > CAST(:after AS uuid) ORDER BY unplaced.id LIMIT :limit"
    )
    return list(conn.execute(found, {"office": office, "after": after, "limit": limit}))


def still_open(conn: Connection, *, limit: int) -> list[Any]:
    """All that are open, the oldest first, with whoever is asked."""
    outer = _ASKED_OF.replace(" JOIN", " LEFT JOIN") + " AND met_at IS NULL"
    found = text(f"{_TOLD}{outer} WHERE ended_at IS NULL ORDER BY unplaced.id LIMIT :limit")
    return list(conn.execute(found, {"limit": limit}))


_ONE = f"{_TOLD}{_ASKED_OF} WHERE unplaced.id = :id ORDER BY started_at DESC, owed.id DESC LIMIT 1"


def find(conn: Connection, alarm_id: UUID) -> Any:  # noqa: ANN401 - a row or None
    """It, with whoever was asked last."""
    return conn.execute(text(_ONE), {"id": alarm_id}).one_or_none()


def lock(conn: Connection, alarm_id: UUID) -> Any:  # noqa: ANN401 - a row or None
    """The same, locked, so that it is answered once."""
    conn.execute(text("SELECT 1 FROM unplaced WHERE id = :id FOR NO KEY UPDATE"), {"id": alarm_id})
    return find(conn, alarm_id)


def answer(
    conn: Connection,
    alarm_id: UUID,
    *,
    placed_with: str,
    because_hidden: bytes | None,
    person_hidden: bytes | None,
    fingerprint: bytes,
) -> None:
    """What a person of the office said of it: the words and the name under the records key."""
    conn.execute(
        text(
            "UPDATE unplaced SET placed_with = :with, because_hidden = :because, person_hidden = :person,"
            " fingerprint = :fingerprint WHERE id = :id"
        ),
        {
            "with": placed_with,
            "because": because_hidden,
            "person": person_hidden,
            "fingerprint": fingerprint,
            "id": alarm_id,
        },
    )


_UNASKED = (
    "SELECT unplaced.id, why, holder, other, unplaced.message_id, sender FROM unplaced"
    " JOIN message ON message.id = unplaced.message_id WHERE ended_at IS NULL AND {which}"
    " AND NOT EXISTS (SELECT 1 FROM owed WHERE owed.message_id = unplaced.message_id"
    f" AND owed.what = '{PLACE_RESPONSIBILITY}' AND owed.about = '{ABOUT}' || unplaced.id AND owed.met_at IS NULL)"
    " ORDER BY unplaced.id"
)
_NEXT_UNASKED = text(_UNASKED.format(which="unplaced.id > CAST(:after AS uuid)") + " LIMIT :limit")
_STILL_UNASKED = text(
    _UNASKED.format(which="unplaced.id = ANY(CAST(:ids AS uuid[]))") + " FOR NO KEY UPDATE OF unplaced"
)


def unasked(conn: Connection, *, after: UUID, limit: int) -> list[Any]:
    """Open ones about which nobody has been asked yet."""
    return list(conn.execute(_NEXT_UNASKED, {"after": after, "limit": limit}))


def still_unasked(conn: Connection, ids: Sequence[UUID]) -> list[Any]:
    """Of these, those of which that is so now, locked: none is answered while somebody is asked."""
    return list(conn.execute(_STILL_UNASKED, {"ids": list(ids)}))


def of_children(conn: Connection, persons: Sequence[UUID]) -> dict[tuple[UUID, str], list[UUID]]:
    """Of these children, by service, the alarms that are open."""
    rows = conn.execute(
        text(
            "SELECT person_id, service, id FROM unplaced"
            " WHERE person_id = ANY(CAST(:persons AS uuid[])) AND ended_at IS NULL ORDER BY id"
        ),
        {"persons": list(persons)},
    )
    found: dict[tuple[UUID, str], list[UUID]] = {}
    for row in rows:
        found.setdefault((row.person_id, row.service), []).append(row.id)
    return found
