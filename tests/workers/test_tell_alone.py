"""What an office is asked in secret is told to nobody else either when nobody at the office can be reached."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from agencies.directory import shipped as shipped_directory
from tests.workers.test_people import of as of_a_child
from tests.workers.test_people import sent, without_number
from tests.workers.test_tell import MASH, OFFICE, Letterbox, office_contacts
from tests.workers.test_watch import HOSPITAL, HV, asked_of, missed, told
from tests.workers.town import Town
from workers.chase import chase
from workers.tell import tell

SENDER = "sandwell-0-19"


@pytest.fixture
def town(database: str) -> Iterator[Town]:
    made = Town.on(database)
    yield made
    made.engine.dispose()


def office_refuses() -> Letterbox:
    return Letterbox(refuses=frozenset(one.email for one in office_contacts() if one.email))


def unreached(town: Town, what: str, box: Letterbox) -> None:
    """Nothing but this has lapsed, and whoever owes it takes no letter about it."""
    with town.engine.begin() as conn:
        conn.execute(text("UPDATE owed SET next_at = NULL WHERE what <> :what"), {"what": what})
    town.later(days=10)
    chase(town.line())
    tell(town.line(carrier=box))


def calls(town: Town, message: UUID) -> list[tuple[str, str, str, UUID | None]]:
    rows = town.rows(
        "SELECT owed_by, owed_to, about, share_id FROM owed WHERE message_id = :m AND what = 'tell_by_telephone'"
        " AND met_at IS NULL ORDER BY about",
        m=message,
    )
    return [(row.owed_by, row.owed_to, row.about, row.share_id) for row in rows]


def asked_whether_one(town: Town) -> UUID:
    sent(town, of_a_child(), sender=MASH)
    return sent(town, without_number(), sender=SENDER)


def asked_about_a_watch(town: Town) -> UUID:
    hidden = ({"agency": HV, "reason": "The grandmother works there."},)
    town.send(message=missed(ago=30), sender=HOSPITAL, withhold=hidden)
    told(town, ago=20)
    last = told(town)
    assert asked_of(town) == [("see_to_watch", OFFICE, "open")]
    return last


SECRETS = [("same_child", asked_whether_one), ("see_to_watch", asked_about_a_watch)]


@pytest.mark.parametrize(("what", "asked"), SECRETS, ids=[what for what, _ in SECRETS])
def test_the_operator_rings_an_office_about_what_nobody_else_may_know(
    town: Town,
    what: str,
    asked: Any,  # noqa: ANN401 - a way to ask it
) -> None:
    message = asked(town)
    unreached(town, what, office_refuses())
    assert calls(town, message) == [
        ("hub", "hub", f"{OFFICE}.duty_lead", None),
        ("hub", "hub", f"{OFFICE}.safeguarding_lead", None),
    ]
    heard = town.rows("SELECT sender, recipient FROM audit WHERE detail ->> 'what' = 'tell_by_telephone'")
    assert {end for row in heard for end in row} == {"hub"}
    told_of_it = town.rows(
        "SELECT DISTINCT notice.agency FROM notice JOIN owed ON owed.id = owed_id WHERE what = ANY(:whats)",
        whats=[what, "tell_by_telephone"],
    )
    assert {row.agency for row in told_of_it} == {OFFICE}
    town.later(days=10)
    chase(town.line())
    heard = town.rows("SELECT sender, recipient FROM audit WHERE detail ->> 'what' = 'tell_by_telephone'")
    assert {end for row in heard for end in row} == {"hub"}, "nor when the operator is late"


def test_a_duty_that_an_agency_owes_to_nobody_but_itself_is_rung_about_by_the_operator_too(
    town: Town,
) -> None:
    """The hospital was told too little to know what its share is counted with, and must not learn it by a call."""
    told(town, ago=30, sender="sandwell-gp-2")
    told(town, ago=20)
    last = told(town)
    [duty] = town.rows("SELECT owed_by, owed_to FROM owed WHERE what = 'look_together'")
    assert (duty.owed_by, duty.owed_to) == (HV, HV)
    emails = {one.email for one in shipped_directory().get(HV, town.now).contacts if one.email}
    unreached(town, "look_together", Letterbox(refuses=frozenset(emails)))
    assert {(by, to) for by, to, *_ in calls(town, last)} == {("hub", "hub")}
