"""A hub that is restored into another cluster: its feeds hide nothing, and nothing new falls behind a cursor."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest
from alembic import command
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from hub.cli.embedded import Postgres, postgres_program
from hub.store import feed, order
from hub.store.connect import engine
from hub.store.migrate import config, upgrade
from tests.journey.world import SENDER, TAKER, World

BUSY = 3_000  # transactions by which the old cluster is ahead of a new one


@contextmanager
def world_on(url: str) -> Iterator[World]:
    pool = engine(url)
    try:
        yield World.on(pool)
    finally:
        pool.dispose()


def restore(old: str, server: Postgres, name: str) -> str:
    """A dump of one database, as an operator takes it, read into another server."""
    with psycopg.connect(server.url(), autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name}".encode())
    url = server.url(name)
    dump = subprocess.run([postgres_program("pg_dump"), "-Fc", old], check=True, capture_output=True).stdout
    subprocess.run(
        [postgres_program("pg_restore"), "--exit-on-error", "-d", url],
        input=dump,
        check=True,
        capture_output=True,
    )
    return url


def grow_old(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(
            f"DO $$ BEGIN FOR i IN 1..{BUSY} LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$".encode()
        )


def inbox(world: World, after: tuple[int, UUID] | None = None) -> list[Any]:
    with world.engine.connect() as conn:
        return feed.inbox(conn, TAKER, after=after, limit=100)


def events(world: World, after: tuple[int, int] | None = None) -> list[Any]:
    with world.engine.connect() as conn:
        return feed.events(conn, SENDER, after=after, limit=100)


def holds(world: World) -> bool:
    with world.engine.connect() as conn:
        return order.holds(conn)


def test_what_is_restored_is_all_there_and_what_is_new_comes_after_it(
    database: str, own_postgres: Postgres
) -> None:
    grow_old(database)
    with world_on(database) as world:
        for _ in range(3):
            world.sent()
        stored, heard = inbox(world), events(world)
        assert holds(world)
        new = restore(database, own_postgres, "restored")
        world.sent()  # after the backup: lost, but agencies have read as far as this
        seen, told = inbox(world)[-1], events(world)[-1]
    with world_on(new) as world:
        assert not holds(world), "an operator who forgets is told"
        assert not inbox(world), "the counter of a new cluster is lower: else the test shows nothing"
        assert upgrade(new)
        assert holds(world)
        assert inbox(world) == stored
        assert events(world) == heard
        _, (share, _) = world.sent()
        assert [row.id for row in inbox(world, (seen.sent_tx, seen.id))] == [share]
        assert events(world, (told.tx, told.id))[-1].share_id is not None
        assert not upgrade(new), "once is enough"


def test_another_cluster_is_known_even_where_its_count_is_higher(
    database: str, own_postgres: Postgres
) -> None:
    grow_old(own_postgres.url())
    with world_on(database) as world:
        world.sent()
        new = restore(database, own_postgres, "ahead")
        for _ in range(3):
            world.sent()
        seen = inbox(world)[-1]
    with world_on(new) as world:
        assert not holds(world)
        assert upgrade(new)
        _, (share, _) = world.sent()
        assert [row.id for row in inbox(world, (seen.sent_tx, seen.id))] == [share]


def test_whoever_knows_of_a_restore_may_say_so(database: str) -> None:
    """A server that is brought back to a moment of the past is the same cluster, and cannot tell."""
    with world_on(database) as world:
        world.sent()
        before = inbox(world)[-1].sent_tx
        assert not upgrade(database)
        assert upgrade(database, restored=True)
        world.sent()
        assert inbox(world)[-1].sent_tx > before + order.LEAP


def test_a_writer_under_way_ends_before_the_numbers_rise(database: str) -> None:
    with world_on(database) as world, psycopg.connect(database) as writer:
        world.sent()
        writer.execute("UPDATE share SET state_at = state_at")
        with world.engine.connect() as conn:
            conn.execute(text("SET lock_timeout = '100ms'"))
            with pytest.raises(OperationalError, match="lock timeout"):
                order.mend(conn, restored=True)


def test_the_look_reads_indexes_only(database: str) -> None:
    """It is asked for every few seconds, and the record has no end."""
    with world_on(database) as world, world.engine.connect() as conn:
        conn.execute(text("SET enable_seqscan = off"))
        conn.execute(text("SET enable_sort = off"))
        plan = "\n".join(row[0] for row in conn.execute(text(f"EXPLAIN {order.LOOK}")))
    assert plan.count("ix_audit_sender") == plan.count("ix_share_inbox") == 2
    assert "Sort" not in plan
    assert "Seq Scan on audit" not in plan
    assert "Seq Scan on share" not in plan


def test_the_tables_are_those_of_the_migrations(database: str) -> None:
    with world_on(database) as world, world.engine.connect() as conn:
        _check(conn)


def _check(conn: Connection) -> None:
    made = config()
    made.attributes["connection"] = conn
    command.check(made)


def test_an_ordinary_role_may_look(database: str) -> None:
    with psycopg.connect(database) as conn:
        conn.execute("CREATE ROLE plain")
        conn.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO plain")
        conn.execute("SET ROLE plain")
        found = conn.execute(order.LOOK.encode()).fetchone()
        conn.rollback()
    assert found == (True,)
