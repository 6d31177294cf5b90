"""Events: the moves that concern the caller, in order, none skipped."""

from typing import Annotated

from pydantic import Field

from agencies import wire
from hub import reading
from hub.reading import cursors
from hub.store import feed
from hub.web.api.inbox import Feed
from hub.web.call import Call
from hub.web.examples import said
from hub.web.operation import Operation


class EventsFeed(Feed):
    """The same, with cursors of its own."""

    after: Annotated[
        str | None,
        Field(description="`next` of an earlier answer; leave it out to begin.", pattern=cursors.EVENTS),
    ] = None


async def events(call: Call) -> wire.Events:
    asked = call.query(EventsFeed)
    cursors.of_events(asked.after)
    return await call.poll(
        feed.events_of(call.caller.agency),
        lambda conn: reading.events(conn, call.caller.agency, after=asked.after, limit=asked.limit),
        wait=asked.wait,
        enough=lambda found: bool(found.events),
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/events",
        name="events",
        summary="Hear what happened",
        says="Every move of the messages that you sent and of the shares that were sent to you, in order, none"
        " skipped. Keep `next` and pass it as `after`. With `wait` the request is held open until something"
        " happens.",
        tag="events",
        work=events,
        query=EventsFeed,
        answer=wire.Events,
        example=said.EVENTS,
    ),
)
