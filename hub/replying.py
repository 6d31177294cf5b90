"""A message that answers another: a report, and the request for it.

Only who holds a share of the request can answer it, and to everybody else there is no such request. Once the report
can be fetched by whoever asked, what was asked for is there: the duty is met by the message itself, and not by
anybody's saying so. If the report is taken back, it is owed again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from hub import errors, journey
from hub.journey import Actor, Wanted
from hub.known import Known
from hub.store import owed, replies, shares
from hub.store.shares import Share

REPORT = "report"  # the kind of message, and the name of what is owed


@dataclass(frozen=True, slots=True)
class Answers:
    """Which request a message says that it answers, and who asked."""

    request: UUID
    asked_by: str


def of_request(conn: Connection, answers: Answers, agency: str, *, known: Known, at: datetime) -> Share:
    """The share of the request that this agency answers, or a refusal that tells nothing of what is there."""
    held = replies.held(conn, answers.request, agency)
    share = shares.read_many(conn, [held])[held] if held is not None else None
    if share is None or not _asks(share, answers.asked_by, known, at):
        raise errors.Invalid(
            "this answers no request that your agency holds",
            next="take message_id and from out of the share of the request; GET /v1/inbox lists what came",
            faults=tuple(
                (f"message.{name}", "no request of this id from this agency was shared with yours")
                for name in ("answers", "asked_by")
            ),
        )
    return share


def _asks(request: Share, agency: str, known: Known, at: datetime) -> bool:
    """Whether it is this agency that asked, or that does its work now."""
    return agency in {request.sender, known.directory.successor_of(request.sender, at)}


def replied(conn: Connection, sent: Sequence[Share], *, known: Known, at: datetime) -> None:
    """Of these shares, which can be fetched from now on: where one is a report to whoever asked, it is not owed any
    more. Shares of reports are locked before the shares of the requests, here and wherever one is taken back.
    """
    reports = {one.message_id: one for one in sent if one.kind == REPORT}
    answered = replies.answered(conn, list(reports))
    asked = shares.lock(conn, sorted(answered.values()))
    made: dict[UUID, tuple[Wanted, Share]] = {}
    for message, share_id in answered.items():
        share = asked[share_id]
        if "reply" in journey.legal_from("share", share.state) and _asks(
            share, reports[message].recipient, known, at
        ):
            made[share_id] = (_wanted(share, "reply", message), share)
    if made:
        journey.move(conn, list(made.values()), known=known, at=at)


def taken_back(conn: Connection, message: UUID, *, known: Known, at: datetime) -> None:
    """A report is withdrawn: unless another one is there, it is owed again, by the day by which it was owed."""
    share_id = replies.answered(conn, [message]).get(message)
    if share_id is None:
        return
    share = shares.lock(conn, [share_id])[share_id]
    if "unreply" not in journey.legal_from("share", share.state) or REPORT not in share.terms.get("owes", {}):
        return
    is_owed = any(row.what == REPORT for row in owed.open_of_shares(conn, [share_id]))
    if (
        is_owed
        or not replies.was_sent(conn, message)
        or replies.answered_besides(conn, share_id, but=message)
    ):
        return
    journey.move(conn, [(_wanted(share, "unreply", message), share)], known=known, at=at)


def _wanted(request: Share, event: str, message: UUID) -> Wanted:
    return Wanted(request.id, event, Actor(request.recipient), detail={"message": str(message)})
