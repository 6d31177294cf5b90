"""A message that speaks of another: its sender must have sent that one, or have been sent a share of it.

To anybody else it is not there, whether it is or not.

Some messages take another up: a birth the notice before it, a registration what asked for it. Then whoever is at the
other end of that one counts as named in this one, so that a clause which tells those who are named tells them too. Only
those count of whom the sender knows already: of a message of their own, whom it was shared with; of one that they were
given, who sent it.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from hub import errors
from hub.known import Known
from hub.store import messages, readings
from hub.understand import Reading
from protocols.facts import Facts, NamedService
from protocols.messages.common import Reference
from protocols.vocabulary import KEPT, Role

_NOT_THEIRS = {"declined", "redirected", "released"}  # they said that it is not theirs, or it was taken back


def check(conn: Connection, refers_to: Sequence[Reference], agency: str) -> None:
    kinds = messages.kinds_known_to(conn, [one.message for one in refers_to], agency)
    unlent = [
        one
        for one in refers_to
        if one.lent_to and (kinds.get(one.message) in KEPT or not _can_be_lent(conn, one, agency))
    ]
    faults = [
        (f"message.{one.field}", _says(one))
        for one in refers_to
        if one.message not in kinds or (one.kinds and kinds[one.message] not in one.kinds)
    ]
    faults = faults or [(f"message.{one.field}", _NOT_LENT) for one in unlent]
    if faults:
        raise errors.Invalid(
            "the message speaks of another that is not there",
            next="nothing was recorded: take the id from your own grid, inbox or events, and send it again",
            faults=tuple(faults),
        )


_NOT_LENT = (
    "cannot be lent to them: the hub's own copy is destroyed once all is closed, and what you withhold from a party you"
    " do not lend to it either, nor a decision not to share to anybody; send what they need as a message of its own"
)


def _can_be_lent(conn: Connection, one: Reference, lender: str) -> bool:
    """As far as the lender may know: from whom another withholds it, a preview does not tell. It is not lent, and
    whoever would read it is told to ask (`workers.lend`).
    """
    role, agency = one.lent_to or ("", "")
    withheld = readings.is_withheld(conn, one.message, role=role, agency=agency, author=lender)
    return readings.is_held(conn, one.message) and not withheld


def _says(one: Reference) -> str:
    of = f" of the kind {' or '.join(one.kinds)}" if one.kinds else ""
    return f"must be the id of a message{of} that your agency sent or was sent a share of"


def followed(conn: Connection, reading: Reading, sender: str, *, known: Known) -> Facts:
    """The facts, with those named who are at the other end of what is taken up, as its shares stand now."""
    earlier = reading.message.follows_on
    if earlier is None:
        return reading.facts
    named = _other_ends(messages.ends(conn, earlier), sender, known)
    return replace(reading.facts, services=tuple(dict.fromkeys((*reading.facts.services, *named))))


def _other_ends(rows: Sequence[Any], sender: str, known: Known) -> list[NamedService]:
    if any(row.sender == sender for row in rows):
        held = [row for row in rows if row.recipient is not None and row.state not in _NOT_THEIRS]
        return [NamedService(Role(row.role), row.recipient) for row in held]
    if any(row.recipient == sender and row.sent_at is not None for row in rows):
        asked = rows[0].sender
        return [NamedService(known.directory.history(asked)[-1].role, asked)]
    return []
