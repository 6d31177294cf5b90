"""One way to the database: an engine for a process, and a transaction for a piece of work."""

from sqlalchemy import Engine, create_engine


def engine(url: str, *, size: int = 5, name: str = "checkback") -> Engine:
    """An engine on psycopg. A statement that hangs is ended, so that a stuck server shows as an error."""
    return create_engine(
        dialect(url),
        hide_parameters=True,  # an error names the statement, never what was bound to it
        pool_size=size,
        max_overflow=size,
        pool_pre_ping=True,
        pool_timeout=10,
        connect_args={
            "application_name": name,
            "connect_timeout": 5,
            "options": "-c timezone=UTC -c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000",
        },
    )


def dialect(url: str) -> str:
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


def plain(url: str) -> str:
    """The same for psycopg itself, which listens."""
    return "postgresql://" + dialect(url).removeprefix("postgresql+psycopg://")
