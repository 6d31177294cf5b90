"""The areas: local authorities by GSS code, with their names and their school terms.

Codes change when boundaries do (Barnsley was E08000016 and is E08000038), so an area may name the code that
replaced it. School terms are kept because a limit in school days is reckoned by them; an area, or a day, of which
no terms are known answers None, and whoever asks takes the careful side.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from agencies.agency import Gss
from agencies.wire import Short

LIBRARY = Path(__file__).parent / "library"
SATURDAY = 5


class AreasFault(Exception):
    """A list of areas that cannot be used, and what to do about it."""


class Span(BaseModel):
    """Days from one to another, both included."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    first: date
    last: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise ValueError('"last" lies before "first"')
        return self

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


class Area(BaseModel):
    """One local authority."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    code: Gss
    name: Short
    replaced_by: Gss | None = None
    terms: Annotated[tuple[Span, ...], Field(max_length=200)] = ()  # half-terms apart: a break ends a span
    closed: frozenset[date] = frozenset()  # training days and the like, inside a term

    def is_school_day(self, day: date) -> bool | None:
        """Whether schools are open; None where the terms given do not reach. Bank holidays are not known here."""
        if not self.terms or not min(t.first for t in self.terms) <= day <= max(t.last for t in self.terms):
            return None
        return day.weekday() < SATURDAY and day not in self.closed and any(day in term for term in self.terms)


class Areas:
    """All areas, by code."""

    def __init__(self, areas: Iterable[Area]) -> None:
        listed = tuple(areas)
        self._by_code: Mapping[str, Area] = {area.code: area for area in listed}
        if len(self._by_code) != len(listed):
            raise AreasFault("an area stands there twice: one [[area]] for each code")

    @classmethod
    def read(cls, path: Path | str) -> "Areas":
        """From a TOML file of [[area]] entries."""
        try:
            document = tomllib.loads(Path(path).read_text("utf-8"))
            return cls(Area.model_validate(entry) for entry in document.get("area", ()))
        except OSError as error:
            raise AreasFault(f"{path}: the file cannot be read: {error.strerror}") from error
        except tomllib.TOMLDecodeError as error:
            raise AreasFault(f"{path}: this is not TOML: {error}") from error
        except ValidationError as error:
            said = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
            raise AreasFault("\n".join([f"{path} cannot be used:", *said])) from error

    def get(self, code: str) -> Area | None:
        return self._by_code.get(code)

    def current(self, code: str) -> str:
        """The code that stands for this area now: a merger or a change of boundary gives it another."""
        seen = {code}
        while (area := self._by_code.get(code)) is not None and area.replaced_by is not None:
            code = area.replaced_by
            if code in seen:
                break
            seen.add(code)
        return code

    def name(self, code: str) -> str | None:
        area = self._by_code.get(code)
        return area.name if area else None

    def is_school_day(self, code: str, day: date) -> bool | None:
        area = self._by_code.get(code)
        return area.is_school_day(day) if area else None

    def __iter__(self) -> Iterator[Area]:
        return iter(self._by_code.values())


@cache
def shipped() -> Areas:
    return Areas.read(LIBRARY / "areas.toml")
