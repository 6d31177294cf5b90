"""One child, many messages: who is told to be the same, who is asked about, and who is nobody's business."""

import threading
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from agencies.directory import Directory
from agencies.directory import shipped as shipped_directory
from hub.store import children, messages
from hub.store.tables import SAME_CHILD
from protocols.messages import read
from tests.examples import GONE, example, spoilt
from tests.workers.looking import eventually
from tests.workers.town import PSEUDONYMS, Town
from workers import people

BRUISE = "concern-bruise-non-mobile-baby"
OFFICE = "sandwell-partnership"


def of(**changes: object) -> dict[str, Any]:
    return spoilt(example(BRUISE), **changes)


def without_number(**changes: object) -> dict[str, Any]:
    why = {"children__0__nhs_number": GONE, "children__0__nhs_number_unknown_because": "Not on our system."}
    return of(**why, **changes)


def sent(town: Town, message: Mapping[str, Any], sender: str = "sandwell-0-19") -> UUID:
    found = town.send(message=message, sender=sender)
    town.drain()
    return found


def child(town: Town, message: UUID, place: int = 0) -> UUID:
    with town.engine.connect() as conn:
        return children.children_of_messages(conn, [message])[message][place]


def certainty(town: Town, message: UUID, part: str = "children") -> list[str]:
    rows = town.rows(
        "SELECT certainty FROM appearance WHERE message_id = :m AND part = :p ORDER BY place",
        m=message,
        p=part,
    )
    return [row.certainty for row in rows]


def questions(town: Town) -> list[Any]:
    return town.rows("SELECT * FROM likeness ORDER BY id")


def test_the_same_number_is_the_same_child(town: Town) -> None:
    first, second = sent(town, of()), sent(town, of(), sender="sandwell-mash")
    for place in (0, 1):
        assert child(town, first, place) == child(town, second, place)
    assert child(town, first, 0) != child(town, first, 1)
    assert certainty(town, first) == ["unknown", "unknown"]
    assert certainty(town, second) == ["certain", "certain"]
    assert questions(town) == []


def test_the_same_number_with_another_date_of_birth_is_a_question(town: Town) -> None:
    first, second = sent(town, of()), sent(town, of(children__0__date_of_birth="2026-01-06"))
    assert child(town, first) != child(town, second)
    assert certainty(town, second) == ["likely", "certain"]
    [asked] = questions(town)
    assert asked.why == ["nhs_number", "another_date_of_birth"]
    assert {asked.one, asked.other} == {child(town, first), child(town, second)}


def test_without_a_number_a_name_and_a_birth_are_a_question(town: Town) -> None:
    first, second = sent(town, of()), sent(town, without_number())
    assert child(town, first) != child(town, second)
    [asked] = questions(town)
    assert asked.why == ["name_and_birth"]
    assert (asked.message_id, asked.answer) == (second, None)


def test_two_numbers_of_one_name_and_birth_are_a_question(town: Town) -> None:
    sent(town, of())
    second = sent(town, of(children__0__nhs_number="9990000212"))
    assert certainty(town, second) == ["likely", "certain"]
    assert [one.why for one in questions(town)] == [["name_and_birth", "another_nhs_number"]]


def test_who_shares_nothing_is_somebody_new(town: Town) -> None:
    first = sent(town, of())
    second = sent(
        town,
        without_number(children__0__name="Another Child", children__0__date_of_birth="2025-12-01"),
    )
    assert child(town, first) != child(town, second)
    assert certainty(town, second) == ["unknown", "certain"]
    assert questions(town) == []


def test_who_round_a_child_has_no_number_is_known_beside_that_child(town: Town) -> None:
    """Else every message would ask anew about the same mother."""
    mother = {"household__0__nhs_number": GONE}
    first, second = sent(town, of(**mother)), sent(town, of(**mother))
    assert certainty(town, first, "household") == ["unknown"]  # the others are named without a date of birth
    assert certainty(town, second, "household") == ["certain"]
    elsewhere = of(
        children__0__nhs_number="9990000212",
        children__0__name="Another Child",
        children__1__nhs_number="9990000298",
        children__1__name="One More Child",
        **mother,
    )
    third = sent(town, elsewhere)
    assert certainty(town, third, "household") == ["likely"]
    assert len(questions(town)) == 1


