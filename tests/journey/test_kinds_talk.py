"""Advice before a concern, from sending to closing, over the real line."""

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest

from agencies import wire
from hub import errors, referring
from hub.ids import new_id
from protocols.messages import read
from tests.examples import NOW, example
from tests.workers.town import PERSON, Town

ADVICE, CONCERN, PRACTICE, MASH = (
    "advice-a-fading-bruise",
    "concern-bruise-non-mobile-baby",
    "sandwell-gp-1",
    "sandwell-mash",
)


@pytest.fixture
def town(database: str) -> Iterator[Town]:
    made = Town.on(database)
    yield made
    made.engine.dispose()


def moved(answer: Any) -> wire.Moved:  # noqa: ANN401 - an answer
    assert isinstance(answer, wire.Moved), answer
    return answer


def test_advice_is_asked_and_answered_the_same_day_and_both_are_kept(town: Town) -> None:
    message = town.send(ADVICE, sender=PRACTICE)
    town.drain()
    (share,) = town.shares(message).values()
    assert share.recipient == MASH
    (owed,) = town.rows("SELECT * FROM owed WHERE message_id = :m AND what = 'check_back'", m=message)
    assert owed.limit_text == "4 working hours"
    seen = town.opened(MASH, share.envelope)["message"]
    assert seen["about"] == [{"age": "four months", "mobile": False}]
    assert seen["question"].startswith("The mother showed us")
    assert "children" not in seen

    town.receive(MASH, share.id)
    answer = wire.CheckBack(
        by=PERSON,
        case_reference="MASH-A-7",
        understanding="a mark on a baby who cannot move, explained by a fall",
        significance="it is a concern: send it now, and we ask for a paediatric opinion today",
        no_actions_because="the concern comes with its own",
        review_on=NOW.date() + timedelta(days=1),
    )
    moved(town.act(MASH, share.id, "check_back", answer))
    moved(town.act(PRACTICE, share.id, "agree", wire.Agree(by=PERSON)))
    moved(
        town.act(MASH, share.id, "close", wire.Close(by=PERSON, outcome="advised", review_held_on=NOW.date()))
    )
    assert town.state(message) == "closed"


def test_only_the_role_that_is_asked_hears(town: Town) -> None:
    raw = {**example(ADVICE), "asked_of": {"role": "police"}}
    message = town.send(ADVICE, message=raw, sender=PRACTICE)
    town.drain()
    assert town.shares(message) == {}
    assert [
        row.reason for row in town.rows("SELECT reason FROM decision WHERE message_id = :m", m=message)
    ] == ["no_clause"]


def test_a_concern_says_which_advice_it_follows_and_nobody_else_reads_the_id(town: Town) -> None:
    advice = town.send(ADVICE, sender=PRACTICE)
    town.drain()
    raw = {**example(CONCERN), "advice": str(advice)}
    concern = town.send(CONCERN, message=raw, sender=PRACTICE)
    town.drain()
    shares = town.shares(concern)
    assert MASH in shares
    for agency, share in shares.items():
        assert str(advice) not in str(town.opened(agency, share.envelope))
    for named, its in ((advice, True), (concern, False), (new_id(), False)):
        about = read({**raw, "advice": str(named)}, now=NOW).refers_to
        with town.engine.connect() as conn, nullcontext() if its else pytest.raises(errors.Invalid):
            referring.check(conn, about, PRACTICE)
    about = read(raw, now=NOW).refers_to
    with town.engine.connect() as conn, pytest.raises(errors.Invalid):
        referring.check(conn, about, "sandwell-0-19")
