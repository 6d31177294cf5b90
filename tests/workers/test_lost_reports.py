"""The story of the 63 lost reports. A hub in Norway told the senders "sent", and the receiving system had them; they
were never registered, and nobody noticed for years. Here it is played: a system polls, says that it has everything, and
drops 63 of what it took. It is found out by the first deadline, by both ends, and nothing has been deleted.
"""

import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from agencies import wire
from hub import reading
from hub.store import days
from hub.store.connect import looking
from tests.workers.town import PERSON, RECORDS, Town
from workers.chase import chase

BRUISE = "concern-bruise-non-mobile-baby"
SENDER, MASH = "sandwell-0-19", "sandwell-mash"
LOST, REGISTERED = 63, 2
TODAY, TOMORROW = date(2026, 4, 15), date(2026, 4, 16)
FIRST_DEADLINE = timedelta(hours=4, minutes=1)


class CaseSystem:
    """The MASH's own: it takes all that comes and says so, and keeps what it happens to keep."""

    def __init__(self, town: Town, keeps: int) -> None:
        self.town = town
        self.keeps = keeps
        self.cases: dict[UUID, str] = {}
        self.dropped: set[UUID] = set()

    def poll(self) -> None:
        while True:
            with looking(self.town.engine) as conn:
                page = reading.inbox(conn, MASH, after=None, limit=20)
            if not page.shares:
                return
            took = [item.share for item in page.shares]
            self.town.receive(MASH, *took)
            for share in took:
                if len(self.cases) < self.keeps:
                    self.cases[share] = f"MASH-{len(self.cases) + 1}"
                else:
                    self.dropped.add(share)

    def records(self) -> tuple[wire.Mine, ...]:
        return tuple(wire.Mine(share=share, case_reference=case) for share, case in self.cases.items())


def check_back(town: Town, agency: str, share: UUID, case: str) -> None:
    body = wire.CheckBack(
        by=PERSON, case_reference=case, understanding="u", significance="s", no_actions_because="seen today",
        review_on=town.now.date() + timedelta(days=30),
    )  # fmt: skip
    assert isinstance(town.act(agency, share, "check_back", body), wire.Moved)


@pytest.fixture
def system(town: Town) -> CaseSystem:
    """65 concerns went to the MASH; everybody else does what they should."""
    town.send_all([town.incoming(BRUISE) for _ in range(LOST + REGISTERED)])
    town.drain()
    system = CaseSystem(town, REGISTERED)
    town.later(minutes=20)
    system.poll()
    for share, case in system.cases.items():
        check_back(town, MASH, share, case)
    for row in town.rows("SELECT id, recipient FROM share WHERE recipient <> :m", m=MASH):
        town.receive(row.recipient, row.id)
        check_back(town, row.recipient, row.id, "theirs")
    assert len(system.dropped) == LOST
    return system


def listed(town: Town, agency: str, side: wire.Side, standing: wire.Sought = "missing") -> list[wire.Line]:
    found: list[wire.Line] = []
    after = None
    while True:
        with looking(town.engine) as conn:
            page = reading.reconciled(
                conn, agency, side, standing, period=wire.Period(), after=after, limit=25, records=RECORDS,
                at=town.now,
            )  # fmt: skip
        found += page.lines
        after = page.next
        if after is None:
            return found


def statement(town: Town, agency: str, day: date) -> wire.Statement:
    ends = days.ends_of(town.engine, day, at=town.now)
    with looking(town.engine) as conn:
        return reading.statement(conn, agency, day, ends, after=None, limit=500, records=RECORDS)


def shares_of(lines: Iterable[wire.Line]) -> set[UUID | None]:
    return {line.share for line in lines}


def lapses(town: Town, agency: str) -> set[UUID]:
    """Of which shares the agency has heard that a check-back lapsed, among its events."""
    with looking(town.engine) as conn:
        events = reading.events(conn, agency, after=None, limit=5_000).events
    return {
        one.share for one in events if one.event == "owed.lapse" and one.what == "check_back" and one.share
    }


