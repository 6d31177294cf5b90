"""On which line of a TOML text each value stands, so that a fault can be pointed at.

The standard library reads TOML but forgets where things were. This walks the same text once and keeps, for
each key and list entry, its line. It is only ever given text that `tomllib` has accepted, so it finds its
way by the punctuation alone and judges nothing.
"""

import re
import tomllib
from bisect import bisect_left

Path = tuple[str | int, ...]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_SCALAR = re.compile(r"[^,\]}#\n]*")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'',
    re.DOTALL,
)


class Lines:
    """`of(path)` is the line of that value, or of the nearest thing around it that the text does have."""

    def __init__(self, text: str) -> None:
        self._found: dict[Path, int] = {(): 1}
        _Walk(text, self._found).document()

    def of(self, path: Path) -> int:
        while path not in self._found:
            path = path[:-1]
        return self._found[path]


class _Walk:
    def __init__(self, text: str, found: dict[Path, int]) -> None:
        self.text = text.replace("\r\n", "\n")
        self.found = found
        self.breaks = [found.start() for found in re.finditer("\n", self.text)]
        self.at = 0
        self.entries: dict[Path, int] = {}  # how many [[entries]] a list of tables has so far

    def document(self) -> None:
        table: Path = ()
        self._skip(_BLANK)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)

    def _header(self) -> Path:
        line = self._line()
        many = self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        parts = self._key()
        self.at = self.text.index("]", self.at) + (2 if many else 1)
        path = self._through_lists(parts[:-1])
        path += (parts[-1],)
        if many:
            number = self.entries.get(path, 0)
            self.entries[path] = number + 1
            self.found.setdefault(path, line)
            path += (number,)
        self.found.setdefault(path, line)
        return path

    def _through_lists(self, parts: list[str]) -> Path:
        """A header's path, where each list of tables on the way means its latest entry."""
        path: Path = ()
        for part in parts:
            path += (part,)
            if path in self.entries:
                path += (self.entries[path] - 1,)
        return path

    def _pair(self, table: Path) -> None:
        line = self._line()
        path = table
        for part in self._key():
            path += (part,)
            self.found.setdefault(path, line)
        self.at = self.text.index("=", self.at) + 1
        self._skip(_SPACE)
        self._value(path)

    def _key(self) -> list[str]:
        parts = []
        while True:
            self._skip(_SPACE)
            quoted = self.text[self.at] in "\"'"
            raw = self._skip(_STRING if quoted else _BARE_KEY)
            parts.append(str(tomllib.loads(f"key = {raw}")["key"]) if quoted else raw)
            self._skip(_SPACE)
            if self.text[self.at] != ".":
                return parts
            self.at += 1

    def _value(self, path: Path) -> None:
        match self.text[self.at]:
            case "[":
                self._list(path)
            case "{":
                self._inline_table(path)
            case '"' | "'":
                self._skip(_STRING)
            case _:
                self._skip(_SCALAR)

    def _list(self, path: Path) -> None:
        self.at += 1
        number = 0
        while self._next_is_not("]"):
            entry = (*path, number)
            self.found[entry] = self._line()
            self._value(entry)
            number += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        while self._next_is_not("}"):
            self._pair(path)

    def _next_is_not(self, end: str) -> bool:
        """Step over what stands between entries; at the end, step over that too."""
        self._skip(_BLANK)
        if self.text[self.at] == ",":
            self.at += 1
            self._skip(_BLANK)
        if self.text[self.at] != end:
            return True
        self.at += 1
        return False

    def _line(self) -> int:
        return bisect_left(self.breaks, self.at) + 1

    def _skip(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:  # tomllib reads it and this does not: say so, rather than point at a wrong line
            raise AssertionError(f"line {self._line()} could not be followed")
        self.at = found.end()
        return found[0]
