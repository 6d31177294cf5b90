"""They are found, or it is ended, just as an enquiry lapses and is owed anew: nobody enquires any more either way."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any
from uuid import UUID

from agencies import wire
from hub import errors
from hub.store import lapses, shares
from tests.journey.test_enquiry import (
    GP,
    MASH,
    POLICE,
    SOCIAL,
    check_back,
    enquiries,
    gone,
    say_met,
    sent_on,
    stand_down,
    town,
)
from tests.journey.test_enquiry_found import handing_on
from tests.workers.town import PERSON, Town
from workers import stand
from workers.chase import LOOK_AGAIN, chase

__all__ = ["town"]

WAITS = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@contextmanager
def owed_anew(town: Town, row: Any, meanwhile: Callable[[], object]) -> Iterator[None]:  # noqa: ANN401 - a row
    """The chase is about to say that this is owed anew, while another waits for what it has locked."""
    thread = Thread(target=meanwhile)
    with town.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE owed SET next_at = %s WHERE id = %s", (town.now, row.id))
        [lapsed] = [one for one in lapses.due(conn, at=town.now, limit=500) if one.id == row.id]
        stand.again(conn, [lapsed], known=town.known(), at=town.now, look_at=town.now + LOOK_AGAIN)
        thread.start()
        while thread.is_alive() and not town.rows(WAITS):
            time.sleep(0.01)
        assert thread.is_alive(), "it did not wait"
    thread.join()
    yield


def begun(town: Town, message: UUID) -> dict[str, Any]:
    before = enquiries(town, message)
    check_back(town, POLICE, before[POLICE].share_id)
    town.now = max(row.due_at for row in before.values())
    return before


def test_one_finds_them_while_another_is_asked_anew(town: Town) -> None:
    message = gone(town)
    before = begun(town, message)
    said: list[Any] = []
    with owed_anew(town, before[GP], lambda: said.append(say_met(town, POLICE, before[POLICE]))):
        assert isinstance(said[0], wire.Moved)
        assert enquiries(town, message) == {}
        assert handing_on(town) == [None]


def test_a_message_says_where_they_are_while_one_is_asked_anew(town: Town) -> None:
    message = gone(town)
    before = begun(town, message)
    town.later(minutes=1)
    with owed_anew(town, before[GP], lambda: sent_on(town)):
        assert enquiries(town, message) == {}
        assert handing_on(town) == []


def test_one_finds_them_while_it_is_asked_anew_itself(town: Town) -> None:
    message = gone(town)
    before = begun(town, message)
    said: list[Any] = []
    with owed_anew(town, before[POLICE], lambda: said.append(say_met(town, POLICE, before[POLICE]))):
        assert isinstance(said[0], errors.Conflict), "what it speaks of is over: it looks at what it owes now"
    now = enquiries(town, message)
    assert set(now) == {MASH, POLICE, GP, SOCIAL}
    assert isinstance(say_met(town, POLICE, now[POLICE]), wire.Moved)
    assert enquiries(town, message) == {}


def test_it_is_not_said_to_be_stood_down_while_it_is_asked_anew(town: Town) -> None:
    message = gone(town)
    before = begun(town, message)
    said: list[Any] = []
    with owed_anew(town, before[POLICE], lambda: said.append(stand_down(town, POLICE, before[POLICE]))):
        assert isinstance(said[0], errors.Conflict)
    assert isinstance(stand_down(town, POLICE, enquiries(town, message)[POLICE]), wire.Moved)
    assert set(enquiries(town, message)) == {MASH, GP, SOCIAL}


def decline(town: Town, share: UUID) -> None:
    body = wire.Decline(by=PERSON, reason="wrong_service", explanation="they are nobody of ours")
    assert isinstance(town.act(GP, share, "decline", body), wire.Moved)


def test_one_that_is_declined_while_it_is_asked_anew_is_asked_no_more(town: Town) -> None:
    message = gone(town)
    before = begun(town, message)
    with owed_anew(town, before[GP], lambda: decline(town, before[GP].share_id)):
        assert set(enquiries(town, message)) == {MASH, POLICE, SOCIAL}


def test_nobody_is_asked_anew_by_a_message_that_is_withdrawn(town: Town) -> None:
    message = gone(town)
    before = begun(town, message)
    with owed_anew(town, before[GP], lambda: town.withdraw(message)):
        assert enquiries(town, message) == {}


def test_what_somebody_is_acting_on_is_not_asked_anew_before_they_have_done(town: Town) -> None:
    message = gone(town)
    before = begun(town, message)
    with town.engine.begin() as conn:
        shares.lock(conn, [before[GP].share_id])
        for _ in range(40):
            town.later(hours=6)
            chase(town.line())
        now = enquiries(town, message)
        assert now[GP].id == before[GP].id
        assert now[GP].next_at > town.now
        assert now[MASH].id != before[MASH].id, "which keeps no other"
    town.later(hours=1)
    chase(town.line())
    assert enquiries(town, message)[GP].id != before[GP].id
