"""What each handover gives away, and which of them overtakes another. See `docs/adr/0012`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from hub.store import bulk
from hub.store.tables_of_responsibility import handover


@dataclass(frozen=True, slots=True)
class Handover:
    """`giver` and `service`: whose responsibility. Of one that goes after a family that moved again, the first's."""

    message_id: UUID
    service: str
    giver: str
    at: datetime
    follows: UUID | None = None


def add(conn: Connection, rows: Sequence[Handover]) -> None:
    """Once: one that is decided again stays as it was."""
    bulk.insert(
        conn, handover, [bulk.row_of(row) for row in rows], tail="ON CONFLICT (message_id) DO NOTHING"
    )


_OF = text("SELECT * FROM handover WHERE message_id = ANY(CAST(:ids AS uuid[])) ORDER BY message_id")


def of_messages(conn: Connection, messages: Sequence[UUID]) -> dict[UUID, Any]:
    return {row.message_id: row for row in conn.execute(_OF, {"ids": list(messages)})} if messages else {}


TAKEN_BACK = ("withdrawn", "released")  # it is offered to nobody any more, and overtakes nothing
_TAKEN_BACK = f"ended_how IN ({', '.join(repr(one) for one in TAKEN_BACK)})"
# Somebody was, is or will be asked to accept it.
_IS_OFFERED = (
    "EXISTS (SELECT 1 FROM share WHERE share.message_id = {message} AND takes_responsibility"
    " AND share.state NOT IN ('released', 'redirected'))"
)
# Also across one in between that was taken back: whoever went after that went after this.
_FOLLOWED = text(
    "WITH RECURSIVE chain AS ("
    " SELECT follows AS first, message_id, at, ended_how FROM handover WHERE follows = ANY(CAST(:ids AS uuid[]))"
    " UNION SELECT first, later.message_id, later.at, later.ended_how FROM chain"
    " JOIN handover AS later ON later.follows = chain.message_id"
    f") SELECT DISTINCT ON (first) first, message_id FROM chain WHERE ({_TAKEN_BACK}) IS NOT TRUE"
    f" AND {_IS_OFFERED.format(message='chain.message_id')} ORDER BY first, at DESC, message_id DESC"
)


def followed(conn: Connection, messages: Sequence[UUID]) -> dict[UUID, UUID]:
    """Of these messages, those that another overtook which is offered to somebody, and by which."""
    if not messages:
        return {}
    return {row.first: row.message_id for row in conn.execute(_FOLLOWED, {"ids": list(messages)})}


_OFFERED = text(
    "SELECT id FROM unnest(CAST(:ids AS uuid[])) AS given(id) WHERE " + _IS_OFFERED.format(message="given.id")
)


def offered(conn: Connection, messages: Sequence[UUID]) -> set[UUID]:
    """Of these messages, those that somebody is asked to accept, or has accepted."""
    return set(conn.execute(_OFFERED, {"ids": list(messages)}).scalars()) if messages else set()


_FOLLOWERS = text(
    "SELECT handover.*, sender FROM handover JOIN message ON message.id = message_id WHERE follows = :id"
    " ORDER BY at, message_id"
)


def followers(conn: Connection, message_id: UUID) -> list[Any]:
    """Those that say of themselves that they follow this one."""
    return list(conn.execute(_FOLLOWERS, {"id": message_id}))


def follows_nothing(conn: Connection, message_id: UUID, *, service: str, giver: str) -> None:
    """It stands for itself, though it says otherwise."""
    conn.execute(
        text("UPDATE handover SET follows = NULL, service = :service, giver = :giver WHERE message_id = :id"),
        {"id": message_id, "service": service, "giver": giver},
    )


_ABOUT = text(
    "SELECT DISTINCT handover.* FROM person JOIN appearance ON appearance.person_id = person.id AND part = 'children'"
    " JOIN handover ON handover.message_id = appearance.message_id"
    " WHERE root = ANY(CAST(:children AS uuid[])) AND (ended_at IS NULL OR ended_how = 'elsewhere')"
    " ORDER BY handover.message_id"
)


