"""A decision not to share, over the real line from sending to closing: the sender looks again, and nobody hears."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from agencies import wire
from agencies.callers import Caller
from agencies.directory import Directory
from agencies.directory import shipped as shipped_directory
from agencies.reach.notice import Notice
from agencies.reach.port import Outcome, Refused
from hub import accept, errors, reading, referring
from hub.answer import Desk, OwnAct, meet_own
from hub.ids import new_id
from hub.store import days, owed, registry
from hub.store.connect import looking
from protocols.messages.common import Reference
from protocols.parse import parse, print_
from protocols.protocol import Protocol
from protocols.vocabulary import Kind, Role
from tests.examples import NOW, example
from tests.workers.town import HUB, KEYS, PERSON, RECORDS, Town, body_of
from workers.chase import chase
from workers.housekeep import Housekeeper
from workers.tell import tell

NAME, SENDER, OFFICE = "not-sharing-a-place-in-a-refuge", "sandwell-0-19", "sandwell-partnership"
REVIEW_ON = "2026-04-29"


@pytest.fixture
def town(database: str) -> Iterator[Town]:
    made = Town.on(database)
    yield made
    made.engine.dispose()


def decided(town: Town, **changes: Any) -> UUID:  # noqa: ANN401 - fields of the message
    message = town.send(NAME, message={**example(NAME), **changes}, sender=SENDER)
    town.drain()
    return message


def duty(town: Town, message: UUID) -> Any:  # noqa: ANN401 - a row
    (row,) = town.rows("SELECT * FROM owed WHERE message_id = :m AND what = 'look_again'", m=message)
    return row


def meet(town: Town, message: UUID, *, done: str = "it still holds", key: str | None = None) -> wire.Moved:
    body = wire.Meet(by=PERSON, owed=duty(town, message).id, done=done)
    act = OwnAct(message, "meet", body, Caller(SENDER, "c"), key)
    with town.engine.begin() as conn:
        return meet_own(conn, act, known=town.known(), desk=Desk(HUB, town.signer, RECORDS), at=town.now)


def grid(town: Town, message: UUID, agency: str = SENDER) -> wire.Grid:
    with town.engine.connect() as conn:
        return reading.grid(
            conn, message, agency, records=RECORDS, directory=town.known().directory, at=town.now
        )


def heard(town: Town) -> set[str]:
    """Every agency that anything whatever was told to, put before or asked of."""
    ends = (
        "SELECT sender AS agency FROM audit UNION SELECT recipient FROM audit UNION SELECT agency FROM notice"
    )
    of_owed = (
        " UNION SELECT owed_by FROM owed UNION SELECT owed_to FROM owed UNION SELECT recipient FROM share"
    )
    return {row.agency for row in town.rows(ends + of_owed) if row.agency}


# -- as it should go ------------------------------------------------------------------------------------------


def test_nobody_hears_and_the_sender_owes_itself_to_look_again(town: Town) -> None:
    message = decided(town)
    assert town.state(message) == "routed"
    assert town.shares(message) == {}
    row = duty(town, message)
    assert (row.owed_by, row.owed_to, row.share_id, row.met_at) == (SENDER, SENDER, None, None)
    assert (row.limit_text, row.ladder) == ("28 days", "own_house")
    assert row.clause == "a-decision-not-to-share, not-shared-because-of-harm"
    assert row.due_at.isoformat() == "2026-04-29T23:00:00+00:00", "to the end of the day that it names"
    assert town.tasks(message) == []
    assert town.events(message) == ["message.accept", "message.keep", "message.route"]
    (kept,) = town.rows("SELECT * FROM audit WHERE event = 'message.keep'")
    assert kept.detail["clauses"] == ["a-decision-not-to-share", "not-shared-because-of-harm"]
    assert (kept.sender, kept.recipient, kept.share_id) == (SENDER, None, None)
    assert heard(town) == {SENDER}


def test_the_sender_finds_it_in_its_grid_and_among_what_it_owes(town: Town) -> None:
    message = decided(town)
    told = grid(town, message)
    (line,) = told.decisions
    assert (line.outcome, line.agency, line.role) == ("keep", None, "anyone")
    assert line.says[0].startswith("Whoever decides not to share")
    assert [(one.what, one.owed_by) for one in told.owed] == [("look_again", SENDER)]
    assert (told.shares, told.children, told.notes) == ((), (), ())
    copy = town.opened(SENDER, town.rows("SELECT copy_envelope FROM message")[0].copy_envelope)
    assert copy["message"]["ground"] == "would_put_someone_at_risk"
    with town.engine.connect() as conn:
        mine = reading.owed_all(conn, SENDER, "by", after=None, overdue=False, limit=9, at=town.now)
    assert [one.what for one in mine.owed] == ["look_again"]


def test_a_named_person_looks_again_and_it_is_closed_and_then_destroyed(town: Town) -> None:
    message = decided(town)
    town.now += timedelta(days=13)
    moved = meet(town, message, done="Shared now: she is there, and the school was told today.")
    assert (moved.share, moved.state) == (None, "closed")
    assert town.state(message) == "closed"
    row = duty(town, message)
    assert (row.met_by, row.met_how) == (SENDER, "done")
    assert town.events(message)[-2:] == ["message.meet", "message.close"]
    (met,) = town.rows("SELECT * FROM audit WHERE event = 'message.meet'")
    assert (met.state_from, met.state_to, met.by_agency) == ("routed", "routed", SENDER)
    assert RECORDS.show(met.person_hidden, where=f"person {moved.note}") is not None
    (note,) = town.rows("SELECT * FROM own_note")
    assert town.opened(SENDER, note.envelope)["done"].startswith("Shared now")
    (shown,) = grid(town, message).notes
    assert (shown.id, shown.kind, shown.by) == (moved.note, "meet", SENDER)
    town.drain()
    assert town.rows("SELECT 1 FROM message_body WHERE message_id = :m", m=message) == []
    assert grid(town, message).copy_envelope is not None, "the sender still knows what it decided"
    assert heard(town) == {SENDER}


def test_it_is_looked_at_once_and_a_retry_is_told_what_the_first_try_did(town: Town) -> None:
    message = decided(town)
    first = meet(town, message, key="k")
    assert meet(town, message, key="k") == first
    with pytest.raises(errors.KeyReused):
        meet(town, message, key="k", done="something else")
    with pytest.raises(errors.Conflict):
        meet(town, message)
    assert len(town.rows("SELECT 1 FROM own_note")) == 1


def test_taken_back_it_is_owed_no_more_and_the_senders_file_says_why(town: Town) -> None:
    message = decided(town)
    town.withdraw(message, SENDER)
    assert town.state(message) == "withdrawn"
    assert duty(town, message).met_how == "void"
    (note,) = town.rows("SELECT * FROM own_note")
    assert town.opened(SENDER, note.envelope)["reason"] == "sent for the wrong family"
    town.later(days=200)
    town.drain()
    assert chase(town.line()) == 0


# -- when it lapses -------------------------------------------------------------------------------------------


def test_a_lapse_is_told_inside_the_senders_own_house_and_nowhere_else(town: Town) -> None:
    message = decided(town)
    town.later(days=60)
    assert chase(town.line()) == 4
    told = town.rows("SELECT step, agency, contact FROM notice ORDER BY step")
    assert {row.agency for row in told} == {SENDER}
    assert [row.contact for row in told] == ["duty_lead", "deputy", "safeguarding_lead", "safeguarding_lead"]
    lapses = town.rows("SELECT sender, recipient FROM audit WHERE event = 'owed.lapse'")
    assert {(row.sender, row.recipient) for row in lapses} == {(SENDER, SENDER)}
    assert heard(town) == {SENDER}
    assert town.state(message) == "routed", "it stays owed"
    assert duty(town, message).next_at is None


def reloaded(town: Town, change: str, to: str) -> Protocol:
    """Sandwell's protocol as of tomorrow, with this changed."""
    now = next(one for one in town.known().protocols if one.id == "sandwell")
    written = print_(replace(now, version="next", effective=NOW.date() + timedelta(days=1)))
    assert change in written
    source = written.replace(change, to)
    protocol = parse(source, file="next.toml")
    with town.engine.begin() as conn:
        registry.save_protocol(conn, source, protocol, at=town.now)
    return protocol


