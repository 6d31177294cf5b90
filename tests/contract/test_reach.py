"""One suite for every way to reach an agency: what `agencies.reach.port` promises to a worker."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from agencies.reach.inbox import Inbox
from agencies.reach.port import Delivered, Delivery, Reach, Refused, Retry
from agencies.reach.webhook import Webhook
from tests.contract.endpoint import Endpoint, delivery, raw
from tests.unit.fake_hub import Says

LIMIT = 10.0  # seconds that an adapter under test gives one delivery: enough on a busy machine
SHORT = 0.5  # for the one test that waits for it
HOSTILE_URLS = [
    None,
    "",
    "no url",
    "https://",
    "ftp://127.0.0.1/",
    "http://[::1",
    "http://127.0.0.1:1/",
    "http://\x00/",
]


@dataclass(frozen=True)
class Case:
    """An adapter, and an agency that it reaches."""

    reach: Reach
    impatient: Reach
    endpoint: Endpoint
    pushes: bool

    def new(self) -> Delivery:
        return delivery(self.endpoint.url + "/hook" if self.pushes else None)


@pytest.fixture(params=["inbox", "webhook"])
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    with Endpoint() as endpoint:
        if request.param == "inbox":
            yield Case(Inbox(), Inbox(), endpoint, pushes=False)
        else:
            patient, impatient = (Webhook(timeout=limit, private=True) for limit in (LIMIT, SHORT))
            yield Case(patient, impatient, endpoint, pushes=True)


def test_it_delivers(case: Case) -> None:
    one = case.new()
    assert case.reach.deliver(one) == Delivered()
    if case.pushes:
        assert case.endpoint.got() == [one.item]


def test_nothing_to_deliver(case: Case) -> None:
    assert case.reach.deliver_all([]) == []


def test_again_and_again(case: Case) -> None:
    """A worker was killed between a delivery and its record: the agency can tell that it is the same share."""
    one = case.new()
    assert [case.reach.deliver(one) for _ in range(3)] == [Delivered()] * 3
    if case.pushes:
        assert [item.share for item in case.endpoint.got()] == [one.share] * 3
        assert {asked.headers["webhook-id"] for asked in case.endpoint.asked} == {str(one.share)}


def test_many_in_their_order(case: Case) -> None:
    many = [case.new() for _ in range(60)]
    assert case.reach.deliver_all(many) == [Delivered()] * 60
    if case.pushes:
        assert {item.share for item in case.endpoint.got()} == {one.share for one in many}


def test_one_that_fails_hinders_no_other(case: Case) -> None:
    broken = [delivery(url) for url in HOSTILE_URLS]
    outcomes = case.reach.deliver_all([case.new(), *broken, case.new()])
    assert outcomes[0] == outcomes[-1] == Delivered()
    assert len(outcomes) == len(broken) + 2
    assert all(isinstance(one, Refused | Retry if case.pushes else Delivered) for one in outcomes[1:-1])


@pytest.mark.parametrize("secret", [None, "", "whsec_", "whsec_%%%", "é", "a"])
def test_it_does_not_raise_for_a_secret(case: Case, secret: str | None) -> None:
    outcome = case.reach.deliver(delivery(case.endpoint.url, secret=secret))
    assert isinstance(outcome, Refused if case.pushes else Delivered)


def test_it_ends_in_time(case: Case) -> None:
    """An endpoint that takes a connection and says nothing costs one time limit, however many deliveries."""
    with raw(lambda _: None) as silent:
        begun = time.monotonic()
        outcomes = case.impatient.deliver_all([delivery(silent) for _ in range(30)])
        assert time.monotonic() - begun < 5 * SHORT
    assert all(isinstance(one, Retry if case.pushes else Delivered) for one in outcomes)


def test_an_endpoint_is_not_fallen_upon(case: Case) -> None:
    assert case.reach.deliver_all([case.new() for _ in range(30)]) == [Delivered()] * 30
    assert case.endpoint.most_at_once <= 8


def test_from_many_threads(case: Case) -> None:
    many = [case.new() for _ in range(32)]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(case.reach.deliver, many)) == [Delivered()] * 32
    if case.pushes:
        assert len(case.endpoint.got()) == 32


def test_what_an_endpoint_says_is_not_repeated(case: Case) -> None:
    case.endpoint.always = Says(500, b"Zoe O'Neill, 999 000 0018", {"x-note": "Zoe"})
    assert "Zoe" not in repr(case.reach.deliver(case.new()))


def test_a_secret_is_not_printed(case: Case) -> None:
    one = case.new()
    assert one.secret
    assert one.secret not in repr(one)
