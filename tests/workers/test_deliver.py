"""Deliver and push: a share is there to be fetched at once, whatever becomes of an agency's endpoint."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from agencies.directory import Directory
from agencies.directory import shipped as shipped_directory
from agencies.reach.port import Delivered, Delivery, Outcome, Refused, Retry
from hub.store import registry
from hub.store.outbox import Leased
from tests.workers.town import RECORDS, Town
from workers.push import push

GP = "birmingham-gp-1"
SECRET = "whsec_" + "A" * 43 + "="
AWAY = Retry("status_503", "not now")


class Endpoint:
    """Stands for the agency's own system: answers as it is told to, and remembers what it was sent."""

    def __init__(self) -> None:
        self.says: Outcome = Delivered()
        self.posted: list[Delivery] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def deliver(self, delivery: Delivery) -> Outcome:
        return self.deliver_all([delivery])[0]

    def deliver_all(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        self.posted += deliveries
        if deliveries:
            self.meanwhile()
        return [self.says for _ in deliveries]


def with_webhook(*agencies: str) -> Directory:
    address = {"reach": "webhook", "webhook_url": "https://gp-1.example/checkback"}
    rows = [{**row, **(address if row["id"] in agencies else {})} for row in shipped_directory().to_rows()]
    return Directory.from_rows(rows)


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


@pytest.fixture
def town(database: str, endpoint: Endpoint) -> Iterator[Town]:
    town = Town.on(database, directory=with_webhook(GP), webhook=endpoint)
    with town.engine.begin() as conn:
        hidden = RECORDS.hide(SECRET, where=f"webhook {GP}")
        assert hidden is not None
        registry.save_webhook_secret(conn, GP, hidden, at=town.now)
    yield town
    town.engine.dispose()


def waiting(town: Town) -> list[Any]:
    return [row for row in town.outbox() if row.step == "push"]


def share_of(town: Town, message: UUID) -> UUID:
    share: UUID = town.shares(message)[GP].id
    return share


def test_what_is_posted_is_what_the_inbox_holds(town: Town, endpoint: Endpoint) -> None:
    message = town.send()
    town.drain()
    [posted] = endpoint.posted
    share = town.shares(message)[GP]
    assert (posted.recipient, posted.url, posted.secret) == (GP, "https://gp-1.example/checkback", SECRET)
    assert (posted.item.share, posted.item.message, posted.item.sent_at) == (share.id, message, share.sent_at)
    assert town.opened(GP, posted.item.model_dump_json(include={"envelope"})[12:-1].encode())
    assert {one.what for one in posted.item.deadlines} == {"receipt", "check_back"}
    assert share.state == "sent"  # arrived is not received
    assert town.outbox() == []


def test_the_database_waits_for_no_endpoint(town: Town, endpoint: Endpoint) -> None:
    idle: list[bool] = []

    def look() -> None:
        asleep = "SELECT count(*) AS n FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
        idle.append(town.rows(asleep)[0].n == 0)

    endpoint.meanwhile = look
    town.send()
    town.drain()
    assert idle == [True]


def test_the_share_is_there_before_the_push_and_without_it(town: Town, endpoint: Endpoint) -> None:
    endpoint.says = AWAY
    message = town.send()
    seen: list[str] = []
    endpoint.meanwhile = lambda: seen.append(town.states(message)[GP])
    town.drain()
    assert seen == ["sent"]
    town.receive(GP, share_of(town, message))
    town.later(minutes=5)
    town.drain()
    assert len(endpoint.posted) == 1  # it was fetched meanwhile
    assert waiting(town) == []


def test_an_endpoint_that_is_away_is_tried_for_a_day_and_then_a_person_is_asked(
    town: Town, endpoint: Endpoint
) -> None:
    endpoint.says = AWAY
    message = town.send()
    times: list[datetime] = []
    endpoint.meanwhile = lambda: times.append(town.now)
    town.drain()
    while waiting(town):
        town.now = waiting(town)[0].due_at
        town.drain()
    assert timedelta(hours=23, minutes=59) < times[-1] - times[0] <= timedelta(hours=24, minutes=1)
    assert 15 < len(times) < 60
    assert {posted.item.share for posted in endpoint.posted} == {share_of(town, message)}
    assert [posted.attempt for posted in endpoint.posted] == list(range(1, len(times) + 1))
    assert town.tasks(message) == [("deliver_by_hand", "birmingham-partnership")]
    assert town.states(message)[GP] == "sent"

    town.receive(GP, share_of(town, message))
    assert town.tasks(message) == []


def test_what_cannot_help_is_asked_of_a_person_at_once_and_tried_on(town: Town, endpoint: Endpoint) -> None:
    endpoint.says = Refused("status_404", "no such place")
    message = town.send()
    town.drain()
    assert town.tasks(message) == [("deliver_by_hand", "birmingham-partnership")]
    town.later(minutes=5)
    town.drain()
    assert town.tasks(message) == [("deliver_by_hand", "birmingham-partnership")]
    endpoint.says = Delivered()
    town.later(minutes=5)
    town.drain()
    assert town.tasks(message) == []
    assert waiting(town) == []


def test_what_was_withdrawn_is_not_pushed(town: Town, endpoint: Endpoint) -> None:
    endpoint.says = AWAY
    message = town.send()
    town.drain()
    town.withdraw(message)
    town.later(minutes=5)
    town.drain()
    assert len(endpoint.posted) == 1
    assert town.outbox() == []
    assert town.tasks(message) == []


def test_withdrawn_while_the_endpoint_was_asked(town: Town, endpoint: Endpoint) -> None:
    endpoint.says = AWAY
    message = town.send()
    endpoint.meanwhile = lambda: town.withdraw(message)
    town.drain()
    assert town.outbox() == []
    assert town.tasks(message) == []


def test_a_row_that_was_handed_out_again_is_no_longer_the_first_ones(town: Town, endpoint: Endpoint) -> None:
    town.send()
    line = town.line()
    endpoint.says = AWAY
    town.drain()
    [row] = waiting(town)
    assert push(line, [Leased(row.id, row.attempts - 1)]).done == 0
    assert len(endpoint.posted) == 1
    assert push(line, [Leased(row.id, row.attempts)]).done == 1
    assert len(endpoint.posted) == 2


def test_an_agency_that_moved_to_the_inbox_is_no_longer_pushed_to(town: Town, endpoint: Endpoint) -> None:
    endpoint.says = AWAY
    town.send()
    town.drain()
    with town.engine.begin() as conn:
        registry.save_directory(conn, shipped_directory())
    town.later(minutes=5)
    town.drain()
    assert len(endpoint.posted) == 1
    assert town.outbox() == []


def test_a_secret_that_cannot_be_read_is_told_and_keeps_nothing_from_a_neighbour(
    database: str, endpoint: Endpoint
) -> None:
    other = "birmingham-0-19"
    town = Town.on(database, directory=with_webhook(GP, other), webhook=endpoint)
    with town.engine.begin() as conn:
        registry.save_webhook_secret(conn, GP, b"hidden under a key that was lost", at=town.now)
        hidden = RECORDS.hide(SECRET, where=f"webhook {other}")
        registry.save_webhook_secret(conn, other, hidden, at=town.now)
    message = town.send()
    town.drain()
    assert [posted.recipient for posted in endpoint.posted] == [other]
    assert town.tasks(message) == [("deliver_by_hand", "birmingham-partnership")]
    [row] = waiting(town)
    assert (row.last_fault, row.share_id) == ("no_secret", share_of(town, message))
    town.engine.dispose()


def test_a_try_that_ends_late_asks_nobody(town: Town, endpoint: Endpoint) -> None:
    """While it waited, the row was handed out again: that other try knows better."""
    endpoint.says = Refused("status_404", "no such place")
    message = town.send()

    def handed_out_again() -> None:
        with town.engine.begin() as conn:
            conn.execute(text("UPDATE outbox SET attempts = attempts + 1 WHERE step = 'push'"))

    endpoint.meanwhile = handed_out_again
    town.drain()
    assert town.tasks(message) == []
    endpoint.meanwhile = lambda: None
    town.later(minutes=2)
    town.drain()
    assert town.tasks(message) == [("deliver_by_hand", "birmingham-partnership")]
