"""Reading a TOML text without stopping at the first thing that is wrong with it.

A `Table` is asked for what it ought to hold. Whatever is missing, misspelt or of the wrong kind becomes a
fault with its file and line, and reading goes on with a stand-in; the caller must look at the faults before
it trusts what was read. Keys that nobody asked for are faults as well: a misspelt condition that was dropped
in silence would widen a clause.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar

from protocols.lines import Lines, Path

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


@dataclass(frozen=True, order=True)
class Fault:
    """What is wrong, where, in a sentence that says what to do."""

    file: str
    line: int
    says: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.says}"


class ProtocolFaults(Exception):
    """Everything that is wrong with a protocol, at once."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(map(str, self.faults)))


@dataclass
class Source:
    """One file being read, and the faults found in it and in what it includes."""

    file: str
    faults: list[Fault]
    lines: Lines | None = None

    def fault(self, path: Path, says: str) -> None:
        self.faults.append(Fault(self.file, self.lines.of(path) if self.lines else 1, says))

    def open(self, text: str) -> "Table":
        """The whole text as a table; empty, with a fault, where it is no TOML at all."""
        try:
            data = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            found = re.search(r"at line ([0-9]+)", str(error))
            line = int(found[1]) if found else text.count("\n") + 1
            reason = re.sub(r" \(at .*\)$", "", str(error))
            self.faults.append(
                Fault(self.file, line, f"this is not TOML from here on ({reason}); mend it and check again")
            )
            return Table(self, (), {})
        self.lines = Lines(text)
        return Table(self, (), data)


@dataclass
class Table:
    source: Source
    path: Path
    data: dict[str, Any]
    asked: set[str] = field(default_factory=set)

    def fault(self, says: str, *keys: str | int) -> None:
        self.source.fault((*self.path, *keys), says)

    def has(self, key: str) -> bool:
        return key in self.data

    # -- one value ------------------------------------------------------------------------------------------

    def text(self, key: str, *, like: str | None = None, shown: str = "", required: bool = True) -> str:
        value = self._get(key, required=required)
        if value is None:
            return ""
        if not isinstance(value, str) or not value.strip():
            self.fault(f'"{key}" must be text in quotes', key)
            return ""
        if like is not None and re.fullmatch(like, value) is None:
            self.fault(f'"{key}" cannot be "{value}": write {shown}', key)
        return value

    def flag(self, key: str) -> bool | None:
        value = self._get(key, required=False)
        if value is not None and not isinstance(value, bool):
            self.fault(f'"{key}" must be true or false, without quotes', key)
            return None
        return value

    def day(self, key: str) -> date:
        value = self._get(key)
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        if value is not None:
            self.fault(f'"{key}" must be a date without quotes, as 2026-04-01', key)
        return date.min

    def number(self, key: str, *, least: int, most: int) -> int | None:
        value = self._get(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.fault(f'"{key}" must be a whole number from {least} to {most}, without quotes', key)
            return None
        return value

    def parsed(self, key: str, parse: Callable[[str], T], *, required: bool = False) -> T | None:
        """A value that is written as text and has a grammar of its own: a limit, an age."""
        value = self._get(key, required=required)
        if value is None:
            return None
        if not isinstance(value, str):
            self.fault(f'"{key}" must be text in quotes', key)
            return None
        try:
            return parse(value)
        except ValueError as error:
            self.fault(f'"{key}" is "{value}": {error}', key)
            return None

    def choice(self, key: str, among: type[E], *, required: bool = True) -> E | None:
        value = self._get(key, required=required)
        return None if value is None else self._member(value, among, key)

    # -- lists ----------------------------------------------------------------------------------------------

    def choices(self, key: str, among: type[E], *, required: bool = False) -> tuple[E, ...]:
        members = (self._member(value, among, key, at) for at, value in self._entries(key, required=required))
        return self._once(key, (member for member in members if member is not None))

    def texts(
        self, key: str, *, like: str = r".*\S.*", shown: str = "text", required: bool = False
    ) -> tuple[str, ...]:
        good = []
        for at, value in self._entries(key, required=required):
            if isinstance(value, str) and re.fullmatch(like, value):
                good.append(value)
            else:
                self.fault(f'"{key}" cannot hold {_quoted(value)}: write {shown}', key, at)
        return self._once(key, good)

    # -- tables inside --------------------------------------------------------------------------------------

    def table(self, key: str, *, required: bool = True) -> "Table":
        value = self._get(key, required=required)
        if value is not None and not isinstance(value, dict):
            self.fault(f'"{key}" must be a table: a [{key}] heading, or {{ … }}', key)
            value = None
        return Table(self.source, (*self.path, key), value or {})

    def named_tables(self, key: str) -> Iterator[tuple[str, "Table"]]:
        tables = self.table(key, required=False)
        for name in tables.data:
            if re.fullmatch(r"[a-z][a-z0-9_]*", name) is None:
                tables.fault(f'name it in small letters, digits and "_", not "{name}"', name)
            yield name, tables.table(name)

    def tables(self, key: str, *, required: bool = False) -> Iterator["Table"]:
        for at, value in self._entries(key, required=required):
            if isinstance(value, dict):
                yield Table(self.source, (*self.path, key, at), value)
            else:
                self.fault(f'each entry of "{key}" must be a table', key, at)

    def done(self) -> None:
        """Nothing more is asked for: whatever is left over is a fault."""
        for key in self.data.keys() - self.asked:
            near = get_close_matches(key, self.asked, 1)
            hint = f'did you mean "{near[0]}"?' if near else "take it out"
            self.fault(f'"{key}" means nothing here; {hint}', key)

    # -- inside ---------------------------------------------------------------------------------------------

    def _get(self, key: str, *, required: bool = True) -> Any:  # noqa: ANN401 - whatever TOML holds
        self.asked.add(key)
        if key in self.data:
            return self.data[key]
        if required and self.source.lines is not None:
            self.fault(f'"{key}" is missing')
        return None

    def _entries(self, key: str, *, required: bool) -> Iterator[tuple[int, Any]]:
        value = self._get(key, required=required)
        if value is None:
            return
        if not isinstance(value, list) or not value:
            self.fault(f'"{key}" must be a list with something in it: [ … ]', key)
            return
        yield from enumerate(value)

    def _once(self, key: str, values: Iterable[T]) -> tuple[T, ...]:
        listed = list(values)
        for value in dict.fromkeys(listed):
            if listed.count(value) > 1:
                self.fault(f'"{key}" says "{value}" twice', key)
        return tuple(listed)

    def _member(self, value: object, among: type[E], *at: str | int) -> E | None:
        if isinstance(value, str) and value in set(among):
            return among(value)
        near = get_close_matches(value, list(among), 1) if isinstance(value, str) else []
        hint = f' (did you mean "{near[0]}"?)' if near else ""
        verb = "be" if len(at) == 1 else "hold"
        self.fault(f'"{at[0]}" cannot {verb} {_quoted(value)}{hint}: write one of {", ".join(among)}', *at)
        return None


def _quoted(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else f"{value}"
