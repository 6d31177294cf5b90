"""Scenes of leave to read: its copy is made once, and each reading is in the record."""

from collections.abc import Mapping
from uuid import UUID

from agencies import wire
from agencies.callers import Caller
from hub import answer
from hub.answer import Desk
from tests.crash.faults import Plan
from tests.crash.invariants import check_sent
from tests.crash.scene import Args, Scene
from tests.examples import example
from tests.workers.town import HUB, PERSON, RECORDS, Town, due
from workers import jobs

LENDER, READER = "sandwell-childrens-social-care", "sandwell-adult-social-care"
LEAVE = "read-grant-for-adult-social-care"


def _given(town: Town, many: int) -> list[UUID]:
    """So many leaves that were accepted, each to read another message of the lender's."""
    lent = town.send_all([town.incoming("concern-neglect", sender=LENDER) for _ in range(many)])
    town.drain()
    leaves = [{**example(LEAVE), "of": str(one)} for one in lent]
    return town.send_all([town.incoming(message=leave, sender=LENDER) for leave in leaves])


def _to_be_sealed(town: Town, many: int) -> list[Args]:
    leaves = _given(town, many)
    line = town.line(batch=many)
    rows = jobs.WORK["route"](line, due(line, "route")).follow
    return [
        {"message": str(one), "pairs": [[row.id, row.attempts] for row in rows if row.message_id == one]}
        for one in leaves
    ]


def _seal(town: Town, plan: Plan, args: Args) -> None:
    jobs.serve(town.line())
    with plan.while_armed():
        jobs.work("seal", args["pairs"])


def _lent_once(town: Town, args: Args) -> None:
    message = UUID(args["message"])
    check_sent(town, message, to={READER})
    share = town.shares(message)[READER]
    [lent] = town.rows("SELECT * FROM reading_copy WHERE share_id = :s", s=share.id)
    assert town.opened(READER, lent.envelope)["leave"] == str(share.id)


def _to_be_read(town: Town, many: int) -> list[Args]:
    leaves = _given(town, many)
    town.drain()
    return [{"share": str(town.shares(one)[READER].id)} for one in leaves]


def _ask(town: Town, share: str) -> wire.Reading:
    desk, caller = Desk(HUB, town.signer, RECORDS), Caller(READER, "c")
    return answer.read_lent(town.engine, UUID(share), wire.Read(by=PERSON), caller, desk=desk, at=town.now)


def _read(town: Town, plan: Plan, args: Args) -> None:
    with plan.while_armed():
        _ask(town, args["share"])


def _read_again(town: Town, args: Args) -> None:
    _ask(town, args["share"])


def _recorded(town: Town, args: Args) -> None:
    """Whoever got no answer asked again: there may be more rows than answers, and never fewer; always in pairs."""
    rows = town.rows(
        "SELECT event, count(*) AS n FROM audit WHERE detail ->> 'leave' = :s"
        " OR (share_id = :id AND event = 'share.read') GROUP BY event",
        s=args["share"],
        id=UUID(args["share"]),
    )
    counted = {row.event: row.n for row in rows}
    assert counted.keys() == {"share.read", "message.read"}
    assert counted["share.read"] == counted["message.read"] in (1, 2)


SCENES: Mapping[str, Scene] = {
    "seal_leave": Scene(_to_be_sealed, _seal, _lent_once),
    "read_lent": Scene(_to_be_read, _read, _recorded, again=_read_again),
}
