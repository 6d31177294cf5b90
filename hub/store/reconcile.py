"""What an agency sent or received, and whether a case is registered at the other end: as it stands now.

What is open is read by indexes that hold nothing else; the whole of a period by the record of sending, in which every
share has one row that never changes. Single shares are found by their key, and what is due on them by the index of
what is owed on a share, which were there already. `hub.store.statement` tells how it stood when a day ended.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, TextClause, text

from agencies.comparing import MISSING, states_of
from agencies.wire import Side, Sought, Standing
from hub.store.tables import IS_KEPT

_DUE = "(SELECT min(due_at) FROM owed WHERE owed.share_id = share.id AND what = 'check_back') AS due_at"
_SHARE = (
    "share.id AS share_id, share.message_id, share.sender, share.recipient, share.kind, share.state,"
    " share.sent_at, share.case_reference_hidden"
)
_SENT = f"{_SHARE}, CAST(NULL AS timestamptz) AS accepted_at, {_DUE}"
_UNSENT = f"{_SHARE}, message.accepted_at, CAST(NULL AS timestamptz) AS due_at"
_MESSAGE = (
    "CAST(NULL AS uuid) AS share_id, message.id AS message_id, message.sender, CAST(NULL AS text) AS recipient,"
    " message.kind, message.state, CAST(NULL AS timestamptz) AS sent_at,"
    " CAST(NULL AS bytea) AS case_reference_hidden, message.accepted_at, CAST(NULL AS timestamptz) AS due_at"
)


def _page(columns: str, source: str, moment: str, id_: str) -> str:
    """A part of a list: in the order of moments, within the period, and after the place that was read to."""
    return (
        f"(SELECT {columns}, {moment} AS moment, {id_} AS id FROM {source}"
        f" AND {moment} >= :since AND {moment} < COALESCE(CAST(:before AS timestamptz), 'infinity')"
        f" AND ({moment}, {id_}) > (:moment, CAST(:id AS uuid)) ORDER BY {moment}, {id_} LIMIT :limit)"
    )


def _among(states: Sequence[str]) -> str:
    """Written out, and not bound: only so does PostgreSQL see that a partial index holds them all."""
    return f"share.state IN ({', '.join(repr(state) for state in states)})"


_END: dict[Side, str] = {"sent": "sender", "received": "recipient"}
_UNHEARD = (
    "message WHERE message.sender = :agency AND message.state IN ('accepted', 'routed')"
    f" AND NOT {IS_KEPT} AND NOT EXISTS (SELECT 1 FROM share WHERE share.message_id = message.id)"
)


def _open(side: Side, standings: Sequence[Standing]) -> Iterator[str]:
    states = states_of(one for one in standings if one not in ("nobody_hears", "not_sent"))
    if states:
        source = f"share WHERE share.{_END[side]} = :agency AND {_among(states)}"
        yield _page(_SENT, source, "share.sent_at", "share.id")


def _never_sent(standings: Sequence[Standing]) -> Iterator[str]:
    states = states_of(one for one in standings if one in ("not_sent", "declined"))
    if states:
        source = (
            "share JOIN message ON message.id = share.message_id"
            f" WHERE share.sender = :agency AND {_among(states)} AND share.sent_at IS NULL"
        )
        yield _page(_UNSENT, source, "message.accepted_at", "share.id")
    if "nobody_hears" in standings:
        yield _page(_MESSAGE, _UNHEARD, "message.accepted_at", "message.id")


def _whole(side: Side, only: Sequence[Standing]) -> Iterator[str]:
    among = f" AND {_among(states_of(only))}" if only else ""
    source = (
        "audit JOIN share ON share.id = audit.share_id"
        f" WHERE audit.event = 'share.send' AND audit.{_END[side]} = :agency{among}"
    )
    yield _page(_SENT, source, "audit.at", "audit.share_id")


def _parts(side: Side, standing: Sought | None) -> Iterator[str]:
    if standing == "registered" or standing == "ended":  # noqa: PLR1714 - so written, the type is known
        yield from _whole(side, [standing])
        return
    wanted = MISSING[side] if standing is None or standing == "missing" else [standing]
    yield from _whole(side, ()) if standing is None else _open(side, wanted)
    if side == "sent":
        yield from _never_sent(wanted)


def _statement(side: Side, standing: Sought | None) -> TextClause | None:
    parts = list(_parts(side, standing))
    if not parts:
        return None
    return text(f"SELECT * FROM ({' UNION ALL '.join(parts)}) AS parts ORDER BY moment, id LIMIT :limit")


STANDINGS: tuple[Sought | None, ...] = (None, "missing", *MISSING["sent"], "registered", "ended")
_SIDES: tuple[Side, ...] = ("sent", "received")
_ASK = {(side, standing): _statement(side, standing) for side in _SIDES for standing in STANDINGS}


def page(
    conn: Connection,
    agency: str,
    side: Side,
    standing: Sought | None,
    *,
    since: datetime,
    before: datetime | None,
    after: tuple[datetime, UUID],
    limit: int,
) -> list[Any]:
    """In the order of sending, or, of what was never sent, of acceptance."""
    statement = _ASK[side, standing]
    if statement is None:  # a recipient knows of nothing before it is sent
        return []
    moment, last = after
    given = {"agency": agency, "since": since, "before": before, "moment": moment, "id": last, "limit": limit}
    return list(conn.execute(statement, given))


_OF_IDS = text(
    f"SELECT {_SHARE}, CASE WHEN share.sent_at IS NULL THEN message.accepted_at END AS accepted_at, {_DUE}"
    " FROM share JOIN message ON message.id = share.message_id"
    " WHERE share.id = ANY(CAST(:ids AS uuid[]))"
    " AND (share.sender = :agency OR (share.recipient = :agency AND share.sent_at IS NOT NULL))"
)


def of_ids(conn: Connection, agency: str, ids: Sequence[UUID]) -> list[Any]:
    """Of these shares, those that the agency is an end of and knows of."""
    return list(conn.execute(_OF_IDS, {"agency": agency, "ids": list(ids)}))
