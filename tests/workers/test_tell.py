"""Those who are told are written to: once for all that waits there, without a word of it, until it arrives."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest

from agencies.agency import Contact
from agencies.callers import new_webhook_secret
from agencies.directory import Directory
from agencies.directory import shipped as shipped_directory
from agencies.reach.notice import Notice
from agencies.reach.port import Delivered, Outcome, Refused, Retry, Sending, Word
from hub.store import registry
from tests.examples import NOW, example
from tests.workers.looking import words
from tests.workers.town import RECORDS, Town
from workers.chase import chase
from workers.tell import tell

BRUISE = "concern-bruise-non-mobile-baby"
MASH, OFFICE = "sandwell-mash", "sandwell-partnership"
HOUR = timedelta(hours=1)


@dataclass
class Letterbox:
    """A carrier that keeps what it is given, or does not take it."""

    came: list[Notice] = field(default_factory=list)
    answers: Outcome = field(default_factory=Delivered)
    refuses: frozenset[str] = frozenset()
    breaks: bool = False
    name: str = "email"

    def tell(self, notice: Notice) -> Outcome:
        if self.breaks:
            raise RuntimeError("a fault of our own")
        if notice.email in self.refuses:
            return Refused("smtp_550", "no such mailbox")
        self.came.append(notice)
        return self.answers


@dataclass
class Endpoint:
    came: list[Sending] = field(default_factory=list)

    def deliver(self, delivery: Sending) -> Outcome:
        self.came.append(delivery)
        return Delivered()

    def deliver_all(self, deliveries: Sequence[Sending]) -> list[Outcome]:
        return [self.deliver(one) for one in deliveries]


@pytest.fixture
def town(database: str) -> Iterator[Town]:
    made = Town.on(database)
    yield made
    made.engine.dispose()


def lapsed(town: Town, *, messages: int = 1) -> list[UUID]:
    sent = [town.send(BRUISE) for _ in range(messages)]
    town.drain()
    town.now += HOUR + timedelta(minutes=1)
    chase(town.line())
    return sent


def record(town: Town) -> list[tuple[str, str | None, bool]]:
    rows = town.rows("SELECT agency, how, sent_at IS NOT NULL AS sent FROM notice ORDER BY id")
    return [(row.agency, row.how, row.sent) for row in rows]


def test_an_address_is_written_to_once_for_all_that_waits(town: Town) -> None:
    lapsed(town, messages=3)
    box = Letterbox()
    line = town.line(carrier=box, base_url="https://hub.example")
    assert tell(line) == len({notice.email for notice in box.came})
    to_mash = [one for one in box.came if one.email == "duty@sandwell-mash.example"]
    assert [len(one.waits) for one in to_mash] == [3]
    assert to_mash[0].subject == "Checkback: 3 things wait (Sandwell Multi-Agency Safeguarding Hub)"
    assert tell(line) == 0
    assert {(how, sent) for _, how, sent in record(town)} == {("email", True)}


def test_it_says_what_waits_since_when_and_where_and_nothing_else(town: Town) -> None:
    lapsed(town)
    box = Letterbox()
    tell(town.line(carrier=box, base_url="https://hub.example"))
    notice = next(one for one in box.came if one.email == "duty@sandwell-mash.example")
    [row] = town.rows("SELECT id FROM owed WHERE what = 'receipt' AND owed_by = :a", a=MASH)
    assert "- a share to be received, owed by sandwell-mash, was due on 15 April 2026, 14:00" in notice.text
    assert f"https://hub.example/v1/owed/{row.id}" in notice.text
    said = notice.subject + notice.text
    message = example(BRUISE)
    names = [one["name"] for one in [*message["children"], *message["household"]] if one.get("name")]
    long_ones = [text for text in words(message) if len(text) > 12 and " " in text]
    assert not [text for text in [*names, *long_ones] if text in said]
    assert "concern" not in said, "not even of which kind it is"


def test_what_was_done_meanwhile_is_not_written_about(town: Town) -> None:
    [message] = lapsed(town)
    town.receive(MASH, town.shares(message)[MASH].id)
    box = Letterbox()
    tell(town.line(carrier=box))
    assert not [one for one in box.came if one.email == "duty@sandwell-mash.example"]
    assert (MASH, "met", True) in record(town)


def test_a_notice_that_did_not_arrive_is_sent_again_for_a_day_and_then_somebody_is_asked_to_telephone(
    town: Town,
) -> None:
    [message] = lapsed(town)
    town.receive(MASH)
    box = Letterbox(answers=Retry("smtp_connection", "no connection"))
    line = town.line(carrier=box)
    began, tries = town.now, 0
    while town.now < began + timedelta(hours=25):
        tell(line)
        town.now += timedelta(minutes=5)
    tries = len([one for one in box.came if one.email == "duty@sandwell-mash.example"])
    assert 10 < tries < 60, "soon at first, then more seldom"
    assert (MASH, "telephone", True) in record(town)
    assert ("tell_by_telephone", OFFICE) in town.tasks(message)


def test_an_address_that_is_refused_is_a_task_at_once_and_keeps_nothing_from_others(town: Town) -> None:
    [message] = lapsed(town)
    town.later(hours=9)
    chase(town.line())
    box = Letterbox(refuses=frozenset({"duty@sandwell-mash.example"}))
    tell(town.line(carrier=box))
    assert town.tasks(message) == [("tell_by_telephone", OFFICE)]
    [task] = town.rows("SELECT about, share_id FROM owed WHERE what = 'tell_by_telephone'")
    assert (task.about, task.share_id) == ("sandwell-mash.duty_lead", town.shares(message)[MASH].id)
    assert (MASH, "telephone", True) in record(town)
    assert (OFFICE, "email", True) in record(town)
    assert box.came


def test_each_whom_nobody_reaches_is_a_call_of_its_own_and_whoever_acts_was_reached(town: Town) -> None:
    [message] = lapsed(town)
    others = {"duty@sandwell-mash.example", "duty@sandwell-hospital.example"}
    tell(town.line(carrier=Letterbox(refuses=frozenset(others))))
    asked = "SELECT about FROM owed WHERE what = 'tell_by_telephone' AND met_at IS NULL ORDER BY about"
    assert [row.about for row in town.rows(asked)] == [
        "sandwell-hospital.duty_lead",
        "sandwell-mash.duty_lead",
    ]
    town.receive(MASH, town.shares(message)[MASH].id)
    assert [row.about for row in town.rows(asked)] == ["sandwell-hospital.duty_lead"]


def test_an_office_that_nobody_reaches_is_not_asked_to_ring_itself(database: str) -> None:
    town = Town.on(database, without_keys=frozenset({MASH}))
    message = town.send(BRUISE)
    town.drain()
    town.later(days=3)
    chase(town.line())
    box = Letterbox(refuses=frozenset(one.email for one in office_contacts() if one.email))
    tell(town.line(carrier=box))
    assert ("tell_by_telephone", "sandwell-0-19") in town.tasks(message)
    town.engine.dispose()


def office_contacts() -> tuple[Contact, ...]:
    return shipped_directory().get(OFFICE, NOW).contacts


def test_no_call_is_asked_for_on_a_message_that_was_withdrawn(town: Town) -> None:
    [message] = lapsed(town)

    class Withdraws(Letterbox):
        def tell(self, notice: Notice) -> Outcome:
            del notice
            if town.state(message) != "withdrawn":
                town.withdraw(message)
            return Refused("no_such_mailbox", "none")

    tell(town.line(carrier=Withdraws()))
    assert town.tasks(message) == []


def test_a_secret_that_cannot_be_read_keeps_no_person_from_being_told(database: str) -> None:
    address = {"reach": "webhook", "webhook_url": "https://mash.example/checkback"}
    rows = [{**row, **(address if row["id"] == MASH else {})} for row in shipped_directory().to_rows()]
    town = Town.on(database, directory=Directory.from_rows(rows))
    with town.engine.begin() as conn:
        registry.save_webhook_secret(conn, MASH, b"hidden under another key", at=town.now)
    lapsed(town)
    box = Letterbox()
    tell(town.line(carrier=box))
    assert "duty@sandwell-mash.example" in {one.email for one in box.came}
    town.engine.dispose()


def test_who_has_a_telephone_only_is_rung(database: str) -> None:
    phone = {"contacts": [{"role": "duty_lead", "phone": "0121 496 0101"}]}
    rows = [{**row, **(phone if row["id"] == MASH else {})} for row in shipped_directory().to_rows()]
    town = Town.on(database, directory=Directory.from_rows(rows))
    [message] = lapsed(town)
    tell(town.line(carrier=Letterbox()))
    assert town.tasks(message) == [("tell_by_telephone", OFFICE)]
    town.engine.dispose()


def test_a_fault_of_our_own_keeps_the_notice(town: Town) -> None:
    lapsed(town)
    assert tell(town.line(carrier=Letterbox(breaks=True))) == 0
    assert {sent for _, _, sent in record(town)} == {False}
    assert town.rows("SELECT DISTINCT last_fault FROM notice")[0].last_fault == "RuntimeError"
    town.later(minutes=2)
    assert tell(town.line(carrier=Letterbox())) > 0


def test_killed_between_writing_and_recording_it_is_written_again(town: Town) -> None:
    """At least once in the world: the lease runs out, and the address hears again."""
    lapsed(town)

    class Killed(BaseException):
        pass

    class Kills(Letterbox):
        def tell(self, notice: Notice) -> Outcome:
            super().tell(notice)
            raise Killed

    box = Kills()
    with pytest.raises(Killed):
        tell(town.line(carrier=box))
    assert not [one for one in record(town) if one[2]]
    town.later(minutes=2)
    again = Letterbox()
    tell(town.line(carrier=again))
    assert next(one.reference for one in box.came) in {one.reference for one in again.came}


def test_without_a_carrier_it_stands_in_their_events(town: Town) -> None:
    lapsed(town)
    tell(town.line())
    assert {how for _, how, _ in record(town)} == {"feed"}
    assert town.rows("SELECT 1 FROM audit WHERE event = 'owed.lapse' AND recipient = :a", a=MASH)


def test_an_endpoint_is_told_by_ids(database: str) -> None:
    address = {"reach": "webhook", "webhook_url": "https://mash.example/checkback"}
    rows = [{**row, **(address if row["id"] == MASH else {})} for row in shipped_directory().to_rows()]
    endpoint = Endpoint()
    town = Town.on(database, directory=Directory.from_rows(rows), webhook=endpoint)
    secret = RECORDS.hide(new_webhook_secret(), where=registry.webhook_place(MASH))
    with town.engine.begin() as conn:
        registry.save_webhook_secret(conn, MASH, secret, at=town.now)
    lapsed(town)
    box = Letterbox()
    tell(town.line(carrier=box))
    [word] = [one for one in endpoint.came if isinstance(one, Word)]
    [row] = town.rows("SELECT id FROM owed WHERE what = 'receipt' AND owed_by = :a", a=MASH)
    assert (word.recipient, word.lapses.owed, word.lapses.contact) == (MASH, (row.id,), "duty_lead")
    assert word.secret
    assert word.secret.startswith("whsec_")
    assert [one.email for one in box.came if "mash" in one.email] == ["duty@sandwell-mash.example"], (
        "a person as well"
    )
    town.engine.dispose()
