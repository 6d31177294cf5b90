"""Tasks for people: what the hub cannot do by itself, somebody is asked to do. Never silence.

A task is a row of `owed` like every other duty, so it is seen and settled in the same way. The sender and whoever is
asked find it among their events. It falls to the partnership office of the area, which looks after the protocol and
the directory; where an area has none, to the sender, who knows the family, or if that has closed, to the hub's
operator. So it does where nobody is to hear of the message at all. Its limit is the area's own: what its protocol gives
to find the right party.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from agencies.agency import AgencyError, UnknownAgency
from hub import asked
from hub.duties import step_at
from hub.journey import HUB
from hub.known import Known
from hub.store import asks, messages, owed
from hub.store.tables import ABOUT_A_CHILD, SEE_TO_WATCH
from protocols.deadlines import Limit, due
from protocols.ladders import USUAL
from protocols.protocol import Owed as Limits
from protocols.protocol import Protocol
from protocols.vocabulary import KEPT

RESOLVE_REFUSAL = (
    "resolve_refusal"  # somebody should have heard and did not: the protocol or directory says why
)
RESOLVE_STUCK = "resolve_stuck"  # a step fails again and again
REGISTER_KEY = "register_key"  # an agency has no key that could be sealed to
DELIVER_BY_HAND = "deliver_by_hand"  # an agency's endpoint does not take a share: telephone them
TELL_BY_TELEPHONE = "tell_by_telephone"  # nobody at an agency takes what the hub writes to them
FIND_SUCCESSOR = "find_successor"  # a closed sender owes something, or a closed agency holds a responsibility

# That another agency has spoken of a child is itself not for everybody: of these no sender hears.
_BETWEEN_NOBODY_ELSE = frozenset({*ABOUT_A_CHILD, SEE_TO_WATCH})

USUAL_LIMIT = Limit.parse("1 working day")  # where no protocol is in force that says otherwise


@dataclass(frozen=True, slots=True)
class Task:
    what: str
    message_id: UUID
    sender: str
    area: str | None  # None: the sender's own
    share_id: UUID | None = None
    about: str | None = None  # whom it is to reach: "sandwell-mash.duty_lead"
    unheard: bool = (
        False  # what it comes of is between the hub and whoever owes it: nobody else hears of this either
    )


def open_once(conn: Connection, tasks: Sequence[Task], *, known: Known, at: datetime) -> list[Task]:
    """Open each that is not open yet. The caller has locked the messages, so that nobody else opens it meanwhile."""
    opened: list[Task] = []
    rows: dict[tuple[UUID, UUID | None, str, str, str | None], owed.Owed] = {}
    kinds = messages.kinds(conn, [task.message_id for task in tasks])
    for task in tasks:
        row = row_of(task, known, at, kept=kinds.get(task.message_id) in KEPT)
        name = (task.message_id, task.share_id, task.what, row.owed_by, task.about)
        if name not in rows and not asks.is_open(conn, row):
            rows[name] = row
            opened.append(task)
    owed.start(conn, list(rows.values()))
    asked.opened(conn, list(rows.values()), at=at)
    return opened


def row_of(task: Task, known: Known, at: datetime, *, kept: bool = False) -> owed.Owed:
    """`kept`: nobody hears of its message, so that no office is asked about it either."""
    area = task.area or area_of(known, task.sender, at)
    alone = task.unheard or task.what in _BETWEEN_NOBODY_ELSE
    owed_by = _whose_alone(task, area, known, at) if alone else _whose(task, area, known, at, kept=kept)
    protocol = protocol_of(known, area, at)
    limit = protocol.limits[Limits.REDIRECT] if protocol else USUAL_LIMIT
    due_at = due(limit, start=at, hours=known.hours(owed_by, at), calendar=known.calendar(owed_by, at))
    steps = protocol.ladders[protocol.ladder].steps if protocol else USUAL
    return owed.Owed(
        what=task.what,
        owed_by=owed_by,
        owed_to=owed_by if alone else task.sender,
        message_id=task.message_id,
        share_id=task.share_id,
        started_at=at,
        due_at=due_at,
        limit_text=str(limit),
        protocol=protocol.id if protocol else None,
        ladder=protocol.ladder if protocol else None,
        next_at=step_at(steps, 0, owed_by, lapsed_at=due_at, known=known),
        about=task.about,
    )


def _whose(task: Task, area: str | None, known: Known, at: datetime, *, kept: bool) -> str:
    """The office of the area, or else the sender, or the operator; never whoever it is that cannot be reached."""
    office = None if kept else _office(known, area, at)
    unreachable = (task.about or "").partition(".")[0]
    for agency in (office, task.sender):
        if agency is not None and agency != unreachable and _is_open(known, agency, at):
            return agency
    return HUB


def _whose_alone(task: Task, area: str | None, known: Known, at: datetime) -> str:
    """Never the sender: that another agency has spoken of a child is itself something that not everybody may know. And
    whom to ring about it is known to the operator alone.
    """
    if task.unheard:
        return HUB
    return _office(known, area, at) or _office(known, area_of(known, task.sender, at), at) or HUB


def area_of(known: Known, agency: str, at: datetime) -> str | None:
    """Where it is; or was, if it has closed."""
    try:
        return known.directory.get(agency, at).area
    except UnknownAgency:
        return None
    except AgencyError:
        return known.directory.history(agency)[-1].area


def _is_open(known: Known, agency: str, at: datetime) -> bool:
    try:
        known.directory.get(agency, at)
    except AgencyError:
        return False
    return True


def _office(known: Known, area: str | None, at: datetime) -> str | None:
    office = known.directory.partnership(area, at) if area else None
    return office.id if office else None


def protocol_of(known: Known, area: str | None, at: datetime) -> Protocol | None:
    """The newest of the area that is or was in force: a lapsed one still knows how long its people take."""
    of_area = [one for one in known.protocols if one.area == area and one.effective <= at.date()]
    return max(of_area, key=lambda one: one.effective, default=None)
