"""Cursors: where a reader of the inbox or of events has come to. Opaque to its holder, checked when it comes back."""

import re
from uuid import UUID

from hub import errors

_NUMBER = "(0|[1-9][0-9]{0,17})"  # PostgreSQL counts to nineteen figures, and will not come that far
_HEX = "[0-9a-f]"
INBOX = rf"^{_NUMBER}\.{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}$"
_ID = f"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"
PLACE = rf"^{_ID}\.(0|[1-9][0-9]{{0,5}})$"
EVENTS = rf"^{_NUMBER}\.{_NUMBER}$"


def of_inbox(after: str | None) -> tuple[int, UUID] | None:
    if after is None:
        return None
    tx, share = _parts(after, INBOX)
    return int(tx), UUID(share)


def of_place(after: str | None) -> tuple[UUID, int] | None:
    if after is None:
        return None
    row, place = _parts(after, PLACE)
    return UUID(row), int(place)


def of_events(after: str | None) -> tuple[int, int] | None:
    if after is None:
        return None
    tx, row = _parts(after, EVENTS)
    return int(tx), int(row)


def _parts(after: str, pattern: str) -> tuple[str, str]:
    if re.fullmatch(pattern.removeprefix("^").removesuffix("$"), after, re.ASCII) is None:
        raise unknown()
    first, _, second = after.partition(".")
    return first, second


def unknown() -> errors.Invalid:
    return errors.Invalid(
        "this cursor is not one that the hub gave",
        next="pass as `after` what an earlier answer gave as `next`, or leave it out to begin at the beginning",
        faults=(("after", "not a cursor of this hub"),),
    )
