"""What the map cannot see of a disagreement: at which stage it stands, where it may go, and who may end it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from agencies import wire
from hub import errors
from hub.answer.desk import Act
from hub.disagreement import Raised
from hub.store.shares import Share
from protocols.stages import Held, place_of, stages_of

ACTS = ("challenge", "escalate", "conclude")
Row = Any  # of `hub.store.disagreements.open_of`, or None: no stage is open


def raised(act: Act, share: Share, at_stage: Row, still_open: Sequence[Any], at: datetime) -> Raised | None:
    """The stage to which this act takes a challenge; None if it takes it to none."""
    stages = stages_of(share.terms)
    if isinstance(act.body, wire.Challenge):
        return _challenged(act.body, stages, at_stage)
    if isinstance(act.body, wire.Escalate):
        return _escalated(act.body, stages, at_stage, late=_is_late(still_open, at))
    if isinstance(act.body, wire.Conclude):
        _guard_conclusion(act, act.body, share, at_stage, late=_is_late(still_open, at))
    return None


def _is_late(still_open: Sequence[Any], at: datetime) -> bool:
    return any(row.what == "answer" and row.due_at is not None and row.due_at < at for row in still_open)


def _challenged(body: wire.Challenge, stages: Sequence[Held], at_stage: Row) -> Raised:
    """It begins at the first stage. After an answer that did not help it goes on at the next."""
    usual = 0 if at_stage is None else min(at_stage.stage + 1, len(stages) - 1)
    place = usual if body.stage is None else _place(body.stage, stages)
    if at_stage is not None and place < at_stage.stage:
        raise _fault("stage", f"this disagreement has come to {at_stage.name}: it does not go down again")
    if place > usual and body.jump_because is None:
        raise _fault("jump_because", f"say why it does not begin with {stages[usual].name}")
    if at_stage is None:
        return Raised(place, stages[place].name)
    before = "escalated" if place > at_stage.stage else "answered"
    return Raised(place, stages[place].name, at_stage.begun, before)


def _escalated(body: wire.Escalate, stages: Sequence[Held], at_stage: Row, *, late: bool) -> Raised:
    here = 0 if at_stage is None else at_stage.stage
    if here + 1 >= len(stages):
        raise errors.Conflict(
            "there is no stage above this one",
            next="conclude it: POST /v1/shares/{id}/conclude; the protocol's stages are in GET /v1/protocols/{id}",
        )
    place = here + 1 if body.stage is None else _place(body.stage, stages)
    if place <= here:
        raise _fault("stage", f"this disagreement has come to {stages[here].name}: name a stage above it")
    begun = None if at_stage is None else at_stage.begun
    return Raised(place, stages[place].name, begun, "no_reply" if late else "escalated")


def _guard_conclusion(act: Act, body: wire.Conclude, share: Share, at_stage: Row, *, late: bool) -> None:
    """Whoever was challenged does not end a challenge by saying so. What an independent chair decides, either tells."""
    if at_stage is None:
        raise errors.Conflict(
            "there is no disagreement to conclude",
            next="GET /v1/shares/{id} shows those that there were, and how each ended",
        )
    binds = stages_of(share.terms)[at_stage.stage].binds
    challenger = act.caller.agency == share.challenged_by
    if not challenger and (not binds or body.outcome == "no_reply"):
        raise errors.Forbidden(
            "only the side that challenged says that it lets this rest",
            next="answer it, or take it to the next stage: POST /v1/shares/{id}/escalate",
        )
    if body.outcome == "no_reply" and not late:
        raise errors.Conflict(
            "the moment for the answer has not passed, or there was one",
            next="GET /v1/owed says by when it is owed; if it cannot wait: POST /v1/shares/{id}/escalate",
        )
    if binds and body.outcome != "no_reply" and body.chaired_by is None:
        raise _fault("chaired_by", f"name who is independent of both and decided: this is {at_stage.name}")


def _place(name: str, stages: Sequence[Held]) -> int:
    place = place_of(stages, name)
    if place is None:
        names = ", ".join(one.name for one in stages)
        raise _fault("stage", f"the protocol of this share has no such stage; it has {names}")
    return place


def _fault(field: str, says: str) -> errors.Invalid:
    return errors.Invalid(
        "the act cannot be taken as it is", next="mend the field named in errors", faults=((field, says),)
    )
