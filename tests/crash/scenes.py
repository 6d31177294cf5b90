"""The scenes of the table: sending, the steps of the line, and what is said of acts and of the house elsewhere."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from uuid import UUID

from agencies.callers import Caller
from agencies.wire import Accepted
from hub import accept, answer
from hub.ids import new_id
from tests.crash import (
    scenes_acts,
    scenes_chase,
    scenes_house,
    scenes_keeping,
    scenes_leave,
    scenes_people,
    scenes_placing,
    scenes_reports,
    scenes_watch,
)
from tests.crash.acts import TO
from tests.crash.faults import Plan
from tests.crash.invariants import check_sent, check_share, owed_of
from tests.crash.scene import GP, Args, Scene, family, keyless
from tests.workers.town import HANDOVER, HUB_KEY, RECORDS, Town, body_of, due
from workers import jobs
from workers.line import Line

HOW_MANY = 2  # messages, so that the fault of one could touch another


# -- accept -------------------------------------------------------------------------------------------------


def _keys(_: Town, many: int) -> list[Args]:
    return [{"keys": [str(new_id()) for _ in range(HOW_MANY)]} for _ in range(many)]


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
    ids = {one.id for one in answers if isinstance(one, Accepted)}
    assert set(_with_keys(town, args)) == ids
    assert len(ids) == HOW_MANY


def _with_keys(town: Town, args: Args) -> list[UUID]:
    keys = [RECORDS.mark(key) for key in args["keys"]]
    return [row.id for row in town.rows("SELECT id FROM message WHERE idempotency_key = ANY(:k)", k=keys)]


def _accepted(town: Town, args: Args) -> None:
    messages = _with_keys(town, args)
    assert len(messages) == HOW_MANY
    for message in messages:
        check_sent(town, message, to=TO)


# -- the steps of the line ----------------------------------------------------------------------------------


def _up_to(step: str) -> Callable[[Town, int], list[Args]]:
    """They go down the line together, up to this step, which is left in the hands of a worker for each few."""

    def before(town: Town, many: int) -> list[Args]:
        sent = town.send_all([town.incoming(message=family()) for _ in range(many * HOW_MANY)])
        line = town.line(batch=len(sent) * len(TO))
        rows = due(line, jobs.STEPS[0])
        for earlier, later in pairwise(jobs.STEPS[: jobs.STEPS.index(step) + 1]):
            rows = list(jobs.WORK[earlier](line, rows).follow) or due(line, later)
        few = [sent[place : place + HOW_MANY] for place in range(0, len(sent), HOW_MANY)]
        return [
            {
                "step": step,
                "messages": [str(one) for one in messages],
                "pairs": [[row.id, row.attempts] for row in rows if row.message_id in messages],
            }
            for messages in few
        ]

    return before


def _job(town: Town, plan: Plan, args: Args) -> None:
    """As a worker runs it."""
    _work(town.line(), plan, args)


def _job_without_a_key(town: Town, plan: Plan, args: Args) -> None:
    """The others' shares are sealed, and a person is asked for the key."""
    known = keyless(town.known())
    _work(town.line(known=lambda: known), plan, args)


def _work(line: Line, plan: Plan, args: Args) -> None:
    jobs.serve(line)
    with plan.while_armed():
        jobs.work(args["step"], args["pairs"])


def _all_sent(town: Town, args: Args) -> None:
    for message in map(UUID, args["messages"]):
        check_sent(town, message, to=TO)
        assert town.tasks(message) == []


# -- received -----------------------------------------------------------------------------------------------


def _sent(town: Town, many: int) -> list[Args]:
    return [{"share": str(shares[GP])} for _, shares in scenes_acts.sent(town, many)]


def _receive(town: Town, plan: Plan, args: Args) -> None:
    known, caller = town.known(), Caller(GP, "c")
    with plan.while_armed():
        answer.receive_many(town.engine, [UUID(args["share"])], caller, known=known, at=town.now)


def _receive_again(town: Town, args: Args) -> None:
    for _ in range(2):
        town.receive(GP, UUID(args["share"]))


def _received(town: Town, args: Args) -> None:
    share = UUID(args["share"])
    check_share(town, share, "received", (*scenes_acts.SENT, "receive"))
    assert owed_of(town, share) == "done: receipt; open: check_back"


LINE: Mapping[str, Scene] = {
    "accept": Scene(_keys, _accept, _accepted, again=_accept_again),
    **{step: Scene(_up_to(step), _job, _all_sent) for step in jobs.STEPS},
    "seal_without_key": Scene(_up_to("seal"), _job_without_a_key, _all_sent),
    "receive": Scene(_sent, _receive, _received, again=_receive_again),
}
SCENES: Mapping[str, Scene] = dict(
    **LINE,
    **scenes_acts.SCENES,
    **scenes_house.SCENES,
    **scenes_chase.SCENES,
    **scenes_leave.SCENES,
    **scenes_reports.SCENES,
    **scenes_people.SCENES,
    **scenes_watch.SCENES,
    **scenes_placing.SCENES,
    **scenes_keeping.SCENES,
)  # no name twice
