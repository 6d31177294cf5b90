"""Many rows, one statement: spread into rows by PostgreSQL from one JSON document, and an array a column of bytes.

One statement of a fixed shape whatever the number of rows: it is prepared once and costs one round trip. Python
writes a JSON document several times faster than PostgreSQL's text arrays; and bytes go over as they are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from typing import Any

from psycopg import adapters
from psycopg.types.array import ListBinaryDumper
from pydantic_core import to_json
from sqlalchemy import Connection, LargeBinary, Table, TextClause, text
from sqlalchemy.dialects.postgresql import dialect

_postgresql = dialect()  # type: ignore[no-untyped-call]

Row = Mapping[str, Any]
Columns = tuple[tuple[str, str], ...]  # (name, type) of each


class Binaries(list[bytes | None]):
    """A column of bytes, which psycopg sends unescaped."""


adapters.register_dumper(Binaries, ListBinaryDumper)


def source(columns: Columns) -> str:
    """`ROWS FROM (…) AS given(a, b)`, to stand in a FROM: what `values` of the same columns gives, as rows."""
    plain = ", ".join(f"{name} {kind}" for name, kind in columns if kind != "BYTEA")
    binary = [name for name, kind in columns if kind == "BYTEA"]
    functions = [f"json_to_recordset(CAST(:rows AS json)) AS ({plain})"]
    functions += [f"unnest(CAST(:{name} AS bytea[]))" for name in binary]
    names = [name for name, kind in columns if kind != "BYTEA"] + binary
    return f"ROWS FROM ({', '.join(functions)}) AS given({', '.join(names)})"


def values(columns: Columns, rows: Iterable[Row]) -> dict[str, Any]:
    """The parameters that `source` of the same columns names."""
    listed = list(rows)
    plain = [name for name, kind in columns if kind != "BYTEA"]
    document = [{name: row[name] for name in plain} for row in listed]
    return {
        # pydantic's writer, as it is several times as quick as the standard library's, and knows ids and moments.
        "rows": to_json(document).decode(),
        **{name: Binaries(row[name] for row in listed) for name, kind in columns if kind == "BYTEA"},
    }


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def row_of(one: Any) -> dict[str, Any]:  # noqa: ANN401 - any dataclass
    """A dataclass's fields as a row. Not `asdict`, which copies all that is inside."""
    return {name: getattr(one, name) for name in _names(type(one))}  # type: ignore[arg-type]


@cache
def _insert(table: Table, names: tuple[str, ...], also: Columns, tail: str) -> tuple[TextClause, Columns]:
    # The names are those of our own tables, never of a request.
    columns = tuple((name, _type(table, name)) for name in names)
    into = ", ".join([*names, *(name for name, _ in also)])
    given = ", ".join([*names, *(expression for _, expression in also)])
    return text(f"INSERT INTO {table.name} ({into}) SELECT {given} FROM {source(columns)} {tail}"), columns


def _type(table: Table, name: str) -> str:
    kind = table.c[name].type
    return "BYTEA" if isinstance(kind, LargeBinary) else kind.compile(_postgresql)


def insert(
    conn: Connection, table: Table, rows: Sequence[Row], *, also: Columns = (), tail: str = ""
) -> list[Any]:
    """Insert all rows, which have the same keys; with a `tail` of RETURNING, give back what it returns.

    `also` are columns that are the same in all: (name, expression of SQL).
    """
    if not rows:
        return []
    statement, columns = _insert(table, tuple(rows[0]), also, tail)
    result = conn.execute(statement, values(columns, rows))
    return list(result.all()) if "RETURNING" in tail else []