def test_what_is_learnt_of_a_child_is_kept(town: Town) -> None:
    """A name that came with the number is known of whoever comes with the name alone."""
    unnamed = {"children__0__name": GONE, "children__0__name_unknown_because": "Not named yet."}
    first = sent(town, of(**unnamed))
    second = sent(town, of())
    assert child(town, first) == child(town, second)
    sent(town, without_number())
    assert [one.why for one in questions(town)] == [["name_and_birth"]]


def test_twins_without_names_are_two_whatever_is_sent(town: Town) -> None:
    changes: dict[str, object] = {}
    for place in (0, 1):
        changes |= {
            f"children__{place}__name": "Baby Brandt",
            f"children__{place}__date_of_birth": "2026-01-05",
            f"children__{place}__nhs_number": GONE,
            f"children__{place}__nhs_number_unknown_because": "Not issued yet.",
            f"children__{place}__mobile": False,
        }
    first, second = sent(town, of(**changes)), sent(town, of(**changes))
    persons_of = {child(town, message, place) for message in (first, second) for place in (0, 1)}
    assert len(persons_of) == 4
    assert (
        len(questions(town)) == 4
    )  # each of the second with each of the first; never one twin with the other


def test_a_batch_is_told_apart_as_one_after_the_other(town: Town) -> None:
    sent_at_once = town.send_all(
        [town.incoming(message=one) for one in (of(), without_number(), of(), without_number())]
    )
    town.drain()
    roots = [child(town, message) for message in sent_at_once]
    assert roots[0] == roots[2]
    assert len({roots[0], roots[1], roots[3]}) == 3
    assert len(questions(town)) == 3


UNBORN = "concern-pre-birth"


def unborn(due: str, *, mother: str = "9990000131") -> dict[str, Any]:
    return spoilt(example(UNBORN), children__0__due_date=due, household__0__nhs_number=mother)


def test_an_unborn_baby_is_known_by_its_mother_and_its_due_date(town: Town) -> None:
    first, second = sent(town, unborn("2026-07-03")), sent(town, unborn("2026-07-03"))
    assert child(town, first) == child(town, second)
    assert certainty(town, second) == ["certain"]
    corrected = sent(town, unborn("2026-07-14"))
    assert certainty(town, corrected) == ["likely"]
    assert [one.why for one in questions(town)] == [["mother", "another_due_date"]]
    another = sent(town, unborn("2026-07-03", mother="9990000212"))
    assert certainty(town, another) == ["unknown"]
    assert questions(town)[1].why == ["name_and_birth", "another_nhs_number"]  # of the two mothers


MOTHER, BABY = "9990001006", "9990000999"  # of the example of a birth, who was due on 20 April


def born(town: Town) -> UUID:
    return sent(town, example("birth-sandwell"), sender="sandwell-midwifery")


def of_the_baby() -> dict[str, Any]:
    return of(children__0__nhs_number=BABY, children__0__name="Ezra Lyle", children__1=GONE,
              children__0__date_of_birth="2026-04-12", household__0__nhs_number=GONE)  # fmt: skip


def test_an_unborn_baby_goes_on_as_the_child_that_is_born(town: Town) -> None:
    before = sent(town, unborn("2026-04-20", mother=MOTHER))
    birth = born(town)
    assert child(town, before) == child(town, birth)
    after = sent(town, of_the_baby())
    assert child(town, after) == child(town, before)  # by the number, which the birth has brought
    assert certainty(town, after) == ["certain"]


def test_a_birth_with_another_due_date_is_a_question(town: Town) -> None:
    before = sent(town, unborn("2026-04-28", mother=MOTHER))
    assert child(town, before) != child(town, born(town))
    assert ["mother", "another_due_date"] in [one.why for one in questions(town)]


def test_who_was_spoken_of_before_the_birth_was_told_is_asked_about(town: Town) -> None:
    before = sent(town, unborn("2026-04-20", mother=MOTHER))
    early = sent(town, of_the_baby())
    birth = born(town)
    assert child(town, birth) == child(town, early) != child(town, before)
    assert ["mother_and_due"] in [one.why for one in questions(town)]


def test_without_the_mothers_number_an_unborn_baby_is_somebody_new(town: Town) -> None:
    message = spoilt(example(UNBORN), household__0__nhs_number=GONE)
    first, second = sent(town, message), sent(town, message)
    assert child(town, first) != child(town, second)
    assert certainty(town, second) == ["unknown"]


def spoken(town: Town, message: UUID, contents: dict[str, Any]) -> people.Spoken:
    with town.engine.connect() as conn:
        [row] = messages.read_whole(conn, [message]).values()
    read_ = read(contents, now=town.now)
    return people.Spoken(row.message, people.entries(read_, PSEUDONYMS, id_=message, at=town.now), None)


