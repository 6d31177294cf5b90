"""Messages: sent, previewed, looked at, taken back."""

from starlette.responses import Response

from agencies import wire
from hub import accept, answer, errors, reading, referring
from hub.understand import understand
from hub.web import replies
from hub.web.call import Call
from hub.web.examples import said
from hub.web.operation import JSON, Operation
from protocols.messages.common import Reference


async def send(call: Call) -> Response:
    """The hot path: checked and sealed here, recorded with whoever else waits, and then 202."""
    body = await call.body()
    key = call.key() or ""  # without one it is refused there
    try:
        incoming = accept.prepare(
            body,
            call.caller,
            key,
            known=call.known,
            hub_key=call.parts.hub_key,
            records=call.parts.desk.records,
            at=call.at,
        )
        await _check_references(call, incoming.refers_to)
        incoming = await replies.in_one_step(call, incoming)
    except (errors.Invalid, errors.Forbidden):
        before = await _as_before(call, body, key)
        if before is None:
            raise
        return before
    accepted = await call.parts.accepting.do(incoming)
    return _accepted(accepted)


async def _check_references(call: Call, refers_to: tuple[Reference, ...]) -> None:
    if refers_to:
        await call.look(lambda conn: referring.check(conn, refers_to, call.caller.agency))


async def _as_before(call: Call, body: bytes, key: str) -> Response | None:
    """A retry of what was accepted once, though it would be refused by now."""
    records = call.parts.desk.records
    marked, fingerprint = records.mark(key), records.fingerprint(body)
    before = await call.look(lambda conn: accept.as_before(conn, call.caller.agency, marked, fingerprint))
    if isinstance(before, errors.KeyReused):
        return None  # it is another message, and it is refused for what is wrong with it
    return None if before is None else _accepted(before)


def _accepted(accepted: wire.Accepted) -> Response:
    return Response(
        accepted.model_dump_json(), status_code=202, headers={"location": accepted.follow}, media_type=JSON
    )


async def preview(call: Call) -> wire.Preview:
    read = understand(await call.body(), call.caller, known=call.known, at=call.at)
    await _check_references(call, read.message.refers_to)
    if read.answers is not None:
        await replies.of_request(call, read.answers)
    facts = read.facts
    if read.message.follows_on is not None:
        facts = await call.look(
            lambda conn: referring.followed(conn, read, call.caller.agency, known=call.known)
        )
    return reading.preview(facts, read.withhold, call.caller.agency, known=call.known, at=call.at)


async def grid(call: Call) -> wire.Grid:
    return await call.look(
        lambda conn: reading.grid(
            conn,
            call.id,
            call.caller.agency,
            records=call.parts.desk.records,
            directory=call.known.directory,
            at=call.at,
        )
    )


async def withdraw(call: Call) -> wire.Withdrawn:
    body = await call.read(wire.Withdraw)
    return await call.parts.run(
        lambda: answer.withdraw(
            call.parts.engine,
            call.id,
            body,
            call.caller,
            known=call.known,
            desk=call.parts.desk,
            at=call.at,
        )
    )


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/messages",
        name="send",
        summary="Send a message",
        says="The hub checks the message, seals it, records it, and only then answers 202. Who hears of it, and what"
        " each may see, is decided by the information sharing protocol straight afterwards; `follow` is where to"
        " look. The same Idempotency-Key with the same body gives the same answer and sends nothing twice; with"
        " another body it is refused. A party that the protocol names and that you decide not to tell goes into"
        " `withhold`, with your reason: that is recorded as a decision too. A report that answers a request may bring"
        " the check-back of that request with it, in `check_back`.",
        tag="messages",
        work=send,
        status=202,
        body=wire.Post,
        body_example=said.POST,
        answer=wire.Accepted,
        example=said.ACCEPTED,
        key="required",
        refuses=(403, 409),
        links={"message": "/id", "withdraw": "/id"},
    ),
    Operation(
        method="POST",
        path="/v1/messages/preview",
        name="preview",
        summary="See who would hear, before sending",
        says="Who would get what, by which clause, which sections they would see and what they would owe by when;"
        " and who would not hear, and why. Nothing is stored.",
        tag="messages",
        work=preview,
        body=wire.Post,
        body_example=said.POST,
        answer=wire.Preview,
        example=said.PREVIEW,
        key="allowed",
        refuses=(403,),
    ),
    Operation(
        method="GET",
        path="/v1/messages/{id}",
        name="message",
        summary="Follow a message that you sent",
        says="The sender's grid: every share with its state and its deadlines, every decision and the clause that"
        " says so, who holds the responsibility now, and your own file copy, sealed to you.",
        tag="messages",
        work=grid,
        answer=wire.Grid,
        example=said.GRID,
        links={
            **dict.fromkeys(("share", "agree", "challenge", "redirect", "release"), "/shares/0/id"),
            "child": "/children/0/child",
        },
    ),
    Operation(
        method="POST",
        path="/v1/messages/{id}/withdraw",
        name="withdraw",
        summary="Take a message back",
        says="What was not sent yet never is; who has it already is told that it is withdrawn, and why. Also what is"
        " closed: a mistake that is found late, a pregnancy that was lost. Nothing that waited for it or counted it"
        " goes on. A handover whose responsibility was accepted stands.",
        tag="messages",
        work=withdraw,
        body=wire.Withdraw,
        body_example=said.WITHDRAW,
        answer=wire.Withdrawn,
        example=said.WITHDRAWN,
        key="allowed",
        refuses=(409,),
    ),
)
