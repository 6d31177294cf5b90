"""Many rows, one statement: an array a column, unnested by PostgreSQL.

One statement of a fixed shape whatever the number of rows: it is prepared once and costs one round trip.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Column, Connection, Table, TextClause, text
from sqlalchemy.dialects.postgresql import JSONB, dialect

_postgresql = dialect()  # type: ignore[no-untyped-call] # SQLAlchemy leaves it untyped

Row = Mapping[str, Any]


def _type(column: "Column[Any]") -> str:
    return column.type.compile(_postgresql)


def arrays(table: Table, names: Sequence[str]) -> str:
    """`unnest(:a, :b) AS given(a, b)`, each array cast to its column's type."""
    casts = ", ".join(f"CAST(:{name} AS {_type(table.c[name])}[])" for name in names)
    return f"unnest({casts}) AS given({', '.join(names)})"


def columns(table: Table, names: Sequence[str], rows: Sequence[Row]) -> dict[str, list[Any]]:
    return {name: [_adapt(table.c[name], row.get(name)) for row in rows] for name in names}


def _adapt(column: "Column[Any]", value: Any) -> Any:  # noqa: ANN401 - a column's value is of the column's type
    return Jsonb(value) if isinstance(column.type, JSONB) and value is not None else value


@cache
def _insert(table: Table, names: tuple[str, ...], tail: str) -> TextClause:
    # The names are those of our own tables, never of a request.
    listed = ", ".join(names)
    return text(f"INSERT INTO {table.name} ({listed}) SELECT {listed} FROM {arrays(table, names)} {tail}")


def insert(conn: Connection, table: Table, rows: Sequence[Row], *, tail: str = "") -> list[Any]:
    """Insert all rows, which have the same keys; with a `tail` of RETURNING, give back what it returns."""
    if not rows:
        return []
    names = tuple(rows[0])
    result = conn.execute(_insert(table, names, tail), columns(table, names, rows))
    return list(result.all()) if result.returns_rows else []
