"""Messages: the row that a 202 stands for, and the hub's own sealed copy of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select, text

from agencies.seal import AT_REST_MARK, KID, sealed_to
from hub.store import bulk
from hub.store.asks import HOLDS_OPEN
from hub.store.tables import IS_OWN, decision, message, message_body


@dataclass(frozen=True, slots=True)
class Message:
    id: UUID
    sender: str
    kind: str
    version: int
    state: str
    accepted_at: datetime
    state_at: datetime


def add(conn: Connection, rows: Sequence[bulk.Row]) -> set[UUID]:
    """Insert; a row whose (sender, Idempotency-Key) is there already is left out of the answer."""
    tail = "ON CONFLICT (sender, idempotency_key) DO NOTHING RETURNING id"
    return {row.id for row in bulk.insert(conn, message, rows, tail=tail)}


def add_bodies(conn: Connection, rows: Sequence[bulk.Row]) -> None:
    bulk.insert(conn, message_body, rows)


def with_key(conn: Connection, sender: str, key: str) -> Any:  # noqa: ANN401 - a row or None
    return conn.execute(
        select(message.c.id, message.c.fingerprint, message.c.accepted_at).where(
            message.c.sender == sender, message.c.idempotency_key == key
        )
    ).one_or_none()


_KNOWN_TO = text(
    "SELECT id, kind FROM message WHERE id = ANY(CAST(:ids AS uuid[])) AND (sender = :agency OR EXISTS"
    " (SELECT 1 FROM share WHERE message_id = message.id AND recipient = :agency AND sent_at IS NOT NULL))"
)


def kinds_known_to(conn: Connection, ids: Sequence[UUID], agency: str) -> dict[UUID, str]:
    """Of these messages, those that this agency sent or was sent a share of: each with its kind."""
    if not ids:
        return {}
    return {row.id: row.kind for row in conn.execute(_KNOWN_TO, {"ids": list(ids), "agency": agency})}


def kinds(conn: Connection, ids: Sequence[UUID]) -> dict[UUID, str]:
    rows = conn.execute(select(message.c.id, message.c.kind).where(message.c.id.in_(ids))) if ids else ()
    return {row.id: row.kind for row in rows}


_COLUMNS = "id, sender, kind, version, state, accepted_at, state_at"


_LOCK = text(
    f"SELECT {_COLUMNS} FROM message WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE"
)


def lock(conn: Connection, ids: Sequence[UUID]) -> dict[UUID, Message]:
    """Lock messages in the order of their ids. Whoever also locks shares locks their messages first."""
    return {row.id: Message(*row) for row in conn.execute(_LOCK, {"ids": list(ids)})}


@dataclass(frozen=True, slots=True)
class Whole:
    """A message with the hub's own sealed copy of it, while there is one."""

    message: Message
    body: bytes | None
    has_file_copy: bool  # the sender's


_READ_WHOLE = text(
    f"SELECT {_COLUMNS}, sealed, copy_envelope IS NOT NULL AS has_file_copy"
    " FROM message LEFT JOIN message_body ON message_body.message_id = message.id"
    " WHERE id = ANY(CAST(:ids AS uuid[]))"
)


def read_whole(conn: Connection, ids: Sequence[UUID]) -> dict[UUID, Whole]:
    """To be worked on, without a lock."""
    found = {}
    for *row, sealed, has_file_copy in conn.execute(_READ_WHOLE, {"ids": list(ids)}):
        message = Message(*row)
        found[message.id] = Whole(message, None if sealed is None else bytes(sealed), has_file_copy)
    return found


_COPY_COLUMNS = (("id", "UUID"), ("envelope", "BYTEA"))
_KEEP_COPIES = text(
    "UPDATE message SET copy_envelope = given.envelope"
    f" FROM {bulk.source(_COPY_COLUMNS)} WHERE message.id = given.id AND message.copy_envelope IS NULL"
)


def keep_copies(conn: Connection, copies: Sequence[tuple[UUID, bytes]]) -> None:
    """The senders' file copies, of messages that this transaction has locked. The first that was made stays."""
    if not copies:
        return
    given = [{"id": one, "envelope": envelope} for one, envelope in copies]
    conn.execute(_KEEP_COPIES, bulk.values(_COPY_COLUMNS, given))


_ALL_DONE = text(
    "SELECT id FROM message WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'routed'"
    " AND (copy_envelope IS NOT NULL OR EXISTS (SELECT 1 FROM share WHERE message_id = message.id))"
    " AND NOT EXISTS (SELECT 1 FROM share WHERE message_id = message.id"
    " AND state NOT IN ('closed', 'released', 'redirected'))"
    " AND NOT EXISTS (SELECT 1 FROM owed WHERE message_id = message.id AND met_at IS NULL"
    f" AND (what = ANY(:holds_open) OR ({IS_OWN})))"
)


