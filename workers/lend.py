"""Lend: what leave to read opens, cut down to what the clause grants and closed to its reader alone.

It is made when the leave is sealed, while the hub still holds the message that is lent. From the moment
on at which the leave ends, or its author takes the message back, nobody is handed it; soon after it is destroyed.
Nobody lends more than they were shown: what was itself shared with the lender is cut down to the lender's
view as well. And nobody lends to a party from whom the author withholds it.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from agencies.seal import Context
from agencies.seal import seal as close_to
from hub.clock import whole_day_after
from hub.known import Known
from hub.store import messages, readings, shares
from hub.store.connect import looking
from hub.store.messages import Whole
from hub.store.readings import Lent
from hub.store.shares import Share
from hub.understand import Reading
from protocols.deadlines import Limit, due
from protocols.messages import AtAnAddress, Message
from protocols.messages.read_grant import ReadGrant
from protocols.minimise import minimise
from protocols.vocabulary import Section, View, Withheld
from workers.line import Line
from workers.opening import read_back
from workers.views import view_of


def lend(line: Line, known: Known, leave: ReadGrant, share: Share, at: datetime) -> Lent | None:
    """None: the hub does not hold it any more, or it must not be lent to this reader."""
    with looking(line.engine) as conn:
        withheld = readings.is_withheld(conn, leave.of, role=share.role, agency=share.recipient)
        if withheld or not readings.is_held(conn, leave.of):
            return None
        whole = messages.read_whole(conn, [leave.of])[leave.of]
        is_theirs = whole.message.sender == share.sender
        lenders = None if is_theirs else shares.of_recipient(conn, leave.of, share.sender)
    if not is_theirs and lenders is None:
        return None
    view = view_of(share.terms["reads"])
    if lenders is not None:
        view = view.intersect(view_of(lenders.terms))
    reading = read_back(line, known, whole.message, whole.body)
    return Lent(
        share_id=share.id,
        of_message=leave.of,
        author=whole.message.sender,
        envelope=_envelope(line, known, share, _payload(reading, whole, leave, share, view), at),
        expires_at=ends(leave, share, known, at),
        of_share=None if lenders is None else lenders.id,
    )


def _payload(reading: Reading, whole: Whole, leave: ReadGrant, share: Share, view: View) -> dict[str, Any]:
    return {
        "message": minimise(reading.message, view),
        "message_id": str(leave.of),
        "from": whole.message.sender,
        "lent_by": share.sender,
        "leave": str(share.id),
        "thread": _thread(reading.message, leave, view_of(share.terms["reads"])),
    }


def _thread(lent: Message, leave: ReadGrant, reads: View) -> list[dict[str, Any]]:
    """What was said is the lender's own to hand on, whatever the lender was shown of the message; but never where it
    gives a restricted address away.
    """
    if Section.THREAD not in reads.sections:
        return []
    secrets = (
        lent.secrets
        if isinstance(lent, AtAnAddress) and Withheld.RESTRICTED_ADDRESS in reads.withhold
        else ()
    )
    if any(leave.tells(*secrets, outside=set())):
        return []
    return [turn.model_dump(mode="json", exclude={"agency"} if secrets else None) for turn in leave.thread]


def _envelope(line: Line, known: Known, share: Share, payload: dict[str, Any], at: datetime) -> bytes:
    context = Context(
        hub=line.hub,
        purpose="reading",
        message=UUID(payload["message_id"]),
        share=share.id,
        recipient=share.recipient,
        protocol=share.digest,
        view=payload["message"]["view"]["name"],
    )
    key = known.keys.seal_key(share.recipient, at)
    return to_json(close_to(to_json(payload), to=key, signer=line.signer, context=context))


def ends(leave: ReadGrant, share: Share, known: Known, at: datetime) -> datetime:
    """The end of the last day that the lender names, or the protocol's own limit if that is sooner."""
    at_most = Limit.parse(share.terms["reads"]["at_most"])
    hours, calendar = known.hours(share.recipient, at), known.calendar(share.recipient, at)
    return min(whole_day_after(leave.until), due(at_most, start=at, hours=hours, calendar=calendar))
