"""Many at once: each share once, and exactly what the protocol decides, whatever is sent."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from hub import errors
from hub.cli.embedded import Postgres
from hub.store import connect
from hub.store.tables import SAME_CHILD
from protocols.vocabulary import Role, Urgency
from tests.examples import NAMES, example, spoilt
from tests.workers.looking import eventually
from tests.workers.test_route import decided
from tests.workers.town import KEYS, Town
from workers import jobs
from workers.pump import Pump
from workers.worker import Worker, client


def test_two_pumps_and_two_workers_give_each_share_once(town: Town, database: str, redis_url: str) -> None:
    stop = threading.Event()
    jobs.serve(town.line())
    connections = [client(redis_url) for _ in range(4)]
    pumps = [Pump(town.engine, one, clock=lambda: town.now, batch=7, sweep=0.1) for one in connections[:2]]
    workers = [Worker(("route", "seal", "deliver"), one) for one in connections[2:]]
    threads = [threading.Thread(target=pump.run, args=(connect.plain(database), stop)) for pump in pumps]
    threads += [threading.Thread(target=worker.run, args=(stop,)) for worker in workers]
    for thread in threads:
        thread.start()
    sent = [message for _ in range(10) for message in town.send_all([town.incoming() for _ in range(10)])]
    eventually(lambda: not town.outbox(), 60)
    stop.set()
    for thread in threads:
        thread.join(10)
    for connection in connections:
        connection.close()
    events = Counter((row.event, row.share_id, row.message_id) for row in town.rows("SELECT * FROM audit"))
    assert set(events.values()) == {1}
    assert len(sent) == 100
    assert Counter(row.state for row in town.rows("SELECT state FROM share")) == {"sent": 300}


@pytest.fixture(scope="module")
def lasting(postgres_server: Postgres, template: str) -> Iterator[Town]:
    """One town for all of the tries: what was sent before must not matter."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres_server.url(), autocommit=True) as conn:
        conn.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )
    town = Town.on(postgres_server.url(name))
    yield town
    town.engine.dispose()


POSTS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(NAMES),
        "sender": st.sampled_from(sorted(KEYS)),
        "urgency": st.sampled_from([one.value for one in Urgency]),
        "withhold": st.lists(
            st.one_of(
                st.fixed_dictionaries(
                    {"role": st.sampled_from([role.value for role in Role]), "reason": st.just("r")}
                ),
                st.fixed_dictionaries({"agency": st.sampled_from(sorted(KEYS)), "reason": st.just("r")}),
            ),
            max_size=2,
        ),
    }
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(POSTS, min_size=1, max_size=4))
def test_what_is_in_the_database_is_what_was_decided(lasting: Town, posts: list[dict[str, Any]]) -> None:
    sent = []
    for post in posts:
        message = spoilt(example(post["name"]), urgency=post["urgency"])
        sender, withhold = post["sender"], tuple(post["withhold"])
        with suppress(errors.Invalid):  # refused at the door: nothing to share
            [id_] = lasting.send_all([lasting.incoming(sender=sender, message=message, withhold=withhold)])
            sent.append((id_, decided(lasting, message, sender, withhold=withhold)))
    lasting.drain()
    for id_, decision in sent:
        shares = lasting.shares(id_)
        assert {agency: row.terms for agency, row in shares.items()} == {
            one.recipient.agency: one.terms() for one in decision.shares
        }
        assert {row.state for row in shares.values()} <= {"sent"}
        outcomes = Counter(
            row.outcome for row in lasting.rows("SELECT outcome FROM decision WHERE message_id = :m", m=id_)
        )
        assert outcomes == Counter(
            {
                "share": len(decision.shares),
                "refuse": len(decision.refusals),
                "withhold": len(decision.withheld),
                "keep": int(decision.kept is not None),
            }
        )
        tasks = {what for what, _ in lasting.tasks(id_)} - {
            SAME_CHILD
        }  # the same family is sent over and over
        assert bool(tasks) == bool(decision.refusals)
