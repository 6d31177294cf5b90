"""What is owed: one kind of row for every duty, opened and settled by the moves of the journey."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from hub.ids import new_id
from hub.store import bulk
from hub.store.tables import IS_ABOUT_A_CHILD, IS_CALL_UNHEARD, IS_OWN, owed

MOST_COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class Owed:
    what: str
    owed_by: str
    owed_to: str
    message_id: UUID
    share_id: UUID | None
    started_at: datetime
    due_at: datetime | None
    limit_text: str | None = None
    protocol: str | None = None
    clause: str | None = None
    ladder: str | None = None
    note_id: UUID | None = None
    next_at: datetime | None = None  # when somebody else is told, if it is still owed then
    about: str | None = None  # of a task: whom it is to reach; of an action that a message asks for: which
    stage: int | None = None  # of an answer: at which stage of a disagreement
    id: UUID = field(default_factory=new_id)


def start(conn: Connection, rows: Sequence[Owed]) -> None:
    bulk.insert(conn, owed, [bulk.row_of(row) for row in rows])


_SETTLE = text(
    "UPDATE owed SET met_at = :at, met_by = given.met_by, met_how = :how"
    " FROM unnest(CAST(:shares AS uuid[]), CAST(:whats AS text[]), CAST(:by AS text[]))"
    " AS given(share_id, what, met_by)"
    " WHERE owed.share_id = given.share_id AND owed.what = given.what AND owed.met_at IS NULL"
)


def settle(
    conn: Connection, settled: Sequence[tuple[UUID, str, str]], *, at: datetime, how: str = "done"
) -> None:
    """Settle what is open of each (share, what, by whom): done, or void, which is no longer asked for."""
    if settled:
        conn.execute(
            _SETTLE,
            {
                "at": at,
                "how": how,
                "shares": [share for share, _, _ in settled],
                "whats": [what for _, what, _ in settled],
                "by": [by for _, _, by in settled],
            },
        )


_SETTLE_EACH = text(
    "UPDATE owed SET met_at = :at, met_by = given.met_by, met_how = given.how"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:by AS text[]), CAST(:how AS text[])) AS given(id, met_by, how)"
    " WHERE owed.id = given.id AND owed.met_at IS NULL"
)


def settle_each(conn: Connection, met: Sequence[tuple[UUID, str, str]], *, at: datetime) -> None:
    """Settle these very duties: (id, by whom, how)."""
    if met:
        given = {
            "ids": [one for one, _, _ in met],
            "by": [by for _, by, _ in met],
            "how": [how for *_, how in met],
        }
        conn.execute(_SETTLE_EACH, {"at": at, **given})


_BY_WATCH = "EXISTS (SELECT 1 FROM crossing_owes WHERE owed_id = owed.id)"
_SETTLE_ALL = text(
    "UPDATE owed SET met_at = :at, met_by = given.met_by, met_how = given.how"
    " FROM unnest(CAST(:shares AS uuid[]), CAST(:by AS text[]), CAST(:how AS text[]))"
    " AS given(share_id, met_by, how)"
    f" WHERE owed.share_id = given.share_id AND owed.met_at IS NULL AND (given.how = 'void' OR NOT {_BY_WATCH})"
)


def settle_all(conn: Connection, ended: Sequence[tuple[UUID, str, str]], *, at: datetime) -> None:
    """Settle all that is open of each (share, by whom, how): done, or void, which is no longer asked for. Whoever has
    done all that a share asks for has not done what a watch asks.
    """
    if ended:
        conn.execute(
            _SETTLE_ALL,
            {
                "at": at,
                "shares": [share for share, _, _ in ended],
                "by": [by for _, by, _ in ended],
                "how": [how for _, _, how in ended],
            },
        )


_SETTLE_MESSAGES = text(
    "UPDATE owed SET met_at = :at, met_by = :by, met_how = :how"
    " WHERE message_id = ANY(CAST(:messages AS uuid[])) AND met_at IS NULL"
    f" AND NOT ({IS_ABOUT_A_CHILD} OR {IS_CALL_UNHEARD})"
    f" AND (:how = 'void' OR NOT {_BY_WATCH})"
)


def settle_messages(conn: Connection, messages: Sequence[UUID], *, by: str, at: datetime, how: str) -> None:
    """Settle all that is open on these messages and their shares, a task for a person included; but not what is asked
    about a child (whether two are one, who holds it), and outlives the message that raised it, nor a call about that.
    Nor what a watch has opened, unless the message that set it off is taken back.
    """
    if not messages:
        return
    conn.execute(
        _SETTLE_MESSAGES,
        {"at": at, "by": by, "how": how, "messages": list(messages)},
    )


# -- read ---------------------------------------------------------------------------------------------------

_OF_SHARES = text(
    "SELECT * FROM owed WHERE share_id = ANY(CAST(:shares AS uuid[])) ORDER BY started_at, due_at, what, id"
)


def of_shares(conn: Connection, shares: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """All that was and is owed on each share, in the order in which it began; of what began at once, the first due."""
    found: dict[UUID, list[dict[str, Any]]] = {share: [] for share in shares}
    for row in conn.execute(_OF_SHARES, {"shares": list(shares)}):
        found[row.share_id].append(dict(row._mapping))  # noqa: SLF001 - SQLAlchemy's documented way to a mapping
    return found


_OPEN_OF_SHARES = text(
    f"SELECT id, share_id, what, owed_by, about, due_at, {_BY_WATCH} AS by_watch FROM owed"
    " WHERE share_id = ANY(CAST(:shares AS uuid[])) AND met_at IS NULL ORDER BY due_at, id"
)


def open_of_shares(conn: Connection, shares: Sequence[UUID]) -> list[Any]:
    """What is still open on these shares: (id, share_id, what, owed_by, about, due_at, by_watch: a watch opened it)."""
    return list(conn.execute(_OPEN_OF_SHARES, {"shares": list(shares)})) if shares else []


def of_message(conn: Connection, message_id: UUID) -> list[dict[str, Any]]:
    """What is owed on the message as a whole, not on one share."""
    rows = conn.execute(
        text(
            f"SELECT * FROM owed WHERE message_id = :id AND share_id IS NULL AND NOT {IS_ABOUT_A_CHILD}"
            " ORDER BY started_at, due_at, what, id"
        ),
        {"id": message_id},
    )
    return [dict(row._mapping) for row in rows]  # noqa: SLF001 - as above


_COLUMNS = (
    "id, what, owed_by, owed_to, message_id, share_id, started_at, due_at, limit_text, protocol, clause, ladder,"
    " step, next_at, met_at, met_how, about"
)
_OPEN_AFTER = (
    " AND met_at IS NULL AND due_at IS NOT NULL AND (NOT :overdue OR due_at < :at)"
    " AND (due_at, id) > (:due, CAST(:id AS uuid)) ORDER BY due_at, id LIMIT :limit"
)
# A share that was never sent is not its recipient's to know, even where something about it is owed to them.
_HEARD_OF = (
    "NOT EXISTS (SELECT 1 FROM share WHERE id = owed.share_id AND sent_at IS NULL AND recipient = :agency)"
)
_OF = {
    "by": text(f"SELECT {_COLUMNS} FROM owed WHERE owed_by = :agency{_OPEN_AFTER}"),
    "to": text(f"SELECT {_COLUMNS} FROM owed WHERE owed_to = :agency AND {_HEARD_OF}{_OPEN_AFTER}"),
    "told": text(
        f"SELECT {_COLUMNS} FROM owed WHERE id IN (SELECT owed_id FROM notice WHERE agency = :agency){_OPEN_AFTER}"
    ),
}


def open_of(
    conn: Connection,
    agency: str,
    side: str,
    *,
    after: tuple[datetime, UUID],
    overdue: bool,
    at: datetime,
    limit: int,
) -> list[Any]:
    """What is open and owed by this agency, or to it, or was told to it as lapsed: the first due first."""
    due, last = after
    given = {"agency": agency, "due": due, "id": last, "overdue": overdue, "at": at, "limit": limit}
    return list(conn.execute(_OF[side], given))


def first_due(conn: Connection, *, agency: str | None, before: datetime | None, limit: int) -> list[Any]:
    """What is open, whoever owes it or one agency does: the first due first."""
    of = " AND owed_by = :agency" if agency else ""
    found = text(
        f"SELECT {_COLUMNS} FROM owed WHERE met_at IS NULL AND due_at < COALESCE(:before, 'infinity'::timestamptz){of}"
        " ORDER BY due_at, id LIMIT :limit"
    )
    return list(conn.execute(found, {"agency": agency, "before": before, "limit": limit}))


def of_id(conn: Connection, owed_id: UUID, agency: str) -> Any:  # noqa: ANN401 - a row or None
    """One, if it concerns this agency: it owes it, it is owed it, or it was told."""
    found = text(
        f"SELECT {_COLUMNS} FROM owed WHERE id = :id AND {_HEARD_OF} AND (:agency IN (owed_by, owed_to)"
        " OR EXISTS (SELECT 1 FROM notice WHERE owed_id = owed.id AND agency = :agency))"
    )
    return conn.execute(found, {"id": owed_id, "agency": agency}).one_or_none()


def count_overdue(conn: Connection, agency: str, *, at: datetime) -> int:
    """Up to MOST_COUNTED: what is read with every look into an inbox has a bound."""
    late = "SELECT 1 FROM owed WHERE owed_by = :agency AND met_at IS NULL AND due_at < :at LIMIT :most"
    found: int = conn.execute(
        text(f"SELECT count(*) FROM ({late}) AS late"), {"agency": agency, "at": at, "most": MOST_COUNTED}
    ).scalar_one()
    return found


_OWED_BY = text(
    "SELECT DISTINCT owed.message_id, share_id, sender, recipient FROM owed"
    " JOIN share ON share.id = share_id AND owed_by IN (sender, recipient)"
    " WHERE owed_by = ANY(CAST(:agencies AS text[])) AND met_at IS NULL"
    " AND (owed.message_id, share_id) > (CAST(:message AS uuid), CAST(:share AS uuid))"
    " ORDER BY message_id, share_id LIMIT :limit"
)


def shares_owed_by(
    conn: Connection, agencies: Sequence[str], *, after: tuple[UUID, UUID], limit: int
) -> list[Any]:
    """The next shares of which one end is among these and owes something: (message_id, share_id, sender, recipient)."""
    message, share = after
    given = {"agencies": list(agencies), "message": message, "share": share, "limit": limit}
    return list(conn.execute(_OWED_BY, given))


def owed_to_themselves(
    conn: Connection, agencies: Sequence[str], *, after: UUID, limit: int
) -> dict[UUID, str]:
    """The next messages of which nobody hears, and on which these owe themselves something: each with its sender."""
    found = text(
        f"SELECT DISTINCT message_id, owed_by FROM owed WHERE owed_by = ANY(CAST(:agencies AS text[]))"
        f" AND met_at IS NULL AND {IS_OWN} AND message_id > :after ORDER BY message_id LIMIT :limit"
    )
    given = {"agencies": list(agencies), "after": after, "limit": limit}
    return {row.message_id: row.owed_by for row in conn.execute(found, given)}


def count_owed_by(conn: Connection, agencies: Sequence[str]) -> int:
    """On how many shares these owe something."""
    counted = text(
        "SELECT count(DISTINCT share_id) FROM owed WHERE owed_by = ANY(CAST(:agencies AS text[])) AND met_at IS NULL"
    )
    found: int = conn.execute(counted, {"agencies": list(agencies)}).scalar_one()
    return found
