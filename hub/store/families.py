"""Who is family and who is involved, as messages told it, and what of it one agency may see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from hub.store import bulk
from hub.store.connect import together
from hub.store.shares import STILL_SHOWS
from hub.store.tables_of_families import involvement, kinship


def born_where(message: UUID, part: str, place: int) -> str:
    """What a hidden date of birth is bound to."""
    return f"born {message} {part}.{place}"


def add(conn: Connection, kin: Sequence[bulk.Row], involved: Sequence[bulk.Row]) -> None:
    """What a message tells, once: one that is routed again tells nothing new."""
    with together(conn):
        bulk.insert(conn, kinship, kin, tail="ON CONFLICT DO NOTHING")
        bulk.insert(conn, involvement, involved, tail="ON CONFLICT DO NOTHING")


@dataclass(frozen=True, slots=True)
class Grant:
    """What one agency may see of one message. No sections named: all of it, as it is its own."""

    sections: frozenset[str] | None
    withhold: frozenset[str] = frozenset()
    share: UUID | None = None  # by which it may

    def shows(self, section: str) -> bool:
        return self.sections is None or section in self.sections


# What was taken back, or shows no more, is not drawn from; nor is it handed out (hub.reading).
_GRANTS = text(
    "SELECT message.id, message.sender = :agency AS own, share.terms -> 'sections' AS sections,"
    " share.terms -> 'withhold' AS withhold,"
    " share.id AS share FROM message"
    f" LEFT JOIN share ON share.message_id = message.id AND share.recipient = :agency AND {STILL_SHOWS}"
    " WHERE message.id = ANY(CAST(:ids AS uuid[])) AND message.state <> 'withdrawn'"
    " AND (message.sender = :agency OR share.id IS NOT NULL)"
)


def grants(conn: Connection, agency: str, messages: Iterable[UUID]) -> dict[UUID, Grant]:
    """Of these messages, those of which the agency may see something now, and what."""
    rows = conn.execute(_GRANTS, {"agency": agency, "ids": list(messages)})
    return {
        row.id: Grant(None) if row.own else Grant(frozenset(row.sections), frozenset(row.withhold), row.share)
        for row in rows
    }


_KIN = text(
    "SELECT kinship.*, message.kind, message.accepted_at FROM kinship JOIN message ON message.id = message_id"
    " WHERE message_id = ANY(CAST(:ids AS uuid[])) ORDER BY accepted_at, message_id, part, place"
)
_INVOLVED = text(
    "SELECT involvement.*, message.accepted_at, message.sender FROM involvement JOIN message ON message.id = message_id"
    " WHERE message_id = ANY(CAST(:ids AS uuid[])) ORDER BY accepted_at, message_id, place"
)


def kin(conn: Connection, messages: Iterable[UUID]) -> list[Any]:
    """Everybody of whom these messages tell, the earliest told first."""
    return list(conn.execute(_KIN, {"ids": list(messages)}))


def involved(conn: Connection, messages: Iterable[UUID]) -> list[Any]:
    """Every service that these messages say to be round somebody, the earliest told first."""
    return list(conn.execute(_INVOLVED, {"ids": list(messages)}))
