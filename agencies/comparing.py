"""Two records of the same shares, compared: pure, so that the hub and an agency's own system find the same.

The digest of a statement is the SHA-256 of its lines in their order, each as a JSON array without spaces of what stands
in the fields of `FIELDS`, exactly as the API writes them, and ended by a line feed.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from uuid import UUID

from agencies.wire import Difference, Differs, Line, Mine, Side, Standing

FIELDS = (
    "share", "message", "sender", "recipient", "kind", "accepted_at", "sent_at", "standing", "state",
    "case_reference", "due_at", "overdue",
)  # fmt: skip

# What is still without a registered case, and may yet get one.
OPEN: tuple[Standing, ...] = ("nobody_hears", "not_sent", "not_fetched", "not_registered", "declined")
# Of these the one side or the other has to do something. What somebody declined is the sender's to redirect.
MISSING: Mapping[Side, tuple[Standing, ...]] = {
    "sent": OPEN,
    "received": ("not_fetched", "not_registered"),
}
_STANDING: Mapping[str, Standing] = {
    "planned": "not_sent",
    "sealed": "not_sent",
    "sent": "not_fetched",
    "received": "not_registered",
    "checked_back": "registered",
    "challenged": "registered",
    "agreed": "registered",
    "closed": "registered",
    "declined": "declined",
    "redirected": "ended",
    "released": "ended",
}
_OF_MESSAGE: Mapping[str, Standing] = {
    "accepted": "nobody_hears",
    "routed": "nobody_hears",
    "closed": "ended",
    "withdrawn": "ended",
}
# Nothing more is asked of that side. What was declined, its sender has yet to redirect or to release.
_OVER: Mapping[Side, tuple[str, ...]] = {
    "sent": ("closed", "redirected", "released", "withdrawn"),
    "received": ("closed", "declined", "redirected", "released"),
}

_SAYS: Mapping[Differs, str] = {
    "not_known_here": "in your records, and not known here: there is no such share, or it is not your agency's",
    "not_fetched": "it lies at the hub for your agency, and your system has not fetched it",
    "taken_and_dropped": "your system said that it has it, and your records have not: read it again, and register it",
    "not_in_yours": "it stands here, and is not in your records",
    "not_marked_received": "in your records, and your system has not said so: mark it as received",
    "case_not_registered_here": "your records have a case, and nobody has checked back with one: somebody must yet",
    "no_case_in_yours": "a case is registered here, and your records have none",
    "case_reference_differs": "your case reference is not the one that was checked back with",
    "ended_here": "open in your records, and over here",
    "open_here": "over in your records, and open here",
}


def standing(state: str, *, of_share: bool = True) -> Standing:
    """Where a share stands, or a message that has none, by its state."""
    return (_STANDING if of_share else _OF_MESSAGE)[state]


def states_of(standings: Iterable[Standing]) -> tuple[str, ...]:
    """The states of a share that stands so."""
    wanted = set(standings)
    return tuple(state for state, where in _STANDING.items() if where in wanted)


# -- against an agency's own records ------------------------------------------------------------------------


def compare(lines: Iterable[Line], mine: Sequence[Mine], *, agency: str) -> Iterator[Difference]:
    """What differs of what is in both, or in theirs alone, in the order in which they have it."""
    here = {line.share: line for line in lines}
    for one in mine:
        line = here.get(one.share)
        found = tuple(_differs(line, one, agency))
        if found:
            yield _difference(one.share, line, found)


def missing(lines: Iterable[Line], mine: Iterable[UUID], *, side: Side) -> Iterator[Difference]:
    """What is here and not in theirs. What is over may have gone from their records as well: that is no difference."""
    theirs = set(mine)
    for line in lines:
        if line.share is not None and line.share not in theirs and line.state not in _OVER[side]:
            yield _difference(line.share, line, (_absent(line, side),))


def _absent(line: Line, side: Side) -> Differs:
    if side == "received" and line.standing == "not_fetched":
        return "not_fetched"
    if side == "received" and line.standing == "not_registered":
        return "taken_and_dropped"
    return "not_in_yours"


def _differs(line: Line | None, mine: Mine, agency: str) -> Iterator[Differs]:
    if line is None:
        yield "not_known_here"
        return
    side: Side = "received" if line.recipient == agency else "sent"
    if side == "received" and line.standing == "not_fetched":
        yield "not_marked_received"
    yield from _references(line.case_reference, mine.case_reference, side=side)
    if mine.open is not None and mine.open == (line.state in _OVER[side]):
        yield "ended_here" if mine.open else "open_here"


def _references(here: str | None, theirs: str | None, *, side: Side) -> Iterator[Differs]:
    """A sender need not keep the other end's case reference; whoever registered the case must have it."""
    if here is None and theirs is not None:
        yield "case_not_registered_here"
    elif here is not None and theirs is None and side == "received":
        yield "no_case_in_yours"
    elif here is not None and theirs is not None and here != theirs:
        yield "case_reference_differs"


def _difference(share: UUID, line: Line | None, found: tuple[Differs, ...]) -> Difference:
    return Difference(share=share, differs=found, says=tuple(_SAYS[one] for one in found), here=line)


# -- one end against the other ------------------------------------------------------------------------------


def digest(lines: Iterable[Line]) -> str:
    """The same for the same lines in the same order, and for no others."""
    made = sha256()
    for line in lines:
        told = line.model_dump(mode="json")
        row = json.dumps([told[name] for name in FIELDS], ensure_ascii=False, separators=(",", ":"))
        made.update(row.encode() + b"\n")
    return made.hexdigest()


def by_other_end(lines: Iterable[Line], *, agency: str) -> dict[tuple[Side, str], list[Line]]:
    """The lines that the other end has as well: what was never sent, only its sender knows of."""
    found: dict[tuple[Side, str], list[Line]] = {}
    for line in lines:
        if line.sent_at is None or line.recipient is None:
            continue
        other: tuple[Side, str] = (
            ("sent", line.recipient) if line.sender == agency else ("received", line.sender)
        )
        found.setdefault(other, []).append(line)
    return dict(sorted(found.items()))
