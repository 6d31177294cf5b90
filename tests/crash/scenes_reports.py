"""Scenes of a report: accepted as an answer, it meets what was asked once; taken back, that is owed again, once."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from uuid import UUID

from agencies import wire
from agencies.callers import Caller
from agencies.wire import Accepted
from hub import accept, answer
from hub.answer import Desk
from hub.ids import new_id
from tests.crash.faults import Plan
from tests.crash.invariants import check_sent, check_share, owed_of
from tests.crash.scene import Args, Scene
from tests.crash.scenes_acts import SENT
from tests.examples import example
from tests.workers.town import HUB, HUB_KEY, PERSON, RECORDS, Town, body_of, due
from workers import jobs

ASKED_BY, GP = "sandwell-childrens-social-care", "sandwell-gp-1"
REQUEST, REPORT = "report-request-review-conference", "report-from-a-gp-practice"


def _asked(town: Town, many: int) -> list[tuple[UUID, UUID]]:
    """So many requests, each with the practice's share of it, which it has received."""
    requests = town.send_all([town.incoming(REQUEST, sender=ASKED_BY) for _ in range(many)])
    town.drain()
    found = [(one, town.shares(one)[GP].id) for one in requests]
    town.receive(GP, *(share for _, share in found))
    return found


def _incoming(town: Town, request: UUID, share: UUID, key: str) -> accept.Incoming:
    message = {**example(REPORT), "answers": str(request)}
    made = accept.prepare(
        body_of(REPORT, message=message),
        Caller(GP, "c"),
        key,
        known=town.known(),
        hub_key=HUB_KEY.public,
        records=RECORDS,
        at=town.now,
    )
    return replace(made, replies_to=share)


def _answered(town: Town, many: int) -> list[Args]:
    asked = _asked(town, many)
    sent = town.send_all([_incoming(town, *one, str(new_id())) for one in asked])
    return [
        {"message": str(message), "share": str(share)}
        for message, (_, share) in zip(sent, asked, strict=True)
    ]


# -- accepted ---------------------------------------------------------------------------------------------------


def _to_be_accepted(town: Town, many: int) -> list[Args]:
    return [
        {"request": str(request), "share": str(share), "key": str(new_id())}
        for request, share in _asked(town, many)
    ]


def _accept(town: Town, plan: Plan, args: Args) -> None:
    incoming = _incoming(town, UUID(args["request"]), UUID(args["share"]), args["key"])
    with plan.while_armed(), town.engine.begin() as conn:
        accept.accept_many(conn, [incoming], at=town.now)


def _accept_again(town: Town, args: Args) -> None:
    incoming = _incoming(town, UUID(args["request"]), UUID(args["share"]), args["key"])
    with town.engine.begin() as conn:
        [told] = accept.accept_many(conn, [incoming], at=town.now)
    assert isinstance(told, Accepted)


def _accepted(town: Town, args: Args) -> None:
    [row] = town.rows("SELECT message_id FROM reply WHERE share_id = :s", s=args["share"])
    _met_once(town, {"message": str(row.message_id), "share": args["share"]})


# -- sent -------------------------------------------------------------------------------------------------------


def _to_be_delivered(town: Town, many: int) -> list[Args]:
    played = _answered(town, many)
    line = town.line(batch=many)
    rows = due(line, jobs.STEPS[0])
    for earlier, later in pairwise(jobs.STEPS[: jobs.STEPS.index("deliver") + 1]):
        rows = list(jobs.WORK[earlier](line, rows).follow) or due(line, later)
    return [
        {**one, "pairs": [[row.id, row.attempts] for row in rows if str(row.message_id) == one["message"]]}
        for one in played
    ]


def _deliver(town: Town, plan: Plan, args: Args) -> None:
    jobs.serve(town.line())
    with plan.while_armed():
        jobs.work("deliver", args["pairs"])


def _met_once(town: Town, args: Args) -> None:
    check_sent(town, UUID(args["message"]), to={ASKED_BY})
    check_share(town, UUID(args["share"]), "received", (*SENT, "receive", "reply"))
    assert owed_of(town, UUID(args["share"])) == "done: receipt report; open: check_back"


# -- taken back -------------------------------------------------------------------------------------------------


def _to_be_taken_back(town: Town, many: int) -> list[Args]:
    played = _answered(town, many)
    town.drain()
    return played


def _withdraw(town: Town, args: Args) -> None:
    body = wire.Withdraw(by=PERSON, reason="it was about another child")
    desk, caller = Desk(HUB, town.signer, RECORDS), Caller(GP, "c")
    answer.withdraw(
        town.engine, UUID(args["message"]), body, caller, known=town.known(), desk=desk, at=town.now
    )


def _take_back(town: Town, plan: Plan, args: Args) -> None:
    town.known()
    with plan.while_armed():
        _withdraw(town, args)


def _owed_again(town: Town, args: Args) -> None:
    assert town.state(UUID(args["message"])) == "withdrawn"
    check_share(town, UUID(args["share"]), "received", (*SENT, "receive", "reply", "unreply"))
    assert owed_of(town, UUID(args["share"])) == "done: receipt report; open: check_back report"


SCENES: Mapping[str, Scene] = {
    "accept_report": Scene(_to_be_accepted, _accept, _accepted, again=_accept_again),
    "reply": Scene(_to_be_delivered, _deliver, _met_once),
    "unreply": Scene(_to_be_taken_back, _take_back, _owed_again, again=_withdraw),
}
