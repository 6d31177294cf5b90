"""One child in many messages: what an agency may know of it, and what a partnership's office is asked about two."""

from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import Connection

from agencies import wire
from hub import children, reading
from hub.children import Said
from hub.reading import cursors
from hub.web.call import Call
from hub.web.examples import known_children as said
from hub.web.operation import Operation


class WhichMatches(wire.Asked):
    """How to read on."""

    after: Annotated[
        str | None,
        Field(description="`next` of an earlier answer; leave it out to begin.", pattern=cursors.INBOX),
    ] = None
    limit: Annotated[int, Field(ge=1, le=500, description="At most so many.")] = 100


class WhichMessages(wire.Asked):
    """How to read on."""

    after: Annotated[
        UUID | None, Field(description="`next` of an earlier answer; leave it out to begin.")
    ] = None
    limit: Annotated[int, Field(ge=1, le=500, description="At most so many messages.")] = 500


async def child(call: Call) -> wire.ChildTold:
    asked = call.query(WhichMessages)
    return await call.look(
        lambda conn: reading.child(conn, call.id, call.caller.agency, after=asked.after, limit=asked.limit)
    )


async def matches(call: Call) -> wire.Matches:
    asked = call.query(WhichMatches)
    return await call.look(
        lambda conn: reading.matches(conn, call.caller.agency, after=asked.after, limit=asked.limit)
    )


async def answer(call: Call) -> wire.Match:
    body = await call.read(wire.AnswerMatch)

    def work(conn: Connection, match: UUID) -> wire.Match:
        children.check_may_answer(conn, match, call.caller.agency)
        children.answer(conn, match, _said(call, body), body.answer, known=call.known, at=call.at)
        return reading.match(conn, match)

    return await call.write(lambda conn: work(conn, call.id))


async def unmerge(call: Call) -> wire.Unmerged:
    body = await call.read(wire.Unmerge)

    def work(conn: Connection, person: UUID) -> wire.Unmerged:
        children.check_may_unmerge(conn, person, call.caller.agency)
        parted_at = children.unmerge(conn, person, _said(call, body), known=call.known, at=call.at)
        return wire.Unmerged(child=person, at=parted_at)

    return await call.write(lambda conn: work(conn, call.id))


def _said(call: Call, body: wire.AnswerMatch | wire.Unmerge) -> Said:
    caller = call.caller
    return Said(body.by, body.because, caller.agency, call.parts.desk.records, caller.credential)


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/children/{id}",
        name="child",
        summary="Follow one child",
        says="The messages about one child that your agency sent, or was sent a share of with the children in it, the"
        " oldest first. Take the id from `children` of a message or a share. What others said of the child is not"
        " there, nor whether they said anything.",
        tag="children",
        work=child,
        query=WhichMessages,
        answer=wire.ChildTold,
        example=said.CHILD,
    ),
    Operation(
        method="POST",
        path="/v1/children/{id}/unmerge",
        name="unmerge",
        summary="Take a merge back",
        says="By an office that was asked about this child: of each that it was merged with it is now said that they"
        " are different. Every message is again with the child whom it was first taken to be about.",
        tag="children",
        work=unmerge,
        body=wire.Unmerge,
        body_example=said.UNMERGE,
        answer=wire.Unmerged,
        example=said.UNMERGED,
        key="allowed",
        refuses=(409,),
    ),
    Operation(
        method="GET",
        path="/v1/matches",
        name="matches",
        summary="See who may be one child",
        says="Open questions to your agency, a partnership's office: two persons who are likely one. It tells which"
        " marks agree, which do not, and which agencies to ask; the hub itself knows no name. The first due first.",
        tag="children",
        work=matches,
        query=WhichMatches,
        answer=wire.Matches,
        example=said.MATCHES,
        links={"answer_match": "/matches/0/id"},
    ),
    Operation(
        method="POST",
        path="/v1/matches/{id}",
        name="answer_match",
        summary="Answer whether two are one child",
        says="A named person of the office says that they are the same or different, and why. The same are followed as"
        " one from then on. A different answer to the same question takes the older one back; both are kept.",
        tag="children",
        work=answer,
        body=wire.AnswerMatch,
        body_example=said.ANSWER,
        answer=wire.Match,
        example=said.MATCH,
        key="allowed",
        refuses=(409,),
    ),
)
