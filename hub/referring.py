"""A message that speaks of another: its sender must have sent that one, or have been sent a share of it.

To anybody else it is not there, whether it is or not.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from hub import errors
from hub.store import messages, readings
from protocols.messages.common import Reference


def check(conn: Connection, refers_to: Sequence[Reference], agency: str) -> None:
    unlent = [one for one in refers_to if one.lent_to and not _can_be_lent(conn, one)]
    kinds = messages.kinds_known_to(conn, [one.message for one in refers_to], agency)
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
    "cannot be lent to them: the hub's own copy is destroyed once all is closed, and what its author withholds from a"
    " party is not lent to it either; send what they need as a message of its own"
)


def _can_be_lent(conn: Connection, one: Reference) -> bool:
    role, agency = one.lent_to or ("", "")
    return readings.can_be_lent(conn, one.message, role=role, agency=agency)


def _says(one: Reference) -> str:
    of = f" of the kind {' or '.join(one.kinds)}" if one.kinds else ""
    return f"must be the id of a message{of} that your agency sent or was sent a share of"
