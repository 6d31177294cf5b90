"""What must hold of a message when the dust has settled, whatever happened to it on the way."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any
from uuid import UUID

from agencies.seal import CannotOpen
from hub.journey import MOVES
from tests.workers.town import KEYS, Town

LEGAL = {(row.of, row.before, row.event, row.after) for row in MOVES}


ONCE = ("accept", "route")


def check_sent(town: Town, message: UUID, *, to: AbstractSet[str], moves: Sequence[str] = ONCE) -> None:
    """Each of these agencies was given it once, nobody else ever was, and all of it is in the audit."""
    shares = town.shares(message)
    assert {agency: row.state for agency, row in shares.items()} == dict.fromkeys(to, "sent")
    assert town.state(message) == "routed"
    _check_envelopes(town, message, shares)
    _check_decisions(town, message, to)
    _check_audit(town, message, shares, moves)
    _check_family(town, message)
    owed = Counter(
        (row.share_id, row.what, row.owed_by)
        for row in town.rows("SELECT share_id, what, owed_by FROM owed WHERE message_id = :m", m=message)
    )
    assert set(owed.values()) == {1}
    assert {share for share, what, _ in owed if what == "check_back"} == {row.id for row in shares.values()}
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


def _check_family(town: Town, message: UUID) -> None:
    """Everybody of whom it tells is kept once, and nobody else: of them the pictures are drawn."""
    [kept] = town.rows("SELECT sender, copy_envelope FROM message WHERE id = :m", m=message)
    told = town.opened(kept.sender, kept.copy_envelope)["message"]
    rows = town.rows("SELECT part, place FROM kinship WHERE message_id = :m", m=message)
    # An enquiry that knows of no child tells of no family.
    parts = ("children", "household") if told.get("children") else ()
    assert {(row.part, row.place) for row in rows} == {
        (part, place) for part in parts for place in range(len(told.get(part, ())))
    }


def _check_decisions(town: Town, message: UUID, to: AbstractSet[str]) -> None:
    decisions = town.rows("SELECT * FROM decision WHERE message_id = :m", m=message)
    assert sorted(row.agency for row in decisions if row.outcome == "share") == sorted(to)


def _check_audit(town: Town, message: UUID, shares: Mapping[str, Any], moves: Sequence[str]) -> None:
    """Every move is there once, in order, and each is one of the map's."""
    rows = town.rows("SELECT * FROM audit WHERE message_id = :m ORDER BY id", m=message)
    # What moves nothing may be said of several: of each who does not hear, once.
    events = Counter((row.event, row.share_id, None if row.state_to else str(row.detail)) for row in rows)
    assert set(events.values()) == {1}
    assert [row.event for row in rows if row.share_id is None and row.state_to] == [
        f"message.{move}" for move in moves
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


def check_share(town: Town, share: UUID, state: str, moves: Sequence[str]) -> None:
    """It has made these moves, each once and in this order, and stands where the last of them led."""
    rows = town.rows("SELECT * FROM audit WHERE share_id = :s ORDER BY id", s=share)
    assert [row.event for row in rows] == [f"share.{move}" for move in moves]
    check_chain(rows, state)
    assert [row.state for row in town.rows("SELECT state FROM share WHERE id = :s", s=share)] == [state]


def owed_of(town: Town, share: UUID) -> str:
    """All that was and is owed on a share, by how it was settled: "done: receipt; open: check_back"."""
    rows = town.rows("SELECT what, coalesce(met_how, 'open') AS how FROM owed WHERE share_id = :s", s=share)
    by_how = {
        how: sorted(row.what for row in rows if row.how == how) for how in sorted({row.how for row in rows})
    }
    return "; ".join(f"{how}: {' '.join(whats)}" for how, whats in by_how.items())


def holders(town: Town, message: UUID) -> list[str]:
    """Who has held the responsibility, one after the other: each from the moment at which the one before gave it."""
    sql = "SELECT holder, since, until FROM responsibility WHERE message_id = :m ORDER BY since, until NULLS LAST, id"
    rows = town.rows(sql, m=message)
    assert [row.until for row in rows] == [*(row.since for row in rows[1:]), *([None] if rows else [])]
    return [row.holder for row in rows]