def test_nobody_outside_is_told_either_where_a_newer_protocol_has_no_such_ladder(town: Town) -> None:
    decided(town)
    reloaded(town, "own_house", "another_house")
    town.later(days=60)
    assert chase(town.line()) > 0
    assert heard(town) == {SENDER}


class Refuses:
    """A mail server that takes nothing."""

    name = "email"

    def tell(self, notice: Notice) -> Outcome:
        del notice
        return Refused("smtp_550", "no such mailbox")


def test_a_letter_that_does_not_arrive_is_the_operators_to_see_to_and_no_offices(town: Town) -> None:
    message = decided(town)
    town.later(days=14, hours=12)
    chase(town.line())
    tell(town.line(carrier=Refuses()))
    assert town.tasks(message) == [("tell_by_telephone", "hub")]
    assert heard(town) == {SENDER, "hub"}


# -- when something is missing ----------------------------------------------------------------------------------


def test_a_key_that_is_missing_is_the_senders_to_see_to(database: str) -> None:
    town = Town.on(database, without_keys=frozenset({SENDER}))
    message = decided(town)
    assert town.tasks(message) == [("register_key", SENDER)]
    town.later(days=60)
    chase(town.line())
    assert heard(town) == {SENDER}


def test_a_step_that_goes_on_failing_is_the_senders_to_see_to(town: Town) -> None:
    message = town.send(NAME, sender=SENDER)
    with town.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE outbox SET attempts = 9, due_at = due_at + interval '1 day'")
    town.later(hours=3)
    Housekeeper(town.line()).tell_of_what_is_stuck(town.known())
    assert town.tasks(message) == [("resolve_stuck", SENDER)]
    assert heard(town) == {SENDER}


