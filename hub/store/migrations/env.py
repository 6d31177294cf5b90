"""Alembic runs this. The connection is handed in by `hub.store.migrate`, so there is one way to a database."""

from alembic import context

from hub.store import tables_of_children  # noqa: F401 - its tables stand in the same metadata
from hub.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_type=True,
    compare_server_default=False,
)
with context.begin_transaction():
    context.run_migrations()
