"""The webhook: signed as Standard Webhooks asks, verified TLS, and never a hand inside the hub's own network."""

import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook as Signature
from standardwebhooks import WebhookVerificationError

from agencies.callers import new_webhook_secret
from agencies.reach.addresses import is_public
from agencies.reach.port import Delivered, Outcome, Refused, Retry
from agencies.reach.webhook import Webhook, next_attempt
from tests.contract.endpoint import SECRET, Endpoint, as_json, certificate_for, delivery, raw
from tests.unit.fake_hub import Says


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as one:
        yield one


def reached(endpoint: Endpoint, says: Says) -> Outcome:
    endpoint.will_say.append(says)
    return Webhook(private=True).deliver(delivery(endpoint.url))


def test_the_library_of_standard_webhooks_verifies_it(endpoint: Endpoint) -> None:
    one = delivery(endpoint.url + "/hook?for=0-19")
    assert Webhook(private=True).deliver(one) == Delivered()
    (asked,) = endpoint.asked
    assert asked.path == "/hook?for=0-19"
    assert asked.headers["host"] == endpoint.url.removeprefix("http://")
    assert Signature(SECRET).verify(asked.body, dict(asked.headers)) == as_json(one.item)
    with pytest.raises(WebhookVerificationError):
        Signature(new_webhook_secret()).verify(asked.body, dict(asked.headers))
    with pytest.raises(WebhookVerificationError):
        Signature(SECRET).verify(asked.body + b" ", dict(asked.headers))


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_taken(endpoint: Endpoint, status: int) -> None:
    assert reached(endpoint, Says(status)) == Delivered()


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_not_now(endpoint: Endpoint, status: int) -> None:
    outcome = reached(endpoint, Says(status, headers={"retry-after": "90"}))
    assert isinstance(outcome, Retry)
    assert (outcome.reason, outcome.after) == (f"status_{status}", 90)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413, 422, 501])
def test_a_person_must_look(endpoint: Endpoint, status: int) -> None:
    outcome = reached(endpoint, Says(status))
    assert isinstance(outcome, Refused)
    assert outcome.reason == f"status_{status}"


def test_a_redirect_is_not_followed(endpoint: Endpoint) -> None:
    outcome = reached(endpoint, Says(307, headers={"location": endpoint.url + "/elsewhere"}))
    assert isinstance(outcome, Refused)
    assert outcome.reason == "redirect"
    assert len(endpoint.asked) == 1


def test_a_connection_that_breaks(endpoint: Endpoint) -> None:
    assert isinstance(reached(endpoint, Says(hang_up=True)), Retry)


def test_nobody_there() -> None:
    outcome = Webhook(private=True).deliver(delivery("http://127.0.0.1:1/"))
    assert isinstance(outcome, Retry)
    assert outcome.reason == "connection"


def test_a_name_that_leads_nowhere() -> None:
    outcome = Webhook(private=True).deliver(delivery("https://no-such-agency.invalid/hook"))
    assert isinstance(outcome, Retry)
    assert outcome.reason == "no_address"


def test_drop_by_drop() -> None:
    """Each byte comes in time, and the whole never does."""

    def drip(connection: socket.socket) -> None:
        for byte in b"HTTP/1.1 200 OK\r\n" + b"x" * 10_000:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    with raw(drip) as url:
        outcome = Webhook(timeout=0.5, private=True).deliver(delivery(url))
    assert isinstance(outcome, Retry)
    assert outcome.reason == "timeout"


def test_an_answer_without_end() -> None:
    def pour(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65_536)

    with raw(pour) as url:
        assert Webhook(timeout=2, private=True).deliver(delivery(url)) == Delivered()


# -- where it goes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://10.1.2.3/",
        "https://192.168.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://0.0.0.0/",
        "https://2130706433/",
    ],
)
def test_not_into_its_own_network(url: str) -> None:
    outcome = Webhook().deliver(delivery(url))
    assert isinstance(outcome, Refused)
    assert outcome.reason == "private_address"


def test_not_in_the_clear() -> None:
    outcome = Webhook().deliver(delivery("http://agency.example/hook"))
    assert isinstance(outcome, Refused)
    assert outcome.reason == "bad_url"


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "100.64.0.1", "224.0.0.1", "::", "fe80::1%eth0", "fd00::1", "ff02::1"),
        *("::ffff:192.168.1.1", "2002:c0a8:0101::", "64:ff9b::a00:1"),
    ],
)
def test_private_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


def test_the_certificate_must_be_for_the_name(endpoint: Endpoint, tmp_path: Path) -> None:
    """The connection goes to an address, and the name is still what the certificate must show."""
    server, client = certificate_for("localhost", tmp_path)
    endpoint.over_tls(server)
    webhook = Webhook(private=True, tls=client)
    assert webhook.deliver(delivery(endpoint.url.replace("127.0.0.1", "localhost"))) == Delivered()
    assert isinstance(webhook.deliver(delivery(endpoint.url)), Retry)  # 127.0.0.1 is not what it is for
    assert isinstance(
        Webhook(private=True).deliver(delivery(endpoint.url)), Retry
    )  # nor does everybody trust it
    assert len(endpoint.asked) == 1


# -- when it goes again -------------------------------------------------------------------------------------

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
JITTER = st.floats(min_value=0, max_value=1)


@given(jitter=st.lists(JITTER, min_size=200, max_size=200))
def test_it_tries_for_a_day_and_then_stops(jitter: list[float]) -> None:
    tries = [NOON]
    while (
        then := next_attempt(len(tries), first_at=NOON, now=tries[-1], jitter=jitter[len(tries)])
    ) is not None:
        assert then > tries[-1]
        tries.append(then)
    assert tries[-1] == NOON + timedelta(hours=24)
    assert tries[1] <= NOON + timedelta(seconds=5)
    assert 20 <= len(tries) <= 40


@given(
    attempt=st.integers(min_value=1, max_value=10_000),
    passed=st.floats(min_value=0, max_value=200_000),
    jitter=JITTER,
    after=st.none() | st.floats(min_value=0),
)
def test_never_too_soon_and_never_too_late(
    attempt: int, passed: float, jitter: float, after: float | None
) -> None:
    now, end = NOON + timedelta(seconds=passed), NOON + timedelta(hours=24)
    then = next_attempt(attempt, first_at=NOON, now=now, jitter=jitter, after=after)
    if now >= end:
        assert then is None
    else:
        assert then is not None
        assert now < then <= end
        assert then == end or after is None or then - now >= timedelta(seconds=min(after, 86_400))
