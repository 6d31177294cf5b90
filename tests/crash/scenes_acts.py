"""Scenes of acts: of the two ends of a share, and of the sender with the whole message.

Many of them share what stands before: their messages go down the line together.
"""

from collections.abc import Mapping
from uuid import UUID

from agencies import wire
from agencies.callers import Caller
from hub import answer
from hub.answer import Desk
from hub.known import Known
from tests.crash.acts import (
    ACTS,
    CHECK_BACK,
    INSTEAD,
    PROBATION,
    REDIRECT,
    RELEASE,
    SENDER,
    TAKER,
    TO,
    Played,
    decline,
    do,
    do_all,
)
from tests.crash.faults import Plan
from tests.crash.invariants import check_chain, check_share, holders, owed_of
from tests.crash.scene import GP, Args, Scene, family
from tests.workers.town import HUB, PERSON, RECORDS, Town

SENT = ("plan", "seal", "send")
ENDED = ("message.close", "message.shred")


def sent(town: Town, many: int) -> list[tuple[UUID, dict[str, UUID]]]:
    """So many messages that everybody has been sent, each with whose share is which."""
    messages = town.send_all([town.incoming(message=family()) for _ in range(many)])
    town.drain()
    return [(one, {agency: row.id for agency, row in town.shares(one).items()}) for one in messages]


# -- a share ------------------------------------------------------------------------------------------------


def _scene_of(played: Played) -> Scene:
    def before(town: Town, many: int) -> list[Args]:
        found = sent(town, many)
        mine = [shares[played.share] for _, shares in found]
        town.receive(played.share, *mine)
        do_all(town, played.way, mine)
        for other in TO - {played.share} if played.last else ():
            do_all(town, (decline(other), RELEASE), [shares[other] for _, shares in found])
        return [{"message": str(one), "share": str(shares[played.share])} for one, shares in found]

    def step(town: Town, plan: Plan, args: Args) -> None:
        known = town.known()
        with plan.while_armed():
            do(town, played.turn, [UUID(args["share"])], known=known)

    def again(town: Town, args: Args) -> None:
        """Once more, under the same key; and, to be sure, again."""
        first, second = (do(town, played.turn, [UUID(args["share"])])[0] for _ in range(2))
        assert isinstance(first, wire.Moved)
        assert (first.state, first) == (played.state, second)

    def after(town: Town, args: Args) -> None:
        message, share = UUID(args["message"]), UUID(args["share"])
        _check_act(town, played, message, share)
        if played.turn is REDIRECT:
            _check_redirected(town, message, share)

    return Scene(before, step, after, again=again)


def _check_act(town: Town, played: Played, message: UUID, share: UUID) -> None:
    turns = (*played.way, played.turn)
    check_share(
        town, share, played.state, (*SENT, "receive", *(move for turn in turns for move in turn.moves))
    )
    notes = town.rows("SELECT kind FROM note WHERE share_id = :s ORDER BY id", s=share)
    assert [row.kind for row in notes] == [turn.event for turn in turns]
    assert owed_of(town, share) == played.owed
    assert holders(town, message) == ([SENDER] if played.holder == SENDER else [SENDER, TAKER])
    states = town.states(message)
    assert {states[agency] for agency in TO - {played.share}} == {"released" if played.last else "sent"}
    moves = [event for event in town.events(message) if event.startswith("message.")]
    assert moves == ["message.accept", "message.route", *(ENDED if played.last else [])], moves
    assert town.state(message) == ("closed" if played.last else "routed")


def _check_redirected(town: Town, message: UUID, share: UUID) -> None:
    """There is one new share, for one other agency, and it was sent as any other."""
    [old] = town.rows("SELECT redirected_to FROM share WHERE id = :s", s=share)
    assert town.shares(message).keys() == TO | {INSTEAD}
    assert len(town.rows("SELECT 1 FROM share WHERE message_id = :m", m=message)) == len(TO) + 1
    new = town.shares(message)[INSTEAD]
    assert old.redirected_to == new.id
    decided = "SELECT share_id FROM decision WHERE message_id = :m AND agency = :a"
    assert [row.share_id for row in town.rows(decided, m=message, a=INSTEAD)] == [new.id]
    check_share(town, new.id, "sent", SENT)
    assert owed_of(town, new.id) == "open: check_back receipt"
    assert town.opened(INSTEAD, new.envelope)["share"] == str(new.id)


# -- the whole message, taken back --------------------------------------------------------------------------


def _talked_of(town: Town, many: int) -> list[Args]:
    """One has checked back, one has declined, one has not looked yet: all of them hear of it."""
    found = sent(town, many)
    town.receive(TAKER, *(shares[TAKER] for _, shares in found))
    do_all(town, (CHECK_BACK,), [shares[TAKER] for _, shares in found])
    do_all(town, (decline(GP),), [shares[GP] for _, shares in found])
    return [{"message": str(message), "heard": [TAKER, GP, PROBATION]} for message, _ in found]


def _only_decided(town: Town, many: int) -> list[Args]:
    """Nobody has been sent anything, and nobody will be."""
    messages = town.send_all([town.incoming(message=family()) for _ in range(many)])
    town.one_step("route")
    return [{"message": str(message), "heard": []} for message in messages]


def _withdraw(town: Town, message: str, known: Known) -> wire.Withdrawn:
    body = wire.Withdraw(by=PERSON, reason="sent for the wrong family")
    desk, caller = Desk(HUB, town.signer, RECORDS), Caller(SENDER, "c")
    return answer.withdraw(town.engine, UUID(message), body, caller, known=known, desk=desk, at=town.now)


def _withdraw_once(town: Town, plan: Plan, args: Args) -> None:
    known = town.known()
    with plan.while_armed():
        _withdraw(town, args["message"], known)


def _withdraw_again(town: Town, args: Args) -> None:
    first, second = (_withdraw(town, args["message"], town.known()) for _ in range(2))
    assert first == second


def _withdrawn(town: Town, args: Args) -> None:
    message, heard = UUID(args["message"]), set(args["heard"])
    assert town.state(message) == "withdrawn"
    assert town.events(message).count("message.withdraw") == 1
    for agency, row in town.shares(message).items():
        rows = town.rows("SELECT * FROM audit WHERE share_id = :s ORDER BY id", s=row.id)
        check_chain(rows, "released")
        assert [one.event for one in rows].count("share.withdraw") == 1
        assert ("share.send" in {one.event for one in rows}) == (agency in heard)
        notes = town.rows("SELECT kind FROM note WHERE share_id = :s", s=row.id)
        assert [one.kind for one in notes].count("withdraw") == (agency in heard)
    assert town.shares(message).keys() == TO
    assert town.rows("SELECT 1 FROM owed WHERE message_id = :m AND met_at IS NULL", m=message) == []
    assert holders(town, message) == [SENDER]


SCENES: Mapping[str, Scene] = {
    **{name: _scene_of(played) for name, played in ACTS.items()},
    "withdraw": Scene(_talked_of, _withdraw_once, _withdrawn, again=_withdraw_again),
    "withdraw_before_sealing": Scene(_only_decided, _withdraw_once, _withdrawn, again=_withdraw_again),
}
