"""Household, involvement and supervision, each from sending to closing on the real line; and what they draw."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from agencies import wire
from agencies.wire.pictures import Around, Ecomap, Genogram, Pictured
from hub import errors
from hub.reading import families
from hub.store.connect import looking
from tests.examples import GONE, example, spoilt
from tests.workers.town import RECORDS, Town

GP, HV, MASH = "sandwell-gp-1", "sandwell-0-19", "sandwell-mash"
HELP, SCHOOL, CSC = "sandwell-early-help", "sandwell-school-1", "sandwell-childrens-social-care"
MISUSE, PROBATION, STRANGER = "sandwell-substance-misuse", "sandwell-probation", "camden-0-19"
ADULTS = "sandwell-adult-social-care"
BY = wire.Person(name="Test Practitioner", role="practitioner")


@pytest.fixture
def town(database: str) -> Iterator[Town]:
    made = Town.on(database)
    yield made
    made.engine.dispose()


def sent(town: Town, name: str, sender: str, **changes: object) -> UUID:
    message = town.send(name, sender=sender, message=spoilt(example(name), **changes))
    town.drain()
    town.later(minutes=1)
    return message


def seen(town: Town, agency: str, message: UUID) -> dict[str, Any]:
    share = town.shares(message)[agency]
    told: dict[str, Any] = town.opened(agency, bytes(share.envelope))["message"]
    return told


def walked(town: Town, message: UUID, sender: str) -> None:
    """Every share of it, from received to closed."""
    today = town.now.date()
    for agency, share in town.shares(message).items():
        town.receive(agency, share.id)
        said = wire.CheckBack(
            by=BY,
            case_reference="C-1",
            understanding="who is there, and who works with them",
            significance="we know now whom to ring",
            no_actions_because="nothing is to be done by us",
            review_on=today + timedelta(days=7),
        )
        for who, event, body in (
            (agency, "check_back", said),
            (sender, "agree", wire.Agree(by=BY)),
        ):
            done = town.act(who, share.id, event, body)
            assert isinstance(done, wire.Moved), done
        for duty in town.rows(
            "SELECT id FROM owed WHERE share_id = :s AND what = 'household_answer'", s=share.id
        ):
            met = town.act(
                agency, share.id, "meet", wire.Meet(by=BY, owed=duty.id, done="no child is known there")
            )
            assert isinstance(met, wire.Moved), met
    town.later(days=8)
    for agency, share in town.shares(message).items():
        closed = town.act(
            agency, share.id, "close", wire.Close(by=BY, outcome="noted", review_held_on=town.now.date())
        )
        assert isinstance(closed, wire.Moved), closed


@pytest.mark.parametrize(
    ("name", "sender"),
    [
        ("household-two-fathers", GP),
        ("involvement-early-help", HELP),
        ("involvement-substance-misuse", MISUSE),
        ("supervision-does-not-engage", PROBATION),
        ("supervision-household-enquiry", PROBATION),
    ],
)
def test_from_sending_to_closing(town: Town, name: str, sender: str) -> None:
    message = sent(town, name, sender)
    assert set(town.states(message).values()) == {"sent"}
    walked(town, message, sender)
    assert town.state(message) == "closed"
    assert town.rows("SELECT 1 FROM owed WHERE message_id = :m AND met_at IS NULL", m=message) == []


def test_existence_is_one_permission_and_content_another(town: Town) -> None:
    message = sent(town, "involvement-early-help", HELP)
    for agency in (HV, CSC):
        assert {"involvement", "work", "household"} <= seen(town, agency, message).keys()
    for agency in (GP, SCHOOL, MISUSE):
        told = seen(town, agency, message)
        assert told.keys().isdisjoint({"work", "household"})
        assert [one["role"] for one in told["involvement"]] == ["early_help"] * 3
        assert told["practitioner"]["phone"] == "0121 496 0151", (
            "whoever learns that it is there can ring and ask"
        )


def test_an_enquiry_is_answered_by_a_named_person_or_it_stays_open(town: Town) -> None:
    message = sent(town, "supervision-household-enquiry", PROBATION)
    share = town.shares(message)[MASH]
    told = seen(town, MASH, message)
    assert told.keys().isdisjoint({"supervision", "signed_off"}), (
        "nothing of the order to those who are only asked"
    )
    assert (told["household"][0]["name"], told["says"]) == ("Jermaine Oduya", "asks")
    open_ = "SELECT owed_by, due_at, limit_text FROM owed WHERE what = 'household_answer' AND met_at IS NULL"
    assert {(one.owed_by, one.limit_text) for one in town.rows(open_)} == {
        (MASH, "2 working days"),
        (HV, "5 working days"),
    }
    town.receive(MASH, share.id)
    (duty,) = town.rows("SELECT id FROM owed WHERE share_id = :s AND what = 'household_answer'", s=share.id)
    answer = "A girl of four lives there with her mother; she is known to the 0-19 service."
    met = town.act(MASH, share.id, "meet", wire.Meet(by=BY, owed=duty.id, done=answer))
    assert isinstance(met, wire.Moved)
    assert [one.owed_by for one in town.rows(open_)] == [HV]


def refused(town: Town, name: str, **changes: object) -> list[str]:
    """The fields for which it is refused at the door."""
    with pytest.raises(errors.Invalid) as caught:
        town.incoming(name, sender=PROBATION, message=spoilt(example(name), **changes))
    return [field for field, _ in caught.value.faults]


def test_an_enquiry_about_nobody_knows_where_is_refused_at_the_door(town: Town) -> None:
    nowhere = {"unknown_because": "He is of no fixed abode.", "restricted": False}
    assert refused(town, "supervision-household-enquiry", address=nowhere) == ["message"]
    other = {"lines": ["9 Windmill Lane"], "postcode": "B66 3PX", "area": "E08000025", "restricted": False}
    assert refused(town, "supervision-household-enquiry", address=other) == ["message.address.area"]


def test_an_involved_agency_that_nobody_knows_is_a_slip_of_the_pen(town: Town) -> None:
    assert refused(town, "involvement-early-help", involvement__0__agency="sandwell-early-hlep") == [
        "message.involvement"
    ]
    # What has ended may have been with an agency that is no more.
    ended = {**example("involvement-early-help")["involvement"][2], "agency": "sandwell-early-hlep"}
    assert town.incoming(
        "involvement-early-help",
        sender=HELP,
        message=spoilt(example("involvement-early-help"), involvement__2=ended),
    )


# -- the pictures -------------------------------------------------------------------------------------------


def child_of(town: Town, message: UUID, place: int = 0) -> UUID:
    sql = "SELECT person_id FROM appearance WHERE message_id = :m AND part = 'children' AND place = :p"
    found: UUID = town.rows(sql, m=message, p=place)[0].person_id
    return found


def genogram(town: Town, child: UUID, agency: str) -> Genogram:
    with looking(town.engine) as conn:
        return families.genogram(conn, child, agency, records=RECORDS, at=town.now)


def ecomap(town: Town, child: UUID, agency: str) -> Ecomap:
    directory = town.known().directory
    with looking(town.engine) as conn:
        return families.ecomap(
            conn,
            child,
            agency,
            records=RECORDS,
            at=town.now,
            name_of=lambda one: directory.get(one, town.now).name,
        )


def by_label(people: tuple[Pictured, ...]) -> dict[str, Pictured]:
    return {one.label: one for one in people}


def by_agency(around: tuple[Around, ...]) -> dict[str, Around]:
    return {one.agency or one.role: one for one in around}


def test_two_fathers_as_the_practice_that_told_of_them_sees_it(town: Town) -> None:
    message = sent(town, "household-two-fathers", GP)
    family = genogram(town, child_of(town, message, 2), GP)
    people = by_label(family.people)
    assert [(one.label, one.age) for one in family.people] == [
        ("Older half-sibling A", "11"),
        ("Older half-sibling B", "6"),
        ("The child", "8 months"),
        ("Mother", "32"),
        ("Father of a sibling", "34"),
        ("Father", "29"),
        ("Grandparent", None),
        ("Sibling", None),
    ]
    assert people["Father of a sibling"].lives_there == "no"
    assert str(people["Father of a sibling"].left_on) == "2022-06-30"
    parents = {one.child: set(one.parents) for one in family.descents}
    assert parents[people["The child"].ref] == {people["Mother"].ref, people["Father"].ref}
    assert parents[people["Older half-sibling A"].ref] == {
        people["Mother"].ref,
        people["Father of a sibling"].ref,
    }
    assert {one.how for one in family.couples} == {"together", "apart"}


def test_whose_births_are_held_back_has_no_age_and_is_the_same_as_nobody(town: Town) -> None:
    message = sent(town, "household-two-fathers", HV)  # so that the practice is told, by its own view
    child = child_of(town, message, 2)
    assert by_label(genogram(town, child, HV).people)["Mother"].age == "32"
    family = genogram(town, child, GP)
    assert by_label(family.people)["Mother"].age is None
    assert by_label(family.people)["The child"].age == "8 months", "the child's own is not held back"


def test_each_learns_from_the_picture_what_its_shares_show_and_no_more(town: Town) -> None:
    household = sent(town, "household-two-fathers", GP)
    child = child_of(town, household, 2)
    alfie = example("household-two-fathers")["children"][
        2
    ]  # by his number: a name alone is a question to a person
    sent(town, "involvement-early-help", HELP)
    sent(town, "involvement-substance-misuse", MISUSE, children=[alfie])
    order = sent(town, "supervision-does-not-engage", PROBATION, children=[alfie])
    names = {agency: by_agency(ecomap(town, child, agency).agencies).keys() for agency in (HV, SCHOOL)}
    assert names[HV] == {GP, SCHOOL, HV, HELP, MISUSE, PROBATION, CSC}
    assert names[SCHOOL] == {HELP}, "that early help is there is all that was shared with the school"
    school = ecomap(town, child, SCHOOL)
    assert all(tie.engages is None for one in school.agencies for tie in one.ties)
    assert [one.label for one in school.people] == ["Other child", "The child"]
    visiting = by_agency(ecomap(town, child, HV).agencies)
    assert {tie.engages for tie in visiting[HELP].ties} == {"yes", "no"}
    assert {tie.engages for tie in visiting[MISUSE].ties} == {None}, (
        "of treatment it knows the existence alone"
    )
    assert {tie.engages for tie in visiting[PROBATION].ties} == {"no"}
    with pytest.raises(errors.NotFound):
        ecomap(town, child, STRANGER)
    with pytest.raises(errors.NotFound):
        genogram(town, child_of(town, order), STRANGER)


def test_what_is_withdrawn_is_not_drawn(town: Town) -> None:
    household = sent(town, "household-two-fathers", GP)
    involvement = sent(town, "involvement-early-help", HELP)
    child = child_of(town, household, 2)
    assert HELP in by_agency(ecomap(town, child, HV).agencies)
    town.withdraw(involvement, sender=HELP)
    assert HELP not in by_agency(ecomap(town, child, HV).agencies)
    with pytest.raises(errors.NotFound):
        ecomap(town, child, SCHOOL)
    with pytest.raises(errors.NotFound):
        ecomap(town, child, HELP)


def test_it_outlives_the_hubs_own_copy(town: Town) -> None:
    message = sent(town, "household-two-fathers", GP)
    child = child_of(town, message, 2)
    before = genogram(town, child, HV)
    walked(town, message, GP)
    with town.engine.begin() as conn:
        conn.exec_driver_sql("DELETE FROM message_body")
    assert genogram(town, child, HV).people == before.people


def test_neither_a_name_nor_a_birth_is_readable_in_what_is_kept(town: Town) -> None:
    sent(town, "household-two-fathers", GP)
    sent(town, "involvement-early-help", HELP)
    kept = str(
        [
            *(tuple(row) for row in town.rows("SELECT * FROM kinship")),
            *(tuple(row) for row in town.rows("SELECT * FROM involvement")),
            *(row.said for row in town.rows("SELECT kinship::text AS said FROM kinship")),
        ]
    )
    for said in (
        "Corbett",
        "Leanne",
        "Hodge",
        "1994-02-11",
        "1994, 2, 11",
        "2025-08-14",
        "9990000263",
        "41 Cape Hill",
    ):
        assert said not in kept
    assert "2022-06-30" in kept, "since when somebody is gone is kept as it is"


def test_an_enquiry_draws_nobody_into_a_family(town: Town) -> None:
    message = sent(town, "supervision-household-enquiry", PROBATION)
    assert town.rows("SELECT 1 FROM kinship WHERE message_id = :m", m=message) == []
    assert town.rows("SELECT 1 FROM involvement WHERE message_id = :m", m=message) == []


def test_which_agency_it_is_stays_hidden_where_it_leads_to_a_restricted_address(town: Town) -> None:
    hidden = {
        "lines": ["27 Raglan Road"],
        "postcode": "B66 3PX",
        "area": "E08000028",
        "restricted": True,
        "restricted_because": "His brother must not learn where they are.",
    }
    other = {"member": 0, "role": "adult_social_care", "agency": ADULTS, "since": "2026-02-02"}
    message = sent(town, "involvement-early-help", HELP, address=hidden, involvement__1=other)
    child = child_of(town, message)
    assert ADULTS in by_agency(ecomap(town, child, HELP).agencies)
    told = by_agency(ecomap(town, child, SCHOOL).agencies)
    assert set(told) == {HELP, "adult_social_care"}, (
        "the sender is known by its share, and of others the role"
    )


def test_who_is_told_of_twice_is_drawn_once(town: Town) -> None:
    sent(town, "household-two-fathers", GP)
    message = sent(town, "household-two-fathers", HELP, as_of="2026-04-15", household__3=GONE)
    family = genogram(town, child_of(town, message, 2), HV)
    assert [one.label for one in family.people if one.relation == "mother"] == ["Mother"]
    assert len(by_label(family.people)["Mother"].told) == 2
    assert "Grandparent" in by_label(family.people), "whom the newest does not speak of is still known"


def test_a_service_tells_with_whom_it_works_and_not_who_lives_there(town: Town) -> None:
    household = sent(town, "household-two-fathers", GP)
    child = child_of(town, household, 2)
    before = [one.label for one in genogram(town, child, HV).people]
    sent(town, "involvement-early-help", HELP)
    family = genogram(town, child, HV)
    assert [one.label for one in family.people] == before, (
        "both fathers stand, whomever early help works with"
    )
    (early,) = [one for one in ecomap(town, child, HV).agencies if one.agency == HELP]
    # Its view holds back the numbers of connected people: which of two fathers it is cannot be told from that.
    assert {tie.relation for tie in early.ties if tie.to is None} == {"mother", "father"}


def test_a_father_who_cannot_be_told_apart_is_not_made_two(town: Town) -> None:
    sent(town, "household-two-fathers", GP)
    unknown = {"role": "father", "unknown_because": "She did not wish to say.", "lives_there": "not_known"}
    message = sent(
        town,
        "household-two-fathers",
        HELP,
        as_of="2026-04-15",
        household=[example("household-two-fathers")["household"][0], unknown],
    )
    people = genogram(town, child_of(town, message, 2), HV).people
    assert [(one.label, one.nameless) for one in people if one.relation == "father"] == [("Father", True)]