def all_done(conn: Connection, ids: Sequence[UUID]) -> list[UUID]:
    """Of these messages, the routed ones of which every share has come to its end, and no person is still asked to
    see to it that somebody hears. One that goes to nobody, as its sender wishes, is done once the sender has the copy,
    and has done what the sender owes itself.
    """
    rows = conn.execute(_ALL_DONE, {"ids": list(ids), "holds_open": list(HOLDS_OPEN)})
    return [row.id for row in rows]


_WITH_SHARES = text("SELECT DISTINCT message_id FROM share WHERE message_id = ANY(CAST(:ids AS uuid[]))")


def with_shares(conn: Connection, ids: Sequence[UUID]) -> set[UUID]:
    """Of these messages, those of which somebody hears or has heard."""
    return {row.message_id for row in conn.execute(_WITH_SHARES, {"ids": list(ids)})}


def read(conn: Connection, message_id: UUID) -> Any:  # noqa: ANN401 - a row or None
    return conn.execute(select(message).where(message.c.id == message_id)).one_or_none()


_ENDS = text(
    "SELECT message.sender, share.recipient, share.role, share.state, share.sent_at FROM message"
    " LEFT JOIN share ON share.message_id = message.id WHERE message.id = CAST(:id AS uuid) ORDER BY share.id"
)


def ends(conn: Connection, message_id: UUID) -> list[Any]:
    """Who sent it and who was told: a row a share, and one without a share where nobody was. None: no such message."""
    return list(conn.execute(_ENDS, {"id": message_id}))


def add_decisions(conn: Connection, rows: Sequence[bulk.Row]) -> None:
    bulk.insert(conn, decision, rows)


def decide_redirect(
    conn: Connection, old_share: UUID, new_share: UUID, *, agency: str, area: str, at: datetime
) -> None:
    """The decision that let the declined share go out lets the new one go out too: the same words, another agency."""
    same = "message_id, outcome, role, protocol, protocol_version, digest, clauses, says"
    conn.execute(
        text(
            f"INSERT INTO decision ({same}, share_id, agency, area, at)"
            f" SELECT {same}, CAST(:new AS uuid), :agency, :area, CAST(:at AS timestamptz) FROM decision"
            " WHERE message_id = (SELECT message_id FROM share WHERE id = :old) AND share_id = :old"
        ),
        {"old": old_share, "new": new_share, "agency": agency, "area": area, "at": at},
    )


def decisions(conn: Connection, message_id: UUID) -> list[Any]:
    return list(
        conn.execute(select(decision).where(decision.c.message_id == message_id).order_by(decision.c.id))
    )


def shred(conn: Connection, *, ended_before: datetime, limit: int, at: datetime) -> list[tuple[UUID, str]]:
    """Destroy the hub's own copies of messages that ended: the only deletion of anything that was said.

    Called by `hub.shredding.shred` alone. Gives the message and its sender of each.
    """
    rows = conn.execute(
        text(
            "WITH ended AS MATERIALIZED ("
            " SELECT id FROM message WHERE state IN ('closed', 'withdrawn') AND shredded_at IS NULL"
            " AND state_at <= :before ORDER BY state_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED"
            # By its key, one after the other: joined, all bodies would be read for the sake of a few hundred.
            "), gone AS (DELETE FROM message_body WHERE message_id = ANY(ARRAY(SELECT id FROM ended)))"
            " UPDATE message SET shredded_at = :at FROM ended WHERE message.id = ended.id"
            " RETURNING message.id, message.sender"
        ),
        {"before": ended_before, "limit": limit, "at": at},
    )
    return [(row.id, row.sender) for row in rows]


def routed_after(conn: Connection, after: UUID, *, limit: int) -> list[UUID]:
    """The next routed messages in the order of their ids: for a walk through all that are open."""
    rows = conn.execute(
        text("SELECT id FROM message WHERE state = 'routed' AND id > :after ORDER BY id LIMIT :limit"),
        {"after": after, "limit": limit},
    )
    return [row.id for row in rows]


def by_sealing_key(conn: Connection) -> dict[str, tuple[int, datetime]]:
    """By name of a sealing key: how many bodies are sealed to it, and when the first of their messages was accepted."""
    conn.execute(text("SET LOCAL statement_timeout = 0"))  # a long look
    head = func.substr(message_body.c.sealed, 1, len(AT_REST_MARK) + KID)
    asked = (
        select(
            head.label("head"), func.count().label("count"), func.min(message.c.accepted_at).label("first")
        )
        .join(message, message.c.id == message_body.c.message_id)
        .group_by(head)
    )
    return {sealed_to(bytes(start)): (count, first) for start, count, first in conn.execute(asked)}
