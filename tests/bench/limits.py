"""The limits of this machine, measured in the same run: what nothing built on it could exceed.

Commits: pgbench, from the same wheel as the embedded PostgreSQL and against that same server, inserts one row a
transaction, each durable before it is answered. Seals: HPKE with X-Wing, on one core.
"""

import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import psycopg

from agencies.keys import generate_seal_key, generate_sign_key
from agencies.seal import Context, open_bytes, open_sealed, seal, seal_bytes
from hub.cli.embedded import Postgres, postgres_program
from tests.bench.figures import Figures

DATABASE = "bench_limits"
CLIENTS = (1, 8, 32)
ONE_ROW = "INSERT INTO one_row (body) VALUES (repeat('x', 200));\n"
PAYLOAD = b"x" * 2048


def commits(server: Postgres, *, seconds: int, clients: tuple[int, ...] = CLIENTS) -> Figures:
    """Durable commits of one row, a second, by number of clients."""
    _make_database(server)
    script = server.home.parent / "one-row.sql"
    script.write_text(ONE_ROW)
    return {f"commits/s, {count} clients": _pgbench(server, script, count, seconds) for count in clients}


def _make_database(server: Postgres) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
        connection.execute(f"CREATE DATABASE {DATABASE}")
    with psycopg.connect(server.url(DATABASE), autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE one_row (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text)"
        )


def _pgbench(server: Postgres, script: Path, clients: int, seconds: int) -> float:
    command = [str(postgres_program("pgbench")), "--no-vacuum", "--protocol=prepared", f"--file={script}"]
    command += [f"--client={clients}", f"--jobs={min(clients, 2)}", f"--time={seconds}"]
    command += [f"--host={server.sockets}", "--username=postgres", DATABASE]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"^tps = ([\d.]+)", told, re.MULTILINE)
    if found is None:
        raise ValueError(f"pgbench said no figure:\n{told}")
    return float(found[1])


def seals(*, seconds: float) -> Figures:
    """HPKE X-Wing on one core, 2 KB: bare, as the hub keeps its own copy, and as a whole signed envelope."""
    key, signer = generate_seal_key(), generate_sign_key()
    context = Context(
        hub="bench.example", purpose="share", message=uuid4(), recipient="bench-agency", share=uuid4(),
        protocol="0" * 64, view="bench",
    )  # fmt: skip
    record = seal_bytes(PAYLOAD, to=key.public, info=b"bench")
    envelope = seal(PAYLOAD, to=key.public, signer=signer, context=context)
    return {
        "seals/s": _a_second(lambda: seal_bytes(PAYLOAD, to=key.public, info=b"bench"), seconds),
        "opens/s": _a_second(lambda: open_bytes(record, key=key, info=b"bench"), seconds),
        "signed envelopes/s": _a_second(
            lambda: seal(PAYLOAD, to=key.public, signer=signer, context=context), seconds
        ),
        "envelopes opened/s": _a_second(
            lambda: open_sealed(envelope, key=key, verify=lambda _: signer.public), seconds
        ),
    }


def _a_second(once: Callable[[], object], seconds: float) -> float:
    """How often a second, by this process's own processor time."""
    count, started = 0, time.process_time()
    while (used := time.process_time() - started) < seconds:
        for _ in range(20):
            once()
        count += 20
    return count / used
