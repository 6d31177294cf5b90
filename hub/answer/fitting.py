"""What a body says must be possible before anybody is told of it: dates, and where a share can go instead."""

from datetime import datetime

from agencies.directory import ClosedAgency, NotYetOpen, UnknownAgency

from agencies import wire
from hub import errors
from hub.answer.desk import Act
from hub.known import Known
from hub.store.shares import Share


def check_body(act: Act, share: Share, known: Known, at: datetime) -> None:
    """What a body says must be possible, before anybody is told of it."""
    body = act.body
    if isinstance(body, wire.CheckBack):
        _dates_of(body, at)
        if body.accepts_responsibility:
            _may_accept(share)
    if isinstance(body, wire.AcceptResponsibility):
        _may_accept(share)
    if isinstance(body, wire.Close) and body.review_held_on > at.date():
        raise _fault("review_held_on", "the review must have been held: this date is in the future")
    if isinstance(body, wire.Redirect):
        _may_redirect(body.to, share, known, at)


def _dates_of(body: wire.CheckBack, at: datetime) -> None:
    if body.review_on < at.date():
        raise _fault("review_on", "a review is still to come: give a date from today on")
    for place, action in enumerate(body.actions):
        if action.by_when < at.date():
            raise _fault(
                f"actions.{place}.by_when", "an action is still to be done: give a date from today on"
            )
    if body.spoke_to is not None and body.spoke_to.at.tzinfo is None:
        raise _fault("spoke_to.at", "say the time with its offset, for instance 2026-07-03T09:30:00+01:00")
    if body.spoke_to is not None and body.spoke_to.at > at:
        raise _fault("spoke_to.at", "a call that is logged has been made: this time is in the future")


def _may_accept(share: Share) -> None:
    if not share.takes_responsibility:
        raise errors.Conflict(
            "this share does not hand over the responsibility",
            next="check back without accepts_responsibility; the sender's grid names the service that takes it",
        )


def _may_redirect(to: str, share: Share, known: Known, at: datetime) -> None:
    """The clause grants a role in an area. Which agency of that role and area is right, the sender may know
    better; another role or area is for the protocol to decide, so that takes a new message.
    """
    try:
        target = known.directory.get(to, at)
        before = known.directory.get(share.recipient, share.state_at)
    except ClosedAgency as closed:
        raise _fault(
            "to", f"this agency has closed; its successor is {closed.successor or 'not known'}"
        ) from None
    except (UnknownAgency, NotYetOpen):
        raise _fault("to", "no agency of this id is open: GET /v1/agencies lists them") from None
    same_area = target.area == before.area or share.role == "gp_practice"
    if to in (share.recipient, share.sender) or target.role != share.role or not same_area:
        raise _fault(
            "to",
            f"the clause shares with {share.role} there: choose another agency of that role and area,"
            " or send a new message, which the protocol decides afresh",
        )


def _fault(field: str, says: str) -> errors.Invalid:
    return errors.Invalid(
        "the act cannot be taken as it is", next="mend the field named in errors", faults=((field, says),)
    )
