"""Scenes of what protocols watch for: noted with the route, counted, asked of the next in turn, and settled."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from protocols.messages.fields import is_nhs_number
from tests.crash.faults import Plan
from tests.crash.scene import Args, Scene
from tests.examples import example, spoilt
from tests.workers.town import Town
from workers import jobs
from workers.run import take
from workers.watch import watch

HOSPITAL, HV, NURSE = "sandwell-hospital", "sandwell-0-19", "sandwell-school-nursing"
SCAN = example("was-not-brought-hip-scan-of-a-baby")
ON_A_PLAN = {"plan__kind": "child_protection"}
NUMBERS: list[str] = []  # of children who are not each other's, drawn as they are needed


def _number() -> str:
    """Of nobody who was spoken of before, in this process."""
    start = int(NUMBERS[-1]) + 1 if NUMBERS else 9990020000
    NUMBERS.append(next(number for number in map(str, range(start, start + 100)) if is_nhs_number(number)))
    return NUMBERS[-1]


def _missed(**changes: object) -> dict[str, Any]:
    """Of a child of their own, who stands alone."""
    child = {**SCAN["children"][0], "name": f"Child {_number()[-4:]}", "nhs_number": NUMBERS[-1]}
    return spoilt(SCAN, children=[child], **changes)


def _send(town: Town, messages: Sequence[dict[str, Any]]) -> list[UUID]:
    return town.send_all([town.incoming(message=one, sender=HOSPITAL) for one in messages])


def _walk(town: Town) -> None:
    """Everybody has it, and nobody has looked yet."""
    line = town.line()
    while any((due := take(line)).values()):
        for step, leased in due.items():
            jobs.walk(line, step, leased)


def _asked(town: Town, args: Args) -> list[tuple[str, str]]:
    rows = town.rows(
        "SELECT owed_by, coalesce(met_how, 'open') AS how FROM owed WHERE what = 'look_together'"
        " AND message_id = :m ORDER BY started_at, id",
        m=UUID(args["message"]),
    )
    return [(row.owed_by, row.how) for row in rows]


# -- noted --------------------------------------------------------------------------------------------------


def _to_route(town: Town, many: int) -> list[Args]:
    sent = _send(town, [_missed(**ON_A_PLAN) for _ in range(many)])
    leased = take(town.line(batch=many))["route"]
    of = {row.id: row.message_id for row in town.outbox()}
    return [
        {
            "message": str(message),
            "pairs": [[row.id, row.attempts] for row in leased if of[row.id] == message],
        }
        for message in sent
    ]


def _route(town: Town, plan: Plan, args: Args) -> None:
    jobs.serve(town.line())
    with plan.while_armed():
        jobs.work("route", args["pairs"])


def _noted(town: Town, args: Args) -> None:
    """Once; and what it means was opened once."""
    message = UUID(args["message"])
    [row] = town.rows("SELECT * FROM watched WHERE message_id = :m", m=message)
    assert (row.kind, row.of_role, row.plan) == ("was_not_brought", "hospital", "child_protection")
    assert _asked(town, args) == [(HV, "open")]


# -- counted ------------------------------------------------------------------------------------------------


def _met(town: Town, many: int) -> list[Args]:
    """Three of one child each, and nobody has looked."""
    thrice = [_missed() for _ in range(many)]
    for ago in (20, 10, 0):
        day = (town.now.date() - timedelta(days=ago)).isoformat()
        last = _send(town, [spoilt(one, appointments__0__on=day) for one in thrice])
        town.later(seconds=1)
    _walk(town)
    return [{"message": str(message)} for message in last]


def _watch(town: Town, plan: Plan, _: Args) -> None:
    line = town.line()
    with plan.while_armed():
        watch(line)


def _watch_again(town: Town, _: Args) -> None:
    for _watcher in range(2):
        watch(town.line())


def _opened(town: Town, args: Args) -> None:
    """One duty, of the one who was told, told once; and it says what it counted."""
    message = UUID(args["message"])
    assert _asked(town, args) == [(HV, "open")]
    [crossing] = town.rows("SELECT * FROM crossing WHERE message_id = :m", m=message)
    counts = town.rows("SELECT 1 FROM crossing_counts WHERE crossing_id = :c", c=crossing.id)
    assert len(counts) == 3
    told = town.rows(
        "SELECT recipient, detail FROM audit WHERE event = 'owed.open' AND message_id = :m ORDER BY id",
        m=message,
    )
    assert [(row.recipient, len(row.detail["counted"])) for row in told] == [(HV, 3), (HOSPITAL, 3)]


# -- whoever was asked lets it lapse ------------------------------------------------------------------------


def _lapsed(town: Town, many: int) -> list[Args]:
    nurse = [*SCAN["services"]["others"], {"role": "school_nursing", "agency": NURSE}]
    sent = _send(town, [_missed(services__others=nurse, **ON_A_PLAN) for _ in range(many)])
    town.drain()
    with town.engine.begin() as conn:
        conn.execute(text("UPDATE crossing SET look_at = :at"), {"at": town.now})
    return [{"message": str(message)} for message in sent]


def _passed_on(town: Town, args: Args) -> None:
    assert _asked(town, args) == [(HV, "open"), (NURSE, "open")]


# -- whoever was asked has done it --------------------------------------------------------------------------


def _done(town: Town, many: int) -> list[Args]:
    """One of two who were asked has said so, and nobody has looked."""
    found = _lapsed(town, many)
    watch(town.line())
    with town.engine.begin() as conn:
        conn.execute(
            text(
                "UPDATE owed SET met_at = :at, met_by = owed_by, met_how = 'done'"
                " WHERE owed_by = :a AND what = 'look_together'"
            ),
            {"at": town.now, "a": NURSE},
        )
    return found


def _over(town: Town, args: Args) -> None:
    assert _asked(town, args) == [(HV, "void"), (NURSE, "done")]
    message = UUID(args["message"])
    [crossing] = town.rows("SELECT * FROM crossing WHERE message_id = :m", m=message)
    assert crossing.ended_at is not None
    heard = town.rows("SELECT recipient FROM audit WHERE event = 'owed.over' AND message_id = :m", m=message)
    assert sorted(row.recipient for row in heard) == [HV, HOSPITAL]


SCENES: Mapping[str, Scene] = {
    "route_watched": Scene(_to_route, _route, _noted),
    "watch": Scene(_met, _watch, _opened, again=_watch_again, alone=True),
    "watch_next_in_turn": Scene(_lapsed, _watch, _passed_on, again=_watch_again, alone=True),
    "watch_done": Scene(_done, _watch, _over, again=_watch_again, alone=True),
}
