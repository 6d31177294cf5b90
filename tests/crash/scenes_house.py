"""Scenes of the housekeeper: each of its duties, begun again by a scheduler that was started anew."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from agencies.directory import Directory
from hub.known import Known
from tests.crash.acts import SENDER, TAKE, TAKER, TO, do_all
from tests.crash.faults import Plan
from tests.crash.invariants import check_sent, check_share, holders, owed_of
from tests.crash.scene import Args, Scene, keyless, settle, singly
from tests.crash.scenes_acts import SENT, sent
from tests.examples import NOW
from tests.workers.town import Town
from workers.housekeep import Housekeeper

OFFICE = "sandwell-partnership"


def _duty(duty: Callable[[Housekeeper, Known], object]) -> Callable[[Town, Plan, Args], None]:
    def step(town: Town, plan: Plan, _: Args) -> None:
        known = town.known()
        housekeeper = Housekeeper(town.line(), known_number=-1)  # it knew something else before
        with plan.while_armed():
            duty(housekeeper, known)

    return step


def _again(town: Town) -> None:
    """Two schedulers, just started: neither does again what was done."""
    for _ in range(2):
        Housekeeper(town.line()).round()


# -- what has ended -----------------------------------------------------------------------------------------


def _withdrawn(town: Town) -> Args:
    message = town.send()
    town.drain()
    town.withdraw(message)
    return {"message": str(message)}


def _shredded(town: Town, args: Args) -> None:
    settle(town)
    message = UUID(args["message"])
    assert town.rows("SELECT 1 FROM message_body WHERE message_id = :m", m=message) == []
    assert town.events(message).count("message.shred") == 1
    assert town.rows("SELECT 1 FROM message WHERE id = :m AND copy_envelope IS NOT NULL", m=message)


def _missed(town: Town) -> Args:
    """Every share has ended and the message has not, as no code of ours leaves it."""
    message = town.send()
    town.drain()
    with town.engine.begin() as conn:
        conn.execute(text("UPDATE share SET state = 'closed' WHERE message_id = :m"), {"m": message})
    return {"message": str(message)}


def _closed_late(town: Town, args: Args) -> None:
    _again(town)
    message = UUID(args["message"])
    assert town.state(message) == "closed"
    assert town.events(message).count("message.close") == 1
    assert town.rows("SELECT 1 FROM owed WHERE message_id = :m AND met_at IS NULL", m=message) == []


# -- what goes on slowly ------------------------------------------------------------------------------------


def _stuck(town: Town) -> Args:
    message = town.send()
    with town.engine.begin() as conn:
        slowly = "UPDATE outbox SET attempts = 5, last_fault = 'X', due_at = due_at + interval '10 minutes'"
        conn.execute(text(slowly))
    return {"message": str(message)}


def _told_of(town: Town, args: Args) -> None:
    """One person is asked, once, and not any more when the message has gone on."""
    _again(town)
    message = UUID(args["message"])
    assert town.tasks(message) == [("resolve_stuck", OFFICE)]
    assert town.events(message).count("message.task") == 1
    town.later(minutes=10)
    settle(town)
    check_sent(town, message, to=TO)
    assert town.tasks(message) == []


# -- what was not known -------------------------------------------------------------------------------------


def _not_known(town: Town) -> Args:
    """One message waits for the key of an agency; of another nobody heard, for want of a protocol."""
    known, lawless = keyless(town), replace(town.known(), protocols=())
    waits = town.send()
    town.drain(known=lambda: known)
    unheard = town.send()
    town.drain(known=lambda: lawless)
    assert town.shares(unheard) == {}
    return {"waits": str(waits), "unheard": str(unheard)}


def _heard_of(town: Town, args: Args) -> None:
    """By a scheduler that has just started, and by one that ran when it became known."""
    for known_before in (None, -1):
        Housekeeper(town.line(), known_number=known_before).round()
    unheard, waits = UUID(args["unheard"]), UUID(args["waits"])
    due = [(row.step, row.message_id) for row in town.outbox() if row.due_at <= town.now]
    assert sorted(due) == [("route", unheard), ("seal", waits)]
    settle(town)
    check_sent(town, waits, to=TO)
    check_sent(town, unheard, to=TO, moves=("accept", "route", "reroute"))
    assert town.tasks(waits) == town.tasks(unheard) == []


# -- who is no more -----------------------------------------------------------------------------------------


def _closed(known: Known) -> Known:
    """What is known once the agency has closed that took the responsibility over."""
    yesterday = str(NOW.date() - timedelta(days=1))
    rows = [
        {**row, "closes": yesterday} if row["id"] == TAKER and not row.get("closes") else row
        for row in known.directory.to_rows()
    ]
    return replace(known, directory=Directory.from_rows(rows))


def _accepted(town: Town) -> Args:
    [(message, shares)] = sent(town, 1)
    town.receive(TAKER, shares[TAKER])
    do_all(town, (TAKE,), [shares[TAKER]])
    return {"message": str(message), "share": str(shares[TAKER])}


def _hand_back(housekeeper: Housekeeper, known: Known) -> None:
    housekeeper.hand_back_from_closed(_closed(known))


def _handed_back(town: Town, args: Args) -> None:
    for _ in range(2):
        _hand_back(Housekeeper(town.line()), town.known())
    message, share = UUID(args["message"]), UUID(args["share"])
    check_share(town, share, "declined", (*SENT, "receive", *TAKE.moves, "hand_back"))
    done, void = "acceptance check_back receipt", "action agreement review"
    assert owed_of(town, share) == f"done: {done}; open: redirect; void: {void}"
    assert holders(town, message) == [SENDER, TAKER, SENDER]


SCENES: Mapping[str, Scene] = {
    "shred": Scene(singly(_withdrawn), _duty(lambda house, _: house.shred_what_ended()), _shredded),
    "missed": Scene(singly(_missed), _duty(lambda house, _: house.close_what_was_missed()), _closed_late),
    "stuck": Scene(singly(_stuck), _duty(Housekeeper.tell_of_what_is_stuck), _told_of),
    "known_changed": Scene(singly(_not_known), _duty(Housekeeper.when_known_changed), _heard_of),
    "hand_back": Scene(singly(_accepted), _duty(_hand_back), _handed_back),
}