def closing(database: str) -> Town:
    day = (NOW + timedelta(days=5)).date().isoformat()
    rows = [
        {**row, "closes": day} if row["id"] == SENDER and not row.get("closes") else row
        for row in shipped_directory().to_rows()
    ]
    return Town.on(database, directory=Directory.from_rows(rows))


def test_of_a_sender_that_has_closed_the_operator_is_asked_and_no_office(database: str) -> None:
    town = closing(database)
    message = decided(town)
    town.later(days=6)
    for _ in range(2):
        Housekeeper(town.line()).hand_back_from_closed(town.known())
    assert town.tasks(message) == [("find_successor", "hub")]
    town.later(days=60)
    chase(town.line())
    Housekeeper(town.line()).round()
    assert town.tasks(message) == [("find_successor", "hub")]
    assert heard(town) == {SENDER, "hub"}
    assert duty(town, message).met_at is None


def test_without_a_clause_it_is_refused_at_the_door_and_nothing_is_recorded(town: Town) -> None:
    reloaded(town, 'kind = "not_sharing"', 'kind = "not_sharing", sender = ["school"]')
    town.later(days=2)
    with pytest.raises(errors.Invalid) as no:
        town.incoming(NAME, sender=SENDER)
    assert "in your own record" in no.value.next
    assert "sandwell next has no clause" in no.value.faults[0][1]
    assert town.rows("SELECT 1 FROM message") == []


def test_a_clause_that_goes_between_the_door_and_the_worker_is_the_senders_to_hear_of(town: Town) -> None:
    incoming = town.incoming(NAME, sender=SENDER)
    reloaded(town, 'kind = "not_sharing"', 'kind = "not_sharing", sender = ["school"]')
    town.later(days=2)
    (message,) = town.send_all([incoming])
    town.drain()
    assert town.tasks(message) == [("resolve_refusal", SENDER)]
    assert heard(town) == {SENDER}
    town.later(days=30)
    chase(town.line())
    assert heard(town) == {SENDER}
    # And once there is one again, it is kept.
    first = next(one for one in town.known().protocols if (one.id, one.version) == ("sandwell", "2026.1"))
    later = replace(first, version="mended", effective=town.now.date())
    with town.engine.begin() as conn:
        registry.save_protocol(conn, print_(later), later, at=town.now)
    assert Housekeeper(town.line()).decide_again() == 1
    town.drain()
    assert town.tasks(message) == []
    assert duty(town, message).met_at is None
    assert heard(town) == {SENDER}


# -- no side door -----------------------------------------------------------------------------------------------


