"""Which statements the hub sends, what each costs, and whether one of them reads a large table from end to end.

Every table that holds rows by the thousand keeps count of the rows that were read without an index. To name the
statement that did it, PostgreSQL logs for a moment all that it is asked, each with its time, and is asked afterwards
how it would go about each.
"""

import contextlib
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from tests.bench import database
from tests.bench.stand import Stand

_LOGGED = re.compile(
    r"LOG:  duration: (?P<ms>[\d.]+) ms  (?:(?P<phase>parse|bind|execute) [^:]*|statement): (?P<sql>.*)",
    re.DOTALL,
)
_START = re.compile(r"^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC \[)", re.MULTILINE)
_SPACES = re.compile(r"\s+")


@dataclass
class Statement:
    """One statement: how often it was sent, and how long PostgreSQL took for it altogether."""

    text: str
    count: int = 0
    milliseconds: float = 0.0


@contextlib.contextmanager
def traced(stand: Stand) -> Iterator[dict[str, Statement]]:
    """All statements that are sent during the `with`; they are there when it is over."""
    log = stand.home / "log" / "postgres.log"
    begins = log.stat().st_size
    _configure(stand, "log_parameter_max_length", "0")  # the statements, not what goes with them
    _configure(stand, "log_min_duration_statement", "0")
    found: dict[str, Statement] = {}
    try:
        yield found
    finally:
        _configure(stand, "log_min_duration_statement", None)
    with log.open("rb") as told:
        told.seek(begins)
        found.update(read(told.read().decode(errors="replace")))


def read(log: str) -> dict[str, Statement]:
    """The statements that a log tells of, each with all of its times together."""
    found: dict[str, Statement] = {}
    for entry in _START.split(log):
        logged = _LOGGED.search(entry)
        if logged:
            _add(found, logged)
    return found


def _add(found: dict[str, Statement], logged: re.Match[str]) -> None:
    said = _SPACES.sub(" ", re.split(r"\n(?=\S+ \S+ UTC \[)", logged["sql"])[0]).strip()
    one = found.setdefault(said, Statement(said))
    one.count += logged["phase"] in ("execute", None)
    one.milliseconds += float(logged["ms"])


def _configure(stand: Stand, name: str, value: str | None) -> None:
    change = "SET {} = {}" if value is not None else "RESET {}"
    with psycopg.connect(stand.database, autocommit=True) as connection:
        command = sql.SQL("ALTER SYSTEM " + change).format(sql.Identifier(name), sql.Literal(value))
        connection.execute(command)
        connection.execute("SELECT pg_reload_conf(), pg_sleep(0.2)")


def reading_whole_tables(stand: Stand, statements: dict[str, Statement]) -> dict[str, list[str]]:
    """By large table, the statements for which PostgreSQL would read it from end to end."""
    found: dict[str, list[str]] = defaultdict(list)
    with psycopg.connect(stand.database, autocommit=True) as connection:
        large = set(database.sequential_reads(stand))
        for text in statements:
            for table in scanned(_plan(connection, text)) & large:
                found[table].append(text)
    return dict(found)


def _plan(connection: "psycopg.Connection[tuple[Any, ...]]", text: str) -> object:
    try:
        explained = connection.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {text}".encode()).fetchone()
    except psycopg.Error:  # what is not planned: BEGIN, COMMIT, NOTIFY
        return None
    return explained[0] if explained else None


def scanned(plan: object) -> set[str]:
    if isinstance(plan, list):
        return set().union(*map(scanned, plan))
    if not isinstance(plan, dict):
        return set()
    own = {str(plan["Relation Name"])} if plan.get("Node Type") == "Seq Scan" else set()
    return own.union(*map(scanned, plan.values()))
