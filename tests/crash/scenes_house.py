"""Scenes of the housekeeper: each of its duties, begun again by a scheduler that was started anew."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from uuid import UUID

from sqlalchemy import text

from agencies.directory import Directory
from hub.known import Known
from hub.store import days, statement
from hub.store.connect import looking
from tests.crash.acts import SENDER, TAKE, TAKER, TO, decline, do_all
from tests.crash.faults import Plan
from tests.crash.invariants import check_sent, check_share, holders, owed_of
from tests.crash.scene import GP, Args, Scene, directory, keyless, nobody
from tests.crash.scenes_acts import SENT, sent
from tests.examples import NOW
from tests.workers.town import Town
from workers.housekeep import Housekeeper

OFFICE = "sandwell-partnership"


# -- what has ended -----------------------------------------------------------------------------------------


def _withdrawn(town: Town, many: int) -> list[Args]:
    found = sent(town, many)
    for message, _ in found:
        town.withdraw(message)
    return [{"message": str(message)} for message, _ in found]


def _shredded(town: Town, args: Args) -> None:
    message = UUID(args["message"])
    assert town.rows("SELECT 1 FROM message_body WHERE message_id = :m", m=message) == []
    assert town.events(message).count("message.shred") == 1
    assert town.rows("SELECT 1 FROM message WHERE id = :m AND copy_envelope IS NOT NULL", m=message)


def _missed(town: Town, many: int) -> list[Args]:
    """Every share has ended and the message has not, as no code of ours leaves it."""
    found = sent(town, many)
    with town.engine.begin() as conn:
        for message, _ in found:
            conn.execute(text("UPDATE share SET state = 'closed' WHERE message_id = :m"), {"m": message})
    return [{"message": str(message)} for message, _ in found]


def _closed_late(town: Town, args: Args) -> None:
    message = UUID(args["message"])
    assert town.state(message) == "closed"
    assert town.events(message).count("message.close") == 1
    assert town.rows("SELECT 1 FROM owed WHERE message_id = :m AND met_at IS NULL", m=message) == []


# -- what goes on slowly ------------------------------------------------------------------------------------


def _stuck(town: Town, many: int) -> list[Args]:
    messages = town.send_all([town.incoming() for _ in range(many)])
    slowly = "UPDATE outbox SET attempts = 5, last_fault = 'X', due_at = due_at + interval '1 minute'"
    with town.engine.begin() as conn:
        conn.execute(text(slowly))
    return [{"message": str(message)} for message in messages]


def _told_again(town: Town, args: Args) -> None:
    """Two schedulers, just started: one person is asked, once."""
    for _ in range(2):
        Housekeeper(town.line()).round()
    message = UUID(args["message"])
    assert town.tasks(message) == [("resolve_stuck", OFFICE)]
    assert town.events(message).count("message.task") == 1


def _sent_at_last(town: Town, args: Args) -> None:
    """And nobody is asked any more."""
    message = UUID(args["message"])
    check_sent(town, message, to=TO)
    assert town.tasks(message) == []


# -- what was not known -------------------------------------------------------------------------------------


def _not_known(town: Town, many: int) -> list[Args]:
    """One message waits for the key of an agency; of another nobody heard, for want of a protocol."""
    known, lawless = keyless(town.known()), replace(town.known(), protocols=())
    waits = town.send_all([town.incoming() for _ in range(many)])
    town.drain(known=lambda: known)
    unheard = town.send_all([town.incoming() for _ in range(many)])
    town.drain(known=lambda: lawless)
    assert all(town.shares(message) == {} for message in unheard)
    return [{"waits": str(one), "unheard": str(other)} for one, other in zip(waits, unheard, strict=True)]


def _known_again(town: Town, args: Args) -> None:
    """By a scheduler that has just started, and by one that ran when it became known."""
    for known_before in (None, -1):
        Housekeeper(town.line(), known_number=known_before).round()
    due = [(row.step, str(row.message_id)) for row in town.outbox() if row.due_at <= town.now]
    assert sorted(due) == [("route", args["unheard"]), ("seal", args["waits"])]


def _heard_of(town: Town, args: Args) -> None:
    unheard, waits = UUID(args["unheard"]), UUID(args["waits"])
    check_sent(town, waits, to=TO)
    check_sent(town, unheard, to=TO, moves=("accept", "route", "reroute"))
    assert town.tasks(waits) == town.tasks(unheard) == []


# -- who is no more -----------------------------------------------------------------------------------------


@cache
def _without(*agencies: str) -> Directory:
    """Once these have closed."""
    yesterday = str(NOW.date() - timedelta(days=1))
    return Directory.from_rows(
        {**row, "closes": yesterday} if row["id"] in agencies and not row.get("closes") else row
        for row in directory().to_rows()
    )


def _when_closed(*agencies: str) -> Callable[[Housekeeper, Known], object]:
    return lambda house, known: house.hand_back_from_closed(replace(known, directory=_without(*agencies)))


def _accepted(town: Town, many: int) -> list[Args]:
    found = sent(town, many)
    mine = [shares[TAKER] for _, shares in found]
    town.receive(TAKER, *mine)
    do_all(town, (TAKE,), mine)
    return [{"message": str(message), "share": str(shares[TAKER])} for message, shares in found]


def _hand_back_again(town: Town, _: Args) -> None:
    for _scheduler in range(2):
        _when_closed(TAKER)(Housekeeper(town.line()), town.known())


def _handed_back(town: Town, args: Args) -> None:
    message, share = UUID(args["message"]), UUID(args["share"])
    check_share(town, share, "declined", (*SENT, "receive", *TAKE.moves, "hand_back"))
    done, void = "acceptance check_back receipt", "action agreement call_account review"
    assert owed_of(town, share) == f"done: {done}; open: redirect; void: {void}"
    assert holders(town, message) == [SENDER, TAKER, SENDER]


def _left_by_sender_and_office(town: Town, many: int) -> list[Args]:
    """The sender should have redirected a share; the office should have looked at a message that is stuck."""
    found = sent(town, many)
    do_all(town, (decline(GP),), [shares[GP] for _, shares in found])
    stuck = _stuck(town, many)
    Housekeeper(town.line()).tell_of_what_is_stuck(town.known())
    return [{**one, "declined": str(message)} for one, (message, _) in zip(stuck, found, strict=True)]


def _ask_again(town: Town, args: Args) -> None:
    """Somebody else is asked, once."""
    for _scheduler in range(2):
        _when_closed(SENDER, OFFICE)(Housekeeper(town.line()), town.known())
    asked = "SELECT what, owed_by, met_how FROM owed WHERE message_id = :m AND what = ANY(:whats) ORDER BY id"
    whats = ["find_successor", "resolve_stuck"]
    rows = town.rows(asked, m=UUID(args["message"]), whats=whats)
    assert [tuple(row) for row in rows] == [
        ("resolve_stuck", OFFICE, "void"),
        ("resolve_stuck", "hub", None),
    ]
    rows = town.rows(asked, m=UUID(args["declined"]), whats=whats)
    assert [tuple(row) for row in rows] == [("find_successor", "hub", None)]


def _asked(town: Town, args: Args) -> None:
    assert town.tasks(UUID(args["message"])) == []
    assert town.tasks(UUID(args["declined"])) == [("find_successor", "hub")]
    assert town.events(UUID(args["declined"])).count("message.task") == 1


# -- a day ----------------------------------------------------------------------------------------------------


def _midnight(town: Town, many: int) -> list[Args]:
    """Over midnight, and past it; what was sent on the day is not registered anywhere."""
    found = sent(town, many)
    town.later(days=1)
    day = days.last_ended(town.now)
    return [{"day": day.isoformat(), "share": str(shares[TAKER])} for _, shares in found]


def _day_ended(town: Town, args: Args) -> None:
    """Once, and two schedulers that come to it again leave it as it is."""
    day = date.fromisoformat(args["day"])
    closed = town.rows("SELECT * FROM day_end WHERE day = :d", d=day)
    assert len(closed) == 1
    for _scheduler in range(2):
        Housekeeper(town.line()).end_the_day()
    assert town.rows("SELECT * FROM day_end WHERE day = :d", d=day) == closed
    ends = days.ends_of(town.engine, day, at=town.now)
    assert ends is not None
    with looking(town.engine) as conn:
        told = statement.lines(conn, TAKER, "received", ends)
    assert UUID(args["share"]) in {line.share_id for line in told}


def _scene(
    before: Callable[[Town, int], list[Args]],
    duty: Callable[[Housekeeper, Known], object],
    after: Callable[[Town, Args], None],
    again: Callable[[Town, Args], None] = nobody,
) -> Scene:
    def step(town: Town, plan: Plan, _: Args) -> None:
        known = town.known()
        housekeeper = Housekeeper(town.line(), known_number=-1)  # it knew something else before
        with plan.while_armed():
            duty(housekeeper, known)

    return Scene(before, step, after, again=again, alone=True)


SCENES: Mapping[str, Scene] = {
    "shred": _scene(_withdrawn, lambda house, _: house.shred_what_ended(), _shredded),
    "missed": _scene(_missed, lambda house, _: house.close_what_was_missed(), _closed_late),
    "stuck": _scene(_stuck, Housekeeper.tell_of_what_is_stuck, _sent_at_last, _told_again),
    "known_changed": _scene(_not_known, Housekeeper.when_known_changed, _heard_of, _known_again),
    "hand_back": _scene(_accepted, _when_closed(TAKER), _handed_back, _hand_back_again),
    "day_ends": _scene(_midnight, lambda house, _: house.end_the_day(), _day_ended),
    "ask_others": _scene(_left_by_sender_and_office, _when_closed(SENDER, OFFICE), _asked, _ask_again),
}