def test_of_the_child_nothing_is_kept_that_anybody_could_look_up(town: Town) -> None:
    decided(town, decided_about=[{"name": "Test Child", "case_reference": "HV-9"}])
    for table in (
        "appearance",
        "person",
        "kinship",
        "involvement",
        "watched",
        "holding",
        "handover",
        "likeness",
        "reading_copy",
        "responsibility",
    ):
        assert town.rows(f"SELECT 1 FROM {table}") == [], table  # noqa: S608 - names of our own tables


def test_no_statement_of_a_day_tells_of_it(town: Town) -> None:
    decided(town)
    lone = town.send("concern-neglect", sender=SENDER)  # it waits to be routed: that the sender is told
    with town.engine.begin() as conn:
        conn.exec_driver_sql("TRUNCATE day_end")
    town.later(days=2)
    ends = days.ends_of(town.engine, NOW.date(), at=town.now)
    with looking(town.engine) as conn:
        told = reading.statement(conn, SENDER, NOW.date(), ends, after=None, limit=9, records=RECORDS)
    assert [line.message for line in told.lines] == [lone]


def test_it_cannot_be_lent(town: Town) -> None:
    message = decided(town)
    lent = Reference("of", message, lent_to=(Role.ADULT_SOCIAL_CARE, "sandwell-adult-social-care"))
    with town.engine.connect() as conn:
        with pytest.raises(errors.Invalid) as no:
            referring.check(conn, [lent], SENDER)
        assert "nor a decision not to share" in no.value.faults[0][1]
        with pytest.raises(errors.Invalid) as unknown:
            referring.check(conn, [lent], OFFICE)
    assert "that your agency sent" in unknown.value.faults[0][1], "to another it is not there"


def test_it_may_say_which_advice_was_asked_if_the_sender_knows_it(town: Town) -> None:
    advice = town.send("advice-a-fading-bruise", sender="sandwell-gp-1")
    town.drain()
    asked = Reference("advised.message", advice, (Kind.ADVICE,))
    with town.engine.connect() as conn:
        referring.check(conn, [asked], "sandwell-gp-1")
        for named, by in ((asked, "sandwell-0-19"), (replace(asked, message=new_id()), "sandwell-gp-1")):
            with pytest.raises(errors.Invalid):
                referring.check(conn, [named], by)


def test_there_is_nobody_to_withhold_it_from(town: Town) -> None:
    withhold = ({"role": "school", "reason": "the father collects the child there"},)
    with pytest.raises(errors.Invalid) as no:
        accept.prepare(
            body_of(NAME, withhold=withhold),
            Caller(SENDER, "c"),
            "k",
            known=town.known(),
            hub_key=next(iter(town.line().openers.values())).public,
            records=RECORDS,
            at=town.now,
        )
    assert [field for field, _ in no.value.faults] == ["withhold"]


def test_from_whom_it_is_kept_is_somebody_who_is_there(town: Town) -> None:
    parties = [
        {"role": "school", "agency": "sandwell-school-1"},
        {"role": "school", "agency": "sandwell-scool-2"},
    ]
    with pytest.raises(errors.Invalid) as no:
        town.incoming(NAME, sender=SENDER, message={**example(NAME), "kept_from": {"parties": parties}})
    assert [field for field, _ in no.value.faults] == ["message.kept_from.parties.1.agency"]


def test_no_other_key_opens_a_word_of_it(town: Town) -> None:
    message = decided(town)
    meet(town, message)
    envelopes = [
        *(bytes(row.copy_envelope) for row in town.rows("SELECT copy_envelope FROM message")),
        *(bytes(row.envelope) for row in town.rows("SELECT envelope FROM own_note")),
    ]
    assert len(envelopes) == 2
    for envelope in envelopes:
        assert KEYS[SENDER].kid.encode() in envelope
        assert not any(KEYS[other].kid.encode() in envelope for other in KEYS if other != SENDER)


def test_only_a_duty_of_ones_own_is_found_so(town: Town) -> None:
    """The walk of the house finds what closed agencies owe themselves, and no task."""
    message = decided(town)
    concern = town.send("concern-neglect", sender="sandwell-school-1")
    town.drain()
    with town.engine.connect() as conn:
        found = owed.owed_to_themselves(conn, [SENDER, "sandwell-school-1"], after=UUID(int=0), limit=9)
    assert found == {message: SENDER}
    assert concern
