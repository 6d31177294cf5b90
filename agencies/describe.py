"""A partnership describes its agencies in TOML; here is what reads it, and all that may be wrong with it.

Every fault of every file is found in one go, each with its file, its line, the entry it is about and a sentence
that says what to do: somebody who keeps a directory by hand should not have to mend it one error at a time.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agencies.agency import Agency
from agencies.agree import Fault, Place

_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*agency[ \t]*(\.[ \t]*contact[ \t]*)?\]\]", re.MULTILINE)


def described(paths: Iterable[Path | str]) -> tuple[list[Agency], dict[int, Place], list[Fault]]:
    """The rows of all files, where each stands, and what could not be read."""
    rows: list[Agency] = []
    places: dict[int, Place] = {}
    faults: list[Fault] = []
    for file in _files(paths, faults):
        for entry, place in _entries(file, faults):
            row = _row(entry, place, faults)
            if row is not None:
                rows.append(row)
                places[id(row)] = place
    return rows, places, faults


def _files(paths: Iterable[Path | str], faults: list[Fault]) -> Iterator[Path]:
    for path in map(Path, paths):
        found = sorted(path.glob("*.toml")) if path.is_dir() else [path]
        if not found:
            faults.append(Fault(str(path), 0, "", "there is no .toml file in this folder"))
        yield from found


def _entries(file: Path, faults: list[Fault]) -> Iterator[tuple[dict[str, Any], Place]]:
    try:
        text = file.read_text("utf-8")
        document = tomllib.loads(text)
    except OSError as error:
        faults.append(Fault(str(file), 0, "", f"the file cannot be read: {error.strerror}"))
        return
    except UnicodeDecodeError:
        faults.append(Fault(str(file), 0, "", "the file is not UTF-8: save it again as UTF-8"))
        return
    except tomllib.TOMLDecodeError as error:
        faults.append(Fault(str(file), _line_in(str(error)), "", f"this is not TOML: {error}"))
        return
    faults += [
        Fault(str(file), 0, other, "a directory has [[agency]] entries and nothing else")
        for other in sorted(document.keys() - {"agency"})
    ]
    entries = document.get("agency", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        faults.append(Fault(str(file), 0, "agency", "begin every agency with [[agency]], in double brackets"))
        return
    places = _places(text, str(file))
    for number, entry in enumerate(entries):
        yield entry, places[number] if number < len(places) else Place(str(file), 0)


def _places(text: str, file: str) -> list[Place]:
    """Where each entry begins, by its header. An entry that is written inline has none, and so no line."""
    places: list[Place] = []
    for found in _HEADER.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        if found[1] is None:
            places.append(Place(file, line))
        elif places:
            places[-1] = replace(places[-1], contacts=(*places[-1].contacts, line))
    return places


def _line_in(error: str) -> int:
    found = re.search(r"at line (\d+)", error)
    return int(found[1]) if found else 0


def _row(entry: dict[str, Any], place: Place, faults: list[Fault]) -> Agency | None:
    renamed = dict(entry)
    if "contact" in renamed:  # [[agency.contact]] reads better in TOML; the field holds several
        renamed["contacts"] = renamed.pop("contact")
    try:
        return Agency.model_validate(renamed)
    except ValidationError as error:
        name = str(entry.get("id", "an agency without an id"))
        faults += [
            Fault(place.file, place.line_of(fault["loc"]), name, _sentence(fault)) for fault in error.errors()
        ]
        return None


_KNOWN_BETTER = {
    "id": 'an id is lower-case letters, figures and hyphens, such as "sandwell-mash"',
    "area": 'an area is a local authority\'s GSS code, such as "E08000028"',
    "gss": 'a GSS code is a letter and eight figures, such as "E08000028"',
    "ods": "an ODS code is three to ten capital letters and figures",
    "phone": "a phone number is figures and spaces, with + in front if it is international",
    "email": "this is not an e-mail address",
}


def _sentence(fault: Mapping[str, Any]) -> str:
    """One of pydantic's faults in words for whoever keeps the directory."""
    where = fault["loc"]
    match where:
        case ("contacts", int(number), *rest):
            field = ", ".join([f"contact {number + 1}", *map(str, rest)])
        case _:
            field = ".".join(map(str, where))
    match fault["type"]:
        case "missing":
            says = "this is missing"
        case "extra_forbidden":
            says = "there is no such key; look for a slip in its spelling"
        case "string_pattern_mismatch":
            says = _KNOWN_BETTER[str(where[-1])]
        case _:
            says = str(fault["msg"]).removeprefix("Value error, ")
            says = says[:1].lower() + says[1:]
    return f"{field}: {says}" if field else says
