"""From a move to what it starts to owe: by whom, to whom, by when, under which clause."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from hub.clock import whole_day_after
from hub.known import Known
from hub.store.owed import Owed
from hub.store.shares import Share
from protocols.deadlines import Limit, due
from protocols.ladders import is_at_once, step_due, steps_of
from protocols.owing import Start, from_start
from protocols.protocol import Step
from protocols.stages import stages_of

# Whatever else the clause asks for, under names of the protocol's own, by the moment that its limit runs from.
ASKED = {"asked": Start.SENDING, "asked_on_receipt": Start.RECEIPT, "asked_on_check_back": Start.CHECK_BACK}
ACTION = "action"

# Who owes it, of the two ends of a share. An answer is owed by whoever did not challenge, and an account of a call by
# whoever has not given one.
OWED_BY = {
    "receipt": "recipient",
    "check_back": "recipient",
    "acceptance": "recipient",
    "agreement": "sender",
    "redirect": "sender",
    "call": "sender",
    "call_account": "other",
    "answer": "other",
    "action": "recipient",
    "review": "recipient",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A promise with a date of the person's own: an action, or the review."""

    what: str
    due_at: datetime


def duties(
    share: Share,
    whats: tuple[str, ...],
    promises: tuple[Asked, ...],
    *,
    first: str,  # of the two: who has challenged, or told of a call
    stage: int | None = None,  # of a disagreement: at which an answer is owed
    note_id: UUID | None,
    known: Known,
    at: datetime,
) -> list[Owed]:
    """The rows to open. Acceptance is owed only where the clause hands over the responsibility."""
    opened = []
    for what in _called_first(share, whats):
        if what in ASKED:
            opened += _asked(share, ASKED[what], at=at, known=known)
            continue
        if what in share.terms.get("owes", {}):  # asked for once more
            opened.append(_asked_for(share, what, at=at, known=known))
            continue
        if what == "acceptance" and not share.takes_responsibility:
            continue
        owed_by, owed_to = _ends(share, what, first)
        at_stage = stage if what == "answer" else None
        limit = _limit(share, what, at_stage)
        due_at = limit and due(
            Limit.parse(limit),
            start=at,
            hours=known.hours(owed_by, at),
            calendar=known.calendar(owed_by, at),
        )
        opened.append(
            _row(
                share,
                what,
                (owed_by, owed_to),
                at,
                due_at or None,
                limit_text=limit,
                note_id=note_id,
                known=known,
                stage=at_stage,
            )
        )
    for promise in promises:
        ends = _ends(share, promise.what, first)
        opened.append(
            _row(share, promise.what, ends, at, promise.due_at, limit_text=None, note_id=note_id, known=known)
        )
    return opened


def _called_first(share: Share, whats: tuple[str, ...]) -> tuple[str, ...]:
    """A call is owed only where it comes first. Where the message tells of it, the recipient's account of it is."""
    if "call" not in whats:
        return whats
    others = tuple(what for what in whats if what != "call")
    if not share.terms.get("call_first") or "call" not in share.terms["limits"]:
        return others
    return (*others, "call_account" if share.terms.get("called") else "call")


def _asked(share: Share, start: Start, *, at: datetime, known: Known) -> list[Owed]:
    """What the clause asks of the recipient besides, of all that runs from this moment; and from the sending on what
    the message itself asks of them by days of its own.
    """
    whats = [
        what for what, by in share.terms.get("owes", {}).items() if by.get("from", Start.SENDING) == start
    ]
    opened = [_asked_for(share, what, at=at, known=known) for what in whats]
    if start is Start.SENDING:
        opened += [_own_action(share, one, at, known) for one in share.terms.get("actions", ())]
    return opened


def _asked_for(share: Share, what: str, *, at: datetime, known: Known) -> Owed:
    """By its limit, by the day that the message names, or by the earlier of the two."""
    by = share.terms["owes"][what]
    moments = []
    if "limit" in by:
        moments.append(
            due(
                Limit.parse(by["limit"]),
                start=at,
                hours=known.hours(share.recipient, at),
                calendar=known.calendar(share.recipient, at),
            )
        )
    if "day" in by:
        moments.append(whole_day_after(date.fromisoformat(by["day"])))
    limit = by.get("limit") and from_start(by["limit"], by.get("from", Start.SENDING))
    ends = (share.recipient, share.sender)
    return _row(share, what, ends, at, min(moments), limit_text=limit, note_id=None, known=known)


def _own_action(share: Share, action: dict[str, str], at: datetime, known: Known) -> Owed:
    """Which action it is, the recipient reads in its own copy: here stands its place there."""
    ends, due_at = (share.recipient, share.sender), whole_day_after(date.fromisoformat(action["day"]))
    row = _row(share, ACTION, ends, at, due_at, limit_text=None, note_id=None, known=known)
    return replace(row, about=action["where"])


def _limit(share: Share, what: str, stage: int | None) -> str | None:
    if stage is not None:
        return str(stages_of(share.terms)[stage].answer)
    limit: str | None = share.terms["limits"].get(what)
    return limit


def _ends(share: Share, what: str, first: str) -> tuple[str, str]:
    ends = {"recipient": share.recipient, "sender": share.sender}
    side = OWED_BY[what]
    if side == "other":
        return (
            (share.sender, share.recipient) if first == share.recipient else (share.recipient, share.sender)
        )
    return ends[side], ends["sender" if side == "recipient" else "recipient"]


def _row(
    share: Share,
    what: str,
    ends: tuple[str, str],
    at: datetime,
    due_at: datetime | None,
    *,
    limit_text: str | None,
    note_id: UUID | None,
    known: Known,
    stage: int | None = None,
) -> Owed:
    if stage is None:
        ladder, steps = share.terms["ladder"], steps_of(share.terms.get("ladder_steps"))
    else:
        held = stages_of(share.terms)[stage].ladder
        ladder, steps = held.name, held.steps
    return Owed(
        what=what,
        owed_by=ends[0],
        owed_to=ends[1],
        message_id=share.message_id,
        share_id=share.id,
        note_id=note_id,
        started_at=at,
        due_at=due_at,
        limit_text=limit_text,
        protocol=share.protocol,
        clause=", ".join(share.terms["clauses"]),
        ladder=ladder,
        stage=stage,
        next_at=None if due_at is None else step_at(steps, 0, ends[0], lapsed_at=due_at, known=known),
    )


def step_at(
    steps: Sequence[Step], place: int, owed_by: str, *, lapsed_at: datetime, known: Known
) -> datetime | None:
    """When this step of the ladder is told, by the clock of whoever owes."""
    if is_at_once(steps, place):
        return lapsed_at
    return step_due(
        steps,
        place,
        lapsed_at=lapsed_at,
        hours=known.hours(owed_by, lapsed_at),
        calendar=known.calendar(owed_by, lapsed_at),
    )


def seen_by(rows: Iterable[dict[str, Any]], agency: str) -> list[dict[str, Any]]:
    """What somebody owes to nobody but themselves, nobody else is shown: it would say what they have been told."""
    return [row for row in rows if row["owed_by"] != row["owed_to"] or row["owed_by"] == agency]
