"""Telling a database that is away from a statement that is wrong: the first may pass, the second will not."""

from sqlalchemy.exc import DBAPIError, SQLAlchemyError, TimeoutError  # noqa: A004 - the pool's own error

# SQLSTATE classes: connection lost, the server's resources, its operator ended it; and single conditions:
# a statement that took too long, a lock or a serialisation that another transaction won.
PASSING = ("08", "53", "57")
CONTENDED = frozenset({"40001", "40P01", "55P03"})


def is_away(fault: BaseException) -> bool:
    """There is no database to talk to at this moment: trying the next row would fail as well."""
    if isinstance(fault, TimeoutError):
        return True
    if not isinstance(fault, DBAPIError):
        return False
    state = _state(fault)
    if state is None:  # the driver itself failed: no answer came from a server
        return fault.connection_invalidated or type(fault).__name__ in ("OperationalError", "InterfaceError")
    return fault.connection_invalidated or state.startswith(PASSING)


def may_pass(fault: SQLAlchemyError) -> bool:
    """Whether the same request may go through a little later."""
    return is_away(fault) or (isinstance(fault, DBAPIError) and _state(fault) in CONTENDED)


def _state(fault: DBAPIError) -> str | None:
    found: str | None = getattr(fault.orig, "sqlstate", None)
    return found
