"""What must hold of a message when the dust has settled, whatever happened to it on the way."""

import json
from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any
from uuid import UUID

from agencies.seal import CannotOpen
from hub.journey import MOVES
from tests.workers.town import KEYS, Town

LEGAL = {(row.of, row.before, row.event, row.after) for row in MOVES}


def check_sent(town: Town, message: UUID, *, to: AbstractSet[str]) -> None:
    """Each of these agencies was given it once, nobody else ever was, and all of it is in the audit."""
    shares = town.shares(message)
    assert {agency: row.state for agency, row in shares.items()} == dict.fromkeys(to, "sent")
    assert town.state(message) == "routed"
    _check_envelopes(town, message, shares)
    _check_decisions(town, message, to)
    _check_audit(town, message, shares)
    owed = Counter(
        (row.share_id, row.what)
        for row in town.rows("SELECT share_id, what FROM owed WHERE message_id = :m", m=message)
    )
    assert set(owed.values()) == {1}
    assert {share for share, what in owed if what == "check_back"} == {row.id for row in shares.values()}
    assert town.rows("SELECT 1 FROM outbox WHERE message_id = :m", m=message) == []
    assert len(town.rows("SELECT 1 FROM responsibility WHERE message_id = :m", m=message)) <= 1


def _check_envelopes(town: Town, message: UUID, shares: Mapping[str, Any]) -> None:
    for agency, row in shares.items():
        assert town.opened(agency, row.envelope)["share"] == str(row.id)
        others = set(KEYS) - {agency}
        for other in sorted(others)[:3]:
            try:
                town.opened(other, row.envelope)
            except CannotOpen:
                continue
            raise AssertionError(f"{other} can open what is for {agency}")
    [kept] = town.rows("SELECT sender, copy_envelope FROM message WHERE id = :m", m=message)
    assert town.opened(kept.sender, kept.copy_envelope)["message_id"] == str(message)
    assert json.loads(kept.copy_envelope)["context"]["purpose"] == "copy"


def _check_decisions(town: Town, message: UUID, to: AbstractSet[str]) -> None:
    decisions = town.rows("SELECT * FROM decision WHERE message_id = :m", m=message)
    assert sorted(row.agency for row in decisions if row.outcome == "share") == sorted(to)


def _check_audit(town: Town, message: UUID, shares: Mapping[str, Any]) -> None:
    """Every move is there once, in order, and each is one of the map's."""
    rows = town.rows("SELECT * FROM audit WHERE message_id = :m ORDER BY id", m=message)
    events = Counter((row.event, row.share_id) for row in rows)
    assert set(events.values()) == {1}
    assert [row.event for row in rows if row.share_id is None and row.state_to] == [
        "message.accept",
        "message.route",
    ]
    for share in shares.values():
        own = [row for row in rows if row.share_id == share.id]
        assert [row.event for row in own] == ["share.plan", "share.seal", "share.send"]
        check_chain(own, share.state)


def check_chain(rows: list[Any], now: str) -> None:
    """Each move begins where the one before it ended, and the last ends where the share stands."""
    state = None
    for row in rows:
        assert row.state_from == state
        if state is not None:
            assert ("share", row.state_from, row.event.removeprefix("share."), row.state_to) in LEGAL
        state = row.state_to
    assert state == now
