"""Route: the database holds what the protocol decided, no more and no less."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from agencies.callers import Caller
from agencies.directory import Directory
from agencies.directory import shipped as shipped_directory
from hub.cli.audit import lines
from hub.store import audit
from hub.store.connect import looking
from hub.understand import understand
from protocols.decide import Decision, Party, WithheldParty, decide
from tests.examples import GONE, NAMES, NOW, example, spoilt
from tests.workers.town import HANDOVER, RECORDS, Town

# Every example, sent by an agency that would.
SENDERS = {
    "handover-camden-to-sandwell": "camden-0-19",
    "concern-sexual-abuse": "camden-school-1",
    "concern-probation-think-family": "sandwell-adult-social-care",
    "registration-sandwell": "sandwell-gp-1",
    "plan-change-goes-to-another-authority": "camden-childrens-social-care",
}
# A report answers a request that its sender holds: tests/journey/test_kinds_plans.py sends one.
ALONE = [name for name in NAMES if name != "report-from-a-gp-practice"]


def sender_of(name: str) -> str:
    return SENDERS.get(name, "sandwell-0-19")


def decided(
    town: Town, message: dict[str, Any], sender: str, *, withhold: tuple[dict[str, Any], ...] = ()
) -> Decision:
    """What the protocol says to this message, asked directly."""
    known = town.known()
    body = json.dumps({"message": message, "withhold": list(withhold)}).encode()
    reading = understand(body, Caller(sender, "c"), known=known, at=town.now)
    agency = known.directory.get(sender, town.now)
    return decide(
        reading.facts,
        sender=Party(agency.id, agency.role, agency.area),
        protocols=known.protocols,
        directory=known.directory,
        at=town.now,
        withhold=[WithheldParty(one.reason, one.agency, one.role) for one in reading.withhold],
    )


@pytest.mark.parametrize("name", ALONE)
def test_what_is_shared_is_what_was_decided(town: Town, name: str) -> None:
    message = town.send(name, sender=sender_of(name))
    town.drain()
    decision = decided(town, example(name), sender_of(name))
    kept = town.shares(message)
    assert {agency: row.terms for agency, row in kept.items()} == {
        one.recipient.agency: one.terms() for one in decision.shares
    }
    assert set(town.states(message).values()) <= {"sent"}
    told = town.rows("SELECT * FROM decision WHERE message_id = :m ORDER BY id", m=message)
    outcomes = {
        "share": len(decision.shares),
        "refuse": len(decision.refusals),
        "keep": int(decision.kept is not None),
    }
    assert [row.outcome for row in told] == [
        outcome for outcome, many in outcomes.items() for _ in range(many)
    ]
    assert {row.agency: row.clauses for row in told if row.outcome == "share"} == {
        one.recipient.agency: list(one.clauses) for one in decision.shares
    }
    assert town.events(message).count("share.plan") == len(decision.shares)
    assert town.events(message).count("message.refuse") == len(decision.refusals)


def test_across_a_border_the_audit_names_both_protocols(town: Town) -> None:
    message = town.send()
    town.drain()
    with looking(town.engine) as conn:
        rows = audit.of_message(conn, message)
    plans = {row["detail"]["recipient"]: row["detail"] for row in rows if row["event"] == "share.plan"}
    for share in decided(town, example(HANDOVER), "sandwell-0-19").shares:
        sides = (share.cited, *share.also)
        assert plans.pop(share.recipient.agency)["allowed_by"] == [
            {"protocol": one.protocol_id, "version": one.version, "clauses": list(one.clauses)}
            for one in sides
        ]
        assert [one.protocol_id for one in sides] == ["sandwell", "birmingham"]
        printed = ", ".join(f"{one.protocol_id} {one.version} ({', '.join(one.clauses)})" for one in sides)
        line = next(one for one in lines(rows) if "share.plan" in one and share.recipient.agency in one)
        assert f"; allowed_by {printed}" in line
    assert plans == {}


def test_who_should_hear_and_cannot_is_somebodys_task(town: Town) -> None:
    message = town.send("handover-camden-to-sandwell", sender="camden-0-19")
    town.drain()
    assert town.tasks(message) == [("resolve_refusal", "camden-partnership")]
    owed = town.rows("SELECT * FROM owed WHERE what = 'resolve_refusal'")[0]
    assert owed.owed_to == "camden-0-19"
    assert owed.due_at > town.now
    assert owed.ladder is not None
    refused = town.rows("SELECT * FROM decision WHERE outcome = 'refuse'")[0]
    assert refused.role == "gp_practice"
    assert refused.reason == "nobody"
    assert "register" in refused.explanation


BRUISE = spoilt(example("concern-bruise-non-mobile-baby"), services__others__0=GONE)  # names no other agency


def only(*ids: str) -> Directory:
    return Directory(row for row in shipped_directory().rows if row.id in ids)


def test_a_message_of_which_nobody_hears_stays_open_with_a_task(database: str) -> None:
    town = Town.on(database, directory=only("sandwell-0-19", "sandwell-partnership"))
    message = town.send(message=BRUISE)
    town.drain()
    assert town.states(message) == {}
    assert town.state(message) == "routed"
    assert town.tasks(message) == [("resolve_refusal", "sandwell-partnership")]
    assert town.rows("SELECT 1 FROM message_body WHERE message_id = :m", m=message)
    town.engine.dispose()


def test_an_area_without_an_office_leaves_the_task_with_the_sender(database: str) -> None:
    town = Town.on(database, directory=only("sandwell-0-19"))
    message = town.send(message=BRUISE)
    town.drain()
    assert town.tasks(message) == [("resolve_refusal", "sandwell-0-19")]
    town.engine.dispose()


def test_withholding_is_a_decision_whose_reason_only_the_records_key_shows(town: Town) -> None:
    reason = "the grandmother works at the practice"
    withhold = ({"role": "gp_practice", "reason": reason}, {"agency": "birmingham-police", "reason": reason})
    message = town.send(withhold=withhold)
    town.drain()
    assert "birmingham-gp-1" not in town.shares(message)
    rows = town.rows("SELECT * FROM decision WHERE outcome = 'withhold' ORDER BY id")
    assert [(row.agency, row.role) for row in rows] == [
        ("birmingham-gp-1", "gp_practice"),
        ("birmingham-police", "anyone"),
    ]
    for row in rows:
        where = f"withhold {message} {row.agency or row.role}"
        assert RECORDS.show(row.reason_hidden, where=where) == reason
        assert row.reason is None
    audit = town.rows("SELECT * FROM audit WHERE event = 'message.withhold'")
    assert {row.by_agency for row in audit} == {"sandwell-0-19"}
    assert reason not in str(audit)


def test_a_message_that_cannot_be_opened_holds_up_nobody(town: Town) -> None:
    before, bad, after = town.send(), town.send(), town.send()
    with town.engine.begin() as conn:
        body = conn.execute(
            text("SELECT sealed FROM message_body WHERE message_id = :m"), {"m": bad}
        ).scalar_one()
        spoil = {"m": bad, "sealed": bytes(body)[:-1] + b"?"}
        conn.execute(text("UPDATE message_body SET sealed = :sealed WHERE message_id = :m"), spoil)
    town.drain()
    assert town.state(before) == town.state(after) == "routed"
    assert town.state(bad) == "accepted"
    assert set(town.states(after).values()) == {"sent"}
    [row] = town.outbox()
    assert (row.step, row.attempts, row.last_fault) == ("route", 1, "cannot_open.bad_seal")
    assert row.due_at > town.now

    for _ in range(8):
        town.later(hours=1)
        town.drain()
    assert town.outbox()[0].attempts > 5
    assert town.tasks(bad) == [("resolve_stuck", "sandwell-partnership")]  # once

    with town.engine.begin() as conn:
        mend = {"m": bad, "sealed": bytes(body)}
        conn.execute(text("UPDATE message_body SET sealed = :sealed WHERE message_id = :m"), mend)
    town.later(hours=1)
    town.drain()
    assert town.state(bad) == "routed"
    assert town.tasks(bad) == []
    # Decided as of its acceptance, not as of the day on which it could be opened.
    assert town.rows("SELECT accepted_at FROM message WHERE id = :m", m=bad)[0].accepted_at == NOW


def test_a_row_that_the_database_refuses_fails_alone(town: Town) -> None:
    good, bad = town.send(), town.send("concern-neglect")
    with town.engine.begin() as conn:
        conn.execute(text("ALTER TABLE share ADD CONSTRAINT no_neglect CHECK (kind <> 'concern')"))
    town.drain()
    assert set(town.states(good).values()) == {"sent"}
    assert town.state(bad) == "accepted"
    assert town.states(bad) == {}
    assert town.outbox()[0].last_fault == "IntegrityError"
    with town.engine.begin() as conn:
        conn.execute(text("ALTER TABLE share DROP CONSTRAINT no_neglect"))
    town.later(minutes=1)
    town.drain()
    assert set(town.states(bad).values()) == {"sent"}


def test_a_message_that_was_withdrawn_is_not_routed(town: Town) -> None:
    message = town.send()
    town.withdraw(message)
    town.drain()
    assert town.state(message) == "withdrawn"
    assert town.shares(message) == {}
    assert town.outbox() == []


def test_what_was_accepted_yesterday_is_decided_as_of_yesterday(town: Town) -> None:
    """A date that lay in the future by a day is no fault of the sender's when the workers were away."""
    message = town.send()
    town.later(days=400)  # the protocols have lapsed meanwhile
    town.drain()
    assert set(town.states(message).values()) == {"sent"}


def test_an_older_key_of_the_hub_opens_what_was_sealed_to_it(town: Town) -> None:
    message = town.send()
    town.drain(openers={})
    assert town.outbox()[0].last_fault == "no_private_key"
    town.later(minutes=1)
    town.drain()
    assert town.state(message) == "routed"


def test_what_passed_the_door_before_midnight_is_read_after_it(town: Town) -> None:
    """The check is of the last second of a day, the commit of the first second of the next."""
    message = spoilt(example("concern-pre-birth"), children__0__due_date="2026-04-15")  # six weeks of grace
    town.now = datetime(2026, 5, 27, 22, 59, 59, tzinfo=UTC)  # London's last second of the last day
    incoming = town.incoming(message=message)
    town.later(seconds=2)
    [sent] = town.send_all([incoming])
    town.drain()
    assert town.state(sent) == "routed"
