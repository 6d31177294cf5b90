"""The chase: how long it takes to tell what has lapsed, with few and with very many other things open.

In a database of its own beside the hub's, so that nobody else's scheduler does the work. What has lapsed lies on shares
of its own, each with the steps of its ladder, as in a hub; the rest of what is open is not due yet.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from agencies.areas import shipped as shipped_areas
from agencies.directory import shipped as shipped_directory
from agencies.places import SAMPLE, Places
from hub import clock
from hub.known import Memory
from hub.store import connect, registry
from hub.store.migrate import upgrade
from protocols.parse import print_
from protocols.shipped import shipped as shipped_protocols
from tests.bench.figures import MILLISECONDS, Figures
from tests.bench.stand import BenchError, Stand
from workers.chase import chase
from workers.line import House

NAME = "chase"
LAPSED = 2_000
FEW = 1_000  # things open
LADDER = (
    '{"clauses": [], "ladder_steps": [{"after": "0 hours", "tell": ["recipient.duty_lead"]},'
    ' {"after": "2 working days", "tell": ["recipient.safeguarding_lead", "sender.safeguarding_lead"]},'
    ' {"after": "5 working days", "tell": ["partnership"]}]}'
)


@contextmanager
def prepared(stand: Stand) -> Iterator[str]:
    """A database with the hub's tables, and what is known."""
    with psycopg.connect(stand.postgres.url(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
    url = stand.postgres.url(NAME)
    upgrade(url)
    engine = connect.engine(url, size=1)
    with engine.begin() as conn:
        registry.save_directory(conn, shipped_directory())
        for one in shipped_protocols():
            registry.save_protocol(conn, print_(one), one, at=clock.now())
    engine.dispose()
    try:
        yield url
    finally:
        with psycopg.connect(stand.postgres.url(), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(NAME)))


def fill(url: str, *, open_rows: int) -> None:
    """So many things that are open and not due yet, on one share; and the shares on which something will lapse."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET statement_timeout = 0")
        connection.execute("TRUNCATE owed, notice, audit, share, message CASCADE")
        connection.execute(
            "INSERT INTO message (id, sender, idempotency_key, fingerprint, kind, version, state, state_at,"
            " accepted_at) SELECT gen_random_uuid(), 'sandwell-0-19', number::text, 'f', 'concern', 1, 'routed', now(),"
            " now() FROM generate_series(0, %s) AS number",
            (LAPSED,),
        )
        connection.execute(
            "INSERT INTO share (id, message_id, kind, sender, recipient, role, state, state_at, protocol,"
            " protocol_version, digest, terms, takes_responsibility, sent_at, sent_tx)"
            " SELECT gen_random_uuid(), id, 'concern', sender, 'sandwell-mash', 'mash', 'sent', now(), 'sandwell', '1',"
            " 'd', CAST(%s AS jsonb), false, now(), 1 FROM message",
            (LADDER,),
        )
        connection.execute(
            "INSERT INTO owed (id, what, owed_by, owed_to, message_id, share_id, started_at, due_at, next_at)"
            " SELECT gen_random_uuid(), 'check_back', recipient, sender, message_id, id, now(),"
            " now() + number * interval '1 second' + interval '1 day', now() + number * interval '1 second'"
            " + interval '1 day' FROM (SELECT * FROM share LIMIT 1) AS one, generate_series(1, %s) AS number",
            (open_rows,),
        )
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")


def measure(url: str) -> Figures:
    """One chase of what has lapsed meanwhile, by one worker."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO owed (id, what, owed_by, owed_to, message_id, share_id, started_at, due_at, next_at)"
            " SELECT gen_random_uuid(), 'receipt', recipient, sender, message_id, id, now() - interval '1 hour',"
            " now() - interval '1 minute', now() - interval '1 minute' FROM share LIMIT %s",
            (LAPSED,),
        )
    engine = connect.engine(url, size=1)
    house = House(engine=engine, known=Memory(engine, Places.read(SAMPLE, areas=shipped_areas())).current)
    house.known()
    began = time.perf_counter()
    told = chase(house)
    seconds = time.perf_counter() - began
    engine.dispose()
    if told != LAPSED:
        raise BenchError(f"{told} steps were told, and {LAPSED} things had lapsed")
    return {"lapses/s": LAPSED / seconds, "ms a lapse": seconds * MILLISECONDS / LAPSED}
