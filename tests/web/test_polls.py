"""Long polls: answered when something comes, at the latest when the wait is over, and never past something."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx
import psycopg

from agencies.client import Checkback
from hub.store import connect, feed
from tests.web.served import SENDER, STRANGER, TAKER, Served, current

QUICK = 1.0  # seconds: well under the two at which a poll looks for itself


def seconds_of(ask: httpx.Client, path: str) -> tuple[float, dict[str, object]]:
    begun = time.monotonic()
    answer = ask.get(path)
    assert answer.status_code == 200, answer.text
    return time.monotonic() - begun, answer.json()


def test_nothing_comes_and_the_wait_ends(open_hub: Served) -> None:
    with open_hub.as_(STRANGER) as caller:
        took, told = seconds_of(caller, "/v1/inbox?wait=0.5")
    assert told == {"shares": [], "next": None, "overdue": 0}
    assert 0.4 < took < 2


def test_a_share_wakes_its_recipient(hub: Served) -> None:
    hub.drain()  # so that the line is ready
    with hub.as_(TAKER) as taker, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(seconds_of, taker, "/v1/inbox?wait=15")
        time.sleep(0.5)
        message = hub.send().json()["id"]
        begun = time.monotonic()
        hub.drain()
        _, told = waiting.result()
        assert time.monotonic() - begun < QUICK + 1
    shares = told["shares"]
    assert isinstance(shares, list)
    assert [one["message"] for one in shares] == [message]


def test_only_what_is_sent_wakes_an_inbox(hub: Served) -> None:
    """Any other move of a share is an event for its ends, and nothing new to fetch: no look is spent on it."""
    body = {"by": {"name": "Test", "role": "r"}, "reason": "not_our_child", "explanation": "e"}
    with (
        psycopg.connect(connect.plain(hub.web.database_url), autocommit=True) as listener,
        hub.as_(TAKER) as taker,
    ):
        listener.execute(f"LISTEN {feed.WAKE}")
        _, shares = hub.received()
        assert feed.inbox_of(TAKER) in heard(listener)
        assert taker.post(f"/v1/shares/{shares[TAKER]}/decline", json=body).status_code == 200
        assert heard(listener) == {feed.events_of(SENDER), feed.events_of(TAKER)}


def heard(listener: "psycopg.Connection[Any]") -> set[str]:
    return {name for one in listener.notifies(timeout=0.5) for name in one.payload.split(",")}


def test_an_event_wakes_the_other_end(hub: Served) -> None:
    _, shares = hub.received()
    with hub.as_(SENDER) as sender, hub.as_(TAKER) as taker, ThreadPoolExecutor(1) as pool:
        after = sender.get("/v1/events").json()["next"]
        waiting = pool.submit(seconds_of, sender, f"/v1/events?wait=15&after={after}")
        time.sleep(0.3)
        begun = time.monotonic()
        body = {"by": {"name": "Test", "role": "r"}, "reason": "not_our_child", "explanation": "e"}
        assert taker.post(f"/v1/shares/{shares[TAKER]}/decline", json=body).status_code == 200
        _, told = waiting.result()
        assert time.monotonic() - begun < QUICK
    events = told["events"]
    assert isinstance(events, list)
    assert [(one["event"], one["by"], one["state"]) for one in events] == [
        ("share.decline", TAKER, "declined")
    ]


def test_a_lost_listener_delays_and_loses_nothing(hub: Served) -> None:
    hub.drain()
    with hub.as_(TAKER) as taker, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(seconds_of, taker, "/v1/inbox?wait=15")
        time.sleep(0.3)
        _end_listener(hub)
        hub.send()
        hub.drain()
        took, told = waiting.result()
    assert told["shares"]
    assert took < 6
    time.sleep(1)
    assert len(hub.rows(f"SELECT pid {LISTENERS}")) == 1, "it listens again"


LISTENERS = (
    "FROM pg_stat_activity WHERE application_name = 'checkback wakeups' AND datname = current_database()"
)


def _end_listener(hub: Served) -> None:
    assert len(hub.rows(f"SELECT pg_terminate_backend(pid) {LISTENERS}")) == 1


def test_an_older_open_transaction_hides_nothing_for_good(hub: Served) -> None:
    """What commits while an older transaction is open shows only once that has ended: late, but never skipped."""
    hub.drain()
    with (
        psycopg.connect(hub.web.database_url) as older,
        hub.as_(TAKER) as taker,
        ThreadPoolExecutor(1) as pool,
    ):
        older.execute("SELECT pg_current_xact_id()")
        hub.send()
        hub.drain()
        assert taker.get("/v1/inbox").json()["shares"] == []
        waiting = pool.submit(seconds_of, taker, "/v1/inbox?wait=15")
        time.sleep(0.3)
        older.rollback()
        begun = time.monotonic()
        _, told = waiting.result()
        assert time.monotonic() - begun < 2.5
    assert told["shares"]


def test_events_are_in_order_and_none_is_skipped(open_hub: Served) -> None:
    message, _ = open_hub.received()
    seen: list[str] = []
    after = ""
    with open_hub.as_(SENDER) as sender:
        while True:
            told = sender.get(f"/v1/events?limit=2{after}").json()
            if not told["events"]:
                break
            seen += [one["event"] for one in told["events"] if UUID(one["message"]) == message]
            after = f"&after={told['next']}"
    kept = open_hub.rows("SELECT event FROM audit WHERE message_id = :m ORDER BY tx, id", m=message)
    assert seen == [row.event for row in kept]


def test_the_inbox_pages_without_moving_anything(hub: Served) -> None:
    for _ in range(5):
        hub.send({"message": current()})
    hub.drain()
    with hub.as_(TAKER) as taker:
        first = taker.get("/v1/inbox?limit=3").json()
        rest = taker.get(f"/v1/inbox?limit=3&after={first['next']}").json()
        end = taker.get(f"/v1/inbox?after={rest['next']}").json()
        again = taker.get("/v1/inbox").json()
    assert (len(first["shares"]), len(rest["shares"]), len(end["shares"])) == (3, 2, 0)
    assert end["next"] == rest["next"], "a reader keeps its place"
    assert again["shares"] == first["shares"] + rest["shares"]


def test_a_caller_who_hangs_up_is_no_longer_looked_for(hub: Served) -> None:
    def waits() -> None:
        with hub.as_(TAKER) as taker:
            try:
                taker.get("/v1/inbox?wait=20", timeout=0.5)
            except httpx.TimeoutException:
                return

    thread = threading.Thread(target=waits)
    thread.start()
    thread.join()
    end = time.monotonic() + 3
    while hub.app.state.parts.wakeups._waiting:
        assert time.monotonic() < end, "its place is given back"
        time.sleep(0.05)


def test_the_agencies_client_reads_what_the_hub_writes(open_hub: Served) -> None:
    """The client that integrators use, on the wire that this hub speaks."""
    with Checkback(open_hub.url, open_hub.tokens[SENDER], None) as client:
        accepted = client.send(current())
        open_hub.drain()
        grid = client.message(accepted.id)
        assert grid.state == "routed"
        assert client.preview(current()).parties
        assert client.agency(TAKER).keys
        assert client.agencies(area="E08000025", limit=2).next
        assert len(list(client.every_agency())) > 2
        assert client.place("B66 3PX").area == "E08000028"
        assert client.protocol(client.protocols().protocols[0].id).explanation
        assert client.events(limit=1).events
        assert client.share(grid.shares[0].id).sender == SENDER
