"""Who follows one child through many messages: siblings, and each agency's own view of a child."""

from typing import Any
from uuid import UUID

from hub.store import children
from tests.examples import GONE
from tests.workers.test_people import child, of, sent
from tests.workers.town import Town

ONE_CHILD = {"children__1": GONE}


def alone(number: str, name: str, **more: object) -> dict[str, Any]:
    """A message about one child, in the household of the same mother."""
    return of(**ONE_CHILD, children__0__nhs_number=number, children__0__name=name, **more)


def siblings(town: Town, person: UUID) -> set[UUID]:
    with town.engine.connect() as conn:
        return set(children.siblings(conn, person))


def test_siblings_stand_in_one_message_or_have_one_mother_or_father(town: Town) -> None:
    both = sent(town, of())
    isla, leo = child(town, both, 0), child(town, both, 1)
    other = sent(town, alone("9990000212", "Half Sister"))
    elsewhere = sent(town, alone("9990000298", "Cousin", household__0__nhs_number="9990000220",
                                 household__0__name="Another Mother"))  # fmt: skip
    assert siblings(town, isla) == {leo, child(town, other)}
    assert siblings(town, child(town, other)) == {isla, leo}
    assert siblings(town, child(town, elsewhere)) == set()


def test_messages_about_a_child_are_found_in_every_part(town: Town) -> None:
    first = sent(town, of())
    isla = child(town, first)
    sister = {"role": "sibling", "name": "Isla Brandt", "date_of_birth": "2026-01-05",
              "nhs_number": "9990000042", "lives_there": "yes"}  # fmt: skip
    second = sent(town, alone("9990000212", "Half Sister", household__1=sister))
    with town.engine.connect() as conn:
        found = children.messages_about(conn, isla)
        assert children.root_of(conn, [isla]) == {isla: isla}
    assert [(row.message_id, row.part, row.place, row.certainty) for row in found] == [
        (first, "children", 0, "unknown"),
        (second, "household", 1, "certain"),
    ]
    assert siblings(town, isla) >= {child(town, second)}


def test_an_agency_knows_a_child_by_what_it_sent_or_was_sent(town: Town) -> None:
    first = sent(town, of(), sender="sandwell-mash")
    second = sent(town, of())
    isla = child(town, first)
    with town.engine.connect() as conn:
        for agency, known in (("sandwell-0-19", second), ("sandwell-mash", first)):
            rows = children.known_messages(conn, agency, isla)
            assert known in {row.message for row in rows}
            assert children.seen_as(conn, agency, [isla]) == {isla: isla}
        assert children.known_messages(conn, "camden-mash", isla) == []
        assert children.found_by(conn, "camden-mash", isla) is None


def test_a_share_that_does_not_show_the_children_tells_nothing_of_them(town: Town) -> None:
    sent(town, of())
    [isla] = town.rows("SELECT person_id FROM appearance WHERE part = 'children' AND place = 0")
    [share] = town.rows("SELECT id, recipient FROM share WHERE recipient = 'sandwell-mash'")
    with town.engine.begin() as conn:
        assert children.found_by(conn, share.recipient, isla.person_id) == isla.person_id
        conn.exec_driver_sql(
            "UPDATE share SET terms = jsonb_set(terms, '{sections}', '[\"household\"]') WHERE id = %s",
            (share.id,),
        )
        assert children.found_by(conn, share.recipient, isla.person_id) is None
