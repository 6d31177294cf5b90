"""A batch of rows, worked so that one bad row costs its neighbours nothing.

1. Prepare each row by itself, with no lock held. One that fails is set aside.
2. Record all that were prepared in one transaction. If that fails, each alone, so that the bad one fails alone.
3. Put what was set aside back for later, with the code of its fault.

A lost database ends the batch at once: nothing can be recorded, and the rows come due again by themselves. After
a commit whose answer was lost, the rows are gone and the second try finds nothing to do.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from hub.store import outbox
from hub.store.faults import is_away
from hub.store.outbox import Row
from workers.line import Line
from workers.retry import again_at
from workers.telling import code_of, told

log = structlog.get_logger()

ALONE_FROM = 3  # a row that is handed out so often may be what kills its worker: it goes alone

Ready = TypeVar("Ready")


@dataclass(frozen=True, slots=True)
class Worked:
    """How many rows a step has done, and those of the step that follows, which are in this worker's hands."""

    done: int
    follow: Sequence[Row] = ()


Handed = TypeVar("Handed", bound=outbox.Leased)


def grouped(leased: Sequence[Handed], most: int) -> list[list[Handed]]:
    """What is worked together: so many rows, but each that may be what kills its worker by itself."""
    many = [one for one in leased if one.attempts < ALONE_FROM]
    groups = [many[place : place + most] for place in range(0, len(many), most)]
    return groups + [[one] for one in leased if one.attempts >= ALONE_FROM]


def prepared(
    rows: Sequence[Row], prepare: Callable[[Row], Ready]
) -> tuple[list[Ready], list[tuple[Row, Exception]]]:
    ready, bad = [], []
    for row in rows:
        try:
            ready.append(prepare(row))
        except Exception as fault:  # noqa: BLE001 - whatever one message does, its neighbours go on
            bad.append((row, fault))
    return ready, bad


def recorded(
    line: Line, ready: Sequence[Ready], record: Callable[[Connection, Sequence[Ready]], list[Row]]
) -> tuple[list[Row], list[tuple[Ready, Exception]]]:
    """Record all in one transaction, or each in its own. Gives the steps that follow, which are now in this worker's
    hands, and what cannot be recorded.
    """
    if not ready:
        return [], []
    try:
        with line.engine.begin() as conn:
            follow = record(conn, ready)
    except Exception as fault:
        if is_away(fault):
            raise
        if len(ready) == 1:
            return [], [(ready[0], fault)]
        singly = [recorded(line, [one], record) for one in ready]
        return [row for rows, _ in singly for row in rows], [one for _, bad in singly for one in bad]
    return follow, []


def put_back(line: Line, bad: Sequence[tuple[Row, Exception]]) -> None:
    """For later. The housekeeper tells a person of what fails again and again."""
    if not bad:
        return
    now = line.now()
    with line.engine.begin() as conn:
        for row, fault in bad:
            due_at = again_at(row.attempts, now=now, jitter=random.random())  # noqa: S311 - spreads load, hides nothing
            outbox.again(conn, row.id, due_at=due_at, fault=code_of(fault))
            log.warning(
                "a step failed and is tried again later",
                step=row.step,
                message=row.message_id,
                attempts=row.attempts,
                **told(fault),
            )
