"""What a sender owes itself, on a message of which nobody hears."""

from hub.clock import whole_day_after
from hub.duties import step_at
from hub.known import Known
from hub.store.messages import Message
from hub.store.owed import Owed
from protocols.deadlines import due
from protocols.kept import KeptDecision


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
