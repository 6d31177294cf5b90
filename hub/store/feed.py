"""What an agency reads in order and must never skip: its inbox and its events.

A serial number is no order to read by: a transaction that took a lower number may commit later, and a reader who
has passed it never sees it. So rows are ordered by the transaction that wrote them, and shown only once every
transaction older than theirs has ended: then nothing can appear behind a cursor any more. `hub.store.order` says
how they are numbered.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from hub.store.order import SETTLED

WAKE = "checkback_wake"  # the channel on which web processes listen for long polls
WAKE_AT_ONCE = 100  # names in one payload, which PostgreSQL bounds at 8,000 bytes


_INBOX = text(
    "SELECT id, message_id, sender, kind, sent_at, sent_tx, envelope FROM share"
    f" WHERE recipient = :agency AND state = 'sent' AND sent_tx < {SETTLED}"
    " AND (sent_tx, id) > (:tx, CAST(:id AS uuid)) ORDER BY sent_tx, id LIMIT :limit"
)


def inbox(conn: Connection, agency: str, *, after: tuple[int, UUID] | None, limit: int) -> list[Any]:
    return list(
        conn.execute(
            _INBOX,
            {
                "agency": agency,
                "limit": limit,
                "tx": after[0] if after else 0,
                "id": after[1] if after else UUID(int=0),
            },
        )
    )


_EVENT_COLUMNS = (
    "id, tx, at, event, message_id, share_id, by_agency, state_to, detail ->> 'what' AS what,"
    " detail ->> 'about' AS about"
)


# Each side is read by its own index.
_ONE_SIDE = (
    f"(SELECT {_EVENT_COLUMNS} FROM audit WHERE {{side}} = :agency AND tx < {SETTLED}"
    " AND (tx, id) > (:tx, :id) ORDER BY tx, id LIMIT :limit)"
)
_EVENTS = text(
    "SELECT DISTINCT id, tx, at, event, message_id, share_id, by_agency, state_to, what, about FROM ("
    f"{_ONE_SIDE.format(side='sender')} UNION ALL {_ONE_SIDE.format(side='recipient')}"
    ") AS both_sides ORDER BY tx, id LIMIT :limit"
)


def events(conn: Connection, agency: str, *, after: tuple[int, int] | None, limit: int) -> list[Any]:
    """Moves that concern the agency, as sender or as recipient."""
    return list(
        conn.execute(
            _EVENTS,
            {
                "agency": agency,
                "limit": limit,
                "tx": after[0] if after else 0,
                "id": after[1] if after else 0,
            },
        )
    )


def events_of(agency: str) -> str:
    """By this name whoever waits for an agency's events is woken."""
    return agency


def inbox_of(agency: str) -> str:
    """And by this one whoever waits at its inbox, where few of its events bring anything."""
    return f"{agency}!"


_WAKE = text("SELECT pg_notify(:channel, :payload)")


def wake(conn: Connection, whom: Iterable[str]) -> None:
    """Tell whoever waits under these names that there may be something new, once this transaction commits."""
    names = sorted(set(whom))
    for start in range(0, len(names), WAKE_AT_ONCE):
        payload = ",".join(names[start : start + WAKE_AT_ONCE])
        conn.execute(_WAKE, {"channel": WAKE, "payload": payload})
