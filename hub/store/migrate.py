"""Bring a database to the newest shape. Safe to run by several processes at once: one works, the others wait.

After a restore it also mends the order of what is read in order (`hub.store.order`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from hub.store import order
from hub.store.connect import engine

_LOCK = 0x636865636B  # "check": an advisory lock of our own


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    return made


@contextmanager
def _database(url: str) -> Iterator[Connection]:
    """One transaction, and no connection left behind."""
    made = engine(url, size=1, name="checkback migrate")
    try:
        with made.begin() as conn:
            yield conn
    finally:
        made.dispose()


def upgrade(url: str, *, restored: bool = False) -> bool:
    """Answers whether a restore was seen, or told of, and the numbers that order the feeds were raised."""
    with _database(url) as conn:
        conn.execute(text("SET LOCAL statement_timeout = 0"))  # a large table takes what it takes
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        made = config()
        made.attributes["connection"] = conn
        command.upgrade(made, "head")
        return order.mend(conn, restored=restored)


def is_current(url: str) -> bool:
    """Whether the database has the shape that this code was written for."""
    with _database(url) as conn:
        heads = MigrationContext.configure(conn).get_current_heads()
    return set(heads) == set(ScriptDirectory.from_config(config()).get_heads())
