"""Who, how and where, in the database: agencies, their keys and credentials, and the protocols.

Every change here raises one number, in the same transaction; a process that sees it rise reads again.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert

from agencies.callers import Credential
from agencies.directory import Directory
from agencies.keys import KeyRing, KeyRow
from hub.store.tables import agency, agency_key, credential, known_version, protocol, webhook_secret
from protocols.parse import parse
from protocols.protocol import Protocol


def number(conn: Connection) -> int:
    found: int | None = conn.execute(select(known_version.c.number)).scalar_one_or_none()
    return found or 0


def _changed(conn: Connection) -> None:
    conn.execute(
        text(
            "INSERT INTO known_version (single, number) VALUES (true, 1)"
            " ON CONFLICT (single) DO UPDATE SET number = known_version.number + 1"
        )
    )


def _upsert(conn: Connection, table: Table, rows: Sequence[dict[str, Any]], keys: Sequence[str]) -> None:
    if rows:
        statement = insert(table)
        rest = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        conn.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=rest), list(rows))
    _changed(conn)


# -- agencies -----------------------------------------------------------------------------------------------


def save_directory(conn: Connection, directory: Directory) -> int:
    """Make the directory of the database this one, whole: entries that are not in it go."""
    rows = [{"id": row["id"], "opens": row["opens"], "entry": row} for row in directory.to_rows()]
    conn.execute(delete(agency))
    _upsert(conn, agency, rows, ("id", "opens"))
    return len(rows)


def directory(conn: Connection) -> Directory:
    return Directory.from_rows([row.entry for row in conn.execute(select(agency.c.entry))])


# -- keys ---------------------------------------------------------------------------------------------------


def save_keys(conn: Connection, rows: Sequence[KeyRow]) -> None:
    _upsert(conn, agency_key, [asdict(row) for row in rows], ("kid",))


def add_keys(conn: Connection, rows: Sequence[KeyRow]) -> list[KeyRow]:
    """Save those that are not there yet, and answer with them; what is known of the others stands. An earlier
    version did not know what a key signs: that is added.
    """
    held = {row.kid: row for row in key_rows(conn, *{row.agency for row in rows})} if rows else {}
    new = [row for row in rows if row.kid not in held]
    told = [
        replace(held[row.kid], signs=row.signs)
        for row in rows
        if row.kid in held and held[row.kid].signs is None
    ]
    if new or told:
        save_keys(conn, [*new, *told])
    return new


def key_rows(conn: Connection, *agencies: str) -> list[KeyRow]:
    """Those of these agencies; of all, if none is named."""
    wanted = select(agency_key).order_by(agency_key.c.valid_from)
    if agencies:
        wanted = wanted.where(agency_key.c.agency == func.any(list(agencies)))
    return [KeyRow(**{**row._mapping, "public": bytes(row.public)}) for row in conn.execute(wanted)]  # noqa: SLF001 - SQLAlchemy's documented way to a mapping


def keys(conn: Connection) -> KeyRing:
    return KeyRing(key_rows(conn))


# -- credentials --------------------------------------------------------------------------------------------


def save_credential(conn: Connection, one: Credential) -> None:
    _upsert(conn, credential, [asdict(one)], ("id",))


def credentials(conn: Connection) -> dict[str, Credential]:
    rows = conn.execute(select(credential))
    return {row.id: Credential(**{**row._mapping, "hash": bytes(row.hash)}) for row in rows}  # noqa: SLF001 - as above


def webhook_place(agency_id: str) -> str:
    """What an agency's hidden secret is bound to."""
    return f"webhook {agency_id}"


def save_webhook_secret(conn: Connection, agency_id: str, hidden: bytes | None, *, at: datetime) -> None:
    _upsert(conn, webhook_secret, [{"agency": agency_id, "secret_hidden": hidden, "set_at": at}], ("agency",))


def webhook_secret_of(conn: Connection, agency_id: str) -> bytes | None:
    found = conn.execute(
        select(webhook_secret.c.secret_hidden).where(webhook_secret.c.agency == agency_id)
    ).scalar_one_or_none()
    return None if found is None else bytes(found)


# -- protocols ----------------------------------------------------------------------------------------------


def save_protocol(conn: Connection, source: str, one: Protocol, *, at: datetime) -> None:
    """Keep a version. The same id and version with other words is another version: give it a number of its own."""
    held = conn.execute(
        select(protocol.c.digest).where(protocol.c.id == one.id, protocol.c.version == one.version)
    ).scalar_one_or_none()
    if held is not None and held != one.digest:
        raise ValueError(
            f"{one.id} {one.version} is loaded already and says something else: raise its version number"
        )
    row = {
        "id": one.id,
        "version": one.version,
        "digest": one.digest,
        "area": one.area,
        "effective": one.effective,
        "source": source,
        "loaded_at": at,
    }
    _upsert(conn, protocol, [row], ("id", "version"))


def protocols(conn: Connection) -> tuple[Protocol, ...]:
    rows = conn.execute(select(protocol).order_by(protocol.c.id, protocol.c.effective))
    return tuple(_parsed(row.source, f"{row.id} {row.version}") for row in rows)


@lru_cache(maxsize=64)
def _parsed(source: str, file: str) -> Protocol:
    """A version never changes its words, and all are read anew whenever a key or a credential is."""
    return parse(source, file=file)
