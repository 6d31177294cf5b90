"""The steps of the table, each as a scene: what stands before it, the step itself, and what must hold in the end.

What a scene hands from one part to the next is plain JSON, so that the step itself can be played in another process.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid5

from agencies import wire
from agencies.callers import Caller
from agencies.directory import Directory
from agencies.directory import shipped as shipped_directory
from agencies.reach.port import Delivered, Delivery, Outcome
from agencies.wire import Accepted
from hub import accept, answer
from hub.ids import new_id
from tests.crash.faults import Plan
from tests.crash.invariants import check_chain, check_sent
from tests.workers.town import HANDOVER, HUB, HUB_KEY, PERSON, RECORDS, Town, body_of
from workers import jobs
from workers.housekeep import Housekeeper

TO = {"birmingham-0-19", "birmingham-gp-1", "birmingham-probation"}
GP = "birmingham-gp-1"
HOW_MANY = 2  # messages, so that the fault of one could touch another
SPACE = UUID(int=7)

Args = dict[str, Any]


class Endpoint:
    """The recipient's own system: takes what it is sent."""

    def deliver(self, delivery: Delivery) -> Outcome:
        return self.deliver_all([delivery])[0]

    def deliver_all(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        return [Delivered() for _ in deliveries]


def directory() -> Directory:
    """One of the recipients wants to be pushed to."""
    address = {"reach": "webhook", "webhook_url": "https://gp-1.example/checkback"}
    rows = [{**row, **(address if row["id"] == GP else {})} for row in shipped_directory().to_rows()]
    return Directory.from_rows(rows)


@dataclass(frozen=True)
class Scene:
    before: Callable[[Town], Args]
    step: Callable[[Town, Plan, Args], None]
    after: Callable[[Town, Args], None]


# -- accept -------------------------------------------------------------------------------------------------


def _keys(town: Town) -> Args:
    del town
    return {"keys": [str(new_id()) for _ in range(HOW_MANY)]}


def _post(town: Town, keys: Sequence[str]) -> list[accept.Incoming]:
    return [
        accept.prepare(
            body_of(HANDOVER),
            Caller("sandwell-0-19", "c"),
            key,
            known=town.known(),
            hub_key=HUB_KEY.public,
            records=RECORDS,
            at=town.now,
        )
        for key in keys
    ]


def _accept(town: Town, plan: Plan, args: Args) -> None:
    incoming = _post(town, args["keys"])
    with plan.while_armed(), town.engine.begin() as conn:
        accept.accept_many(conn, incoming, at=town.now)


def _accept_again(town: Town, args: Args) -> None:
    """The sender got no answer, so it sends the same once more; and, to be sure, again."""
    for _ in range(2):
        with town.engine.begin() as conn:
            answers = accept.accept_many(conn, _post(town, args["keys"]), at=town.now)
    ids = [one.id for one in answers if isinstance(one, Accepted)]
    found = town.rows(
        "SELECT id FROM message WHERE idempotency_key = ANY(:keys)",
        keys=[RECORDS.mark(key) for key in args["keys"]],
    )
    assert {row.id for row in found} == set(ids)
    assert len(found) == HOW_MANY
    settle(town)
    for message in ids:
        check_sent(town, message, to=TO)


# -- the steps of the line ----------------------------------------------------------------------------------


def _up_to(step: str) -> Callable[[Town], Args]:
    def before(town: Town) -> Args:
        sent = town.send_all([town.incoming() for _ in range(HOW_MANY)])
        rows = town.due(jobs.STEPS[0])
        for earlier, later in pairwise(jobs.STEPS[: jobs.STEPS.index(step) + 1]):
            rows = list(jobs.WORK[earlier](town.line(), rows).follow) or town.due(later)
        pairs = [[one.id, one.attempts] for one in rows]
        return {"step": step, "messages": [str(one) for one in sent], "pairs": pairs}

    return before


def _job(town: Town, plan: Plan, args: Args) -> None:
    """As a worker runs it."""
    jobs.serve(town.line())
    with plan.while_armed():
        jobs.work(args["step"], args["pairs"])


def _all_sent(town: Town, args: Args) -> None:
    settle(town)
    for message in args["messages"]:
        check_sent(town, UUID(message), to=TO)


def settle(town: Town) -> None:
    """Leases lapse, what failed comes due again, and clean workers take it up."""
    for _ in range(5):
        town.later(minutes=2)
        town.drain()
        if not town.outbox():
            return
    raise AssertionError("the outbox does not come to rest")


# -- destroying the hub's own copy --------------------------------------------------------------------------


def _withdrawn(town: Town) -> Args:
    message = town.send()
    town.drain()
    town.withdraw(message)
    return {"message": str(message)}


def _keep_house(town: Town, plan: Plan, _: Args) -> None:
    housekeeper = Housekeeper(town.line())
    with plan.while_armed():
        housekeeper.round()


def _shredded(town: Town, args: Args) -> None:
    settle(town)
    message = UUID(args["message"])
    assert town.rows("SELECT 1 FROM message_body WHERE message_id = :m", m=message) == []
    assert town.events(message).count("message.shred") == 1
    assert town.rows("SELECT 1 FROM message WHERE id = :m AND copy_envelope IS NOT NULL", m=message)


# -- what the recipient does --------------------------------------------------------------------------------


def _sent(town: Town) -> Args:
    message = town.send()
    town.drain()
    return {"message": str(message), "share": str(town.shares(message)[GP].id)}


def _receive(town: Town, plan: Plan, args: Args) -> None:
    known, caller = town.known(), Caller(GP, "c")
    with plan.while_armed():
        answer.receive_many(town.engine, [UUID(args["share"])], caller, known=known, at=town.now)


def _received_again(town: Town, args: Args) -> None:
    town.receive(GP, UUID(args["share"]))
    _check_share(town, args, "received", ["plan", "seal", "send", "receive"])


def _received(town: Town) -> Args:
    args = _sent(town)
    town.receive(GP, UUID(args["share"]))
    return args


def _check_back(town: Town, plan: Plan, args: Args) -> None:
    known = town.known()
    with plan.while_armed():
        _act(town, args, known)


def _act(town: Town, args: Args, known: Any) -> answer.Answer:  # noqa: ANN401 - what the town knows
    body = wire.CheckBack(
        by=PERSON,
        case_reference="GP-1",
        understanding="they have moved, and the baby gains too little",
        significance="nobody weighs him now",
        no_actions_because="the health visitor does",
        review_on=town.now.date(),
    )
    # One key for one wish, however often it is tried.
    act = answer.Act(
        UUID(args["share"]), "check_back", body, Caller(GP, "c"), request_key=str(uuid5(SPACE, args["share"]))
    )
    desk = answer.Desk(HUB, town.signer, RECORDS)
    return answer.act_many(town.engine, [act], known=known, desk=desk, at=town.now)[0]


def _checked_back_again(town: Town, args: Args) -> None:
    told = _act(town, args, town.known())
    assert isinstance(told, wire.Moved)
    assert told.state == "checked_back"
    _check_share(town, args, "checked_back", ["plan", "seal", "send", "receive", "check_back"])
    notes = town.rows("SELECT kind FROM note WHERE share_id = :s", s=UUID(args["share"]))
    assert [row.kind for row in notes] == ["check_back"]


def _check_share(town: Town, args: Args, state: str, events: list[str]) -> None:
    share = UUID(args["share"])
    rows = town.rows("SELECT * FROM audit WHERE share_id = :s ORDER BY id", s=share)
    assert [row.event for row in rows] == [f"share.{event}" for event in events]
    check_chain(rows, state)
    assert town.states(UUID(args["message"]))[GP] == state


SCENES: dict[str, Scene] = {
    "accept": Scene(_keys, _accept, _accept_again),
    **{step: Scene(_up_to(step), _job, _all_sent) for step in jobs.STEPS},
    "shred": Scene(_withdrawn, _keep_house, _shredded),
    "receive": Scene(_sent, _receive, _received_again),
    "check_back": Scene(_received, _check_back, _checked_back_again),
}
