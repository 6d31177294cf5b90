"""Shares: one recipient's copy of a message, and what the two ends do with it. Every act is a named person's."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from agencies import wire
from hub import answer, reading
from hub.answer import Act
from hub.web.call import Call
from hub.web.examples import said
from hub.web.operation import Operation


async def share(call: Call) -> wire.Share:
    return await call.look(
        lambda conn: reading.share(conn, call.id, call.caller.agency, records=call.parts.desk.records)
    )


async def read(call: Call) -> wire.Reading:
    body = await call.read(wire.Read)
    return await call.parts.run(
        lambda: answer.read_lent(
            call.parts.engine, call.id, body, call.caller, desk=call.parts.desk, at=call.at
        )
    )


def _act(event: str, body: type[wire.Act]) -> Callable[[Call], Awaitable[wire.Moved]]:
    async def act(call: Call) -> wire.Moved:
        said = await call.read(body)
        return await call.parts.acting.do(Act(call.id, event, said, call.caller, call.key()))

    return act


@dataclass(frozen=True)
class _Kind:
    """One act that a person can take: how it is called, and what it is for."""

    event: str
    path: str
    body: type[wire.Act]
    summary: str
    says: str
    body_example: dict[str, Any]
    after: str


_ACTS = (
    _Kind(
        "check_back",
        "check-back",
        wire.CheckBack,
        "Check back",
        "A named person of the recipient says what they understood, what it means, who will do what by when, and when"
        " that is reviewed; or why nothing is to be done. From here the sender owes agreement or a challenge.",
        said.CHECK_BACK,
        "checked_back",
    ),
    _Kind(
        "call",
        "call",
        wire.Call,
        "Log a call",
        "Either end logs a call with the other: with whom, when, and what was understood. It moves nothing. Where the"
        " clause wants the call first, the sender owes it; and whoever did not log it owes its own account, by the same"
        " act, or with spoke_to in a check-back.",
        said.CALL,
        "received",
    ),
    _Kind(
        "agree",
        "agree",
        wire.Agree,
        "Agree with a check-back",
        "A named person of the sender has read the check-back and agrees with it.",
        said.AGREE,
        "agreed",
    ),
    _Kind(
        "challenge",
        "challenge",
        wire.Challenge,
        "Challenge",
        "Either end disagrees with what was understood or is to be done, and says why; the other owes an answer. It"
        " begins at the protocol's first stage, or with a reason at a later one; after an answer that did not help it"
        " goes on at the next.",
        said.CHALLENGE,
        "challenged",
    ),
    _Kind(
        "answer",
        "answer",
        wire.Answer,
        "Answer a challenge",
        "The end that was challenged answers; then agreement is owed again.",
        said.ANSWER,
        "checked_back",
    ),
    _Kind(
        "escalate",
        "escalate",
        wire.Escalate,
        "Take a challenge further",
        "Either end takes a challenge to the next stage of the protocol, or to a later one, and says why. The people of"
        " that stage are told, and the end that was challenged owes its answer by that stage's limit.",
        said.ESCALATE,
        "challenged",
    ),
    _Kind(
        "conclude",
        "conclude",
        wire.Conclude,
        "Conclude a disagreement",
        "How it ends, with the decision in words and any dissent beside it: the end that challenged says so, also that"
        " there was no reply in time; at the last stage either end records what the independent chair decided. Nothing"
        " that was said is taken away, and agreement is owed again.",
        said.CONCLUDE,
        "checked_back",
    ),
    _Kind(
        "decline",
        "decline",
        wire.Decline,
        "Decline",
        "Not our child, not our area, moved on, not registered here: the share goes back to its sender, who owes what"
        " comes next. A declined share never just ends.",
        said.DECLINE,
        "declined",
    ),
    _Kind(
        "redirect",
        "redirect",
        wire.Redirect,
        "Redirect a declined share",
        "The sender sends it to another agency of the same role, under the same clause: a share of its own, whose id"
        " the answer gives. For another role or area, send a message anew.",
        said.REDIRECT,
        "redirected",
    ),
    _Kind(
        "release",
        "release",
        wire.Release,
        "Release a declined share",
        "The sender ends a declined share, and says why nobody else needs to hear.",
        said.RELEASE,
        "released",
    ),
    _Kind(
        "accept",
        "accept",
        wire.AcceptResponsibility,
        "Accept the responsibility",
        "A named practitioner of the receiving agency takes the responsibility over. Until then the sender holds it.",
        said.ACCEPT,
        "agreed",
    ),
    _Kind(
        "close",
        "close",
        wire.Close,
        "Close",
        "The actions are done and the review was held. A handover that nobody accepted cannot be closed. When every"
        " share of a message has come to its end, the message closes.",
        said.CLOSE,
        "closed",
    ),
)


def _operation(kind: _Kind) -> Operation:
    return Operation(
        method="POST",
        path=f"/v1/shares/{{id}}/{kind.path}",
        name=kind.event,
        summary=kind.summary,
        says=kind.says,
        tag="shares",
        work=_act(kind.event, kind.body),
        body=kind.body,
        body_example=kind.body_example,
        answer=wire.Moved,
        example=said.moved(kind.after),
        key="allowed",
        refuses=(403, 409),
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/shares/{id}",
        name="share",
        summary="Read one share",
        says="One share with its thread of notes, each sealed to you. The recipient also gets its own copy of the"
        " message; the sender has the file copy in the grid. Somebody else's share, and one that was not sent yet,"
        " is not there.",
        tag="shares",
        work=share,
        answer=wire.Share,
        example=said.SHARE,
        links={kind.event: "/id" for kind in _ACTS},
    ),
    *(_operation(kind) for kind in _ACTS),
    Operation(
        method="POST",
        path="/v1/shares/{id}/read",
        name="read",
        summary="Read what your agency has leave to read",
        says="For a share of the kind `read_grant`: the message that is lent, as the protocol shows it to a reader,"
        " sealed to you. It can be read until the leave ends, which it does by itself, or until whoever gave it takes"
        " it back. Every reading is recorded with the name of the person who reads, and both who lent it and who wrote"
        " it hear of it.",
        tag="shares",
        work=read,
        body=wire.Read,
        body_example=said.READ,
        answer=wire.Reading,
        example=said.READING,
        key="allowed",
        refuses=(409,),
    ),
)
