"""From a postcode to the local authority whose children's services answer for it. Never a guess.

Reads the columns of the ONS Postcode Directory (ONSPD), whose releases spell them differently: the postcode as
`pcds`, `pcd8`, `pcd7`, `pcd2` or `pcd`; its end as `doterm`; the district as `oslaua` or `lad25cd`, of whatever
year; the county as `oscty` or `cty25cd`. Where a county council stands above the district, children's services
are the county's, and so the county is the answer.

The whole directory has two and a half million rows. They are kept as sorted numbers, ten bytes a row, and found
by bisection: some 26 MB, where a dictionary would take half a gigabyte.
"""

import csv
import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from agencies.areas import Areas
from agencies.areas import shipped as shipped_areas

LIBRARY = Path(__file__).parent / "library"
SAMPLE = LIBRARY / "places.csv"

_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?) *([0-9][A-Z]{2})", re.ASCII)
_CODE = re.compile(r"[A-Z][0-9]{8}", re.ASCII)
_PSEUDO = re.compile(r"[A-Z]9{8}")  # the ONS's own way to say "there is none": E99999999
_FAULTS_SHOWN = 20
_TERMINATED = 0  # the first of the answers that a postcode may have
_NOWHERE = 1  # live, and in no local authority's area: the Isle of Man, the Channel Islands
_POSTCODE_COLUMNS = ("pcds", "pcd8", "pcd7", "pcd2", "pcd")
_DISTRICT = re.compile(r"oslaua|laua|lad\d\d(cd)?")
_COUNTY = re.compile(r"oscty|cty\d\d(cd)?")

NOT_A_POSTCODE = "this is not a postcode: write it as on an envelope, such as B69 3DB"
NOT_KNOWN = (
    "this postcode is not in the directory of places: check it, or name the area by its GSS code; "
    "a new postcode comes with the next release of the directory"
)
HAS_ENDED = (
    "this postcode is no longer in use, and its land may lie in several newer ones: ask for today's postcode, "
    "or name the area by its GSS code"
)
NO_AUTHORITY = "this postcode lies in no local authority's area: telephone the services of the place itself"


@dataclass(frozen=True, slots=True)
class Found:
    postcode: str  # as written on an envelope
    area: str
    area_name: str | None  # None: the list of areas does not name it


@dataclass(frozen=True, slots=True)
class Unknown:
    why: str  # a sentence without the postcode in it: a postcode says where a child lives


class PlacesFault(Exception):
    """A file of postcodes that cannot be used, and what to do about it."""


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where in a row each of them stands."""

    postcode: int
    district: int
    county: int | None
    ended: int | None


class Places:
    """Postcodes and their areas. Never changes once it is read."""

    def __init__(self, table: "_Table", areas: Areas) -> None:
        self._keys = table.keys
        self._answers = table.answers
        self._areas_of = table.areas
        self.areas = areas

    @classmethod
    def read(cls, path: Path | str, *, areas: Areas | None = None) -> "Places":
        """From a CSV file with ONSPD's columns, in any order, among any others."""
        try:
            with Path(path).open(encoding="utf-8-sig", newline="") as file:
                table = _read(csv.reader(file), str(path))
        except OSError as error:
            raise PlacesFault(f"{path}: the file cannot be read: {error.strerror}") from error
        except (UnicodeDecodeError, csv.Error) as error:
            raise PlacesFault(f"{path}: this is not a CSV file in UTF-8: export it again as one") from error
        return cls(table, areas or shipped_areas())

    def area_of(self, postcode: str) -> str | None:
        """The area's GSS code, or None where `look_up` would say why not."""
        found = self.look_up(postcode)
        return found.area if isinstance(found, Found) else None

    def look_up(self, postcode: str) -> Found | Unknown:
        parts = _parts(postcode)
        if parts is None:
            return Unknown(NOT_A_POSTCODE)
        key = _key(parts)
        at = bisect_left(self._keys, key)
        if at == len(self._keys) or self._keys[at] != key:
            return Unknown(NOT_KNOWN)
        answer = self._answers[at]
        if answer in (_TERMINATED, _NOWHERE):
            return Unknown(HAS_ENDED if answer == _TERMINATED else NO_AUTHORITY)
        area = self._areas_of[answer]
        return Found(" ".join(parts), area, self.areas.name(area))

    def __len__(self) -> int:
        return len(self._keys)


