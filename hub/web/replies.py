"""A post that answers a request, in one step: whoever answers has fetched what they answer, and may check back on it.

The check-back is the named person's own, said in the same post; where none is said, it stays owed. It comes first:
killed in between, the sender asks again under the same key, what was said stands, and the message is recorded then.
"""

from dataclasses import replace

from agencies import wire
from hub import accept, answer, errors, replying
from hub.accept import Incoming
from hub.answer import Act
from hub.replying import Answers
from hub.store.shares import Share
from hub.web.call import Call


async def of_request(call: Call, answers: Answers) -> Share:
    """The share that is answered, if it is the caller's to answer."""
    agency = call.caller.agency
    return await call.look(
        lambda conn: replying.of_request(conn, answers, agency, known=call.known, at=call.at)
    )


async def in_one_step(call: Call, incoming: Incoming) -> Incoming:
    """1. Which share does it answer? 2. That is received. 3. And checked back, by whoever says so. The message itself
    is the caller's to record.
    """
    if incoming.answers is None:
        return incoming
    share = await of_request(call, incoming.answers)
    if incoming.check_back is not None:
        await _key_is_free(call, incoming)
    if share.state == "sent":
        await call.parts.run(
            lambda: answer.receive_many(
                call.parts.engine, [share.id], call.caller, known=call.known, at=call.at
            )
        )
    if incoming.check_back is not None:
        await _check_back(call, share, incoming.check_back)
    return replace(incoming, replies_to=share.id)


async def _check_back(call: Call, share: Share, said: wire.CheckBack) -> None:
    try:
        await call.parts.acting.do(Act(share.id, "check_back", said, call.caller, call.key()))
    except errors.Invalid as no:
        faults = tuple((f"check_back.{field}", says) for field, says in no.faults)
        raise errors.Invalid(no.detail, next=no.next, faults=faults) from None


async def _key_is_free(call: Call, incoming: Incoming) -> None:
    """Nothing is said for a message that will be refused because its key belongs to another."""
    row = incoming.row
    before = await call.look(
        lambda conn: accept.as_before(conn, row["sender"], row["idempotency_key"], row["fingerprint"])
    )
    if isinstance(before, errors.KeyReused):
        raise before
