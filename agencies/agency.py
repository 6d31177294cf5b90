"""What an agency is: a team that sends or receives, never a person. And what may be wrong when one is asked for.

Everything about an agency is dated. A row holds from `opens` to `closes`, both included, in England's own days.
A change of name, of hours or of area is a new row of the same id, opening the day after the old one closes;
an agency that ends for good names its successor, so that nobody writes to a desk that is no longer there.

    AgencyError
    ├── UnknownAgency    no row has this id
    ├── NotYetOpen       its first, or its next, row opens later
    └── ClosedAgency     its last row has closed; the error names the successor, if there is one
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    model_validator,
)

from agencies.wire import AgencyId, Short
from protocols.deadlines import LONDON, OpeningHours
from protocols.vocabulary import Role


class AgencyError(Exception):
    """Root of what a directory raises when it is asked for an agency that cannot be had."""


class UnknownAgency(AgencyError):
    def __init__(self, agency: str) -> None:
        super().__init__(
            f"the directory has no agency {agency!r}: look it up in the list of agencies, by role and area"
        )
        self.agency = agency


class NotYetOpen(AgencyError):
    def __init__(self, agency: str, opens: date) -> None:
        super().__init__(
            f"{agency} opens on {opens}: until then, ask the area's partnership who does its work"
        )
        self.agency = agency
        self.opens = opens


class ClosedAgency(AgencyError):
    def __init__(self, agency: str, closed: date, successor: str | None) -> None:
        where = (
            f"write to {successor}, which took over its work"
            if successor
            else "it has no successor; ask the area's partnership who does its work now"
        )
        super().__init__(f"{agency} closed on {closed}: {where}")
        self.agency = agency
        self.closed = closed
        self.successor = successor


def has_closed(what: str, successor: str | None) -> str:
    """As an error says it of an agency or a practice."""
    return (
        f"this {what} has closed; {f'its successor is {successor}' if successor else 'it has no successor'}"
    )


def day_of(at: date | datetime) -> date:
    """The day in England on which a moment falls. A moment without a time zone is nobody's day."""
    if not isinstance(at, datetime):
        return at
    if at.tzinfo is None:
        raise ValueError("give a moment with its time zone, or a plain date")
    return at.astimezone(LONDON).date()


class ContactRole(StrEnum):
    """Whom an agency puts at the end of a phone. Ladders of escalation tell these, never a named person only."""

    DUTY_LEAD = "duty_lead"
    DEPUTY = "deputy"
    SAFEGUARDING_LEAD = "safeguarding_lead"
    OUT_OF_HOURS = "out_of_hours"
    SINGLE_POINT_OF_CONTACT = "single_point_of_contact"


def _hours(given: object) -> OpeningHours:
    if isinstance(given, OpeningHours):
        return given
    if not isinstance(given, str):
        raise ValueError('write opening hours as "Mon-Fri 09:00-17:00", or "always"')  # noqa: TRY004 - pydantic collects ValueError
    return OpeningHours.parse(given)


def _secure(url: str) -> str:
    """An envelope is sealed, but who writes to whom is nobody's business either: so HTTPS, or this machine."""
    parts = urlsplit(url)
    local = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if not parts.hostname or not (parts.scheme == "https" or local):
        raise ValueError("a webhook needs an https:// address (http:// only on this machine)")
    if parts.username or parts.password or parts.fragment:
        raise ValueError(
            "a webhook's address carries no user, password or fragment: the signature proves the hub"
        )
    return url


