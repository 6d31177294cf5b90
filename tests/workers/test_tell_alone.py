"""What an office is asked in secret is told to nobody else either when nobody at the office can be reached."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from agencies import wire
from agencies.directory import shipped as shipped_directory
from agencies.reach.notice import Notice
from agencies.reach.port import Outcome
from hub import asked
from hub.store import asks
from tests.workers.test_people import of as of_a_child
from tests.workers.test_people import sent, without_number
from tests.workers.test_tell import BRUISE, MASH, OFFICE, Letterbox, office_contacts
from tests.workers.test_watch import HOSPITAL, HV, asked_of, missed, told
from tests.workers.town import PERSON, Town
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


@pytest.mark.parametrize(("what", "ask"), SECRETS, ids=[what for what, _ in SECRETS])
def test_the_operator_rings_an_office_about_what_nobody_else_may_know(
    town: Town,
    what: str,
    ask: Any,  # noqa: ANN401 - a way to ask it
) -> None:
    message = ask(town)
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


# -- and when the message has ended meanwhile -----------------------------------------------------------------


def notices(town: Town, what: str) -> set[tuple[str, str]]:
    rows = town.rows(
        "SELECT DISTINCT agency, how FROM notice JOIN owed ON owed.id = owed_id WHERE what = :w", w=what
    )
    return {(row.agency, row.how) for row in rows}


def test_what_outlives_its_message_is_rung_about_all_the_same(town: Town) -> None:
    message = asked_whether_one(town)
    town.withdraw(message)
    unreached(town, "same_child", office_refuses())
    assert len(calls(town, message)) == 2
    assert notices(town, "same_child") == {(OFFICE, "telephone")}


def test_what_a_watch_asks_outlives_its_message_as_well(town: Town) -> None:
    message = asked_about_a_watch(town)
    closed(town, message)
    unreached(town, "see_to_watch", office_refuses())
    assert len(calls(town, message)) == 2
    assert notices(town, "see_to_watch") == {(OFFICE, "telephone")}


def test_a_call_about_what_outlives_its_message_outlives_it_too(town: Town) -> None:
    message = asked_whether_one(town)
    unreached(town, "same_child", office_refuses())
    before = calls(town, message)
    town.withdraw(message)
    assert calls(town, message) == before
    [task, _] = town.rows("SELECT id FROM owed WHERE what = 'tell_by_telephone' ORDER BY id")
    with town.engine.begin() as conn:
        found = asks.find(conn, task.id)
        assert found is not None
        assert not asked.done(conn, found, at=town.now), "it had ended already"
    assert len(calls(town, message)) == 1


def test_what_ended_while_the_letter_was_on_its_way_was_not_told_by_telephone(town: Town) -> None:
    message = town.send(BRUISE)
    town.drain()

    class Withdraws(Letterbox):
        def tell(self, notice: Notice) -> Outcome:
            if notice.email in self.refuses and town.state(message) != "withdrawn":
                town.withdraw(message)
            return super().tell(notice)

    emails = {one.email for one in shipped_directory().get(MASH, town.now).contacts if one.email}
    unreached(town, "receipt", Withdraws(refuses=frozenset(emails)))
    assert town.tasks(message) == []
    assert (MASH, "telephone") not in notices(town, "receipt")
    assert (MASH, "met") in notices(town, "receipt")


def closed(town: Town, message: UUID) -> None:
    for agency, share in town.shares(message).items():
        town.receive(agency, share.id)
        body = wire.CheckBack(
            by=PERSON, case_reference="c", understanding="u", significance="s", no_actions_because="n",
            review_on=town.now.date(),
        )  # fmt: skip
        assert isinstance(town.act(agency, share.id, "check_back", body), wire.Moved)
        assert isinstance(town.act(share.sender, share.id, "agree", wire.Agree(by=PERSON)), wire.Moved)
        for duty in town.rows("SELECT * FROM owed WHERE share_id = :s AND met_at IS NULL", s=share.id):
            if duty.what not in {"action", "review"}:
                town.act(agency, share.id, "meet", wire.Meet(by=PERSON, owed=duty.id, done="d"))
        close = wire.Close(by=PERSON, outcome="o", review_held_on=town.now.date())
        assert isinstance(town.act(agency, share.id, "close", close), wire.Moved)
    town.drain()
    assert town.state(message) == "closed"