def _parts(text: str) -> tuple[str, str] | None:
    """The two halves of a postcode, however it is spaced and cased."""
    found = _POSTCODE.fullmatch(text) or _POSTCODE.fullmatch("".join(text.split()).upper())
    return (found[1], found[2]) if found else None


def _key(parts: tuple[str, str]) -> int:
    """Seven characters, the first half filled up with spaces: numbers in the order in which ONSPD is sorted."""
    return int.from_bytes(f"{parts[0]:<4}{parts[1]}".encode("ascii"), "big")


# -- reading ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Table:
    """Postcodes in order, and beside each the number of its answer in `areas`."""

    keys: "array[int]"
    answers: "array[int]"
    areas: Sequence[str]


class _Rows(Protocol):
    """What `csv.reader` makes: rows, and the line that the last one came from."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...


def _read(rows: _Rows, file: str) -> _Table:
    columns = _columns(next(iter(rows), []), file)
    areas: dict[str, int] = {"(ended)": _TERMINATED, "(nowhere)": _NOWHERE}
    faults: list[str] = []
    keys, answers = array("Q"), array("H")
    for key, answer in _numbers(rows, columns, areas, faults):
        keys.append(key)
        answers.append(answer)
    if any(one > other for one, other in pairwise(keys)):  # the ONS sorts its own; an extract may not be
        order = sorted(range(len(keys)), key=keys.__getitem__)
        keys, answers = (array(old.typecode, (old[at] for at in order)) for old in (keys, answers))
    faults += _twice(keys)
    if faults:
        more = len(faults) - _FAULTS_SHOWN
        shown = [*faults[:_FAULTS_SHOWN], f"and {more} more"] if more > 0 else faults
        raise PlacesFault("\n".join([f"{file} cannot be used:", *shown]))
    return _Table(keys, answers, list(areas))


def _columns(names: Iterable[str], file: str) -> _Columns:
    known = {name.strip().lower(): place for place, name in enumerate(names)}

    def spelt(shape: re.Pattern[str]) -> int | None:
        return next((place for name, place in known.items() if shape.fullmatch(name)), None)

    postcode = next((known[name] for name in _POSTCODE_COLUMNS if name in known), None)
    district = spelt(_DISTRICT)
    if postcode is None or district is None:
        raise PlacesFault(
            f"{file}: the first line must name ONSPD's columns: a postcode ({', '.join(_POSTCODE_COLUMNS)}) "
            "and a local authority district (oslaua, or lad, a year and cd)"
        )
    return _Columns(postcode, district, spelt(_COUNTY), known.get("doterm"))


def _numbers(
    rows: _Rows, columns: _Columns, areas: dict[str, int], faults: list[str]
) -> Iterator[tuple[int, int]]:
    needed = max(place for place in astuple(columns) if place is not None)
    for row in rows:
        if not row:
            continue  # a blank line, as some programs leave at the end
        parts = _parts(row[columns.postcode]) if len(row) > needed else None
        answer = _answer(row, columns) if parts else None
        if parts is None or answer is None:
            what = "a postcode" if parts is None else "a local authority's code"
            faults.append(f"line {rows.line_num}: {what} is missing, or not one")
            continue
        yield _key(parts), areas.setdefault(answer, len(areas))


def _answer(row: Sequence[str], columns: _Columns) -> str | None:
    if columns.ended is not None and row[columns.ended].strip():
        return "(ended)"
    county = row[columns.county].strip() if columns.county is not None else ""
    code = county if county and not _PSEUDO.fullmatch(county) else row[columns.district].strip()
    if not code or _PSEUDO.fullmatch(code):
        return "(nowhere)"
    return code if _CODE.fullmatch(code) else None


def _twice(keys: "array[int]") -> Iterator[str]:
    """A postcode with two answers has none. The file is sorted, so twins stand side by side."""
    twins = sum(one == other for one, other in pairwise(keys))
    if twins:
        yield f"{twins} postcodes stand there more than once: use one release of the directory, whole"


@cache
def shipped() -> Places:
    """A sample for Sandwell, Birmingham and Camden and a few neighbours: enough to try Checkback with."""
    return Places.read(SAMPLE)