def test_before_the_deadline_they_are_missing_and_nobody_is_alarmed(town: Town, system: CaseSystem) -> None:
    chase(town.line())
    assert lapses(town, SENDER) == set()
    for agency, side in ((SENDER, "sent"), (MASH, "received")):
        lines = listed(town, agency, side)  # type: ignore[arg-type]
        assert shares_of(lines) == system.dropped
        assert not any(line.overdue for line in lines)


def test_the_first_deadline_finds_them_out(town: Town, system: CaseSystem) -> None:
    town.now += FIRST_DEADLINE
    chase(town.line())
    assert lapses(town, SENDER) == lapses(town, MASH) == system.dropped
    told = town.rows(
        "SELECT DISTINCT agency FROM notice JOIN owed ON owed.id = owed_id WHERE what = 'check_back'"
    )
    assert [row.agency for row in told] == [MASH], "its duty lead first"
    town.now += timedelta(hours=2)
    chase(town.line())
    told = town.rows(
        "SELECT DISTINCT agency FROM notice JOIN owed ON owed.id = owed_id WHERE what = 'check_back'"
    )
    assert {row.agency for row in told} == {MASH, SENDER}, "then both ends' leads"
    for agency, side in ((SENDER, "sent"), (MASH, "received")):
        lines = listed(town, agency, side)  # type: ignore[arg-type]
        assert len(lines) == LOST
        assert shares_of(lines) == system.dropped
        assert {(line.standing, line.overdue, line.case_reference) for line in lines} == {
            ("not_registered", True, None)
        }
    assert listed(town, SENDER, "sent") == listed(town, MASH, "received")


def test_the_days_statement_shows_them_and_both_ends_have_the_same(town: Town, system: CaseSystem) -> None:
    town.now += timedelta(days=1)
    ours, theirs = statement(town, SENDER, TODAY), statement(town, MASH, TODAY)
    for told in (ours, theirs):
        lost = [line for line in told.lines if line.standing == "not_registered"]
        assert shares_of(lost) == system.dropped
        assert all(line.overdue for line in lost)
    assert theirs.count == LOST + REGISTERED
    assert {line.case_reference for line in theirs.lines} == {None, *system.cases.values()}
    [with_mash] = [one for one in ours.between if one.agency == MASH]
    [with_sender] = theirs.between
    assert (with_mash.side, with_sender.side) == ("sent", "received")
    assert with_mash.digest == with_sender.digest == theirs.digest

    town.now += timedelta(days=1)  # nothing has moved: they are still told of
    for agency in (SENDER, MASH):
        assert shares_of(statement(town, agency, TOMORROW).lines) == system.dropped
    assert statement(town, SENDER, TODAY) == ours


def test_its_own_records_say_which(town: Town, system: CaseSystem) -> None:
    own = wire.Compare(since=datetime.fromisoformat("2026-04-15T00:00:00+01:00"), shares=system.records())
    with looking(town.engine) as conn:
        told = reading.compared(conn, MASH, own, records=RECORDS, at=town.now)
    assert {one.share for one in told.differences} == system.dropped
    assert {one.differs for one in told.differences} == {("taken_and_dropped",)}


def test_nothing_was_deleted_and_they_can_be_fetched_and_registered(town: Town, system: CaseSystem) -> None:
    town.later(days=400)  # years passed in Norway
    town.drain()
    for share in sorted(system.dropped):
        with looking(town.engine) as conn:
            told = reading.share(conn, share, MASH, records=RECORDS)
        assert told.envelope is not None
        contents: dict[str, Any] = town.opened(MASH, json.dumps(told.envelope).encode())
        assert contents["message"]["kind"] == "concern"
    for share in sorted(system.dropped):
        check_back(town, MASH, share, "found")
    assert listed(town, SENDER, "sent") == listed(town, MASH, "received") == []
