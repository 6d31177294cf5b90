"""An agency closes: what it had in hand would be in nobody's, so it goes back, or a person is asked."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, text

from agencies import wire
from agencies.directory import Directory
from agencies.directory import shipped as shipped_directory
from hub import errors
from hub.store import owed
from tests.examples import NOW
from tests.workers.town import PERSON, Town
from workers.housekeep import Housekeeper

SENDER, GP, NEXT, HEALTH = "sandwell-0-19", "birmingham-gp-1", "birmingham-gp-2", "birmingham-0-19"
PROBATION, OFFICE = "birmingham-probation", "sandwell-partnership"
Closing = Callable[..., Town]


@pytest.fixture
def closing(database: str) -> Iterator[Closing]:
    """Makes a town in which agencies close, each so many days from now, with a successor or none."""
    made: list[Town] = []

    def make(after: dict[str, int], *, successor: str | None = None, **more: Any) -> Town:  # noqa: ANN401 - the town's
        rows = [_closing(row, after, successor) for row in shipped_directory().to_rows()]
        made.append(Town.on(database, directory=Directory.from_rows(rows), **more))
        return made[0]

    yield make
    for town in made:
        town.engine.dispose()


def _closing(row: dict[str, Any], after: dict[str, int], successor: str | None) -> dict[str, Any]:
    if row["id"] not in after or row.get("closes"):
        return row
    day = (NOW + timedelta(days=after[row["id"]])).date().isoformat()
    return {**row, "closes": day, "successor": successor if row["id"] == GP else None}


def sent(town: Town) -> UUID:
    message = town.send()
    town.drain()
    return message


def hand_back(town: Town, **more: Any) -> int:  # noqa: ANN401 - the housekeeper's own fields
    return Housekeeper(town.line(), **more).hand_back_from_closed(town.known())


def redirect(town: Town, share: UUID, to: str) -> Any:  # noqa: ANN401 - an answer or an error
    return town.act(SENDER, share, "redirect", wire.Redirect(by=PERSON, to=to, reason="it has the list now"))


def holders(town: Town, message: UUID) -> list[tuple[str, bool]]:
    found = town.rows(
        "SELECT holder, until IS NULL AS now FROM responsibility WHERE message_id = :m ORDER BY since, id", m=message
    )  # fmt: skip
    return [(row.holder, row.now) for row in found]


def accept(town: Town, share: UUID) -> None:
    town.receive(HEALTH, share)
    body = wire.CheckBack(
        by=PERSON, case_reference="c", understanding="u", significance="s", no_actions_because="none",
        accepts_responsibility=True, review_on=town.now.date(),
    )  # fmt: skip
    assert isinstance(town.act(HEALTH, share, "check_back", body), wire.Moved)


def test_its_shares_go_back_to_the_sender_and_on_to_its_successor(closing: Closing) -> None:
    town = closing({GP: 10}, successor=NEXT)
    message = sent(town)
    share = town.shares(message)[GP].id
    assert hand_back(town) == 0
    town.later(days=11)
    assert [hand_back(town), hand_back(town)] == [1, 0]
    assert town.states(message)[GP] == "declined"
    [told] = town.rows("SELECT * FROM audit WHERE event = 'share.hand_back'")
    assert (told.by_agency, told.share_id, told.recipient) == ("hub", share, GP)
    assert told.detail == {"reason": "agency_closed", "successor": NEXT}
    [owes] = town.rows("SELECT * FROM owed WHERE share_id = :s AND met_at IS NULL", s=share)
    assert (owes.what, owes.owed_by) == ("redirect", SENDER)
    assert owes.due_at > town.now
    assert isinstance(redirect(town, share, NEXT), wire.Moved)
    town.drain()
    assert town.states(message)[NEXT] == "sent"


def test_whoever_locks_shares_has_locked_their_messages(closing: Closing) -> None:
    """Else an act and this could wait for each other for ever, and PostgreSQL would end one of the two."""
    town = closing({SENDER: 5, GP: 5, HEALTH: 5, OFFICE: 5})
    town.send_all([town.incoming() for _ in range(3)])
    town.drain()
    town.later(days=6)
    said: list[str] = []
    line = town.line()
    event.listen(line.engine, "begin", lambda _: said.append("begin"))
    event.listen(line.engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    assert Housekeeper(line).hand_back_from_closed(town.known()) == 6
    for work in "\x00".join(said).split("begin"):
        steps = work.split("\x00")
        shares = [
            place for place, one in enumerate(steps) if "FROM share" in one and "FOR NO KEY UPDATE" in one
        ]
        of_messages = [
            place for place, one in enumerate(steps) if "FROM message" in one and "FOR NO KEY" in one
        ]
        tasks = [place for place, one in enumerate(steps) if "INSERT INTO owed" in one]
        assert not shares or max(of_messages) < min(shares)
        assert not tasks or of_messages, "a task opens on a message that is locked"


def test_many_of_them_all_go_back(closing: Closing) -> None:
    town = closing({GP: 10, HEALTH: 10, PROBATION: 10})
    messages = town.send_all([town.incoming() for _ in range(3)])
    town.drain()
    town.later(days=11)
    assert hand_back(town, at_once=2) == 9
    assert {state for one in messages for state in town.states(one).values()} == {"declined"}


def test_one_that_closes_after_its_sender_goes_back_too(closing: Closing) -> None:
    town = closing({SENDER: 5, GP: 5, HEALTH: 10})
    message = sent(town)
    town.later(days=6)
    assert hand_back(town, at_once=1) == 1
    assert town.tasks(message) == [("find_successor", OFFICE)]
    town.later(days=5)
    assert hand_back(town, at_once=1) == 1
    assert town.tasks(message) == [("find_successor", OFFICE)]


def test_the_responsibility_that_it_had_accepted_falls_back_with_the_share(closing: Closing) -> None:
    town = closing({HEALTH: 10})
    message = sent(town)
    accept(town, town.shares(message)[HEALTH].id)
    town.later(days=11)
    assert hand_back(town) == 1
    assert holders(town, message) == [(SENDER, False), (HEALTH, False), (SENDER, True)]


def test_a_closed_sender_that_holds_the_responsibility_and_owes_nothing_is_asked_about(
    closing: Closing,
) -> None:
    town = closing({SENDER: 10})
    message = sent(town)
    town.later(days=11)
    assert hand_back(town) == 0
    assert town.tasks(message) == [("find_successor", OFFICE)]
    with town.engine.begin() as conn:
        conn.execute(text("UPDATE owed SET met_at = :at WHERE what = 'find_successor'"), {"at": town.now})
    hand_back(town)
    assert town.tasks(message) == []  # asked once


def test_what_waits_for_its_key_goes_back_and_was_never_there_for_it(closing: Closing) -> None:
    town = closing({GP: 10}, successor=NEXT, without_keys=frozenset({GP}))
    message = sent(town)
    share = town.shares(message)[GP].id
    assert town.states(message)[GP] == "planned"
    assert [what for what, _ in town.tasks(message)] == ["register_key"]
    town.later(days=11)
    town.drain()
    assert town.states(message)[GP] == "declined"
    assert town.tasks(message) == []
    assert town.outbox() == []
    heard = town.rows(
        "SELECT recipient FROM audit WHERE share_id = :s AND event = 'share.hand_back'", s=share
    )
    assert [row.recipient for row in heard] == [None]
    assert isinstance(redirect(town, share, NEXT), wire.Moved)
    town.drain()
    assert town.states(message)[NEXT] == "sent"


@pytest.mark.parametrize("act", ["redirect", "release"])
def test_it_can_be_placed_though_its_key_is_revoked(closing: Closing, act: str) -> None:
    town = closing({GP: 10}, successor=NEXT)
    message = sent(town)
    share = town.shares(message)[GP].id
    town.later(days=11)
    hand_back(town)
    with town.engine.begin() as conn:
        conn.execute(
            text("UPDATE agency_key SET revoked_at = :at WHERE agency = :a"), {"at": town.now, "a": GP}
        )
        conn.execute(text("UPDATE known_version SET number = number + 1"))
    body = {
        "redirect": wire.Redirect(by=PERSON, to=NEXT, reason="r"),
        "release": wire.Release(by=PERSON, reason="r"),
    }
    assert isinstance(town.act(SENDER, share, act, body[act]), wire.Moved)
    [note] = town.rows("SELECT for_sender, for_recipient FROM note WHERE share_id = :s", s=share)
    assert note.for_sender is not None
    assert note.for_recipient is None


def test_a_row_that_is_still_to_come_changes_nothing_of_where_a_share_may_go(town: Town) -> None:
    share = town.shares(sent(town))[HEALTH].id
    town.receive(HEALTH, share)
    decline = wire.Decline(by=PERSON, reason="not_our_area", explanation="e")
    assert isinstance(town.act(HEALTH, share, "decline", decline), wire.Moved)
    rows = shipped_directory().to_rows()
    [now] = [row for row in rows if row["id"] == HEALTH and not row.get("closes")]
    other = {**now, "id": "birmingham-0-19-north"}
    later = {**now, "opens": (NOW + timedelta(days=31)).date().isoformat(), "area": "E08000028"}
    now["closes"] = (NOW + timedelta(days=30)).date().isoformat()
    town.knows = replace(town.known(), directory=Directory.from_rows([*rows, other, later]))
    assert isinstance(redirect(town, share, other["id"]), wire.Moved)


def test_the_same_agency_again_takes_a_new_message(closing: Closing) -> None:
    town = closing({GP: 10})
    share = town.shares(sent(town))[GP].id
    town.later(days=11)
    hand_back(town)
    town.knows = replace(town.known(), directory=shipped_directory())
    answer = redirect(town, share, GP)
    assert isinstance(answer, errors.Invalid)
    assert "new message" in answer.faults[0][1]


def test_what_a_closed_office_was_asked_the_office_of_today_is_asked(closing: Closing) -> None:
    town = closing({"birmingham-partnership": 10}, without_keys=frozenset({GP}))
    message = sent(town)
    assert town.tasks(message) == [("register_key", "birmingham-partnership")]
    town.later(days=11)
    hand_back(town)
    assert town.tasks(message) == [("register_key", SENDER)]  # Birmingham has no office any more
    hand_back(town)
    assert len(town.rows("SELECT 1 FROM owed WHERE what = 'register_key'")) == 2


def test_where_nobody_is_left_the_operator_is_asked(closing: Closing) -> None:
    town = closing({SENDER: 10, OFFICE: 10})
    message = sent(town)
    town.later(days=11)
    hand_back(town)
    assert town.tasks(message) == [("find_successor", "hub")]
    hand_back(town)
    assert town.tasks(message) == [("find_successor", "hub")]


def test_how_much_a_closing_would_give_back_can_be_counted(closing: Closing) -> None:
    town = closing({GP: 10})
    for _ in range(3):
        sent(town)
    with town.engine.begin() as conn:
        assert owed.count_owed_by(conn, [GP]) == 3
        assert owed.count_owed_by(conn, []) == 0
