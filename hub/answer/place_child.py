"""The partnership's office answers an alarm: who holds a child whom the hub could not place."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from agencies import wire
from agencies.agency import AgencyError
from agencies.callers import Caller
from agencies.directory import Directory
from hub import errors
from hub.ids import new_id
from hub.placed import Placing, placed
from hub.records import Records
from hub.store import children, holdings, likenesses, messages, responsibility, unplaced


def place_child(
    conn: Connection,
    alarm_id: UUID,
    body: wire.PlaceChild,
    caller: Caller,
    *,
    directory: Directory,
    records: Records,
    at: datetime,
) -> wire.Placed:
    """A named person of the office says who holds; another than by the record holds by the word of whoever accepts."""
    likenesses.nobody_merges(conn)
    seen = unplaced.find(conn, alarm_id)
    if seen is None or seen.owed_by != caller.agency:
        raise errors.NotFound(
            "there is no such alarm, or another office is asked",
            next="GET /v1/alarms lists what your office is asked",
        )
    messages.lock(conn, [seen.message_id])
    # Holdings before alarms, as an acceptance locks them.
    held = holdings.lock_open(conn, [seen.person_id])
    alarm = unplaced.lock(conn, alarm_id)
    fingerprint = records.fingerprint(body.model_dump_json().encode())
    if alarm.ended_at is not None:
        return _as_before(alarm, fingerprint)
    now = held.get((alarm.person_id, alarm.service))
    _check(alarm, now, body, _hands(conn, alarm), _role_of(directory, body.holder, at))
    ref = new_id()
    accepted_by = body.accepted_by.model_dump_json() if body.accepted_by else None
    answered = Placing(
        alarm=alarm,
        now=now,
        holder=body.holder,
        message_id=_told_by(conn, alarm, now, body.holder),
        office=caller.agency,
        credential=caller.credential,
        person_hidden=records.hide(accepted_by, where=f"person {ref}"),
        person_ref=ref,
        by_hidden=records.hide(body.by.model_dump_json(), where=f"person {alarm_id}"),
        because_hidden=records.hide(body.because, where=f"because {alarm_id}"),
        fingerprint=fingerprint,
    )
    placed(conn, answered, at=at)
    return wire.Placed(id=alarm_id, holder=body.holder, at=at)


def _as_before(alarm: Any, fingerprint: bytes) -> wire.Placed:  # noqa: ANN401 - a row
    """The very same answer again is told what it did; another comes too late."""
    if alarm.fingerprint is None or bytes(alarm.fingerprint) != fingerprint:
        raise errors.Conflict(
            "this alarm has been answered already, or what it was about has been settled",
            next="GET /v1/alarms lists what is still open",
        )
    return wire.Placed(id=alarm.id, holder=alarm.placed_with, at=alarm.ended_at)


def _role_of(directory: Directory, agency: str, at: datetime) -> str:
    try:
        return str(directory.get(agency, at).role)
    except AgencyError as gone:
        raise _fault("holder", f"{gone}: whoever is to hold must be open") from None


def _check(
    alarm: Any,  # noqa: ANN401 - a row
    now: Any,  # noqa: ANN401 - a row or None
    body: wire.PlaceChild,
    hands: set[str],
    role: str,
) -> None:
    if now is None:
        raise errors.Conflict(
            f"the {alarm.service} of this child has passed on meanwhile: nobody holds it any more",
            next="nothing is left to place here: GET /v1/alarms lists what is",
        )
    if body.holder not in {now.holder, alarm.other, *hands} and role != alarm.service:
        raise _fault("holder", f"is no {alarm.service}, and nobody who says that they hold the child")
    if body.holder != now.holder and body.accepted_by is None:
        raise _fault("accepted_by", "name the practitioner there who takes the child over")


def _hands(conn: Connection, alarm: Any) -> set[str]:  # noqa: ANN401 - a row
    """Whoever has accepted the handover that gave rise to it."""
    row = responsibility.now(conn, alarm.message_id)
    return set() if row is None else {row.holder}


def _told_by(conn: Connection, alarm: Any, now: Any, holder: str) -> UUID:  # noqa: ANN401 - rows
    """The message by which whoever is to hold knows the child: of that which was asked about, or else the newest."""
    if holder == now.holder:
        holds_by: UUID = now.message_id
        return holds_by
    known = children.still_known_messages(conn, holder, alarm.person_id)
    if not known:
        raise errors.Conflict(
            f"{holder} knows no message about this child, and nobody holds a child of whom they were told nothing",
            next="have whoever knows the child send a message about it to them first, and then say that they hold it",
        )
    first = (one for one in (alarm.message_id, alarm.other_message_id) if one in known)
    return next(first, known[-1])


def _fault(field: str, says: str) -> errors.Invalid:
    return errors.Invalid(
        "the child cannot be placed so", next="mend the field named in errors", faults=((field, says),)
    )
