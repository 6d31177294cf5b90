"""What the hub says of itself, and what callers hear while a part of it is away."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from sqlalchemy import text

from hub.cli.embedded import Postgres, Valkey
from hub.store import figures
from hub.store.migrate import upgrade
from tests.web.served import SENDER, TAKER, Served, serving


def parts_of(hub: Served) -> tuple[int, dict[str, str]]:
    answer = httpx.get(f"{hub.url}/health/ready", timeout=10)
    return answer.status_code, {one["name"]: one["state"] for one in answer.json()["parts"]}


def until(check: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.fixture
def hub_of_its_own(own_postgres: Postgres, redis_url: str, tmp_path: Path) -> Iterator[Served]:
    """On a PostgreSQL that the test may stop."""
    with psycopg.connect(own_postgres.url(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE hub")
    upgrade(own_postgres.url("hub"))
    served = Served.on(own_postgres.url("hub"), redis_url, tmp_path)
    with serving(served):
        yield served


def test_alive_and_ready(open_hub: Served) -> None:
    assert httpx.get(f"{open_hub.url}/health/live").json() == {"state": "live"}
    status, parts = parts_of(open_hub)
    assert status == 200
    assert parts == dict.fromkeys(
        ("database", "migrations", "order", "directory", "outbox", "keys", "redis"), "ready"
    )


def test_without_redis_it_is_degraded_and_accepts(database: str, own_redis: Valkey, tmp_path: Path) -> None:
    served = Served.on(database, own_redis.url(), tmp_path)
    with serving(served):
        own_redis.stop()
        status, parts = parts_of(served)
        assert (status, parts["redis"]) == (200, "degraded")
        assert served.send().status_code == 202


def test_a_database_of_another_shape_is_not_ready(hub: Served) -> None:
    with hub.engine.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    status, parts = parts_of(hub)
    assert (status, parts["migrations"]) == (503, "not ready")


def test_a_restored_database_is_not_ready_until_its_order_is_mended(hub: Served) -> None:
    with hub.engine.begin() as conn:
        conn.execute(text("UPDATE tx_base SET cluster = 1"))  # as it stands in a dump of another cluster
    status, parts = parts_of(hub)
    assert (status, parts["order"]) == (503, "not ready")
    assert upgrade(hub.web.database_url)
    assert parts_of(hub)[0] == 200


def test_keys_that_nobody_can_check_are_not_ready(hub: Served) -> None:
    with hub.engine.begin() as conn:
        conn.execute(text("DELETE FROM agency_key WHERE agency = 'hub.test'"))
        conn.execute(text("UPDATE known_version SET number = number + 1"))
    until(lambda: parts_of(hub) == (503, {**parts_of(hub)[1], "keys": "not ready"}))


def test_an_empty_directory_is_not_ready(hub: Served) -> None:
    with hub.engine.begin() as conn:
        conn.execute(text("DELETE FROM protocol"))
        conn.execute(text("UPDATE known_version SET number = number + 1"))
    until(lambda: parts_of(hub)[1]["directory"] == "not ready")


def test_while_the_database_is_away_callers_are_told_to_try_again(
    hub_of_its_own: Served, own_postgres: Postgres
) -> None:
    hub = hub_of_its_own
    assert hub.send(key="before").status_code == 202
    own_postgres.stop()
    assert httpx.get(f"{hub.url}/health/live").status_code == 200
    status, parts = parts_of(hub)
    assert (status, parts["database"]) == (503, "not ready")
    for answer in (hub.send(key="while"), hub.get(TAKER, "/v1/inbox"), hub.get(SENDER, "/v1/agencies")):
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["retry-after"]) >= 1
        assert "database" in answer.json()["detail"]
    assert "checkback_database_up 0.0" in httpx.get(f"{hub.url}/metrics").text
    own_postgres.start()
    until(lambda: hub.send(key="while").status_code == 202)
    until(lambda: parts_of(hub)[0] == 200)
    kept = {row.idempotency_key for row in hub.rows("SELECT idempotency_key FROM message")}
    assert kept == {hub.mark("before"), hub.mark("while")}


def test_it_starts_while_the_database_is_away_and_mends_itself(
    own_postgres: Postgres, redis_url: str, tmp_path: Path
) -> None:
    with psycopg.connect(own_postgres.url(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE hub")
    upgrade(own_postgres.url("hub"))
    served = Served.on(own_postgres.url("hub"), redis_url, tmp_path)
    own_postgres.stop()
    with serving(served):
        assert served.send().status_code == 503
        assert parts_of(served)[0] == 503
        own_postgres.start()
        until(lambda: served.send().status_code == 202)


def test_figures_hold_no_personal_data(hub: Served) -> None:
    hub.received()
    with hub.engine.begin() as conn:
        conn.execute(text("ANALYZE share"))
    with hub.as_(SENDER) as sender:
        sender.get("/v1/places/B66 3PX")
    hub.send()
    found = httpx.get(f"{hub.url}/metrics")
    assert found.headers["content-type"].startswith("text/plain")
    for line in (
        'checkback_requests_total{method="POST",route="/v1/messages",status="202"} 2.0',
        'checkback_requests_total{method="GET",route="/v1/places/{postcode}",status="200"} 1.0',
        'checkback_outbox_rows{step="route"} 1.0',
        'checkback_shares_estimate{state="sent"}',
        'checkback_group_size_count{kind="accept"} 2.0',
        "checkback_database_up 1.0",
        "process_resident_memory_bytes",
    ):
        assert line in found.text, line
    for word in ("B66", "sandwell", "birmingham", "cbk_"):
        assert word not in found.text


def test_figures_may_be_for_callers_only(database: str, redis_url: str, tmp_path: Path) -> None:
    served = Served.on(database, redis_url, tmp_path, metrics_public=False)
    with serving(served):
        assert httpx.get(f"{served.url}/metrics").status_code == 401
        assert served.get(SENDER, "/metrics").status_code == 200


def test_no_figure_reads_a_whole_table(hub: Served) -> None:
    """Each statement of the scrape is explained: what grows with the shares is never scanned."""
    with hub.engine.connect() as conn:
        conn.execute(text("SET enable_seqscan = off"))
        plan = conn.execute(
            text(f"EXPLAIN {figures.BACKLOG}"), {"steps": list(figures.STEPS), "most": figures.MOST}
        )
        assert "ix_outbox_due" in "\n".join(row[0] for row in plan)
