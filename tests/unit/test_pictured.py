"""How one family is put together from what several messages told of it: who is one, who is called what, whose child."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from agencies.wire.pictures import Ecomap, Genogram
from hub import pictured
from hub.pictured import Person, Service, age

AT = datetime(2026, 4, 15, 12, tzinfo=UTC)
OLD, NEW, NEWEST = UUID(int=1), UUID(int=2), UUID(int=3)
ALFIE, RUBY, TYLER, LEANNE, DEAN = (UUID(int=number) for number in range(10, 15))


def child(message: UUID, place: int, who: UUID, born: str | None = "2020-01-01", **more: Any) -> Person:  # noqa: ANN401
    birth = date.fromisoformat(born) if born else None
    told: dict[str, Any] = {"part": "children", "relation": "child", "lives_there": "yes", **more}
    return Person(message=message, place=place, same=who, born=birth, **told)


def member(message: UUID, place: int, relation: str, **more: Any) -> Person:  # noqa: ANN401 - fields
    told: dict[str, Any] = {"part": "household", "lives_there": "yes", **more}
    return Person(message=message, place=place, relation=relation, **told)


def service(message: UUID, place: str, role: str, sender: str = "a", **more: Any) -> Service:  # noqa: ANN401 - fields
    return Service(message=message, place=place, role=role, sender=sender, section="services", **more)


def genogram(*rows: Person) -> Genogram:
    return pictured.genogram(rows, child=ALFIE, index=ALFIE, at=AT)


def ecomap(rows: list[Person], services: list[Service]) -> Ecomap:
    return pictured.ecomap(rows, services, child=ALFIE, index=ALFIE, at=AT, name_of=str.upper)


def labels(family: Genogram) -> list[str]:
    return [one.label for one in family.people]


def parents(family: Genogram) -> dict[str, set[str]]:
    called = {one.ref: one.label for one in family.people}
    return {called[one.child]: {called[ref] for ref in one.parents} for one in family.descents}


def test_a_letter_stays_when_more_is_told() -> None:
    rows = [child(OLD, 0, ALFIE), member(OLD, 0, "grandparent"), member(OLD, 1, "grandparent", sex="male")]
    before = {one.sex: one.label for one in genogram(*rows).people}
    more = [*rows, child(NEW, 0, ALFIE), member(NEW, 0, "mother")]
    after = {one.sex: one.label for one in genogram(*more).people if one.relation == "grandparent"}
    assert after == {None: "Grandparent A", "male": "Grandparent B"}
    assert before.items() >= after.items()


def test_brothers_and_sisters_are_older_younger_or_neither() -> None:
    rows = [
        child(OLD, 0, ALFIE, "2020-01-01"),
        child(OLD, 1, RUBY, "2018-01-01"),
        child(OLD, 2, TYLER, None),
        child(OLD, 3, UUID(int=90), None, unborn=True),
        child(OLD, 4, UUID(int=91), "2021-01-01"),
        member(OLD, 0, "mother"),
    ]
    assert labels(genogram(*rows)) == [
        "Older sibling",
        "The child",
        "Younger sibling",
        "Sibling",
        "Unborn sibling",
        "Mother",
    ]
    # Without a parent who is shown, nobody knows whether they are brothers and sisters at all.
    assert set(labels(genogram(*rows[:-1]))) == {"The child", *(f"Other child {letter}" for letter in "ABCD")}


def test_of_two_fathers_who_are_not_told_apart_neither_is_taken() -> None:
    rows = [
        child(OLD, 0, ALFIE),
        member(OLD, 0, "mother"),
        member(OLD, 1, "father"),
        member(OLD, 2, "father"),
    ]
    assert parents(genogram(*rows)) == {"The child": {"Mother"}}
    outright = [*rows[:2], member(OLD, 1, "father", of_children=(0,)), rows[3]]
    assert parents(genogram(*outright)) == {"The child": {"Mother", "Father A"}}


def test_what_is_said_outright_stands_against_a_later_word_that_leaves_it_open() -> None:
    rows = [
        child(OLD, 0, ALFIE),
        child(OLD, 1, RUBY),
        member(OLD, 0, "mother", same=LEANNE),
        member(OLD, 1, "father", same=DEAN, of_children=(1,)),
        child(NEW, 0, ALFIE),
        child(NEW, 1, RUBY),
        member(NEW, 0, "mother", same=LEANNE),
        member(NEW, 1, "father", same=DEAN),
    ]
    assert parents(genogram(*rows))["The child"] == {"Mother", "Father"}, "the newest word of Alfie"
    assert "Other child" not in labels(genogram(*rows))
    first = parents(genogram(*rows[:4]))
    assert first["The child"] == {"Mother"}
    assert "Father of a sibling" in labels(genogram(*rows[:4]))


def test_who_is_known_to_be_somebody_else_stands_beside() -> None:
    rows = [
        child(OLD, 0, ALFIE),
        member(OLD, 0, "father", same=DEAN, lives_there="no"),
        child(NEW, 0, ALFIE),
        member(NEW, 0, "father", same=UUID(int=99)),
    ]
    assert [one.lives_there for one in genogram(*rows).people if one.relation == "father"] == ["no", "yes"]
    unsure = [*rows[:3], member(NEW, 0, "father")]
    assert [one.lives_there for one in genogram(*unsure).people if one.relation == "father"] == ["yes"]


def test_the_newest_word_holds_and_what_it_leaves_open_is_filled_from_before() -> None:
    rows = [
        child(OLD, 0, ALFIE),
        member(OLD, 0, "mother", same=LEANNE, sex="female", lives_there="yes", since=date(2019, 1, 1)),
        child(NEW, 0, ALFIE),
        member(NEW, 0, "mother", same=LEANNE, lives_there="no", left_on=date(2026, 1, 1)),
        child(NEWEST, 0, ALFIE),
        member(NEWEST, 0, "mother", same=LEANNE, lives_there="not_known"),
    ]
    (mother,) = [one for one in genogram(*rows).people if one.relation == "mother"]
    assert (mother.lives_there, mother.left_on, mother.since) == ("no", date(2026, 1, 1), None)
    assert [told.message for told in mother.told] == [OLD, NEW, NEWEST]


def test_a_senders_newest_list_of_services_holds_and_others_lists_stand_beside() -> None:
    rows = [child(OLD, 0, ALFIE), child(NEW, 0, ALFIE), child(NEWEST, 0, ALFIE)]
    around = ecomap(
        rows,
        [
            service(OLD, "services.others.0", "midwifery", agency="midwives"),
            service(NEW, "services.others.0", "early_help", agency="helpers"),
            service(NEWEST, "services.others.0", "police", sender="b", agency="police"),
            service(NEWEST, "services.others.1", "school", sender="b"),
        ],
    )
    assert [(one.agency, one.name, one.role) for one in around.agencies] == [
        ("helpers", "HELPERS", "early_help"),
        ("police", "POLICE", "police"),
        (None, None, "school"),
    ]


def test_what_an_agency_says_of_itself_last_holds_for_each_person() -> None:
    rows = [child(OLD, 0, ALFIE), member(OLD, 0, "mother", same=LEANNE), child(NEW, 0, ALFIE)]
    own: dict[str, Any] = {
        "role": "early_help",
        "agency": "helpers",
        "sender": "helpers",
        "section": "involvement",
    }
    told: dict[str, Any] = {"part": "children", "person": 0, **own}
    around = ecomap(
        rows,
        [
            service(OLD, "services.others.0", "early_help", agency="helpers"),
            Service(message=OLD, place="involvement.0", since=date(2026, 1, 1), **told),
            Service(message=OLD, place="involvement.1", part="household", person=0, **own),
            Service(
                message=NEW, place="involvement.0", since=date(2026, 2, 1), until=date(2026, 3, 1), **told
            ),
        ],
    )
    (one,) = around.agencies
    called = {person.ref: person.label for person in around.people}
    assert {called[tie.to or ""]: (tie.line, tie.since) for tie in one.ties} == {
        "The child": ("ended", date(2026, 2, 1)),
        "Mother": ("working", None),
    }, "beside those whom it names, that it works with the family says nothing more"


@pytest.mark.parametrize(
    ("born", "said"),
    [
        ("2026-04-16", None),
        ("2026-04-15", "under a month"),
        ("2026-03-16", "under a month"),
        ("2026-03-15", "1 month"),
        ("2024-04-16", "23 months"),
        ("2024-04-15", "2"),
        ("2008-04-16", "17"),
        (None, None),
    ],
)
def test_an_age_is_said_as_a_person_would(born: str | None, said: str | None) -> None:
    assert age(date.fromisoformat(born) if born else None, date(2026, 4, 15)) == said
