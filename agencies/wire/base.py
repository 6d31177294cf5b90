"""What every body has in common: how strictly it is read, and the smallest words."""

import re
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

Text = Annotated[str, Field(min_length=1, max_length=8_000)]
Short = Annotated[str, Field(min_length=1, max_length=200)]
AgencyId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$")]

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)


def _written(told: object) -> object:
    """A bare number is never taken for seconds since 1970."""
    if isinstance(told, datetime) or (isinstance(told, str) and _MOMENT.fullmatch(told)):
        return told
    raise ValueError("must be a moment with its time zone, written as 2026-04-01T09:30:00+01:00")


def _written_day(told: object) -> object:
    if (isinstance(told, date) and not isinstance(told, datetime)) or (
        isinstance(told, str) and _DAY.fullmatch(told)
    ):
        return told
    raise ValueError("must be a date written as 2026-04-01")


Day = Annotated[date, BeforeValidator(_written_day)]
Moment = Annotated[AwareDatetime, BeforeValidator(_written)]


class Asked(BaseModel):
    """A body that somebody sends us. What we do not know, we refuse: nothing is dropped in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Told(BaseModel):
    """A body that we answer with."""

    model_config = ConfigDict(frozen=True)


class Person(Asked):
    """A named practitioner: every act of a person says who, and in which role."""

    name: Short
    role: Short
    contact: Short | None = None


class Problem(Told):
    """RFC 9457: what is wrong, which field, and what to do next."""

    type: str
    title: str
    status: int
    detail: str
    next: str
    errors: tuple[dict[str, str], ...] = ()


class Note(Told):
    id: UUID
    # check_back, agree, challenge, answer, escalate, conclude, decline, redirect, release, accept, close, meet,
    # withdraw
    kind: str
    by: str  # the agency
    at: datetime
    envelope: dict[str, Any] | None  # sealed to the caller's agency
