"""Who holds a child: for each child and service one agency at every moment; and what the hub cannot place."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from agencies import wire
from hub import answer, reading
from hub.reading import cursors
from hub.web.call import Call
from hub.web.examples import holding
from hub.web.operation import Operation


class WhichHeld(wire.Asked):
    """Which children, and how to read on."""

    side: Annotated[
        Literal["held", "given", "offered"],
        Field(
            description="`held` by your agency now, `given`: held by it once and handed on, or `offered` to it: open"
            " handovers that a named practitioner of it could accept."
        ),
    ] = "held"
    child: Annotated[UUID | None, Field(description="Only this child, by the id that the hub gave you.")] = (
        None
    )
    after: Annotated[
        str | None,
        Field(description="`next` of an earlier answer; leave it out to begin.", pattern=cursors.PLACE),
    ] = None
    limit: Annotated[int, Field(ge=1, le=500, description="At most so many.")] = 100


class WhichAlarms(wire.Asked):
    """How to read on."""

    after: Annotated[
        UUID | None, Field(description="`next` of an earlier answer; leave it out to begin.")
    ] = None
    limit: Annotated[int, Field(ge=1, le=500, description="At most so many.")] = 100


async def responsibility(call: Call) -> wire.HeldAll:
    asked = call.query(WhichHeld)
    return await call.look(
        lambda conn: reading.held_all(
            conn,
            call.caller.agency,
            asked.side,
            child=asked.child,
            after=asked.after,
            limit=asked.limit,
            records=call.parts.desk.records,
        )
    )


async def child(call: Call) -> wire.ChildHeld:
    return await call.look(
        lambda conn: reading.child_held(conn, call.id, call.caller.agency, records=call.parts.desk.records)
    )


async def alarms(call: Call) -> wire.Alarms:
    asked = call.query(WhichAlarms)
    return await call.look(
        lambda conn: reading.alarms(conn, call.caller.agency, after=asked.after, limit=asked.limit)
    )


async def place_child(call: Call) -> wire.Placed:
    body = await call.read(wire.PlaceChild)

    def place() -> wire.Placed:
        with call.parts.engine.begin() as conn:
            return answer.place_child(
                conn,
                call.id,
                body,
                call.caller,
                directory=call.known.directory,
                records=call.parts.desk.records,
                at=call.at,
            )

    return await call.parts.run(place)


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/responsibility",
        name="responsibility",
        summary="See which children you hold",
        says="For each child and service exactly one agency holds the responsibility, from the moment that it hands the"
        " child over until a named practitioner elsewhere accepts. These are your agency's: held now, given away, or"
        " offered to it.",
        tag="responsibility",
        work=responsibility,
        query=WhichHeld,
        answer=wire.HeldAll,
        example=holding.HELD_ALL,
        links={"child_responsibility": "/held/0/child"},
    ),
    Operation(
        method="GET",
        path="/v1/responsibility/{id}",
        name="child_responsibility",
        summary="Who has held one child",
        says="Who holds this child now, service by service, and who has held it, with dates. For agencies that sent a"
        " message about the child, or hold one in which it stands. Practitioners are named to the two ends; which"
        " agency it is, only to those whom a view shows where the child lives.",
        tag="responsibility",
        work=child,
        answer=wire.ChildHeld,
        example=holding.CHILD_HELD,
    ),
    Operation(
        method="GET",
        path="/v1/alarms",
        name="alarms",
        summary="See what cannot be placed",
        says="For a partnership's office: children whom two agencies say they hold, whose holder or next holder has"
        " closed, or who are handed over to two places. Whoever holds by the record holds on until it is answered.",
        tag="responsibility",
        work=alarms,
        query=WhichAlarms,
        answer=wire.Alarms,
        example=holding.ALARMS,
        links={"place_child": "/alarms/0/id"},
    ),
    Operation(
        method="POST",
        path="/v1/alarms/{id}/place",
        name="place_child",
        summary="Say who holds the child",
        says="A named person of the office that is asked says who holds, and why. Where that is another than by the"
        " record, the practitioner there who takes the child over is named too.",
        tag="responsibility",
        work=place_child,
        body=wire.PlaceChild,
        body_example=holding.PLACE,
        answer=wire.Placed,
        example=holding.PLACED,
        key="allowed",
        refuses=(409,),
    ),
)
