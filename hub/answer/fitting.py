"""What a body says must be possible before anybody is told of it: dates, and where a share can go instead."""

from datetime import date, datetime, timedelta

from agencies import wire
from agencies.agency import Agency, has_closed
from agencies.directory import ClosedAgency, NotYetOpen, UnknownAgency, day_of
from hub import errors
from hub.answer.desk import Act
from hub.clock import LONDON
from hub.known import Known
from hub.store.shares import Share
from protocols.decision import Refusal
from protocols.governing import in_force


def check_body(act: Act, share: Share, known: Known, at: datetime) -> None:
    """What a body says must be possible, before anybody is told of it."""
    body, today = act.body, at.astimezone(LONDON).date()
    if isinstance(body, wire.CheckBack):
        _dates_of(body, at, today)
    if isinstance(body, wire.Call):
        _was_made(body.spoke_to, at)
    if getattr(body, "accepts_responsibility", isinstance(body, wire.AcceptResponsibility)):
        _may_accept(share)
    if isinstance(body, wire.Close) and body.review_held_on > today:
        raise _fault("review_held_on", "the review must have been held: this date is in the future")
    if isinstance(body, wire.Close) and share.sent_at and body.review_held_on < day_of(share.sent_at):
        raise _fault("review_held_on", "the review cannot have been held before this share was sent")
    if isinstance(body, wire.Decline) and body.suggests is not None:
        _may_suggest(body.suggests, share, known, at)
    if isinstance(body, wire.Redirect):
        _may_redirect(body.to, share, known, at)


# A slip of the pen, 2062 for 2026, would be owed in silence for as long.
_FURTHEST = timedelta(days=2 * 366)


def _dates_of(body: wire.CheckBack, at: datetime, today: date) -> None:
    _is_to_come("review_on", body.review_on, "a review", today)
    for place, action in enumerate(body.actions):
        _is_to_come(f"actions.{place}.by_when", action.by_when, "an action", today)
    if body.spoke_to is not None:
        _was_made(body.spoke_to, at)


def _is_to_come(field: str, day: date, what: str, today: date) -> None:
    if day < today:
        raise _fault(field, f"{what} is still to come: give a date from today on")
    if day > today + _FURTHEST:
        raise _fault(field, f"{what} must lie within the next two years")


def _was_made(call: wire.SpokeTo, at: datetime) -> None:
    if call.at.tzinfo is None:
        raise _fault("spoke_to.at", "say the time with its offset, for instance 2026-07-03T09:30:00+01:00")
    if call.at > at:
        raise _fault("spoke_to.at", "a call that is logged has been made: this time is in the future")


def _may_accept(share: Share) -> None:
    if not share.takes_responsibility:
        raise errors.Conflict(
            "this share does not hand over the responsibility",
            next="check back without accepts_responsibility; the sender's grid names the service that takes it",
        )


def _may_suggest(agency: str, share: Share, known: Known, at: datetime) -> None:
    if agency in (share.sender, share.recipient):
        raise _fault("suggests", "name another agency than the two of this share, or leave it out")
    _open(agency, "suggests", known, at)


def _open(agency: str, field: str, known: Known, at: datetime) -> Agency:
    try:
        return known.directory.get(agency, at)
    except ClosedAgency as closed:
        raise _fault(field, has_closed("agency", closed.successor)) from None
    except (UnknownAgency, NotYetOpen):
        raise _fault(field, "no agency of this id is open: GET /v1/agencies lists them") from None


def _may_redirect(to: str, share: Share, known: Known, at: datetime) -> None:
    """The clause grants a role in an area. Which agency of that role and area is right, the sender may know
    better; another role or area is for the protocol to decide, so that takes a new message. A GP practice may be
    in the other of the two areas whose protocols both allowed the share, as families keep their practice.
    """
    target = _open(to, "to", known, at)
    if to == share.recipient:
        raise _fault("to", "this agency had this share: to share with it again, send a new message")
    areas = {_area_of(share, known)} | (
        _areas_in_force(share, known, at) if share.role == "gp_practice" else set()
    )
    if to == share.sender or target.role != share.role or target.area not in areas:
        raise _fault(
            "to",
            f"the clause shares with {share.role} in {' and '.join(sorted(areas))}: choose another agency of that role"
            " there, or send a new message, which the protocol decides afresh",
        )
    if target.area not in _areas_in_force(share, known, at):
        raise errors.Conflict(
            "the protocol that allowed this share is not in force any more",
            next="telephone whom it concerns now, and tell your partnership office; then release this share",
        )


def _area_of(share: Share, known: Known) -> str:
    """Where the recipient was when the share went to it; it may have moved or closed since."""
    day = day_of(share.sent_at or share.state_at)
    rows = known.directory.history(share.recipient)
    return next((row.area for row in reversed(rows) if row.opens <= day), rows[0].area)


def _areas_in_force(share: Share, known: Known, at: datetime) -> set[str]:
    """The areas whose protocols allowed this share, as far as those areas have a protocol in force today."""
    cited = {share.digest, *(one["digest"] for one in share.terms.get("also", ()))}
    areas = {one.area for one in known.protocols if one.digest in cited}
    return {area for area in areas if not isinstance(in_force(area, known.protocols, at), Refusal)}


def _fault(field: str, says: str) -> errors.Invalid:
    return errors.Invalid(
        "the act cannot be taken as it is", next="mend the field named in errors", faults=((field, says),)
    )
