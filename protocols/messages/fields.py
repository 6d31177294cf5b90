"""The small words of a message: texts, dates, numbers, each bounded and each checked once.

Every text has a most length and every list a most number of entries, so that a message has a most size. What
the time is comes from the reader (`At`), never from a clock.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, NoReturn, Self, cast
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StrictBool,
    StrictInt,
    StringConstraints,
    ValidationInfo,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from protocols.hours import LONDON

__all__ = ["StrictBool", "StrictInt"]


class Part(BaseModel):
    """A piece of a message. What we do not know we refuse: nothing that a sender writes is lost in silence."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    def __repr__(self) -> str:
        """The name alone: what a message says must not reach a log or a traceback by somebody's print."""
        return f"<{type(self).__name__}>"

    __str__ = __repr__


@dataclass(frozen=True, slots=True)
class At:
    """The moment a message is read at, and the day that this is in London."""

    now: datetime
    today: date

    @classmethod
    def of(cls, now: datetime) -> Self:
        return cls(now, now.astimezone(LONDON).date())


def at(info: ValidationInfo) -> At:
    """The reader's moment. There is none unless the message comes in by `protocols.messages.read`."""
    if not isinstance(info.context, At):
        raise TypeError("messages are read by protocols.messages.read, which is told what the time is")
    return info.context


def refuse(says: str) -> NoReturn:
    raise PydanticCustomError("says", "{says}", {"says": says})


# -- text ---------------------------------------------------------------------------------------------------

# No control characters, and none that turn the direction of writing: text must read as it was written.
_LINE = r"^[^\x00-\x1f\x7f\u2028-\u202e\u2066-\u2069]*$"
_PROSE = r"^[^\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]*$"
_REFERENCE = r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$"
_AGENCY = r"^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$"
_GSS = r"^[EWSN][0-9]{8}$"
_ODS = r"^[A-Z0-9]{3,10}$"
_POSTCODE = r"^[A-Za-z]{1,2}[0-9][A-Za-z0-9]? ?[0-9][A-Za-z]{2}$"
_PHONE = r"^\+?[0-9][0-9 ()-]{4,22}[0-9)]( ?(x|ext\.?) ?[0-9]{1,6})?$"
_EMAIL = r"^[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"
_UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_SLUG = r"^[a-z0-9][a-z0-9_-]{0,39}$"
_WEB = r"^https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(/[A-Za-z0-9._~%!$&'()*+,;=:@/?#-]*)?$"
_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})$"

PATTERNS = {
    _LINE: "must be one line, without control characters",
    _PROSE: "must be plain text, without control characters",
    _REFERENCE: "must be a reference of letters, figures, dots, dashes and strokes, at most 64",
    _AGENCY: 'must be the id of an agency, such as "sandwell-0-19"',
    _GSS: 'must be the GSS code of a local authority, such as "E08000028"',
    _ODS: "must be an ODS code: 3 to 10 capital letters and figures",
    _POSTCODE: "must be a whole postcode, as on an envelope",
    _PHONE: "must be a telephone number",
    _EMAIL: "must be an email address",
    _UUID: "must be the id of a message, as the hub gave it",
    _SLUG: "must be small letters, figures, dashes and underscores, at most 40",
    _WEB: "must be an address of the web that begins with https://",
    _CLOCK: "must be a time of day, as 09:30",
    _DATE: "must be a date written as 2026-04-01",
    _MOMENT: "must be a moment with its time zone, written as 2026-04-01T09:30:00+01:00",
}

Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_LINE)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000, pattern=_PROSE)]
AgencyId = Annotated[str, StringConstraints(pattern=_AGENCY)]
AreaCode = Annotated[str, StringConstraints(pattern=_GSS)]
OdsCode = Annotated[str, StringConstraints(pattern=_ODS)]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, pattern=_PHONE)]
Slug = Annotated[str, StringConstraints(pattern=_SLUG)]
WebAddress = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=_WEB)]
ClockTime = Annotated[str, StringConstraints(pattern=_CLOCK)]
Email = Annotated[str, StringConstraints(strip_whitespace=True, max_length=254, pattern=_EMAIL)]

# Words that stand in a "because" and give no reason.
_NO_REASON = frozenset(
    {"na", "none", "unknown", "notknown", "dontknow", "tbc", "tba", "nil", "unsure", "because"}
)
_LETTERS = re.compile(r"[\W_]+")


