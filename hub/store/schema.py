"""The whole schema: every module of tables, so that whoever compares or migrates sees them all."""

from hub.store import (
    tables,
    tables_of_children,
    tables_of_days,
    tables_of_families,
    tables_of_own_notes,
    tables_of_readings,
    tables_of_responsibility,
    tables_of_watches,
)

MODULES = (
    tables,
    tables_of_children,
    tables_of_days,
    tables_of_families,
    tables_of_own_notes,
    tables_of_readings,
    tables_of_responsibility,
    tables_of_watches,
)

metadata = tables.metadata
