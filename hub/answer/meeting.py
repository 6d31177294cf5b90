"""Duties that are met by saying so: actions, and whatever a protocol asks for under a name of its own."""

from collections.abc import Sequence
from typing import Any

from agencies import wire
from hub import errors
from hub.answer.desk import Act
from hub.duties import OWED_BY
from hub.enquiry import guard_lead
from hub.store.shares import Share
from hub.store.tables import TASKS
from protocols.owing import ENQUIRY

# Met by an act of their own (a check-back, an agreement …) or by the hub's seeing that it is done.
_OTHERWISE = frozenset({*OWED_BY, *TASKS}) - {"action"}
# What closing a share says of itself: the actions are done, and the review was held. Of an action that the message
# itself asks for it says nothing: that is met on its own, with what shows it.
_SAID_BY_CLOSING = frozenset({*OWED_BY, *TASKS})


def guard_duties(act: Act, still_open: Sequence[Any]) -> None:
    """Nobody meets what another owes; and nothing that a protocol asks for is forgotten by closing."""
    if isinstance(act.body, wire.StandDown):
        _guard_standing_down(act.body, next((row for row in still_open if row.id == act.body.owed), None))
    elif isinstance(act.body, wire.Meet):
        _guard_meeting(act, act.body, next((row for row in still_open if row.id == act.body.owed), None))
    elif act.event == "close":
        # What a watch asks is about more than this share, and goes on when it is closed.
        left = sorted(
            {
                row.what
                for row in still_open
                if not row.by_watch and (row.about or row.what not in _SAID_BY_CLOSING)
            }
        )
        if left:
            raise errors.Conflict(
                f"this is still owed: {', '.join(left)}",
                next="say first what was done about it: GET /v1/owed lists it, POST /v1/owed/{id}/met",
            )


def guard_ending(act: Act, share: Share) -> None:
    """That a party was asked to enquire and declined is no end of the enquiry, unless a lead says so."""
    if act.event == "release" and ENQUIRY in share.terms.get("owes", {}):
        guard_lead(act.body.by)


def _guard_standing_down(body: wire.StandDown, row: Any) -> None:  # noqa: ANN401 - a row or None
    if row is None:
        raise _not_owed()
    if row.what != ENQUIRY:
        raise errors.Conflict(
            f"only an enquiry is stood down, and this is {row.what}",
            next="GET /v1/owed/{id} tells what it asks for",
        )
    guard_lead(body.by)


def _not_owed() -> errors.Conflict:
    return errors.Conflict(
        "this is not owed any more",
        next="GET /v1/owed/{id} tells when and how it was met, or that it is no longer asked for",
    )


def _guard_meeting(act: Act, body: wire.Meet, row: Any) -> None:  # noqa: ANN401 - a row or None
    if row is None:
        raise _not_owed()
    if row.owed_by != act.caller.agency:
        raise errors.Forbidden(
            f"this is owed by {row.owed_by}", next="ask them to do it, and to say so: you see when they have"
        )
    if row.what in _OTHERWISE:
        raise errors.Conflict(
            f"{row.what} is met by an act of its own, not by saying that it is met",
            next="GET /v1/shares/{id} shows the share; docs/api.md names the act",
        )
    if row.about and body.evidence is None:
        raise errors.Invalid(
            "what shows that this action was done is asked for with it",
            next=f"give it in evidence: the message says in {row.about} what is asked",
            faults=(("evidence", "is missing: an audit, a register, a form that was changed"),),
        )