def is_reason(text: str) -> bool:
    """Whether it is more than a word put there to get past the field."""
    said = _LETTERS.sub("", text).casefold()
    return len(said) >= 3 and said not in _NO_REASON  # noqa: PLR2004 - shorter than any reason


def _gives_a_reason(text: str) -> str:
    if not is_reason(text):
        refuse("must say why, in a few words: who was asked, or what stood in the way")
    return text


def _spaced(text: str) -> str:
    close = text.replace(" ", "").upper()
    return f"{close[:-3]} {close[-3:]}"


Because = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1000, pattern=_PROSE),
    AfterValidator(_gives_a_reason),
]
Postcode = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=_POSTCODE), AfterValidator(_spaced)
]


class _Word:
    """One word of a list, looked up only once it is text: an enum prints whatever else it is given, however deep."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401
        return core_schema.chain_schema([core_schema.str_schema(max_length=64), handler(source)])

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(cast("core_schema.ChainSchema", schema)["steps"][-1])


Word = _Word()

_WEIGHTS = range(10, 1, -1)


def is_nhs_number(digits: str) -> bool:
    """Ten figures, of which the last checks the others (modulus 11), and not one figure ten times over."""
    if len(digits) != 10 or not (digits.isascii() and digits.isdigit()) or len(set(digits)) == 1:  # noqa: PLR2004
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=False))
    return (11 - total % 11) % 11 == int(digits[9])


def _nhs_number(text: str) -> str:
    digits = text.replace(" ", "")
    if not is_nhs_number(digits):
        refuse(
            "is not an NHS number: ten figures whose last one checks the others; look for a slip of the pen"
        )
    return digits


def _no_nhs_number(text: str) -> str:
    if is_nhs_number(re.sub(r"[^0-9]", "", text)):
        refuse("must be your own reference for this case, not an NHS number: it is shown in lists")
    return text


NhsNumber = Annotated[str, StringConstraints(max_length=14), AfterValidator(_nhs_number)]
Reference = Annotated[str, StringConstraints(pattern=_REFERENCE), AfterValidator(_no_nhs_number)]


class _Written:
    """What is written as text, in one way only: a bare number is never taken for seconds since 1970."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401
        text = core_schema.str_schema(pattern=self.pattern, max_length=40)
        return core_schema.chain_schema([text, handler(source)])


_EARLIEST = date(1900, 1, 1)
_YEAR = timedelta(days=366)


def _between(day: date, first: date, last: date, says: str) -> date:
    if not first <= day <= last:
        refuse(says)
    return day


def _past(day: date, info: ValidationInfo) -> date:
    return _between(day, _EARLIEST, at(info).today, "must not lie in the future, nor before 1900")


def _planned(day: date, info: ValidationInfo) -> date:
    return _between(day, _EARLIEST, at(info).today + 2 * _YEAR, "must lie within the next two years")


def _moving(day: date, info: ValidationInfo) -> date:
    last = at(info).today + _YEAR
    return _between(day, _EARLIEST, last, "must be the day of the move, at most a year ahead")


def _due(day: date, info: ValidationInfo) -> date:
    today = at(info).today
    says = "must be the day the baby is due; once the baby is born, give date_of_birth"
    return _between(day, today - timedelta(days=42), today + timedelta(days=300), says)


def _past_moment(moment: datetime, info: ValidationInfo) -> datetime:
    # Five minutes of grace: two machines' clocks are never quite the same.
    if moment > at(info).now + timedelta(minutes=5):
        refuse("must not lie in the future")
    return moment


_DAY = Annotated[date, _Written(_DATE), Field(json_schema_extra={"format": "date"})]
MessageId = Annotated[UUID, _Written(_UUID), Field(json_schema_extra={"format": "uuid"})]
PastDate = Annotated[_DAY, AfterValidator(_past)]
PlannedDate = Annotated[_DAY, AfterValidator(_planned)]
MoveDate = Annotated[_DAY, AfterValidator(_moving)]
DueDate = Annotated[_DAY, AfterValidator(_due)]
PastMoment = Annotated[
    AwareDatetime,
    _Written(_MOMENT),
    Field(json_schema_extra={"format": "date-time"}),
    AfterValidator(_past_moment),
]
