"""Where each day ends in the record, as it was when the day was closed: see `hub.store.days`."""

from sqlalchemy import BigInteger, Column, Date, Table, Text

from hub.store.tables import metadata, moment

day_end = Table(
    "day_end",
    metadata,
    Column("day", Date, primary_key=True),
    Column("tx", BigInteger, nullable=False),  # what was numbered lower had been committed
    Column(
        "base", BigInteger, nullable=False
    ),  # what had been added to PostgreSQL's own count of transactions
    Column("snapshot", Text, nullable=False),  # PostgreSQL's own: what had been committed
    moment("closed_at"),
)