def about(conn: Connection, children: Iterable[UUID]) -> list[Any]:
    """Those of these children that nobody has accepted: still open, or ended as somebody else holds them."""
    return list(conn.execute(_ABOUT, {"children": list(children)}))


_BEFORE = text(
    "WITH RECURSIVE chain AS ("
    " SELECT follows AS id, 1 AS place FROM handover WHERE message_id = :id AND follows IS NOT NULL"
    " UNION ALL SELECT handover.follows, place + 1 FROM chain"
    " JOIN handover ON handover.message_id = chain.id WHERE handover.follows IS NOT NULL"
    ") SELECT id FROM chain ORDER BY place"
)


def before(conn: Connection, message_id: UUID) -> list[UUID]:
    """All that it overtook, the last one first: what it follows, what that followed, and so on."""
    return [row.id for row in conn.execute(_BEFORE, {"id": message_id})]


def end(conn: Connection, messages: Sequence[UUID], how: str, *, at: datetime) -> None:
    conn.execute(
        text(
            "UPDATE handover SET ended_at = :at, ended_how = :how"
            " WHERE message_id = ANY(CAST(:ids AS uuid[])) AND ended_at IS NULL"
        ),
        {"ids": list(messages), "how": how, "at": at},
    )


def reopen(conn: Connection, message_id: UUID) -> None:
    """Whoever had accepted it has closed, or nobody else holds its children after all: somebody may accept it."""
    conn.execute(
        text(
            "UPDATE handover SET ended_at = NULL, ended_how = NULL WHERE message_id = :id"
            " AND ended_how IN ('accepted', 'elsewhere')"
        ),
        {"id": message_id},
    )


def is_known_to(conn: Connection, message_id: UUID, agency: str) -> bool:
    """Whether it sent this message, or holds a share of it."""
    found = conn.execute(
        text(
            "SELECT 1 FROM message WHERE id = :id AND (sender = :agency OR EXISTS (SELECT 1 FROM share"
            " WHERE message_id = message.id AND recipient = :agency AND sent_at IS NOT NULL))"
        ),
        {"id": message_id, "agency": agency},
    )
    return found.first() is not None


_VOID = text(
    "WITH RECURSIVE gone AS (SELECT follows AS id FROM handover WHERE follows IS NOT NULL"
    f" AND ({_TAKEN_BACK}) IS NOT TRUE AND {_IS_OFFERED.format(message='handover.message_id')}"
    " UNION SELECT follows FROM gone JOIN handover ON handover.message_id = gone.id WHERE follows IS NOT NULL),"
    " no_more AS (SELECT id FROM gone UNION SELECT message_id FROM handover WHERE ended_how = 'elsewhere')"
    " UPDATE owed SET met_at = :at, met_by = :by, met_how = 'void' WHERE id IN ("
    "SELECT owed.id FROM no_more JOIN owed ON owed.message_id = no_more.id"
    " WHERE owed.what = 'acceptance' AND owed.met_at IS NULL"
    " ORDER BY owed.id LIMIT :limit FOR NO KEY UPDATE OF owed SKIP LOCKED)"
)


def void_acceptances(conn: Connection, *, by: str, at: datetime, limit: int) -> int:
    """Nobody owes the acceptance of what was overtaken or is held elsewhere, also where it was sent only afterwards."""
    return conn.execute(_VOID, {"at": at, "by": by, "limit": limit}).rowcount


def void_acceptance(conn: Connection, message_id: UUID, *, by: str, at: datetime) -> bool:
    """Nobody owes the acceptance of this one any more; answers whether anybody did."""
    gone = conn.execute(
        text(
            "UPDATE owed SET met_at = :at, met_by = :by, met_how = 'void'"
            " WHERE message_id = :message AND what = 'acceptance' AND met_at IS NULL"
        ),
        {"at": at, "by": by, "message": message_id},
    )
    return gone.rowcount > 0