Hours = Annotated[OpeningHours, PlainValidator(_hours), PlainSerializer(str, return_type=str)]
Phone = Annotated[str, Field(pattern=r"^\+?[0-9][0-9 ]{2,18}[0-9]$")]
Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=200)]
Gss = Annotated[str, Field(pattern=r"^[EJKLMNSW][0-9]{8}$")]
Ods = Annotated[str, Field(pattern=r"^[A-Z0-9]{3,10}$")]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Contact(_Row):
    """Where to find somebody in a role. Dated: a line's hours and number change more often than an agency does."""

    role: ContactRole
    name: Short | None = None
    phone: Phone | None = None
    email: Email | None = None
    hours: Hours | None = None  # None: the agency's own
    valid_from: date | None = None  # None: as long as the row has been
    valid_to: date | None = None  # the last day

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if self.phone is None and self.email is None:
            raise ValueError('a contact needs a "phone" or an "email": somebody must be found there')
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError('"valid_to" is the last day and may not lie before "valid_from"')
        return self

    def is_valid(self, at: date | datetime) -> bool:
        day = day_of(at)
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )


class Agency(_Row):
    """One dated row of one agency."""

    id: AgencyId
    name: Short
    role: Role
    area: Gss
    ods: Ods | None = None
    gss: Gss | None = None  # for a council's own team, where it differs from the area it serves
    hours: Hours
    contacts: tuple[Contact, ...] = ()
    opens: date
    closes: date | None = None  # the last day
    successor: AgencyId | None = None
    reach: Literal["inbox", "webhook"] = "inbox"
    webhook_url: Annotated[str, AfterValidator(_secure), Field(max_length=2000)] | None = None
    aliases: tuple[Short, ...] = ()  # other names that people know it by

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if self.closes is not None and self.closes < self.opens:
            raise ValueError('"closes" is the last day and may not lie before "opens"')
        if self.successor is not None and self.closes is None:
            raise ValueError('a "successor" needs the day on which this one "closes"')
        if self.successor == self.id:
            raise ValueError("an agency is not its own successor: add a second row with the same id instead")
        if self.role is Role.GP_PRACTICE and self.ods is None:
            raise ValueError('a GP practice needs its "ods" code: messages name practices by it')
        if (self.reach == "webhook") != (self.webhook_url is not None):
            raise ValueError('give a "webhook_url" when "reach" is "webhook", and only then')
        return self

    def is_open(self, at: date | datetime) -> bool:
        """Whether this row holds on that day. Whether anybody is at the desk is a question for its hours."""
        day = day_of(at)
        return self.opens <= day and (self.closes is None or day <= self.closes)

    def contact(self, role: ContactRole | str, at: date | datetime) -> Contact | None:
        """The contact of a role on that day. A duty lead without a line of their own is reached by the next."""
        valid = {contact.role: contact for contact in reversed(self.contacts) if contact.is_valid(at)}
        for stand_in in STAND_INS[ContactRole(role)]:
            if stand_in in valid:
                return valid[stand_in]
        return None

    def to_row(self) -> dict[str, Any]:
        """The same as JSON has it, without what is not said: what the database keeps and a TOML file says."""
        return self.model_dump(mode="json", exclude_defaults=True)


# Whom to ask when an agency has no contact of a role: a ladder's step must reach somebody, never fall through.
STAND_INS: dict[ContactRole, tuple[ContactRole, ...]] = {
    ContactRole.DUTY_LEAD: (
        ContactRole.DUTY_LEAD,
        ContactRole.DEPUTY,
        ContactRole.SINGLE_POINT_OF_CONTACT,
        ContactRole.SAFEGUARDING_LEAD,
    ),
    ContactRole.DEPUTY: (ContactRole.DEPUTY, ContactRole.SAFEGUARDING_LEAD, ContactRole.DUTY_LEAD),
    ContactRole.SAFEGUARDING_LEAD: (
        ContactRole.SAFEGUARDING_LEAD,
        ContactRole.DEPUTY,
        ContactRole.DUTY_LEAD,
        ContactRole.SINGLE_POINT_OF_CONTACT,
    ),
    ContactRole.OUT_OF_HOURS: (ContactRole.OUT_OF_HOURS,),  # a day desk at night would be nobody
    ContactRole.SINGLE_POINT_OF_CONTACT: (ContactRole.SINGLE_POINT_OF_CONTACT, ContactRole.DUTY_LEAD),
}
