"""Reconciliation: whether what was sent has a registered case at the other end, and what an agency has otherwise."""

import re
from datetime import date
from typing import Annotated

from pydantic import Field

from agencies import wire
from hub import errors, reading
from hub.reading import cursors
from hub.store import days
from hub.web.call import Call
from hub.web.examples import reconciled as examples
from hub.web.operation import Operation

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class ReadOn(wire.Asked):
    """How to read on."""

    after: Annotated[
        str | None,
        Field(description="`next` of an earlier answer; leave it out to begin.", pattern=cursors.INBOX),
    ] = None
    limit: Annotated[int, Field(ge=1, le=500, description="At most so many.")] = 100


class WhichLines(ReadOn, wire.Period):
    """Which side, standing and period."""

    side: Annotated[wire.Side, Field(description="What you `sent`, or what you `received`.")] = "sent"
    standing: Annotated[
        wire.Sought | None,
        Field(
            description="Only what stands so; `missing` is all that has no registered case and may yet get one."
        ),
    ] = None


async def reconciliation(call: Call) -> wire.Lines:
    asked = call.query(WhichLines)
    return await call.look(
        lambda conn: reading.reconciled(
            conn,
            call.caller.agency,
            asked.side,
            asked.standing,
            period=asked,
            after=asked.after,
            limit=asked.limit,
            records=call.parts.desk.records,
            at=call.at,
        )
    )


async def compare(call: Call) -> wire.Compared:
    own = await call.read(wire.Compare)
    return await call.look(
        lambda conn: reading.compared(
            conn, call.caller.agency, own, records=call.parts.desk.records, at=call.at
        )
    )


async def statement(call: Call) -> wire.Statement:
    asked, day = call.query(ReadOn), _day(call)
    ends = await call.parts.run(lambda: days.ends_of(call.parts.engine, day, at=call.at))
    return await call.look(
        lambda conn: reading.statement(
            conn,
            call.caller.agency,
            day,
            ends,
            after=asked.after,
            limit=asked.limit,
            records=call.parts.desk.records,
        )
    )


def _day(call: Call) -> date:
    try:
        day = date.fromisoformat(call.path("date")) if _DAY.fullmatch(call.path("date")) else None
    except ValueError:
        day = None
    if day is None:
        raise errors.NotFound("there is no such day", next="write a day that is over, as 2026-07-03")
    if day > days.last_ended(call.at):
        raise errors.Conflict(
            "this day is not over: it is closed ten minutes after the midnight that ends it, in England",
            next="GET /v1/reconciliation tells how things stand now",
        )
    return day


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/reconciliation",
        name="reconciliation",
        summary="See what has no registered case",
        says="What your agency sent, or received, in the order of sending: whether the other end has fetched it, and"
        " whether a named person there has registered a case, with its reference. Both ends are told the same."
        " `standing=missing` leaves out what is registered or over.",
        tag="reconciliation",
        work=reconciliation,
        query=WhichLines,
        answer=wire.Lines,
        example=examples.LINES,
        links={"share": "/lines/0/share"},
    ),
    Operation(
        method="POST",
        path="/v1/reconciliation/compare",
        name="compare",
        summary="Compare your own records with the hub's",
        says=f"Post the ids of up to {wire.MOST_COMPARED:,} shares that your own system has, each with its case"
        " reference and whether it is open there. The answer says in plain words what differs. With a period"
        " (`since`, `before`) it says as well what the hub has of that period and you did not post. A share that is"
        " not your agency's is not known here, like one that does not exist. Nothing is stored.",
        tag="reconciliation",
        work=compare,
        body=wire.Compare,
        body_example=examples.COMPARE,
        answer=wire.Compared,
        example=examples.COMPARED,
        key="allowed",
    ),
    Operation(
        method="GET",
        path="/v1/statements/{date}",
        name="statement",
        summary="The statement of a day",
        says="How a day that is over left things: what moved on it, and whatever had no registered case at its end. It"
        " is the same whenever it is asked for. `digest` is that of all its lines, and `between` has one for each"
        " agency at the other end, whose own statement has the same.",
        tag="reconciliation",
        work=statement,
        query=ReadOn,
        answer=wire.Statement,
        example=examples.STATEMENT,
        refuses=(409,),
    ),
)
