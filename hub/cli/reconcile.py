"""`checkback reconcile`: what has no registered case at the other end, and what an agency's own records have otherwise.

Made for a job that runs every morning: it prints what somebody must look into, and its exit status is 1 if there is
anything. Through the client that an agency's system uses, like `checkback inbox`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from agencies import comparing, wire
from agencies.client import Checkback
from hub import clock
from hub.cli import own_records, reconciled
from hub.cli.caller import As, TokenFile, Url, client
from hub.errors import Invalid

PAGE = 500
YESTERDAY = "yesterday"
A_DAY = timedelta(days=1)


class End(StrEnum):
    SENT = "sent"
    RECEIVED = "received"


@dataclass(frozen=True)
class Asked:
    """What of all there is somebody wants to see, and in which shape."""

    sides: tuple[wire.Side, ...]
    since: datetime | None
    before: datetime | None
    everything: bool
    overdue: bool
    as_json: bool
    as_csv: bool

    def wants(self, line: wire.Line) -> bool:
        """Of what was never sent, or was declined, nobody owes a check-back: it is not left out for that."""
        if not self.overdue or line.standing in ("nobody_hears", "not_sent", "declined"):
            return True
        return line.overdue


def reconcile(
    *,
    as_: As = None,
    url: Url = None,
    token_file: TokenFile = None,
    side: Annotated[
        End | None, typer.Option(help="Only what you sent, or received. Both, unless you say; with --mine, received.",
                                 show_default=False),
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="Sent on that day or later.", show_default=False)
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="Sent on that day or earlier.", show_default=False)
    ] = None,
    overdue: Annotated[
        bool, typer.Option("--overdue", help="Leave out what need not have been checked back yet.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what has a registered case, and what is over.")
    ] = False,
    mine: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Compare with your own records: JSON, or CSV with the columns share,"
                     " case_reference and open; - reads standard input.", show_default=False),
    ] = None,
    day: Annotated[
        str | None,
        typer.Option(metavar="DATE", help=f"The statement of a day that is over, or of {YESTERDAY}.",
                     show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for a program.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="As CSV, for a spreadsheet.")] = False,
) -> None:  # fmt: skip
    """Say what has no registered case at the other end, and what your own records have otherwise.

    The exit status is 1 if there is anything, so that a job that runs every morning notices; and 0 if there is not.
    """
    _one_of({"--mine": mine is not None, "--day": day is not None}, "they tell of different things")
    _one_of(
        {"--mine": mine is not None, "--overdue or --all": overdue or everything},
        "it compares all that is open",
    )
    _one_of({"--json": as_json, "--csv": as_csv}, "an output has one shape")
    period = {"--since": since is not None, "--until": until is not None}
    _one_of({"--day": day is not None, "a period": any(period.values())}, "a statement is of one day")
    asked = Asked(
        sides=_sides(side, mine),
        since=None if since is None else clock.whole_day_after(_day(since) - A_DAY),
        before=None if until is None else clock.whole_day_after(_day(until)),
        everything=everything,
        overdue=overdue,
        as_json=as_json,
        as_csv=as_csv,
    )
    own = None if mine is None else own_records.read(mine)
    with client(as_, url, token_file, None) as hub:
        if own is not None:
            found = _compare(hub, asked, own)
        elif day is not None:
            found = _statement(hub, asked, _day(day))
        else:
            found = _missing(hub, asked)
    if found:
        raise typer.Exit(1)


def _one_of(given: Mapping[str, bool], because: str) -> None:
    if all(given.values()):
        raise Invalid(f"{' and '.join(given)} do not go together: {because}", next="give one of them")


def _sides(side: End | None, mine: Path | None) -> tuple[wire.Side, ...]:
    if side is None:
        return ("sent", "received") if mine is None else ("received",)
    return ("sent",) if side is End.SENT else ("received",)


def _day(text: str) -> date:
    if text == YESTERDAY:
        return clock.now().astimezone(clock.LONDON).date() - A_DAY
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if day.year < 2000:  # noqa: PLR2004 - before there was any hub, and before the calendar's own end
        raise Invalid(f"{text} is no day that a hub knows", next="write it as 2026-07-03")
    return day


# -- what has no registered case ----------------------------------------------------------------------------


def _missing(hub: Checkback, asked: Asked) -> bool:
    found = {side: [line for line in _lines(hub, asked, side) if asked.wants(line)] for side in asked.sides}
    if asked.as_json:
        reconciled.as_json(found)
    elif asked.as_csv:
        reconciled.lines_as_csv(found)
    else:
        reconciled.lines(found, whole=asked.everything)
    return _is_any_missing(found)


def _lines(hub: Checkback, asked: Asked, side: wire.Side) -> Iterator[wire.Line]:
    after: str | None = None
    standing: wire.Sought | None = None if asked.everything else "missing"
    while True:
        page = hub.reconciliation(
            side=side, standing=standing, since=asked.since, before=asked.before, after=after, limit=PAGE
        )
        yield from page.lines
        after = page.next
        if after is None:
            return


def _is_any_missing(found: Mapping[wire.Side, Sequence[wire.Line]]) -> bool:
    return any(line.standing in comparing.MISSING[side] for side, lines in found.items() for line in lines)


# -- the statement of a day ---------------------------------------------------------------------------------


def _statement(hub: Checkback, asked: Asked, day: date) -> bool:
    told = _whole_statement(hub, day)
    found: dict[wire.Side, list[wire.Line]] = {side: [] for side in asked.sides}
    for line in told.lines:
        side: wire.Side = "sent" if line.sender == told.agency else "received"
        if side in found and asked.wants(line):
            found[side].append(line)
    if asked.as_json:
        reconciled.as_json(told)
    elif asked.as_csv:
        reconciled.lines_as_csv(found)
    else:
        reconciled.statement(told, found)
    return _is_any_missing(found)


def _whole_statement(hub: Checkback, day: date) -> wire.Statement:
    first = page = hub.statement(day, limit=PAGE)
    lines = list(page.lines)
    while page.next is not None:
        page = hub.statement(day, after=page.next, limit=PAGE)
        lines += page.lines
    return first.model_copy(update={"lines": tuple(lines), "next": None})


# -- against one's own records ------------------------------------------------------------------------------


def _compare(hub: Checkback, asked: Asked, own: Sequence[wire.Mine]) -> bool:
    """What one has, the hub compares; what one has not is seen by reading what the hub has."""
    found: list[wire.Difference] = []
    for start in range(0, len(own), wire.MOST_COMPARED):
        some = tuple(own[start : start + wire.MOST_COMPARED])
        found += hub.compare(wire.Compare(shares=some)).differences
    ids = {one.share for one in own}
    whole = replace(asked, everything=True)
    for side in asked.sides:
        found += comparing.missing(_lines(hub, whole, side), ids, side=side)
    if asked.as_json:
        reconciled.as_json({"differences": found})
    elif asked.as_csv:
        reconciled.differences_as_csv(found)
    else:
        reconciled.differences(found)
    return bool(found)
