"""What the run looks up in the hub's database: whether all that was promised is there, and how it was read."""

import time
from collections.abc import Mapping
from uuid import UUID

import psycopg
from psycopg import sql

from hub.ids import new_id
from tests.bench.stand import BenchError, Stand

LARGE = 10_000  # rows; to read a smaller table whole is what PostgreSQL should do


def mark() -> UUID:
    """An id of this moment: what is made from now on has a higher one, and is found by its primary key."""
    return new_id()


def states_since(stand: Stand, marked: UUID, table: str) -> dict[str, int]:
    """How many rows made since then stand in each state."""
    query = sql.SQL("SELECT state, count(*) FROM {} WHERE id > %s GROUP BY state").format(
        sql.Identifier(table)
    )
    with psycopg.connect(stand.database, autocommit=True) as connection:
        connection.execute("SET enable_seqscan = off")  # what the benchmark itself asks is not to be counted
        return {str(state): int(many) for state, many in connection.execute(query, (marked,)).fetchall()}


def wait_until_idle(stand: Stand, *, patience: float = 600.0) -> float:
    """Until no step waits in the outbox; answers with the seconds that it took."""
    began = time.perf_counter()
    with psycopg.connect(stand.database, autocommit=True) as connection:
        while _waiting(connection):
            if time.perf_counter() - began > patience:
                raise BenchError(f"after {patience:.0f} seconds there is still work in the outbox")
            time.sleep(0.1)
    return time.perf_counter() - began


def waiting(stand: Stand) -> int:
    """How many rows of work are in the outbox."""
    with psycopg.connect(stand.database, autocommit=True) as connection:
        found = connection.execute("SELECT count(*) FROM outbox").fetchone()
    return int(found[0]) if found else 0


def _waiting(connection: "psycopg.Connection[tuple[object, ...]]") -> bool:
    return connection.execute("SELECT 1 FROM outbox LIMIT 1").fetchone() is not None


def sequential_reads(stand: Stand) -> dict[str, int]:
    """Rows read so far by scans of whole tables, for each table that is large."""
    with psycopg.connect(stand.database, autocommit=True) as connection:
        connection.execute("SELECT pg_stat_force_next_flush()")
        rows = connection.execute(
            "SELECT relname, seq_tup_read FROM pg_stat_user_tables WHERE n_live_tup > %s", (LARGE,)
        ).fetchall()
    return {str(name): int(read) for name, read in rows}


def read_whole(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """The large tables that somebody read from end to end in between, with the rows that it cost."""
    return {name: after[name] - before[name] for name in before if after.get(name, 0) > before[name]}
