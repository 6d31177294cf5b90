"""What no one message says: three missed by a baby and an older sibling, and one conversation opened, once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from agencies import wire
from agencies.keys import KeyRow
from hub.store import registry
from hub.store.tables import TASKS
from protocols.messages.fields import is_nhs_number
from tests.examples import NOW, example, spoilt
from tests.workers.town import KEYS, PERSON, Town
from workers import jobs, turns
from workers.run import take
from workers.watch import watch

SCAN = example("was-not-brought-hip-scan-of-a-baby")
HOSPITAL, HV, GP, OFFICE = "sandwell-hospital", "sandwell-0-19", "sandwell-gp-1", "sandwell-partnership"
BABY, BROTHER = 0, 1
TODAY = NOW.date()
NUMBERS = [number for number in map(str, range(9990010000, 9990010200)) if is_nhs_number(number)]


@pytest.fixture
def town(database: str) -> Iterator[Town]:
    made = Town.on(database)
    yield made
    made.engine.dispose()


def missed(child: int = BABY, *, ago: int = 0, **changes: object) -> dict[str, Any]:
    """One appointment that was missed so many days ago, as of the day on which the examples are written."""
    of = {"appointments__0__child": child, "appointments__0__on": (TODAY - timedelta(days=ago)).isoformat()}
    return spoilt(SCAN, **{**of, **changes})


def family(number: int) -> dict[str, Any]:
    """Others."""
    both = ((BABY, "2025-12-01"), (BROTHER, "2021-03-09"))
    return {
        f"children__{place}__{field}": value
        for place, born in both
        for field, value in {
            "nhs_number": NUMBERS[2 * number + place],
            "name": f"{'ABCDEFGH'[number]}{'xy'[place]} Lunn",
            "date_of_birth": born,
        }.items()
    }


def told(town: Town, child: int = BABY, *, ago: int = 0, sender: str = HOSPITAL, **changes: object) -> UUID:
    message = town.send(message=missed(child, ago=ago, **changes), sender=sender)
    town.drain()
    return message


def opened(town: Town, what: str = "look_together") -> list[Any]:
    return town.rows("SELECT * FROM owed WHERE what = :w ORDER BY started_at, id", w=what)


def asked_of(town: Town) -> list[tuple[str, str, str]]:
    """What watches have opened: what, by whom, and whether it is done."""
    rows = town.rows(
        "SELECT what, owed_by, coalesce(met_how, 'open') AS how FROM owed JOIN crossing_owes ON owed_id = owed.id"
        " ORDER BY started_at, id"
    )
    return [(row.what, row.owed_by, row.how) for row in rows]


def counted(town: Town, owed: UUID) -> set[UUID]:
    rows = town.rows(
        "SELECT message_id FROM crossing_counts JOIN watched ON watched.id = watched_id WHERE crossing_id ="
        " (SELECT crossing_id FROM crossing_owes WHERE owed_id = :o)",
        o=owed,
    )
    return {row.message_id for row in rows}


def done(town: Town, duty: Any, agency: str = HV) -> None:  # noqa: ANN401 - a row
    town.receive(agency, duty.share_id)
    body = wire.Meet(by=PERSON, owed=duty.id, done="We rang each other and go through it on Friday.")
    assert isinstance(town.act(agency, duty.share_id, "meet", body), wire.Moved)


# -- counted --------------------------------------------------------------------------------------------------


def test_three_across_siblings_open_one_duty_at_the_health_visiting_service(town: Town) -> None:
    first, second = told(town, BROTHER, ago=100), told(town, ago=20)
    assert opened(town) == []
    third = told(town)
    [duty] = opened(town)
    assert (duty.owed_by, duty.owed_to, duty.message_id) == (HV, HOSPITAL, third)
    assert duty.share_id == town.shares(third)[HV].id
    assert (duty.protocol, duty.clause, duty.ladder) == ("sandwell", "not-brought-again", "standard")
    assert (duty.limit_text, duty.next_at) == ("2 working days", duty.due_at)
    assert counted(town, duty.id) == {first, second, third}
    town.drain()
    town.later(minutes=30)
    town.drain()
    assert asked_of(town) == [("look_together", HV, "open")]


def test_two_are_not_enough_and_nor_are_three_of_strangers(town: Town) -> None:
    told(town, ago=10)
    told(town)
    told(town, **family(0))
    assert asked_of(town) == []


def test_the_same_appointment_told_by_two_is_one(town: Town) -> None:
    told(town, ago=10)
    told(town, ago=3)
    told(town, ago=3, sender=GP)
    assert asked_of(town) == []


def test_on_a_protection_plan_one_is_enough(town: Town) -> None:
    message = told(town, plan__kind="child_protection")
    [duty] = opened(town)
    assert (duty.owed_by, duty.message_id) == (HV, message)


def test_a_cancelled_one_counts(town: Town) -> None:
    told(town, ago=10)
    told(town, ago=3)
    called_off: dict[str, Any] = {
        "appointments__0__how": "cancelled_by_family",
        "appointments__0__on": "2026-04-20",
    }
    told(town, **called_off)
    assert asked_of(town) == [("look_together", HV, "open")]


@pytest.mark.parametrize(("first", "is_met"), [("2025-10-15", 1), ("2025-10-14", 0)])
def test_the_edge_of_the_window(town: Town, first: str, is_met: int) -> None:
    told(town, BROTHER, appointments__0__on=first)
    told(town, ago=50)
    told(town)
    assert len(asked_of(town)) == is_met


def test_what_comes_meanwhile_is_part_of_it_and_after_it_is_done_the_count_begins_anew(town: Town) -> None:
    for ago in (30, 20, 10):
        told(town, ago=ago)
    fourth = told(town, ago=8)
    [duty] = opened(town)
    assert fourth in counted(town, duty.id)
    done(town, duty)
    town.drain()
    for ago in (6, 4):
        told(town, ago=ago)
    assert asked_of(town) == [("look_together", HV, "done")], "two since then"
    last = told(town, BROTHER, ago=2)
    assert asked_of(town) == [("look_together", HV, "done"), ("look_together", HV, "open")]
    assert opened(town)[1].message_id == last
    assert len(counted(town, opened(town)[1].id)) == 3


def test_what_its_sender_takes_back_is_not_counted(town: Town) -> None:
    told(town, ago=30)
    wrong = told(town, ago=20)
    town.withdraw(wrong, HOSPITAL)
    told(town, ago=10)
    assert asked_of(town) == []


def test_what_set_it_off_is_taken_back_and_the_rest_is_counted_afresh(town: Town) -> None:
    for ago in (30, 20):
        told(town, ago=ago)
    wrong = told(town, ago=5)
    town.withdraw(wrong, HOSPITAL)
    town.drain()
    assert asked_of(town) == [("look_together", HV, "void")]
    third = told(town, BROTHER)
    assert asked_of(town) == [("look_together", HV, "void"), ("look_together", HV, "open")]
    assert third in counted(town, opened(town)[1].id)
    assert wrong not in counted(town, opened(town)[1].id)


def test_a_message_that_makes_two_children_siblings_lets_what_was_told_of_both_count(town: Town) -> None:
    alone: dict[str, Any] = {"children": [SCAN["children"][0]]}
    told(town, ago=30, **alone)
    told(town, ago=20, **alone)
    told(town, BABY, ago=10, children=[SCAN["children"][1]])
    assert asked_of(town) == [], "nobody has said that they belong together"
    neglect = example("concern-neglect")  # of another kind, which no watch counts
    both = spoilt(neglect, children=SCAN["children"])
    town.send(message=both, sender="sandwell-school-1")
    town.drain()
    assert asked_of(town) == [("look_together", HV, "open")]


def test_who_is_only_likely_the_same_child_waits_for_an_answer(town: Town) -> None:
    told(town, ago=30)
    told(town, ago=20)
    unsure = [{**SCAN["children"][0], "nhs_number_unknown_because": "No card was to hand."}]
    del unsure[0]["nhs_number"]
    told(town, ago=10, children=unsure)
    assert asked_of(town) == []


# -- whom it asks ---------------------------------------------------------------------------------------------


def test_who_is_told_too_little_to_count_so_itself_does_not_learn_it_from_a_watch(town: Town) -> None:
    """The sender withheld one of them from the health visitors: the office is asked, and nobody else hears."""
    hidden = ({"agency": HV, "reason": "The grandmother works there."},)
    town.send(message=missed(ago=30), sender=HOSPITAL, withhold=hidden)
    told(town, ago=20)
    last = told(town)
    assert asked_of(town) == [("see_to_watch", OFFICE, "open")]
    [task] = opened(town, "see_to_watch")
    assert (task.owed_to, task.about, task.message_id, task.share_id) == (
        OFFICE,
        "not-brought-again",
        last,
        None,
    )
    assert ("see_to_watch", OFFICE) in town.tasks(last)
    hears = town.rows(
        "SELECT DISTINCT sender, recipient FROM audit WHERE detail ->> 'what' = ANY(:w)", w=["see_to_watch"]
    )
    assert [(row.sender, row.recipient) for row in hears] == [(OFFICE, OFFICE)]


def test_the_other_end_hears_only_if_it_knows_as_much(town: Town) -> None:
    told(town, ago=30, sender="sandwell-gp-2")
    told(town, ago=20)
    told(town)
    [duty] = opened(town)
    assert (duty.owed_by, duty.owed_to) == (HV, HV)
    heard = town.rows("SELECT sender, recipient FROM audit WHERE event = 'owed.open'")
    assert [(row.sender, row.recipient) for row in heard] == [("hub", HV)]


def test_each_end_is_told_of_the_messages_that_it_knows(town: Town) -> None:
    ids = [told(town, ago=ago) for ago in (30, 20, 10)]
    rows = town.rows("SELECT recipient, detail FROM audit WHERE event = 'owed.open' ORDER BY id")
    assert [(row.recipient, row.detail["counted"]) for row in rows] == [
        (HV, sorted(map(str, ids))),
        (HOSPITAL, sorted(map(str, ids))),
    ]


def test_who_tells_the_last_itself_is_asked_about_what_it_was_told(town: Town) -> None:
    told(town, ago=30)
    second = told(town, ago=20)
    told(town, sender=HV, appointments__0__service={"role": "health_visiting", "agency": HV})
    [duty] = opened(town)
    assert (duty.owed_by, duty.message_id) == (HV, second)
    assert duty.share_id == town.shares(second)[HV].id


def test_who_told_all_of_them_itself_is_asked_about_the_last(town: Town) -> None:
    own: dict[str, Any] = {"appointments__0__service": {"role": "health_visiting", "agency": HV}}
    for ago in (30, 20):
        told(town, sender=HV, ago=ago, **own)
    last = told(town, sender=HV, **own)
    [duty] = opened(town)
    assert (duty.owed_by, duty.message_id) == (HV, last)
    assert duty.share_id == town.shares(last)[GP].id


def test_a_share_that_is_not_sent_yet_is_waited_for(database: str) -> None:
    town = Town.on(database, without_keys=frozenset({HV}))
    told(town, plan__kind="child_protection")
    assert asked_of(town) == []
    with town.engine.begin() as conn:
        registry.save_keys(conn, [KeyRow.of(KEYS[HV].public, agency=HV, since=NOW)])
    for _ in range(3):
        town.later(minutes=20)
        town.drain()
    assert asked_of(town) == [("look_together", HV, "open")]
    town.engine.dispose()


def test_who_declines_owes_it_no_more_and_whoever_gets_the_share_instead_does(town: Town) -> None:
    message = told(town, plan__kind="child_protection")
    share = town.shares(message)[HV].id
    town.receive(HV, share)
    no = wire.Decline(by=PERSON, reason="moved_on", explanation="They left in March.")
    assert isinstance(town.act(HV, share, "decline", no), wire.Moved)
    town.drain()
    assert asked_of(town) == [("look_together", HV, "void")], "the sender is finding somebody"
    release = wire.Release(by=PERSON, reason="The family has moved to their grandmother's.")
    assert isinstance(town.act(HOSPITAL, share, "release", release), wire.Moved)
    town.drain()
    assert asked_of(town) == [("look_together", HV, "void"), ("see_to_watch", OFFICE, "open")]


def test_a_lapse_climbs_the_ladder_and_the_next_in_turn_is_asked(town: Town) -> None:
    nurse = {"role": "school_nursing", "agency": "sandwell-school-nursing"}
    others = [*SCAN["services"]["others"], nurse]
    told(town, plan__kind="child_protection", services__others=others)
    [duty] = opened(town)
    town.now = duty.due_at + timedelta(minutes=1)
    town.drain()
    assert asked_of(town) == [
        ("look_together", HV, "open"),
        ("look_together", "sandwell-school-nursing", "open"),
    ]
    notices = town.rows("SELECT agency, contact, step FROM notice WHERE owed_id = :o", o=duty.id)
    assert [(row.agency, row.contact, row.step) for row in notices] == [(HV, "duty_lead", 1)]
    town.later(days=1)
    town.drain()
    assert len(asked_of(town)) == 2
    done(town, opened(town)[1], "sandwell-school-nursing")
    town.drain()
    assert asked_of(town) == [
        ("look_together", HV, "void"),
        ("look_together", "sandwell-school-nursing", "done"),
    ]


def test_it_is_met_on_a_share_that_is_closed(town: Town) -> None:
    """What was counted may be done with long before a watch is met."""
    ids = [told(town, ago=ago) for ago in (30, 20)]
    third = told(town)
    [duty] = opened(town)
    for message in ids:
        town.withdraw(message, HOSPITAL)
    assert town.state(third) == "routed"
    with town.engine.begin() as conn:
        conn.execute(text("UPDATE share SET state = 'closed' WHERE id = :s"), {"s": duty.share_id})
    body = wire.Meet(by=PERSON, owed=duty.id, done="We looked at it together.")
    moved = town.act(HV, duty.share_id, "meet", body)
    assert isinstance(moved, wire.Moved)
    assert moved.state == "closed"
    assert asked_of(town) == [("look_together", HV, "done")]


def test_a_message_that_closes_takes_nothing_of_a_watch_with_it(town: Town) -> None:
    message = told(town, plan__kind="child_protection")
    with town.engine.begin() as conn:
        conn.execute(text("UPDATE share SET state = 'closed' WHERE message_id = :m"), {"m": message})
    town.drain()
    assert town.state(message) == "closed"
    assert asked_of(town) == [("look_together", HV, "open")]


# -- whatever happens -----------------------------------------------------------------------------------------


def test_two_watchers_at_once_open_it_once(town: Town, lines: list[Any]) -> None:
    for number in range(4):
        for ago in (30, 20, 10):
            town.send(message=missed(ago=ago, **family(number)), sender=HOSPITAL)
    watchers = [town.line() for _ in range(4)]
    while any((due := take(watchers[0])).values()):
        for step, leased in due.items():
            jobs.walk(watchers[0], step, leased)
    assert asked_of(town) == [], "nobody has looked yet"
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda line: watch(line, at_once=3), watchers))
    assert asked_of(town) == [("look_together", HV, "open")] * 4
    assert [line for line in lines if line["log_level"] == "error"] == [], "none came in another's way"


def test_one_that_cannot_be_looked_at_keeps_no_other_from_it(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = town.send(message=missed(plan__kind="child_protection", **family(1)), sender=HOSPITAL)
    town.send(message=missed(plan__kind="child_protection"), sender=HOSPITAL)
    whole = turns.locked

    def broken(conn: Any, protocol: Any, rule: Any, rows: Any, set_off: UUID) -> Any:  # noqa: ANN401 - as of locked
        if set_off == first:
            raise ValueError
        return whole(conn, protocol, rule, rows, set_off)

    monkeypatch.setattr(turns, "locked", broken)
    town.drain()
    assert len(asked_of(town)) == 1
    monkeypatch.undo()
    town.later(minutes=20)
    town.drain()
    assert len(asked_of(town)) == 2


def test_a_task_is_one_that_offices_are_asked() -> None:
    assert "see_to_watch" in TASKS


def test_what_was_talked_about_and_is_told_once_more_is_no_new_occasion(town: Town) -> None:
    for ago in (30, 20, 10):
        told(town, ago=ago)
    [duty] = opened(town)
    done(town, duty)
    town.drain()
    for ago in (30, 20, 10):
        told(town, ago=ago, sender=GP)
    assert asked_of(town) == [("look_together", HV, "done")]


def test_one_of_what_was_counted_is_taken_back_and_the_rest_is_not_enough(town: Town) -> None:
    first = told(town, ago=30)
    second, _ = told(town, ago=20), told(town, ago=10)
    assert asked_of(town) == [("look_together", HV, "open")]
    town.withdraw(first, HOSPITAL)
    town.drain()
    assert asked_of(town) == [("look_together", HV, "void")]
    told(town, ago=5)
    assert asked_of(town) == [("look_together", HV, "void"), ("look_together", HV, "open")]
    assert first not in counted(town, opened(town)[1].id)
    assert second in counted(town, opened(town)[1].id)


def test_one_of_more_than_enough_is_taken_back_and_it_stands(town: Town) -> None:
    first = told(town, ago=30)
    for ago in (20, 10, 5):
        told(town, ago=ago)
    town.withdraw(first, HOSPITAL)
    town.drain()
    assert asked_of(town) == [("look_together", HV, "open")]