def everything(town: Town) -> list[list[Any]]:
    return [
        town.rows("SELECT * FROM person"),
        town.rows("SELECT * FROM person_mark"),
        town.rows("SELECT * FROM appearance"),
        questions(town),
    ]


def test_a_message_that_is_routed_again_writes_nothing_twice(town: Town) -> None:
    message = sent(town, of())
    kept = everything(town)
    with town.engine.begin() as conn:
        assert people.tell_apart(conn, [spoken(town, message, of())], at=town.now) == []
    assert everything(town) == kept


@pytest.mark.parametrize(
    ("one", "other", "how_many", "asked"),
    [
        (of(), of(), 1, 0),
        (without_number(), without_number(), 2, 1),
        (of(), without_number(), 2, 1),
    ],
    ids=["both with the number", "both without", "one with"],
)
def test_two_workers_that_meet_a_new_child_at_once_make_one_of_it(
    town: Town, one: dict[str, Any], other: dict[str, Any], how_many: int, asked: int
) -> None:
    """Two real transactions: the second waits at the marks until the first has committed, and sees what it wrote."""
    met = [
        spoken(town, message, contents)
        for message, contents in zip(
            town.send_all([town.incoming(message=one), town.incoming(message=other)]),
            (one, other),
            strict=True,
        )
    ]
    second = threading.Thread(target=lambda: _told_apart(town, met[1]))
    with town.engine.begin() as conn:
        people.tell_apart(conn, met[:1], at=town.now)
        second.start()
        eventually(lambda: _waiting(town) == 1)
    second.join(20)
    of_children = town.rows("SELECT DISTINCT person_id FROM appearance WHERE part = 'children' AND place = 0")
    assert len(of_children) == how_many
    assert len(questions(town)) == asked


def _told_apart(town: Town, one: people.Spoken) -> None:
    with town.engine.begin() as conn:
        people.tell_apart(conn, [one], at=town.now)


def _waiting(town: Town) -> int:
    return len(
        town.rows(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
    )


def test_two_batches_that_meet_the_same_children_in_another_order_do_not_wait_in_a_ring(town: Town) -> None:
    contents = [of(children__0__nhs_number=number) for number in ("9990000042", "9990000212", "9990000298")]
    sent_at_once = town.send_all([town.incoming(message=one) for one in contents * 8])
    met = [spoken(town, id_, one) for id_, one in zip(sent_at_once, contents * 8, strict=True)]
    batches = [met[::2], met[1::2][::-1]]
    faults: list[Exception] = []

    def work(batch: list[people.Spoken]) -> None:
        for start in range(0, len(batch), 3):
            try:
                with town.engine.begin() as conn:
                    people.tell_apart(conn, batch[start : start + 3], at=town.now)
            except Exception as fault:  # noqa: BLE001 - shown by the assertion
                faults.append(fault)

    threads = [threading.Thread(target=work, args=(batch,)) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert faults == []
    assert len(town.rows("SELECT DISTINCT person_id FROM appearance WHERE part = 'children'")) == 4


def test_the_office_of_the_area_is_asked_and_no_sender_hears_of_it(town: Town) -> None:
    first = sent(town, of(), sender="sandwell-mash")
    second = sent(town, without_number())
    [asked] = questions(town)
    [task] = town.rows("SELECT * FROM owed WHERE what = 'same_child'")
    assert (task.owed_by, task.owed_to, task.message_id) == (OFFICE, OFFICE, second)
    assert task.about == str(asked.id)
    assert task.due_at is not None
    heard = town.rows("SELECT sender, recipient FROM audit WHERE detail ->> 'what' = 'same_child'")
    assert {end for row in heard for end in row} == {OFFICE}
    assert SAME_CHILD not in [what for what, _ in town.tasks(first)]


def test_where_no_office_is_the_operator_is_asked_and_not_the_sender(database: str) -> None:
    rows = [row for row in shipped_directory().to_rows() if row["role"] != "partnership"]
    town = Town.on(database, directory=Directory.from_rows(rows))
    sent(town, of())
    sent(town, without_number())
    [task] = town.rows("SELECT * FROM owed WHERE what = 'same_child'")
    assert (task.owed_by, task.owed_to) == ("hub", "hub")


def test_the_question_outlives_its_message(town: Town) -> None:
    sent(town, of())
    second = sent(town, without_number())
    town.withdraw(second)
    assert (SAME_CHILD, OFFICE) in town.tasks(second)
