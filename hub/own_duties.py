"""What a sender owes itself, on a message of which nobody hears or on one whatever becomes of its shares."""

from datetime import datetime

from hub.clock import whole_day_after
from hub.duties import step_at
from hub.known import Known
from hub.store.messages import Message
from hub.store.owed import Owed
from hub.store.shares import Share
from protocols.deadlines import Limit, due
from protocols.kept import KeptDecision
from protocols.ladders import steps_of

HAND_ON = (
    "hand_on"  # a family whom it holds: they are found elsewhere, or nobody else is asked to accept them
)


def owed_to_itself(message: Message, decided: KeptDecision, *, known: Known) -> list[Owed]:
    """What the clause asks of the sender, from the moment of the decision on: by its limit or the day that it names."""
    sender, at = message.sender, message.accepted_at
    hours, calendar = known.hours(sender, at), known.calendar(sender, at)
    found = []
    for what, by in decided.owes.items():
        moments = [] if by.limit is None else [due(by.limit, start=at, hours=hours, calendar=calendar)]
        if by.named_day and decided.named_day is not None:
            moments.append(whole_day_after(decided.named_day))
        due_at = min(moments)
        found.append(
            Owed(
                what=what,
                owed_by=sender,
                owed_to=sender,
                message_id=message.id,
                share_id=None,
                started_at=at,
                due_at=due_at,
                limit_text=None if by.limit is None else str(by.limit),
                protocol=decided.cited.protocol_id,
                clause=", ".join(decided.cited.clauses),
                ladder=decided.steps.name,
                next_at=step_at(decided.steps.steps, 0, sender, lapsed_at=due_at, known=known),
            )
        )
    return found


def owed_by_sender(share: Share, what: str, *, limit: str, known: Known, at: datetime) -> Owed:
    """One more duty of whoever sent this, by the limit that the clause of one of its shares gives to another."""
    sender, words = share.sender, share.terms["limits"][limit]
    due_at = due(
        Limit.parse(words), start=at, hours=known.hours(sender, at), calendar=known.calendar(sender, at)
    )
    steps = steps_of(share.terms.get("ladder_steps"))
    return Owed(
        what=what,
        owed_by=sender,
        owed_to=sender,
        message_id=share.message_id,
        share_id=None,
        started_at=at,
        due_at=due_at,
        limit_text=words,
        protocol=share.protocol,
        clause=", ".join(share.terms["clauses"]),
        ladder=share.terms["ladder"],
        next_at=step_at(steps, 0, sender, lapsed_at=due_at, known=known),
    )
