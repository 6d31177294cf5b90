"""Cursors: where a reader of the inbox or of events has come to. Opaque to its holder, checked when it comes back."""

import re
from uuid import UUID

from hub import errors

LARGEST = 2**63 - 1  # what PostgreSQL can count to
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def of_inbox(after: str | None) -> tuple[int, UUID] | None:
    if after is None:
        return None
    tx, _, share = after.partition(".")
    try:
        return _number(tx), UUID(share)
    except ValueError:
        raise _unknown() from None


def of_events(after: str | None) -> tuple[int, int] | None:
    if after is None:
        return None
    tx, _, row = after.partition(".")
    try:
        return _number(tx), _number(row)
    except ValueError:
        raise _unknown() from None


def _number(text: str) -> int:
    if _NUMBER.fullmatch(text) is None or int(text) > LARGEST:
        raise ValueError
    return int(text)


def _unknown() -> errors.Invalid:
    return errors.Invalid(
        "this cursor is not one that the hub gave",
        next="pass as `after` what an earlier answer gave as `next`, or leave it out to begin at the beginning",
        faults=(("after", "not a cursor of this hub"),),
    )
