"""The number that orders what is read in order: that of the transaction which wrote it, and a base.

PostgreSQL counts transactions for each cluster. A database that is restored into another begins at a lower count:
all it holds would lie in the future, and what is new behind every cursor. So what is stored is the count plus a
base, kept in a row of the database itself; and after a restore the base is raised beyond all that was ever given out.
"""

from sqlalchemy import Connection, text

# Each is read once a statement, in the statement's own snapshot.
_BASE = "(SELECT base FROM tx_base)"
TX = f"({_BASE} + pg_current_xact_id()::text::bigint)"  # of the transaction that runs
SETTLED = f"({_BASE} + pg_snapshot_xmin(pg_current_snapshot())::text::bigint)"  # below it, all have ended

# More than were ever written after the backup that was restored: cursors of those, too, must lie behind what is new.
LEAP = 1_000_000_000_000

_HERE = "(SELECT system_identifier FROM pg_control_system())"


def _newest(table: str, by: str, tx: str, only: str) -> str:
    """The largest number, by one step of an index for each agency, however many rows each has."""
    last = f"SELECT {by}, {tx} FROM {table} WHERE {only} {{below}} ORDER BY {by} DESC, {tx} DESC, id DESC LIMIT 1"
    return (
        f"(WITH RECURSIVE last(agency, tx) AS (({last.format(below='')})"
        f" UNION ALL SELECT next.* FROM last, LATERAL ({last.format(below=f'AND {by} < last.agency')}) AS next)"
        " SELECT max(tx) FROM last)"
    )


_AUDIT = _newest("audit", "sender", "tx", "true")
_INBOX = _newest("share", "recipient", "sent_tx", "state = 'sent'")
_STORED = f"COALESCE(GREATEST({_AUDIT}, {_INBOX}), 0)"
LOOK = (
    f"SELECT {_STORED} < base + pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
    f" AND cluster = {_HERE} FROM tx_base"
)
_RAISE = f"UPDATE tx_base SET base = GREATEST(base, {_STORED}) + {LEAP}, cluster = {_HERE}"


def holds(conn: Connection) -> bool:
    """Whether what is written now comes after all that is stored: not so in a cluster that it was restored into."""
    return bool(conn.execute(text(LOOK)).scalar_one())


def mend(conn: Connection, *, restored: bool = False) -> bool:
    """Raise the base where that does not hold, or where the caller knows of a restore. Answers whether it did."""
    if not restored and holds(conn):
        return False
    # Whoever has written by the old base ends first; whoever writes after this commit reads the new one.
    conn.execute(text("LOCK TABLE share, audit IN SHARE ROW EXCLUSIVE MODE"))
    conn.execute(text(_RAISE))
    return True
