"""Two who do at once what bears on one child: whoever comes second sees what the first has done."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from uuid import UUID

from sqlalchemy import Connection

from hub.children import regrouped
from hub.store import likenesses, unplaced
from hub.store.tables import PLACE_RESPONSIBILITY
from tests.journey.nursery import BIRMINGHAM, CAMDEN, SANDWELL, Nursery
from tests.journey.test_responsibility import HV, first, nursery
from workers import tasks
from workers.tasks import Task

__all__ = ["nursery"]

WAITS = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@contextmanager
def meanwhile(nursery: Nursery, other: Callable[[], object]) -> Iterator[Connection]:
    """A transaction in which `other` comes to wait for what was locked; it goes on when the transaction is over."""
    thread = Thread(target=other)
    with nursery.engine.begin() as conn:
        yield conn
        thread.start()
        while thread.is_alive() and not nursery.rows(WAITS):
            time.sleep(0.01)
        assert thread.is_alive(), "it did not wait"
    thread.join()


def test_nobody_accepts_while_a_child_is_found_to_be_another(nursery: Nursery) -> None:
    one, _, share = first(nursery)
    other, message, _ = first(nursery, CAMDEN)
    nursery.receive(BIRMINGHAM, share)
    nursery.act(BIRMINGHAM, share, "check_back")
    with meanwhile(nursery, lambda: nursery.act(BIRMINGHAM, share, "accept")) as conn:
        likenesses.alone(conn)
        conn.exec_driver_sql("UPDATE person SET root = %s WHERE id = %s", (other, one))
        regrouped(conn, [one, other], message, known=nursery.known, at=nursery.tick())
    assert nursery.holders() == {(other, HV): BIRMINGHAM} or "one_child" in nursery.whys()
    assert [child for child, _ in nursery.holders()] == [other], "one child has one record"


def alarm(nursery: Nursery) -> tuple[UUID, UUID, UUID]:
    """Two places at once: the child, the alarm, and the message that raised it."""
    child, _, _ = first(nursery)
    nursery.hand_over(SANDWELL, CAMDEN, [child])
    [row] = nursery.alarms()
    return child, row.id, row.message_id


def open_tasks(nursery: Nursery) -> int:
    return len(nursery.rows("SELECT 1 FROM owed WHERE what = 'place_responsibility' AND met_at IS NULL"))


def end(conn: Connection, nursery: Nursery, child: UUID) -> None:
    unplaced.end_of_child(conn, child, HV, ("two_ways",), how="accepted", by=CAMDEN, at=nursery.now)


def test_nobody_is_asked_what_is_being_answered(nursery: Nursery) -> None:
    child, _, _ = alarm(nursery)
    with meanwhile(nursery, nursery.keep_placed) as conn:
        end(conn, nursery, child)
    assert nursery.alarms() == []
    assert open_tasks(nursery) == 0


def test_what_was_being_asked_is_settled_by_the_answer(nursery: Nursery) -> None:
    child, one, message = alarm(nursery)

    def answer() -> None:
        with nursery.engine.begin() as conn:
            end(conn, nursery, child)

    with meanwhile(nursery, answer) as conn:
        unplaced.still_unasked(conn, [one])
        task = Task(PLACE_RESPONSIBILITY, message, SANDWELL, "E08000028", about=f"{unplaced.ABOUT}{one}")
        tasks.open_once(conn, [task], known=nursery.known, at=nursery.now)
    assert nursery.alarms() == []
    assert open_tasks(nursery) == 0
