"""Scenes of a decision not to share: routed, it is owed once to look again; looked at, it is closed. Nobody hears."""

from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from uuid import UUID, uuid5

from agencies import wire
from agencies.callers import Caller
from hub.answer import Desk, OwnAct, meet_own
from hub.known import Known
from tests.crash.acts import SPACE
from tests.crash.faults import Plan
from tests.crash.scene import Args, Scene
from tests.workers.town import HUB, PERSON, RECORDS, Town, due
from workers import jobs

NAME, SENDER = "not-sharing-a-place-in-a-refuge", "sandwell-0-19"


def _sent(town: Town, many: int) -> list[UUID]:
    return town.send_all([town.incoming(NAME, sender=SENDER) for _ in range(many)])


def _up_to(step: str, town: Town, many: int) -> list[Args]:
    messages = _sent(town, many)
    line = town.line(batch=many)
    rows = due(line, jobs.STEPS[0])
    for earlier, later in pairwise(jobs.STEPS[: jobs.STEPS.index(step) + 1]):
        rows = list(jobs.WORK[earlier](line, rows).follow) or due(line, later)
    return [
        {
            "step": step,
            "message": str(message),
            "pairs": [[row.id, row.attempts] for row in rows if row.message_id == message],
        }
        for message in messages
    ]


def _job(town: Town, plan: Plan, args: Args) -> None:
    jobs.serve(town.line())
    with plan.while_armed():
        jobs.work(args["step"], args["pairs"])


def _kept(town: Town, args: Args) -> None:
    message = UUID(args["message"])
    assert town.state(message) == "routed"
    assert town.events(message) == ["message.accept", "message.keep", "message.route"]
    _owed_once(town, message, "open")
    _nobody_heard(town, message)


# -- looked at again ----------------------------------------------------------------------------------------


def _to_be_looked_at(town: Town, many: int) -> list[Args]:
    messages = _sent(town, many)
    town.drain()
    return [{"message": str(message)} for message in messages]


def _meet(town: Town, message: UUID, known: Known) -> wire.Moved:
    """Under one key, however often it is tried."""
    [row] = town.rows("SELECT id FROM owed WHERE message_id = :m AND what = 'look_again'", m=message)
    body = wire.Meet(by=PERSON, owed=row.id, done="it still holds")
    act = OwnAct(message, "meet", body, Caller(SENDER, "c"), str(uuid5(SPACE, f"meet {message}")))
    with town.engine.begin() as conn:
        return meet_own(conn, act, known=known, desk=Desk(HUB, town.signer, RECORDS), at=town.now)


def _look_again(town: Town, plan: Plan, args: Args) -> None:
    known = town.known()
    with plan.while_armed():
        _meet(town, UUID(args["message"]), known)


def _asked_again(town: Town, args: Args) -> None:
    first, second = (_meet(town, UUID(args["message"]), town.known()) for _ in range(2))
    assert (first.state, first) == ("closed", second)


def _closed(town: Town, args: Args) -> None:
    message = UUID(args["message"])
    assert town.state(message) == "closed"
    assert town.events(message) == [
        "message.accept", "message.keep", "message.route", "message.meet", "message.close", "message.shred",
    ]  # fmt: skip
    assert len(town.rows("SELECT 1 FROM own_note WHERE message_id = :m", m=message)) == 1
    _owed_once(town, message, "done")
    _nobody_heard(town, message)


def _owed_once(town: Town, message: UUID, how: str) -> None:
    rows = town.rows(
        "SELECT what, owed_by, owed_to, coalesce(met_how, 'open') AS how FROM owed WHERE message_id = :m",
        m=message,
    )
    assert [(row.what, row.owed_by, row.owed_to, row.how) for row in rows] == [
        ("look_again", SENDER, SENDER, how)
    ]


def _nobody_heard(town: Town, message: UUID) -> None:
    assert town.shares(message) == {}
    assert [
        row.outcome for row in town.rows("SELECT outcome FROM decision WHERE message_id = :m", m=message)
    ] == ["keep"]
    assert town.rows("SELECT 1 FROM audit WHERE message_id = :m AND recipient IS NOT NULL", m=message) == []


SCENES: Mapping[str, Scene] = {
    **{f"{step}_kept": Scene(partial(_up_to, step), _job, _kept) for step in ("route", "seal")},
    "look_again": Scene(_to_be_looked_at, _look_again, _closed, again=_asked_again),
}
