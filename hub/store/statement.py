"""How an agency's shares stood when a day ended, by the audit alone.

Every change of a state is a row of the audit, and no row is ever written again; what belongs to a day is fixed when it
is closed (`hub.store.days`). So the last row of a share that belongs to the day says how it stood, whatever has
happened since. What else a line tells never changes: who the ends are, when the check-back was due, and the case
reference, which a share gets once, with its check-back.
"""

from typing import Any

from sqlalchemy import Connection, TextClause, text

from agencies.comparing import OPEN, states_of
from agencies.wire import Side
from hub.store.days import Ends
from hub.store.tables import IS_KEPT

_OPEN = ", ".join(repr(state) for state in states_of(OPEN))
_BELONGS = (
    "(audit.at < :{end}_midnight AND pg_visible_in_snapshot("
    "GREATEST(audit.tx - :{end}_base, 1)::text::xid8, CAST(:{end}_snapshot AS pg_snapshot)))"
)
_BY_NOW, _BY_THEN = _BELONGS.format(end="after"), _BELONGS.format(end="before")
# An acceptance, or a reading, leaves the state as it is.
_MOVES = "audit.state_to IS DISTINCT FROM audit.state_from"

# What may be open at the end of the day, or have moved on it: what has moved since it began, and what is open now.
_TOUCHED = (
    "SELECT message_id, share_id FROM audit WHERE {end} = :agency AND tx >= :first_tx AND {moves}"
    f" UNION SELECT message_id, id FROM share WHERE {{end}} = :agency AND state IN ({_OPEN})"
)
_MESSAGES = (
    " UNION SELECT id, NULL FROM message WHERE sender = :agency AND state IN ('accepted', 'routed')"
    " AND NOT EXISTS (SELECT 1 FROM share WHERE share.message_id = message.id)"
)
# A decision not to share is between a sender and itself: nobody has it to compare.
_COMPARED = f"NOT message.{IS_KEPT}"
_STOOD = (
    "SELECT (array_agg(audit.state_to ORDER BY audit.id DESC))[1] AS state,"
    " min(audit.at) FILTER (WHERE audit.event = 'share.send') AS sent_at,"
    " bool_or(audit.event = 'share.check_back') AS has_case,"
    f" bool_or(NOT {_BY_THEN}) AS moved,"
    # What happened before it was sent, the recipient does not know of: it counts for neither of them.
    f" bool_or(NOT {_BY_THEN} AND audit.recipient IS NOT NULL) AS moved_since_sent"
    " FROM audit WHERE audit.message_id = touched.message_id"
    " AND audit.share_id IS NOT DISTINCT FROM touched.share_id"
    f" AND {_MOVES} AND {_BY_NOW}"
)
_HAS_SHARES = (
    "EXISTS (SELECT 1 FROM audit WHERE audit.message_id = touched.message_id AND audit.event = 'share.plan'"
    f" AND {_BY_NOW})"
)
_LINES = (
    "WITH touched AS MATERIALIZED ({touched})"
    " SELECT touched.share_id, touched.message_id, message.sender, share.recipient, message.kind, stood.state,"
    " stood.sent_at, CASE WHEN stood.has_case THEN share.case_reference_hidden END"
    " AS case_reference_hidden, CASE WHEN stood.sent_at IS NULL THEN message.accepted_at END AS accepted_at,"
    " CASE WHEN stood.sent_at IS NOT NULL THEN"
    " (SELECT min(due_at) FROM owed WHERE owed.share_id = share.id AND what = 'check_back') END AS due_at"
    " FROM touched JOIN message ON message.id = touched.message_id LEFT JOIN share ON share.id = touched.share_id"
    f" CROSS JOIN LATERAL ({_STOOD}) AS stood"
    f" WHERE (stood.state IN ({_OPEN}, 'accepted', 'routed')"
    " OR CASE WHEN stood.sent_at IS NULL THEN stood.moved ELSE stood.moved_since_sent END)"
    " AND {known}"
)


def _ask(end: str, more: str, known: str) -> TextClause:
    return text(_LINES.format(touched=_TOUCHED.format(end=end, moves=_MOVES) + more, known=known))


_ASK: dict[Side, TextClause] = {
    "sent": _ask("sender", _MESSAGES, f"{_COMPARED} AND (touched.share_id IS NOT NULL OR NOT {_HAS_SHARES})"),
    "received": _ask("recipient", "", "stood.sent_at IS NOT NULL"),
}


def lines(conn: Connection, agency: str, side: Side, ends: Ends) -> list[Any]:
    """What was open at the end of the day, and what moved on it."""
    return list(conn.execute(_ASK[side], _given(agency, ends)))


def _given(agency: str, ends: Ends) -> dict[str, Any]:
    given: dict[str, Any] = {"agency": agency, "first_tx": ends.first_tx}
    for name, end in (("before", ends.before), ("after", ends.after)):
        given |= {
            f"{name}_midnight": end.midnight,
            f"{name}_base": end.base,
            f"{name}_snapshot": end.snapshot,
        }
    return given
