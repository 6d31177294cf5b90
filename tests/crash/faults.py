"""Faults, made to order: the connection to PostgreSQL breaks, or the whole process dies, at a point that is named.

A point is one of three moments in the life of a transaction, counted from the start of a step:

    statement   before a statement is sent
    commit      before COMMIT is sent: nothing has persisted
    committed   after COMMIT was carried out, before anybody here knows: everything has persisted
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import psycopg
from psycopg.rows import TupleRow
from sqlalchemy import Engine, create_engine

from hub.store import connect

Moment = Literal["statement", "commit", "committed"]
How = Literal["breaks", "dies"]
DOOMED = "doomed"  # as what connections that break are known to the server


@dataclass
class Plan:
    """What happens, and when: at the `at`-th point of a kind. Without `at`, points are only counted."""

    moment: Moment = "statement"
    at: int | None = None
    how: How = "breaks"
    seen: dict[str, int] = field(default_factory=dict)
    struck: bool = False
    armed: bool = False

    def aim(self, moment: Moment, at: int) -> None:
        """At another point, from now on: connections stay as they are."""
        self.moment, self.at, self.seen, self.struck = moment, at, {}, False

    @contextmanager
    def while_armed(self) -> Iterator["Plan"]:
        self.armed = True
        try:
            yield self
        finally:
            self.armed = False

    def reached(self, moment: Moment, connection: "psycopg.Connection[Any]") -> None:
        if not self.armed or self.struck:
            return
        number = self.seen.get(moment, 0)
        self.seen[moment] = number + 1
        if self.at is not None and moment == self.moment and number == self.at:
            self.struck = True
            self._strike(connection)

    def _strike(self, connection: "psycopg.Connection[Any]") -> None:
        if self.how == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        connection.close()
        raise psycopg.OperationalError("the connection broke, as the test asked")


def engine(url: str, plan: Plan) -> Engine:
    """An engine whose connections break as planned."""

    class Cursor(psycopg.Cursor[TupleRow]):
        def execute(self, *args: Any, **kwargs: Any) -> "Cursor":  # noqa: ANN401 - as psycopg has it
            plan.reached("statement", self.connection)
            return super().execute(*args, **kwargs)

    class Connection(psycopg.Connection[TupleRow]):
        def commit(self) -> None:
            plan.reached("commit", self)
            super().commit()
            plan.reached("committed", self)

    def made() -> Connection:
        return Connection.connect(
            connect.plain(url), cursor_factory=Cursor, options="-c timezone=UTC", application_name=DOOMED
        )

    engine = create_engine("postgresql+psycopg://", creator=made, pool_size=2, hide_parameters=True)
    with engine.connect():
        pass  # what is asked over the first connection is no part of any step
    return engine
