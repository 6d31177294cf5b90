"""The inbox: sealed envelopes, oldest first, and the word that they were fetched."""

from typing import Annotated

from pydantic import Field

from agencies import wire
from hub import answer, clock, reading
from hub.reading import cursors
from hub.store import feed
from hub.web.call import Call
from hub.web.examples import said
from hub.web.operation import Operation


class Feed(wire.Asked):
    """How to read on."""

    after: Annotated[
        str | None,
        Field(description="`next` of an earlier answer; leave it out to begin.", pattern=cursors.INBOX),
    ] = None
    limit: Annotated[int, Field(ge=1, le=100, description="At most so many.")] = 100
    wait: Annotated[
        float,
        Field(
            ge=0,
            allow_inf_nan=False,
            description="Seconds to hold the request open until there is something; the hub has a longest of its own.",
        ),
    ] = 0


async def inbox(call: Call) -> wire.Inbox:
    asked = call.query(Feed)
    cursors.of_inbox(asked.after)
    agency = call.caller.agency
    found = await call.poll(
        feed.inbox_of(agency),
        lambda conn: reading.inbox(conn, agency, after=asked.after, limit=asked.limit),
        wait=asked.wait,
        enough=lambda found: bool(found.shares),
    )
    # Once for the answer: while a long poll is held open, the inbox is looked into again and again.
    overdue = await call.look(lambda conn: reading.overdue(conn, agency, at=clock.now()))
    return found.model_copy(update={"overdue": overdue})


async def received(call: Call) -> wire.ReceivedAll:
    body = await call.read(wire.Received)
    done = await call.parts.run(
        lambda: answer.receive_many(call.parts.engine, body.shares, call.caller, known=call.known, at=call.at)
    )
    return wire.ReceivedAll(shares=tuple(done))


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/inbox",
        name="inbox",
        summary="Fetch what was shared with you",
        says="Sealed envelopes that you have not marked as received, oldest first. Reading moves nothing: mark as"
        " received what is safely in your own system. With `wait` the request is held open until something"
        " comes (long poll).",
        tag="inbox",
        work=inbox,
        query=Feed,
        answer=wire.Inbox,
        example=said.INBOX,
        links=dict.fromkeys(("share", "check_back", "decline"), "/shares/0/share"),
    ),
    Operation(
        method="POST",
        path="/v1/inbox/received",
        name="receive",
        summary="Say that shares are in your system",
        says="Up to 100 at once. It is not reading, and not checking back: a named person does that. A share that is"
        " not yours, or was received before, is told so in its line and hinders no other.",
        tag="inbox",
        work=received,
        body=wire.Received,
        body_example=said.RECEIVED,
        answer=wire.ReceivedAll,
        example=said.RECEIVED_ALL,
        key="allowed",
    ),
)
