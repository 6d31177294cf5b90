"""Whom a step of a ladder means: which agency, and which of the people at its telephones, at this moment.

An agency without a contact of the role has another; for one that has closed the partnership of its area hears; and
whoever owes the thing hears of every step, even where the step names only others. Nobody is found only where the hub
itself owes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from agencies.agency import Agency, AgencyError, Contact, ContactRole
from agencies.directory import Directory
from protocols.deadlines import Calendar, is_open

PARTNERSHIP = "partnership"
LEAD = ContactRole.SAFEGUARDING_LEAD  # who reads what a partnership is told


@dataclass(frozen=True, slots=True, order=True)
class Told:
    """Somebody who is told: a contact role of an agency."""

    agency: str
    contact: ContactRole

    def __str__(self) -> str:
        return f"{self.agency}.{self.contact}"


@dataclass(frozen=True, slots=True)
class Ends:
    """The two ends of what is owed, in the words of a ladder, and which of the two owes it."""

    sender: str
    recipient: str
    owed_by: str


def whom(
    tell: Sequence[str], ends: Ends, *, directory: Directory, calendar: Calendar, at: datetime
) -> tuple[Told, ...]:
    """Each once, in the order of the step; empty only if the directory has nobody at all for it."""
    meant = [*_named(tell, ends, directory, at)]
    roles = [role for _, role in meant] or [ContactRole.DUTY_LEAD]
    if ends.owed_by not in {agency for agency, _ in meant}:
        meant.append((ends.owed_by, roles[0]))
    found = (_at_the_desk(agency, role, directory, calendar, at) for agency, role in meant)
    return tuple(dict.fromkeys(one for one in found if one is not None))


def contact_of(told: Told, *, directory: Directory, at: datetime) -> Contact | None:
    """The contact to write to: with an address for e-mail if the agency has any such. Out of hours it is that contact
    or nobody: a letter to a day desk would lie there till morning.
    """
    try:
        agency = directory.get(told.agency, at)
    except AgencyError:
        return None
    first = agency.contact(told.contact, at)
    if told.contact is ContactRole.OUT_OF_HOURS:
        return first
    valid = [one for one in agency.contacts if one.is_valid(at)]
    return next((one for one in (first, *valid) if one is not None and one.email), first)


def _named(
    tell: Iterable[str], ends: Ends, directory: Directory, at: datetime
) -> Iterator[tuple[str, ContactRole]]:
    for target in tell:
        side, _, role = target.partition(".")
        if side == PARTNERSHIP:
            yield from ((office, LEAD) for office in _offices(ends, directory, at))
        else:
            yield {"sender": ends.sender, "recipient": ends.recipient}[side], ContactRole(role)


def _offices(ends: Ends, directory: Directory, at: datetime) -> Iterator[str]:
    """Of the area of whoever owes it, and across a border of the other side's."""
    for agency in (ends.owed_by, ends.recipient, ends.sender):
        area = _area(agency, directory)
        office = directory.partnership(area, at) if area else None
        if office is not None:
            yield office.id


def _area(agency: str, directory: Directory) -> str | None:
    return directory.history(agency)[-1].area if agency in directory else None


def _at_the_desk(
    agency: str, role: ContactRole, directory: Directory, calendar: Calendar, at: datetime
) -> Told | None:
    row = _open_one(agency, directory, at)
    if row is None:
        return None
    if not is_open(row.hours, calendar, at) and row.contact(ContactRole.OUT_OF_HOURS, at) is not None:
        return Told(row.id, ContactRole.OUT_OF_HOURS)
    return Told(row.id, role)


def _open_one(agency: str, directory: Directory, at: datetime) -> Agency | None:
    """It, or once it has closed the office of its area. Not its successor: whether they are to hear of this family is
    for a person to decide (docs/adr/0008).
    """
    try:
        return directory.get(agency, at)
    except AgencyError:
        area = _area(agency, directory)
        return directory.partnership(area, at) if area else None
