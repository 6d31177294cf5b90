"""The engine: a look leaves no transaction open, and a connection that died in its rest is replaced unnoticed."""

import time

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, OperationalError

from hub.cli.embedded import Postgres
from hub.store.connect import RESTED, engine, looking, together
from hub.store.faults import is_away

MYSELF = text("SELECT pg_backend_pid()")
END_OTHERS = text(
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
STATE = text("SELECT state FROM pg_stat_activity WHERE pid = :pid")


def test_a_look_opens_no_transaction(database: str) -> None:
    pool, other = engine(database), engine(database)
    with looking(pool) as conn, other.connect() as beside:
        pid = conn.execute(MYSELF).scalar_one()
        assert beside.execute(STATE, {"pid": pid}).scalar_one() == "idle"
    pool.dispose()
    other.dispose()


def test_after_a_look_the_same_connection_has_transactions_again(database: str) -> None:
    pool = engine(database, size=1)
    with looking(pool) as conn:
        looked = conn.execute(MYSELF).scalar_one()
    with pool.connect() as conn:
        assert conn.execute(MYSELF).scalar_one() == looked
        conn.execute(text("CREATE TEMPORARY TABLE never_committed (id int)"))
        conn.rollback()
        assert conn.execute(text("SELECT to_regclass('never_committed')")).scalar_one() is None
    pool.dispose()


def test_what_died_in_its_rest_is_replaced(own_postgres: Postgres) -> None:
    pool = engine(own_postgres.url())
    with pool.connect() as conn:
        conn.execute(MYSELF)
    own_postgres.stop()
    own_postgres.start()
    time.sleep(RESTED)
    with pool.connect() as conn:
        assert conn.execute(MYSELF).scalar_one()
    pool.dispose()


def test_what_died_in_use_is_told_once_and_then_replaced(own_postgres: Postgres) -> None:
    pool, other = engine(own_postgres.url()), engine(own_postgres.url())
    with looking(pool) as beside:
        beside.execute(MYSELF)
        with pool.connect() as conn, other.connect() as ender:
            conn.execute(MYSELF)
            ender.execute(END_OTHERS)
            with pytest.raises(OperationalError) as fault:
                conn.execute(MYSELF)
    other.dispose()
    assert is_away(fault.value)
    with pool.connect() as conn:  # the other one died too, and is not offered any more
        assert conn.execute(MYSELF).scalar_one()
    pool.dispose()


ADD = text("INSERT INTO known_version (single, number) VALUES (true, :number)")
COUNT = text("SELECT count(*) FROM known_version")


def test_what_goes_together_is_done_in_order(database: str) -> None:
    pool = engine(database)
    with pool.begin() as conn:
        with together(conn), together(conn):  # one inside of another is a part of it
            conn.execute(text("DELETE FROM known_version"))
            conn.execute(ADD, {"number": 7})
            conn.execute(text("UPDATE known_version SET number = number + 1"))
        assert conn.execute(text("SELECT number FROM known_version")).scalar_one() == 8
    pool.dispose()


def add_two(pool: Engine) -> None:
    with pool.begin() as conn, together(conn):
        for number in (1, 2):
            conn.execute(ADD, {"number": number})


def test_one_that_fails_among_others_is_told_as_ever_and_takes_all_with_it(database: str) -> None:
    pool = engine(database)
    with pool.begin() as conn:
        conn.execute(text("DELETE FROM known_version"))
    with pytest.raises(IntegrityError) as told:
        add_two(pool)
    assert not is_away(told.value)
    with pool.begin() as conn:
        assert conn.execute(COUNT).scalar_one() == 0
    pool.dispose()


def lose_the_server(pool: Engine, other: Engine) -> None:
    with pool.begin() as conn:
        conn.execute(COUNT)
        with other.connect() as beside:
            beside.execute(END_OTHERS)
        with together(conn):
            conn.execute(text("DELETE FROM known_version"))


def test_a_server_that_goes_away_among_them_is_away(database: str) -> None:
    pool, other = engine(database), engine(database)
    with pytest.raises(OperationalError) as told:
        lose_the_server(pool, other)
    assert is_away(told.value)
    with pool.begin() as conn:  # and the pool has another connection
        conn.execute(COUNT)
    pool.dispose()
    other.dispose()
