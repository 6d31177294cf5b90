"""Among many shares of many agencies, what one of them asks for is read by an index, whatever it asks."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import TextClause, text

from hub.store import days, reconcile, statement
from hub.store.connect import looking
from tests.workers.town import Town

SHARES = 20_000
OF_EACH = 100  # so many shares has an agency sent, and as many another has received
LARGE = {"message", "share", "audit", "owed"}
EACH = """
CREATE TEMPORARY TABLE made ON COMMIT DROP AS
SELECT n, CAST(:at AS timestamptz) - n * interval '1 minute' AS ago, md5('m' || n)::uuid AS message,
    md5('s' || n)::uuid AS share, 'a' || n % :agencies AS sender, 'b' || n % :agencies AS recipient,
    n % 10 = 0 AS is_open
FROM generate_series(1, :shares) AS n
"""
MESSAGES = """
INSERT INTO message (id, sender, idempotency_key, fingerprint, kind, version, state, state_at, accepted_at)
SELECT message, sender, n::text, 'f', 'concern', 1, CASE WHEN is_open THEN 'routed' ELSE 'closed' END, ago, ago
FROM made
"""
MADE_SHARES = """
INSERT INTO share (id, message_id, kind, sender, recipient, role, state, state_at, protocol, protocol_version, digest,
    terms, takes_responsibility, sent_tx, sent_at)
SELECT share, message, 'concern', sender, recipient, 'mash', CASE WHEN is_open THEN 'received' ELSE 'closed' END, ago,
    'p', '1', 'd', '{}', false, 1, ago
FROM made
"""
AUDIT = """
INSERT INTO audit (tx, at, event, message_id, share_id, sender, recipient, by_agency, state_from, state_to)
SELECT 1, ago, event, message, share, sender, CASE WHEN event <> 'share.plan' THEN recipient END, 'hub', was, is_now
FROM made, (VALUES ('share.plan', NULL, 'planned'), ('share.send', 'sealed', 'sent'),
    ('share.receive', 'sent', 'received')) AS moves(event, was, is_now)
"""
OWED = """
INSERT INTO owed (id, what, owed_by, owed_to, message_id, share_id, started_at, due_at)
SELECT share, 'check_back', recipient, sender, message, share, ago, ago FROM made
"""


@pytest.fixture
def full(town: Town) -> Town:
    given = {"shares": SHARES, "agencies": SHARES // OF_EACH, "at": town.now}
    with town.engine.begin() as conn:
        conn.execute(text(EACH), given)
        for filled in (MESSAGES, MADE_SHARES, AUDIT, OWED):
            conn.exec_driver_sql(filled)
    with looking(town.engine) as conn:
        conn.exec_driver_sql("VACUUM ANALYZE message, share, audit, owed")
    return town


def plan(town: Town, asked: TextClause, **given: Any) -> tuple[set[str], set[str]]:  # noqa: ANN401 - what is bound
    """The indexes that are used, and the large tables that are read from end to end."""
    with looking(town.engine) as conn:
        explained = conn.execute(text(f"EXPLAIN (FORMAT JSON) {asked.text}"), given).scalar_one()
    nodes = list(_nodes(explained[0]["Plan"]))
    whole = {one["Relation Name"] for one in nodes if one["Node Type"] == "Seq Scan"}
    return {one["Index Name"] for one in nodes if "Index Name" in one}, whole & LARGE


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for one in node.get("Plans", ()):
        yield from _nodes(one)


BY = {
    "open sent": "ix_share_open_of",
    "open received": "ix_share_open_to",
    "all sent": "ix_audit_sent_of",
    "all received": "ix_audit_sent_to",
    "unheard": "ix_message_open_of",
}


def test_a_list_is_read_by_its_indexes(full: Town) -> None:
    for (side, standing), asked in reconcile._ASK.items():
        if asked is None:
            assert (side, standing) in {("received", "nobody_hears"), ("received", "not_sent")}
            continue
        used, whole = plan(
            full, asked, agency="a7" if side == "sent" else "b7", since=full.now - timedelta(days=3), before=None,
            moment=full.now - timedelta(days=2), id="00000000-0000-0000-0000-000000000000", limit=100,
        )  # fmt: skip
        assert whole == set(), (side, standing)
        assert _expected(side, standing) <= used, (side, standing)


def _expected(side: str, standing: str | None) -> set[str]:
    every = "all" if standing in (None, "registered", "ended") else "open"
    found = {BY[f"{every} {side}"]} if standing not in ("nobody_hears", "not_sent") else set()
    return found | ({BY["unheard"]} if standing in (None, "nobody_hears") and side == "sent" else set())


def test_a_statement_is_read_by_indexes(full: Town) -> None:
    """Closed each night, as the scheduler does: then the record is read from the day before on, not from its start."""
    for _ in range(4):
        full.now += timedelta(days=1)
        with full.engine.begin() as conn:
            days.close_last(conn, at=full.now)
    ends = days.ends_of(full.engine, days.last_ended(full.now), at=full.now)
    assert ends is not None
    assert ends.first_tx > 1, "what was written long before is not looked at"
    for side, agency, mine in (("sent", "a7", "ix_audit_sender"), ("received", "b7", "ix_audit_recipient")):
        used, whole = plan(full, statement._ASK[side], **statement._given(agency, ends))  # type: ignore[index]
        assert whole == set()
        assert {mine, BY[f"open {side}"], "ix_audit_message_id"} <= used
    with looking(full.engine) as conn:
        found = statement.lines(conn, "a7", "sent", ends)
    assert {row.state for row in found} <= {"received"}
