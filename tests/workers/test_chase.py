"""Chased up the ladder: whatever lapses is heard of, each step once, in order, whoever chases and however often."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from agencies import wire
from agencies.directory import Directory
from agencies.directory import shipped as shipped_directory
from tests.workers.town import PERSON, Town
from workers.chase import chase

BRUISE = "concern-bruise-non-mobile-baby"
SENDER, MASH, OFFICE = "sandwell-0-19", "sandwell-mash", "sandwell-partnership"
HOUR = timedelta(hours=1)


@pytest.fixture
def town(database: str) -> Iterator[Town]:
    made = Town.on(database)
    yield made
    made.engine.dispose()


def sent(town: Town) -> UUID:
    """A bruise on a baby: the MASH owes a receipt within the hour and a check-back within four."""
    message = town.send(BRUISE)
    town.drain()
    return message


def told(town: Town, agency: str = MASH, what: str = "receipt") -> list[tuple[int, str, str]]:
    """The steps of what this agency owes that were told: which, to whom."""
    rows = town.rows(
        "SELECT notice.step, notice.agency, notice.contact FROM notice JOIN owed ON owed.id = owed_id"
        " WHERE what = :w AND owed_by = :a ORDER BY notice.step, notice.id",
        w=what,
        a=agency,
    )
    return [(row.step, row.agency, row.contact) for row in rows]


def of_mash(town: Town, message: UUID) -> Any:  # noqa: ANN401 - a row
    return town.shares(message)[MASH]


def test_nothing_is_told_before_its_moment(town: Town) -> None:
    sent(town)
    town.now += timedelta(minutes=59)
    assert chase(town.line()) == 0
    assert told(town) == []


def test_each_step_is_told_once_and_in_order(town: Town) -> None:
    message = sent(town)
    began = town.now
    steps: list[list[str]] = []
    for hours in range(1, 12):
        town.now = began + hours * HOUR
        chase(town.line())
        assert chase(town.line()) == 0, "told once"
        steps.append([f"{step} {agency}.{contact}" for step, agency, contact in told(town)])
    assert steps[0] == [f"1 {MASH}.duty_lead"]
    assert steps[1] == steps[0]
    assert steps[2][1:] == [f"2 {MASH}.safeguarding_lead", f"2 {SENDER}.safeguarding_lead"]
    assert steps[7] == steps[2]
    assert steps[-1][3:] == [f"3 {OFFICE}.safeguarding_lead", f"3 {MASH}.out_of_hours"], (
        "by then it is evening"
    )
    [row] = town.rows("SELECT * FROM owed WHERE what = 'receipt' AND owed_by = :a", a=MASH)
    assert (row.step, row.next_at, row.met_at) == (3, None, None)
    lapses = town.rows(
        "SELECT * FROM audit WHERE event = 'owed.lapse' AND message_id = :m AND recipient = :r ORDER BY id",
        m=message,
        r=MASH,
    )
    of_receipt = [one.detail for one in lapses if one.detail["what"] == "receipt"]
    assert [one["step"] for one in of_receipt] == [1, 2, 3]
    assert of_receipt[0]["told"] == [f"{MASH}.duty_lead"]
    heard = town.rows("SELECT sender FROM audit WHERE event = 'owed.lapse' AND recipient = :o", o=OFFICE)
    assert {row.sender for row in heard} == {"hub"}, "the office hears, and is no end of the share"


def test_what_is_done_is_not_chased(town: Town) -> None:
    message = sent(town)
    town.receive(MASH, of_mash(town, message).id)
    town.now += 3 * HOUR
    chase(town.line())
    assert told(town) == []
    assert told(town, what="check_back") == []
    town.now += 2 * HOUR
    chase(town.line())
    assert told(town, what="check_back") == [(1, MASH, "out_of_hours")], "it is six in the evening"


def test_what_the_sender_owes_the_sender_hears_of(town: Town) -> None:
    message = sent(town)
    share = of_mash(town, message).id
    town.receive(MASH, share)
    body = wire.CheckBack(
        by=PERSON, case_reference="M-1", understanding="u", significance="s", no_actions_because="seen today",
        review_on=town.now.date() + timedelta(days=3),
    )  # fmt: skip
    assert isinstance(town.act(MASH, share, "check_back", body), wire.Moved)
    town.now += 4 * HOUR + timedelta(minutes=1)
    chase(town.line())
    assert {agency for _, agency, _ in told(town, agency=SENDER, what="agreement")} == {MASH, SENDER}


def test_an_action_and_a_review_are_chased_from_their_own_days(town: Town) -> None:
    message = sent(town)
    share = of_mash(town, message).id
    town.receive(MASH, share)
    today = town.now.date()
    body = wire.CheckBack(
        by=PERSON, case_reference="M-1", understanding="u", significance="s",
        actions=(wire.Action(what="visit", who="Nina", by_when=today + timedelta(days=1)),),
        review_on=today + timedelta(days=7),
    )  # fmt: skip
    town.act(MASH, share, "check_back", body)
    town.act(SENDER, share, "agree", wire.Agree(by=PERSON))
    town.later(days=2)
    chase(town.line())
    assert told(town, what="action")[0][:2] == (1, MASH)
    assert told(town, what="review") == []
    town.later(days=6)
    chase(town.line())
    assert told(town, what="review")[0][:2] == (1, MASH)


def test_after_days_of_being_down_the_missed_steps_are_told_in_order_and_once(town: Town) -> None:
    sent(town)
    town.later(days=3)
    assert chase(town.line()) > 0
    assert [step for step, _, _ in told(town)] == [1, 2, 2, 3, 3]
    assert chase(town.line()) == 0


def test_a_clock_that_goes_back_tells_nothing_again(town: Town) -> None:
    sent(town)
    town.now += 2 * HOUR
    chase(town.line())
    before = told(town)
    town.now -= HOUR
    assert chase(town.line()) == 0
    assert told(town) == before


def test_many_chasers_at_once_tell_each_step_once(town: Town) -> None:
    for _ in range(6):
        sent(town)
    town.later(days=2)
    line = town.line()
    with ThreadPoolExecutor(10) as pool:
        steps = sum(pool.map(lambda _: chase(line, at_once=7), range(10)))
    steps += chase(line)
    [open_] = town.rows(
        "SELECT count(*) AS n, sum(step) AS steps FROM owed WHERE met_at IS NULL AND due_at < :n", n=town.now
    )
    assert open_.steps == steps
    [notices] = town.rows(
        "SELECT count(*) AS n, count(DISTINCT (owed_id, step, agency, contact)) AS different FROM notice"
    )
    assert notices.n == notices.different
    assert (
        town.rows(
            "SELECT detail ->> 'owed' FROM audit WHERE event = 'owed.lapse' AND sender <> 'hub'"
            " GROUP BY detail ->> 'owed', detail ->> 'step' HAVING count(*) > 1"
        )
        == []
    )


def test_a_task_of_an_office_that_nobody_does_is_chased_as_well(database: str) -> None:
    town = Town.on(database, without_keys=frozenset({MASH}))
    message = sent(town)
    assert ("register_key", OFFICE) in town.tasks(message)
    town.later(days=10)
    chase(town.line())
    steps = told(town, agency=OFFICE, what="register_key")
    assert {step for step, _, _ in steps} == {1, 2, 3}
    assert {agency for step, agency, _ in steps if step == 2} == {OFFICE, SENDER}
    town.engine.dispose()


def test_what_a_step_finds_nobody_for_goes_to_the_next_at_once(town: Town) -> None:
    """The operator's own task has no agency behind it: the ladder is climbed to the end, and the log says so."""
    sent(town)
    with town.engine.begin() as conn:
        conn.exec_driver_sql(
            "UPDATE owed SET owed_by = 'hub', owed_to = 'hub', share_id = NULL WHERE what = 'receipt'"
        )
    town.now += 2 * HOUR
    chase(town.line())
    rows = town.rows("SELECT step, next_at FROM owed WHERE what = 'receipt' AND due_at < :n", n=town.now)
    assert {(row.step, row.next_at) for row in rows} == {(3, None)}


