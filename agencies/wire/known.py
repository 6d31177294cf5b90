"""Who and where: agencies, keys, places, protocols."""

from datetime import date, datetime

from agencies.wire.base import Told


class ContactTold(Told):
    role: str
    name: str | None
    phone: str | None
    email: str | None
    out_of_hours: bool


class KeyTold(Told):
    kid: str
    use: str
    public: str  # base64url
    valid_from: datetime
    valid_to: datetime | None
    signs: str | None = (
        None  # of the hub's own: "shares" (and file copies) or "notes"; they are believed apart
    )


class Keys(Told):
    """The hub's own public keys: what it signs with."""

    hub: str  # the name that its envelopes carry
    keys: tuple[KeyTold, ...]


class AgencyTold(Told):
    id: str
    name: str
    role: str
    area: str
    ods: str | None
    opens: date
    closes: date | None
    successor: str | None
    hours: str  # in words
    contacts: tuple[ContactTold, ...]
    keys: tuple[KeyTold, ...]


class Agencies(Told):
    agencies: tuple[AgencyTold, ...]
    next: str | None = None  # pass as `after`; None: that was all


class Place(Told):
    postcode: str
    known: bool
    area: str | None
    area_name: str | None
    explanation: str | None = None


class ProtocolTold(Told):
    id: str
    title: str
    version: str
    area: str
    digest: str
    effective: date
    review_by: date
    lawful_basis: tuple[str, ...]
    explanation: str | None = None  # who gets what, when and why, in English


class Protocols(Told):
    protocols: tuple[ProtocolTold, ...]
