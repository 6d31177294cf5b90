"""What `checkback reconcile` prints: for a person to read, for a program, or for a spreadsheet."""

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence

from pydantic_core import to_jsonable_python

from agencies import wire
from agencies.comparing import FIELDS
from hub.cli import say

_HEADS: Mapping[wire.Side, str] = {
    "sent": "You sent these, and no case is registered at the other end:",
    "received": "These are for you, and you have registered no case:",
}
_ALL_OF: Mapping[wire.Side, str] = {"sent": "You sent:", "received": "You received:"}
_WORDS: Mapping[wire.Side, Mapping[wire.Standing, str]] = {
    "sent": {
        "nobody_hears": "nobody hears of it yet",
        "not_sent": "not sent yet: it waits for a key, or for a way",
        "not_fetched": "their system has not fetched it",
        "not_registered": "their system has it; nobody has checked back",
        "declined": "declined or handed back: redirect or release it",
    },
    "received": {
        "not_fetched": "your system has not fetched it",
        "not_registered": "your system has it; nobody has checked back",
        "declined": "you declined it, or it was handed back",
    },
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def lines(found: Mapping[wire.Side, Sequence[wire.Line]], *, whole: bool) -> None:
    """For a person: what somebody must look into."""
    for side, some in found.items():
        if some:
            say.say((_ALL_OF if whole else _HEADS)[side])
            table(some, side)
    if not any(found.values()):
        say.note("Nothing." if whole else "Nothing is missing.")


def table(some: Iterable[wire.Line], side: wire.Side) -> None:
    say.table(
        ("share", "to" if side == "sent" else "from", "kind", "sent", "where it stands", "check-back due"),
        [
            (
                line.share or f"message {line.message}",
                line.recipient if side == "sent" else line.sender,
                line.kind,
                "" if line.sent_at is None else say.moment(line.sent_at),
                _words(line, side),
                _due(line),
            )
            for line in some
        ],
    )


def _words(line: wire.Line, side: wire.Side) -> str:
    found = _WORDS[side].get(line.standing)
    if found is not None:
        return found
    return f"{line.state.replace('_', ' ')}" + (f", as {line.case_reference}" if line.case_reference else "")


def _due(line: wire.Line) -> str:
    if line.due_at is None or line.case_reference is not None:
        return ""
    return ("OVERDUE: " if line.overdue else "") + say.moment(line.due_at)


def statement(told: wire.Statement, found: Mapping[wire.Side, Sequence[wire.Line]]) -> None:
    say.say(
        f"{told.agency}, as {told.day.day} {told.day:%B %Y} left it: what moved on that day, and what had no registered"
        " case at its end."
    )
    lines(found, whole=True)
    if told.between:
        say.table(
            ("between you and", "you", "lines", "digest: theirs is the same"),
            [(one.agency, one.side, one.lines, one.digest[:16]) for one in told.between],
        )
    say.say(f"{told.count} lines, digest {told.digest}")


def differences(found: Sequence[wire.Difference]) -> None:
    say.table(
        ("share", "here", "what differs"),
        [(one.share, _here(one.here), "; ".join(one.says)) for one in found],
    )
    if not found:
        say.note("Your records and the hub's agree.")


def _here(line: wire.Line | None) -> str:
    if line is None:
        return ""
    return line.state.replace("_", " ") + (f", as {line.case_reference}" if line.case_reference else "")


# -- for programs -------------------------------------------------------------------------------------------


def as_json(told: object) -> None:
    print(json.dumps(to_jsonable_python(told), indent=2, ensure_ascii=False))


def lines_as_csv(found: Mapping[wire.Side, Sequence[wire.Line]]) -> None:
    rows = [{"side": side, **line.model_dump(mode="json")} for side, some in found.items() for line in some]
    _csv(("side", *FIELDS), rows)


def differences_as_csv(found: Sequence[wire.Difference]) -> None:
    rows = [
        {
            "share": str(one.share),
            "differs": " ".join(one.differs),
            "says": "; ".join(one.says),
            "state": one.here and one.here.state,
            "case_reference": one.here and one.here.case_reference,
        }
        for one in found
    ]
    _csv(("share", "differs", "says", "state", "case_reference"), rows)


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(columns)
    for row in rows:
        out.writerow([_cell(row[name]) for name in columns])


def _cell(told: object) -> str:
    """A case reference is somebody else's text: a spreadsheet must not take it for a formula."""
    if isinstance(told, bool):
        return "yes" if told else "no"
    text = "" if told is None else str(told)
    return f"'{text}" if text.startswith(_FORMULA) else text
