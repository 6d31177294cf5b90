"""What is owed: every duty has an owner, a clock and a ladder, and whoever it concerns can look."""

from typing import Annotated, Literal

from pydantic import Field

from agencies import wire
from hub import errors, reading
from hub.answer import Act, OwnAct, meet_own
from hub.reading import cursors
from hub.store.tables import TASKS
from hub.web.call import Call
from hub.web.examples import holding, said
from hub.web.operation import Operation


class WhichOwed(wire.Asked):
    """Whose duties, and how to read on."""

    side: Annotated[
        Literal["by", "to", "told"],
        Field(
            description="`by` your agency, `to` it, or `told`: lapsed elsewhere, and your agency stands on the ladder."
        ),
    ] = "by"
    overdue: Annotated[bool, Field(description="Only what is past its moment.")] = False
    after: Annotated[
        str | None,
        Field(description="`next` of an earlier answer; leave it out to begin.", pattern=cursors.INBOX),
    ] = None
    limit: Annotated[int, Field(ge=1, le=500, description="At most so many.")] = 100


async def owed(call: Call) -> wire.OwedAll:
    asked = call.query(WhichOwed)
    return await call.look(
        lambda conn: reading.owed_all(
            conn,
            call.caller.agency,
            asked.side,
            after=asked.after,
            overdue=asked.overdue,
            limit=asked.limit,
            at=call.at,
        )
    )


async def one_owed(call: Call) -> wire.OwedTold:
    return await call.look(lambda conn: reading.owed_one(conn, call.id, call.caller.agency, at=call.at))


async def meet(call: Call) -> wire.Moved:
    said = await call.read(wire.Met)
    body = wire.Meet(owed=call.id, **said.model_dump())
    row = await _one(call)
    if row.share is not None:
        return await call.parts.acting.do(Act(row.share, "meet", body, call.caller, call.key()))
    if row.what in TASKS:
        raise _is_a_task()
    act = OwnAct(row.message, "meet", body, call.caller, call.key())
    return await call.write(
        lambda conn: meet_own(conn, act, known=call.known, desk=call.parts.desk, at=call.at)
    )


async def stand_down(call: Call) -> wire.Moved:
    said = await call.read(wire.StoodDown)
    body = wire.StandDown(owed=call.id, **said.model_dump())
    share = (await _one(call)).share
    if share is None:
        raise _is_a_task()
    return await call.parts.acting.do(Act(share, "stand_down", body, call.caller, call.key()))


async def _one(call: Call) -> wire.OwedTold:
    return await call.look(lambda conn: reading.owed_one(conn, call.id, call.caller.agency, at=call.at))


def _is_a_task() -> errors.Conflict:
    return errors.Conflict(
        "this is a task about a message, not a duty on a share",
        next="the hub sees when it is done; its operator can say so: checkback tasks done",
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/owed",
        name="owed",
        summary="See what is owed",
        says="Open duties, the first due first: what, by whom, to whom, by when, under which clause, and how far up its"
        " ladder it has lapsed. Each is settled by the act that it asks for.",
        tag="owed",
        work=owed,
        query=WhichOwed,
        answer=wire.OwedAll,
        example=said.OWED,
        links={"one_owed": "/owed/0/id"},
    ),
    Operation(
        method="GET",
        path="/v1/owed/{id}",
        name="one_owed",
        summary="One duty",
        says="Where a notice leads. Whoever owes it, is owed it or was told of it may look, also when it is done.",
        tag="owed",
        work=one_owed,
        answer=wire.OwedTold,
        example=said.ONE_OWED,
        links={"meet": "/id", "stand_down": "/id"},
    ),
    Operation(
        method="POST",
        path="/v1/owed/{id}/met",
        name="meet",
        summary="Say that a duty is met",
        says="A named person of the agency that owes it says what was done. For the actions of a check-back, and for"
        " what a protocol asks for under a name of its own (a conference, an assessment, a report). The other end of"
        " the share reads it in the thread. On a decision not to share, whoever decided says here that it was looked at"
        " again: nobody else reads it, `share` is null, and with it the message is closed.",
        tag="owed",
        work=meet,
        body=wire.Met,
        body_example=said.MET,
        answer=wire.Moved,
        example=said.moved("checked_back"),
        key="allowed",
        refuses=(403, 409),
    ),
    Operation(
        method="POST",
        path="/v1/owed/{id}/release",
        name="stand_down",
        summary="Stand an enquiry down",
        says="For an `enquiry` after a family that nobody can trace: a safeguarding lead of either end, so named in"
        " `by.role`, says why nobody needs to enquire any more. One that lapses is told up its ladder, and then owed"
        " anew: it ends when they are found (`/met`), or so.",
        tag="owed",
        work=stand_down,
        body=wire.StoodDown,
        body_example=holding.STOOD_DOWN,
        answer=wire.Moved,
        example=said.moved("checked_back"),
        key="allowed",
        refuses=(403, 409),
    ),
)
