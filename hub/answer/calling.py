"""A call, told of by both ends: what one has logged, the other gives its own account of."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from agencies import wire
from hub.answer.desk import Act
from hub.store.shares import Share

TOLD_BY = ("call", "call_account")


def tells_of_a_call(body: wire.Act) -> bool:
    return isinstance(body, wire.Call) or (isinstance(body, wire.CheckBack) and body.spoke_to is not None)


def met_by(act: Act, still_open: Sequence[Any]) -> tuple[UUID, ...]:
    """What whoever tells of a call owed: the call itself, or an account of one."""
    if not tells_of_a_call(act.body):
        return ()
    return tuple(row.id for row in still_open if row.what in TOLD_BY and row.owed_by == act.caller.agency)


def other_has_told(
    act: Act, share: Share, told: Mapping[tuple[UUID, str], int], still_open: Sequence[Any]
) -> bool:
    """Whether the other end has told of as many calls, this one counted, or owes an account already: then it owes
    none of this one.
    """
    mine = act.caller.agency
    if any(row.what == "call_account" and row.owed_by != mine for row in still_open):
        return True
    other = share.recipient if mine == share.sender else share.sender
    in_message = 1 if share.terms.get("called") else 0  # the message itself tells of the sender's first
    mine_told, other_told = (
        told.get((share.id, one), 0) + (in_message if one == share.sender else 0) for one in (mine, other)
    )
    return other_told >= mine_told + 1
