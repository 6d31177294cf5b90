"""A family left, and nobody knows where to: an enquiry is owed by each whom the protocol names, until they are found or
a safeguarding lead stands it down; it comes again for as long as it lapses, and whoever knew them last holds them.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from agencies import wire
from hub import errors
from hub.enquiry import guard_lead
from hub.store import registry
from protocols.parse import parse, print_
from tests.examples import GONE, NOW, example, spoilt
from tests.workers.town import PERSON, Town
from workers.chase import chase

UNTRACED = "handover-moved-and-nobody-knows-where"
SENDER, MASH, POLICE, GP = "sandwell-0-19", "sandwell-mash", "sandwell-police", "sandwell-gp-1"
SOCIAL = "sandwell-childrens-social-care"
LEAD = wire.Person(name="Test Practitioner", role="Safeguarding lead")


@pytest.fixture
def town(database: str) -> Iterator[Town]:
    made = Town.on(database)
    yield made
    made.engine.dispose()


def gone(town: Town) -> UUID:
    message = town.send(UNTRACED)
    town.drain()
    return message


def enquiries(town: Town, message: UUID) -> dict[str, Any]:
    """The open ones, by who owes them."""
    sql = "SELECT * FROM owed WHERE message_id = :m AND what = 'enquiry' AND met_at IS NULL"
    return {row.owed_by: row for row in town.rows(sql, m=message)}


def check_back(town: Town, agency: str, share: UUID) -> None:
    town.receive(agency, share)
    body = wire.CheckBack(
        by=PERSON, case_reference="c", understanding="they are gone", significance="nobody sees the children",
        no_actions_because="the enquiry is the action", review_on=town.now.date(),
    )  # fmt: skip
    assert isinstance(town.act(agency, share, "check_back", body), wire.Moved)


def say_met(town: Town, agency: str, row: Any) -> Any:  # noqa: ANN401 - a row; an answer
    body = wire.Meet(
        by=PERSON, owed=row.id, done="they live in Walsall with her sister; the school there rang"
    )
    return town.act(agency, row.share_id, "meet", body)


def stand_down(town: Town, agency: str, row: Any, by: wire.Person = LEAD) -> Any:  # noqa: ANN401 - as above
    body = wire.StandDown(by=by, owed=row.id, reason="they live abroad, and their consulate has seen them")
    return town.act(agency, row.share_id, "stand_down", body)


def sent_on(town: Town, **move: Any) -> UUID:  # noqa: ANN401 - fields of a move
    """The same family, found: a handover to where they are."""
    found = spoilt(
        example(UNTRACED),
        move__to_unknown_because=GONE,
        move__to_area="E08000025",
        **{f"move__{k}": v for k, v in move.items()},
    )
    message = town.send(UNTRACED, message=found)
    town.drain()
    return message


def test_each_whom_the_protocol_names_owes_an_enquiry_and_the_sender_holds_on(town: Town) -> None:
    message = gone(town)
    assert set(enquiries(town, message)) == {MASH, POLICE, GP, SOCIAL}
    held = {row.holder for row in town.rows("SELECT holder FROM holding WHERE until IS NULL")}
    assert held == {SENDER}
    assert town.rows("SELECT 1 FROM owed WHERE what = 'acceptance'") == [], "it is offered to nobody"


def test_one_who_finds_them_says_how_and_nobody_enquires_any_more(town: Town) -> None:
    message = gone(town)
    before = enquiries(town, message)
    check_back(town, POLICE, before[POLICE].share_id)
    assert isinstance(say_met(town, POLICE, before[POLICE]), wire.Moved)
    assert enquiries(town, message) == {}
    found = town.rows("SELECT recipient, sender FROM audit WHERE event = 'owed.found' ORDER BY recipient")
    assert [row.recipient for row in found] == sorted({MASH, GP, SOCIAL})
    assert {row.sender for row in found} == {SENDER}
    [then] = town.rows("SELECT * FROM owed WHERE what = 'hand_on'")
    assert (then.owed_by, then.share_id, then.met_at) == (SENDER, None, None), "by whoever holds them"
    assert isinstance(say_met(town, GP, before[GP]), errors.CheckbackError)
    town.later(hours=1)
    sent_on(town)
    [then] = town.rows("SELECT * FROM owed WHERE what = 'hand_on'")
    assert then.met_how == "done", "and so they are handed on"


def test_a_handover_to_where_they_are_finds_them(town: Town) -> None:
    message = gone(town)
    town.later(hours=1)
    sent_on(town)
    assert enquiries(town, message) == {}
    assert {row.met_how for row in town.rows("SELECT met_how FROM owed WHERE what = 'enquiry'")} == {"done"}
    assert town.rows("SELECT 1 FROM owed WHERE what = 'hand_on'") == [], "its sender hands them on itself"
    told = town.rows("SELECT detail FROM audit WHERE event = 'owed.found'")
    assert all(set(row.detail) == {"what", "owed"} for row in told), "that they are found, and not where"


def test_nobody_is_found_by_another_family_or_by_nowhere_again(town: Town) -> None:
    message = gone(town)
    town.later(hours=1)
    town.send("handover-sandwell-to-birmingham")
    town.send(UNTRACED)
    town.drain()
    assert set(enquiries(town, message)) == {MASH, POLICE, GP, SOCIAL}


def test_where_another_agency_says_where_they_are_whoever_holds_them_owes_that_they_are_handed_on(
    town: Town,
) -> None:
    message = gone(town)
    town.later(hours=1)
    theirs = example(UNTRACED)["children"][0]
    registered = spoilt(
        example("registration-sandwell"),
        children=[theirs],
    )
    town.send("registration-sandwell", message=registered, sender=GP)
    town.drain()
    assert enquiries(town, message) == {}
    [then] = town.rows("SELECT * FROM owed WHERE what = 'hand_on'")
    assert then.owed_by == SENDER


def test_a_safeguarding_lead_stands_it_down_and_nobody_else(town: Town) -> None:
    message = gone(town)
    row = enquiries(town, message)[POLICE]
    assert isinstance(stand_down(town, POLICE, row, PERSON), errors.Forbidden)
    assert isinstance(stand_down(town, "camden-0-19", row), errors.NotFound)
    assert isinstance(stand_down(town, SENDER, row), wire.Moved)
    assert set(enquiries(town, message)) == {MASH, GP, SOCIAL}
    [ended] = town.rows("SELECT met_how, met_by FROM owed WHERE id = :id", id=row.id)
    assert (ended.met_how, ended.met_by) == ("void", SENDER)
    [receipt] = town.rows("SELECT * FROM owed WHERE share_id = :s AND what = 'receipt'", s=row.share_id)
    body = wire.StandDown(by=LEAD, owed=receipt.id, reason="r")
    assert isinstance(town.act(POLICE, row.share_id, "stand_down", body), errors.Conflict)


NO_LEADS = (
    "PA to the safeguarding lead", "not the safeguarding lead", "safeguarding leadership trainee", "lead",
    "for the safeguarding lead, who is away", "safeguarding lead's secretary", "named nurse", "health visitor",
)  # fmt: skip
LEADS = (
    "safeguarding lead", "Safeguarding Lead", "GP, safeguarding lead", "deputy safeguarding lead",
    "Designated Safeguarding Lead", "Deputy designated safeguarding lead", "named nurse for safeguarding children",
    "Designated doctor for safeguarding", "Safeguarding-lead / practice manager", "  named   safeguarding lead ",
)  # fmt: skip


def test_only_who_is_a_lead_by_their_whole_role_stands_it_down(town: Town) -> None:
    message = gone(town)
    before = enquiries(town, message)
    for role in NO_LEADS:
        said = stand_down(town, POLICE, before[POLICE], wire.Person(name="Test Practitioner", role=role))
        assert isinstance(said, errors.Forbidden), role
        assert "designated safeguarding lead" in said.next, role
    assert set(enquiries(town, message)) == set(before)
    by = wire.Person(name="Test Practitioner", role="GP, deputy safeguarding lead")
    assert isinstance(stand_down(town, GP, before[GP], by), wire.Moved)


@pytest.mark.parametrize("role", LEADS)
def test_a_lead_writes_the_role_as_it_is_written_where_they_work(role: str) -> None:
    guard_lead(wire.Person(name="Test Practitioner", role=role))


def test_that_a_party_declines_is_no_end_of_it_unless_a_lead_says_so(town: Town) -> None:
    share = enquiries(town, gone(town))[POLICE].share_id
    town.receive(POLICE, share)
    town.act(POLICE, share, "decline", wire.Decline(by=PERSON, reason="wrong_service", explanation="e"))
    assert isinstance(
        town.act(SENDER, share, "release", wire.Release(by=PERSON, reason="r")), errors.Forbidden
    )
    assert isinstance(town.act(SENDER, share, "release", wire.Release(by=LEAD, reason="r")), wire.Moved)


def test_a_share_does_not_close_before_they_are_found(town: Town) -> None:
    row = enquiries(town, gone(town))[MASH]
    check_back(town, MASH, row.share_id)
    town.act(SENDER, row.share_id, "agree", wire.Agree(by=PERSON))
    close = wire.Close(by=PERSON, outcome="o", review_held_on=town.now.date())
    assert isinstance(town.act(MASH, row.share_id, "close", close), errors.Conflict)
    assert isinstance(stand_down(town, MASH, row), wire.Moved)
    assert isinstance(town.act(MASH, row.share_id, "close", close), wire.Moved)


def test_one_that_lapses_climbs_and_comes_again_and_never_falls_silent(town: Town) -> None:
    message = gone(town)
    first = enquiries(town, message)[POLICE]
    for _ in range(120):
        town.later(hours=6)
        chase(town.line())
    rows = town.rows(
        "SELECT * FROM owed WHERE share_id = :s AND what = 'enquiry' ORDER BY started_at", s=first.share_id
    )
    assert len(rows) > 2
    assert [row.met_how for row in rows] == ["again"] * (len(rows) - 1) + [None]
    for earlier, later in pairwise(rows):
        assert (later.limit_text, later.clause, later.owed_by) == (first.limit_text, first.clause, POLICE)
        assert later.started_at == earlier.met_at, "from the last step of its ladder on"
        assert earlier.step > 0
    assert rows[-1].next_at is not None, "somebody is told again"
    assert set(enquiries(town, message)) == {MASH, POLICE, GP, SOCIAL}, "one each, and no more"


def test_one_that_runs_from_the_receipt_comes_again_by_the_same_limit(town: Town) -> None:
    now = next(one for one in town.known().protocols if one.id == "sandwell")
    written = print_(replace(now, version="next", effective=NOW.date()))
    source = written.replace('enquiry = "3 days"', 'enquiry = "3 days from receipt"')
    assert source != written
    with town.engine.begin() as conn:
        registry.save_protocol(conn, source, parse(source, file="next.toml"), at=town.now)
    message = gone(town)
    town.receive(POLICE, town.shares(message)[POLICE].id)
    first = enquiries(town, message)[POLICE]
    assert first.limit_text == "3 days from receipt"
    for _ in range(60):
        town.later(hours=6)
        chase(town.line())
    last = enquiries(town, message)[POLICE]
    assert last.id != first.id
    assert (last.limit_text, last.due_at - last.started_at) == ("3 days from receipt", timedelta(days=3))


def test_one_that_cannot_be_owed_anew_stays_open_and_keeps_no_other_from_being_told(town: Town) -> None:
    message = gone(town)
    first = enquiries(town, message)
    spoil = "UPDATE owed SET limit_text = :limit WHERE id = :id"
    with town.engine.begin() as conn:
        conn.execute(text(spoil), {"limit": "a limit of a later version", "id": first[POLICE].id})
    for _ in range(120):
        town.later(hours=6)
        chase(town.line())
    last = enquiries(town, message)
    assert set(last) == {MASH, POLICE, GP, SOCIAL}
    assert {agency for agency, row in last.items() if row.id == first[agency].id} == {POLICE}
    assert last[POLICE].next_at > town.now, "it is looked at again"
    with town.engine.begin() as conn:
        conn.execute(text(spoil), {"limit": first[POLICE].limit_text, "id": first[POLICE].id})
    town.later(hours=1)
    chase(town.line())
    assert enquiries(town, message)[POLICE].id != first[POLICE].id
