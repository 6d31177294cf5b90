"""The whole schema: every module of tables, so that whoever compares or migrates sees them all."""

from hub.store import tables, tables_of_children, tables_of_readings, tables_of_responsibility

MODULES = (tables, tables_of_children, tables_of_readings, tables_of_responsibility)

metadata = tables.metadata