def test_of_a_share_that_was_never_sent_its_recipient_hears_nothing(database: str) -> None:
    """Where an area has no office, the sender is asked for the key that is missing: the ladder stays with them."""
    gone = {OFFICE, "sandwell-lscb"}  # which it followed
    rows = [row for row in shipped_directory().to_rows() if row["id"] not in gone]
    town = Town.on(database, directory=Directory.from_rows(rows), without_keys=frozenset({MASH}))
    message = sent(town)
    assert town.states(message)[MASH] == "planned"
    assert ("register_key", SENDER) in town.tasks(message)
    town.later(days=10)
    chase(town.line())
    assert {agency for _, agency, _ in told(town, agency=SENDER, what="register_key")} == {SENDER}
    assert town.rows("SELECT 1 FROM audit WHERE event = 'owed.lapse' AND recipient = :m", m=MASH) == []
    town.engine.dispose()


def test_one_that_cannot_be_chased_keeps_no_other_from_being_told(town: Town) -> None:
    first, second = sent(town), sent(town)
    with town.engine.begin() as conn:
        conn.execute(
            text("UPDATE share SET terms = terms || CAST(:bad AS jsonb) WHERE message_id = :m"),
            {"bad": '{"ladder_steps": [{"after": "soon", "tell": []}]}', "m": first},
        )
    town.now += HOUR + timedelta(minutes=1)
    chase(town.line())
    rows = town.rows(
        "SELECT message_id, step, next_at FROM owed WHERE what = 'receipt' AND owed_by = :a", a=MASH
    )
    found = {row.message_id: (row.step, row.next_at > town.now) for row in rows}
    assert found == {first: (0, True), second: (1, True)}


def test_a_share_that_went_back_is_not_chased_any_more(town: Town) -> None:
    message = sent(town)
    town.withdraw(message)
    town.later(days=5)
    assert chase(town.line()) == 0
