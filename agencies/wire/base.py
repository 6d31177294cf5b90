"""What every body has in common: how strictly it is read, and the smallest words."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1, max_length=8_000)]
Short = Annotated[str, Field(min_length=1, max_length=200)]
AgencyId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$")]


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
