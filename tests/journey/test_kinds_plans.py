"""Plans, reports and learning, from sending to closing, over the real line: who hears, who owes what, who is done."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from agencies import wire
from agencies.callers import Caller
from agencies.directory import Directory
from agencies.directory import shipped as shipped_directory
from hub import answer, errors
from hub.answer import Desk
from tests.examples import example, spoilt
from tests.workers.town import HUB, PERSON, RECORDS, Town
from workers.chase import chase

SOCIAL_CARE, CAMDEN, GP, NURSE = (
    "sandwell-childrens-social-care",
    "camden-childrens-social-care",
    "sandwell-gp-1",
    "sandwell-0-19",
)
BEGINS = "plan-change-child-protection-plan-begins"
GOES = "plan-change-goes-to-another-authority"
REQUEST, REPORT = "report-request-review-conference", "report-from-a-gp-practice"
LEARNING, OFFICE = "learning-from-a-review", "sandwell-partnership"


@pytest.fixture
def town(database: str) -> Iterator[Town]:
    made = Town.on(database)
    yield made
    made.engine.dispose()


def check_back(today: date) -> wire.CheckBack:
    return wire.CheckBack(
        by=PERSON,
        case_reference="R-1",
        understanding="we have understood it",
        significance="it changes what we do",
        no_actions_because="all that is asked is done by its own duty",
        review_on=today + timedelta(days=14),
    )


def owed(town: Town, message: UUID, agency: str | None = None) -> dict[str, Any]:
    """What is open, by name; of several of one name, the first due."""
    rows = town.rows(
        "SELECT * FROM owed WHERE message_id = :m AND met_at IS NULL AND owed_by = coalesce(:a, owed_by)"
        " ORDER BY due_at DESC",
        m=message,
        a=agency,
    )
    return {row.what: row for row in rows}


def meet(town: Town, agency: str, duty: Any, evidence: str | None = None) -> answer.Answer:  # noqa: ANN401 - a row
    body = wire.Meet(by=PERSON, done="it was done", evidence=evidence, owed=duty.id)
    return town.act(agency, duty.share_id, "meet", body)


def moved(done: answer.Answer) -> wire.Moved:
    assert isinstance(done, wire.Moved), done
    return done


def to_the_end(town: Town, message: UUID, sender: str, *, but: tuple[str, ...] = ()) -> None:
    """Every share: received, checked back, whatever else is owed done, agreed, closed."""
    today = town.now.date()
    for agency, share in town.shares(message).items():
        if agency in but:
            continue
        town.receive(agency, share.id)
        moved(town.act(agency, share.id, "check_back", check_back(today)))
        while asked := {what: one for what, one in owed(town, message, agency).items() if what != "review"}:
            for duty in asked.values():
                moved(meet(town, agency, duty, evidence="a list"))
        moved(town.act(sender, share.id, "agree", wire.Agree(by=PERSON)))
        moved(
            town.act(agency, share.id, "close", wire.Close(by=PERSON, outcome="done", review_held_on=today))
        )


# -- a plan -----------------------------------------------------------------------------------------------------


def test_a_plan_that_begins_reaches_gp_nurse_and_core_group_and_each_of_them_checks_back(town: Town) -> None:
    message = town.send(BEGINS, sender=SOCIAL_CARE)
    town.drain()
    assert set(town.states(message)) == {NURSE, GP, "sandwell-school-1", "sandwell-early-help"}
    assert set(town.states(message).values()) == {"sent"}
    assert {one: "check_back" in owed(town, message, one) for one in town.states(message)} == dict.fromkeys(
        town.states(message), True
    )
    assert set(owed(town, message, NURSE)) == {"receipt", "check_back", "talk_with_gp"}, (
        "Sandwell's nurse rings the GP"
    )

    seen = town.opened("sandwell-school-1", town.shares(message)["sandwell-school-1"].envelope)["message"]
    assert seen["plan"]["kind"] == "child_protection"
    assert seen["plan_before"] == "early_help"
    assert "address" not in seen, "a school in the core group needs the plan and not the address"
    assert [one["role"] for one in seen["core_group"]] == [
        "health_visiting",
        "gp_practice",
        "school",
        "early_help",
    ]

    to_the_end(town, message, SOCIAL_CARE)
    assert town.state(message) == "closed"
    assert owed(town, message) == {}


def test_an_agency_of_the_core_group_that_does_not_check_back_is_chased(town: Town) -> None:
    message = town.send(BEGINS, sender=SOCIAL_CARE)
    town.drain()
    town.later(days=10)
    assert chase(town.line()) > 0
    heard = town.rows(
        "SELECT DISTINCT agency FROM notice JOIN owed ON owed.id = owed_id WHERE message_id = :m", m=message
    )
    assert {row.agency for row in heard} >= {"sandwell-early-help", "sandwell-school-1", SOCIAL_CARE}


def test_a_plan_that_has_ended_is_told_as_well(town: Town) -> None:
    ended = spoilt(
        example(BEGINS),
        change="ended",
        plan={"kind": "none", "ended_on": "2026-04-14"},
        plan_before="child_in_need",
    )
    message = town.send(BEGINS, sender=SOCIAL_CARE, message=ended)
    town.drain()
    assert set(town.states(message)) == {NURSE, GP, "sandwell-school-1", "sandwell-early-help"}


def test_a_member_of_the_core_group_whom_no_clause_lets_hear_is_refused_by_name_and_asked_about(
    town: Town,
) -> None:
    raw = example(BEGINS)
    raw["core_group"].append({"role": "mash", "agency": "sandwell-mash"})
    message = town.send(BEGINS, sender=SOCIAL_CARE, message=raw)
    town.drain()
    assert "sandwell-mash" not in town.states(message)
    refused = town.rows("SELECT * FROM decision WHERE message_id = :m AND outcome = 'refuse'", m=message)
    assert [(row.agency, row.reason) for row in refused] == [("sandwell-mash", "no_clause")]
    assert town.tasks(message) == [("resolve_refusal", OFFICE)]


def holder(town: Town, message: UUID) -> str:
    return str(
        town.rows("SELECT holder FROM responsibility WHERE message_id = :m AND until IS NULL", m=message)[
            0
        ].holder
    )


def test_a_plan_that_goes_to_another_authority_stays_with_the_old_one_until_conference_and_acceptance(
    town: Town,
) -> None:
    family = town.send("handover-camden-to-sandwell", sender=CAMDEN)
    plan = town.send(GOES, sender=CAMDEN)
    town.drain()
    taken = town.shares(plan)[SOCIAL_CARE]
    assert set(town.states(plan)) == {
        SOCIAL_CARE, "camden-0-19", "sandwell-midwifery", "sandwell-mash", "sandwell-0-19"
    }  # fmt: skip
    assert "transfer_in_conference" not in owed(town, plan), "the days run from the receipt"
    town.later(days=2)
    town.receive(SOCIAL_CARE, taken.id)
    conference = owed(town, plan, SOCIAL_CARE)["transfer_in_conference"]
    assert conference.limit_text == "15 working days from receipt"
    assert conference.due_at == datetime(2026, 5, 11, 16, 0, tzinfo=UTC), (
        "fifteen, and the first of May holiday"
    )
    assert holder(town, family) == CAMDEN

    today = town.now.date()
    moved(town.act(SOCIAL_CARE, taken.id, "check_back", check_back(today)))
    moved(town.act(CAMDEN, taken.id, "agree", wire.Agree(by=PERSON)))
    early = town.act(SOCIAL_CARE, taken.id, "close", wire.Close(by=PERSON, outcome="o", review_held_on=today))
    assert isinstance(early, errors.Conflict), "not before the conference was held"
    moved(meet(town, SOCIAL_CARE, conference, evidence="minutes of the conference"))
    assert holder(town, family) == CAMDEN, "held, and not yet accepted"
    accepting = town.shares(family)[SOCIAL_CARE]
    town.receive(SOCIAL_CARE, accepting.id)
    accepted = check_back(today).model_copy(update={"accepts_responsibility": True})
    moved(town.act(SOCIAL_CARE, accepting.id, "check_back", accepted))
    assert holder(town, family) == SOCIAL_CARE

    moved(
        town.act(SOCIAL_CARE, taken.id, "close", wire.Close(by=PERSON, outcome="ours", review_held_on=today))
    )
    to_the_end(town, plan, CAMDEN, but=(SOCIAL_CARE,))
    assert town.state(plan) == "closed"


def test_camden_counts_its_conference_from_when_it_has_taken_the_plan_up(town: Town) -> None:
    other_way = spoilt(
        example(GOES),
        transfer__to_area="E09000007",
        core_group=[{"role": "health_visiting", "agency": "sandwell-0-19"}],
    )
    plan = town.send(GOES, sender=SOCIAL_CARE, message=other_way)
    town.drain()
    share = town.shares(plan)[CAMDEN].id
    town.receive(CAMDEN, share)
    assert "transfer_in_conference" not in owed(town, plan)
    moved(town.act(CAMDEN, share, "check_back", check_back(town.now.date())))
    assert owed(town, plan, CAMDEN)["transfer_in_conference"].limit_text == "15 working days from check-back"


def test_a_plan_is_not_transferred_to_where_it_is(town: Town) -> None:
    with pytest.raises(errors.Invalid) as caught:
        town.send(GOES, sender=SOCIAL_CARE)
    assert "another authority" in caught.value.faults[0][1]


# -- a report ---------------------------------------------------------------------------------------------------


def requested(town: Town) -> UUID:
    message = town.send(REQUEST, sender=SOCIAL_CARE)
    town.drain()
    return message


def report(request: UUID, **changes: object) -> dict[str, Any]:
    return spoilt(example(REPORT), answers=str(request), **changes)


def test_a_conference_asks_and_the_practice_answers_with_one_message(town: Town) -> None:
    request = requested(town)
    assert set(town.states(request)) == {NURSE, GP, "sandwell-school-1", "sandwell-police"}
    share = town.shares(request)[GP]
    duty = owed(town, request, GP)["report"]
    assert duty.due_at == datetime(2026, 5, 6, 23, 0, tzinfo=UTC), "the end of the day that it names"
    seen = town.opened(GP, share.envelope)
    assert seen["message_id"] == str(request)
    assert "asked" not in seen["message"], "who else is asked is not for the practice to know"

    town.receive(GP, share.id)
    answered = town.send(REPORT, sender=GP, message=report(request))
    assert "report" in owed(town, request, GP), "not there yet"
    town.drain()
    assert town.states(answered) == {SOCIAL_CARE: "sent"}
    left = owed(town, request, GP)
    assert set(left) == {"check_back"}, "the report is there; what it means to them a person says"
    met = town.rows("SELECT met_by, met_how FROM owed WHERE id = :id", id=duty.id)[0]
    assert (met.met_by, met.met_how) == (GP, "done")
    said = town.rows("SELECT detail FROM audit WHERE share_id = :s AND event = 'share.reply'", s=share.id)
    assert [row.detail["message"] for row in said] == [str(answered)]

    told = town.opened(SOCIAL_CARE, town.shares(answered)[SOCIAL_CARE].envelope)["message"]
    assert told["answers"] == str(request)
    assert told["situation"]["facts"]
    assert told["assessment"]["opinion"]

    today = town.now.date()
    moved(town.act(GP, share.id, "check_back", check_back(today)))
    moved(town.act(SOCIAL_CARE, share.id, "agree", wire.Agree(by=PERSON)))
    moved(town.act(GP, share.id, "close", wire.Close(by=PERSON, outcome="reported", review_held_on=today)))
    to_the_end(town, answered, GP)
    assert town.state(answered) == "closed"
    to_the_end(town, request, SOCIAL_CARE, but=(GP,))
    assert town.state(request) == "closed"


def test_a_report_that_is_not_there_by_its_day_is_asked_for_at_the_single_point_of_contact(
    town: Town,
) -> None:
    request = requested(town)
    duty = owed(town, request, GP)["report"]
    town.now = duty.due_at + timedelta(minutes=1)
    chase(town.line())
    told = town.rows("SELECT agency, contact FROM notice WHERE owed_id = :o", o=duty.id)
    assert (GP, "single_point_of_contact") in {(row.agency, row.contact) for row in told}


@pytest.mark.parametrize("sender", ["sandwell-gp-2", "sandwell-hospital"])
def test_whoever_was_not_asked_has_no_such_request(town: Town, sender: str) -> None:
    request = requested(town)
    with pytest.raises(errors.Invalid) as theirs:
        town.incoming(REPORT, sender=sender, message=report(request))
    with pytest.raises(errors.Invalid) as nobodys:
        town.incoming(REPORT, sender=sender, message=example(REPORT))
    assert (theirs.value.faults, str(theirs.value)) == (nobodys.value.faults, str(nobodys.value))


def test_a_report_goes_to_whoever_asked_and_to_nobody_who_is_put_in_their_place(town: Town) -> None:
    request = requested(town)
    with pytest.raises(errors.Invalid):
        town.incoming(REPORT, sender=GP, message=report(request, asked_by="birmingham-childrens-social-care"))


def test_whoever_has_handed_a_request_back_cannot_answer_it(town: Town) -> None:
    request = requested(town)
    no = wire.Decline(by=PERSON, reason="not_registered_here", explanation="they left our list")
    moved(town.act(GP, town.shares(request)[GP].id, "decline", no))
    with pytest.raises(errors.Invalid):
        town.incoming(REPORT, sender=GP, message=report(request))


def test_nothing_known_is_an_answer(town: Town) -> None:
    request = requested(town)
    town.receive(GP, town.shares(request)[GP].id)
    nothing = {
        name: value
        for name, value in report(request, nothing_known_because="They registered with us last week.").items()
        if name not in {"situation", "assessment", "childs_voice", "replies"}
    }
    town.send(REPORT, sender=GP, message=nothing)
    town.drain()
    assert "report" not in owed(town, request, GP)


def take_back(town: Town, message: UUID) -> None:
    body = wire.Withdraw(by=PERSON, reason="it was about another child")
    desk = Desk(HUB, town.signer, RECORDS)
    answer.withdraw(town.engine, message, body, Caller(GP, "c"), known=town.known(), desk=desk, at=town.now)


def test_a_report_that_is_taken_back_is_owed_again_by_the_same_day(town: Town) -> None:
    request = requested(town)
    town.receive(GP, town.shares(request)[GP].id)
    due_at = owed(town, request, GP)["report"].due_at
    first, second = (town.send(REPORT, sender=GP, message=report(request)) for _ in range(2))
    take_back(town, town.send(REPORT, sender=GP, message=report(request)))  # never read by anybody
    town.drain()
    take_back(town, first)
    assert "report" not in owed(town, request, GP), "the other one is there"
    take_back(town, second)
    assert owed(town, request, GP)["report"].due_at == due_at
    town.send(REPORT, sender=GP, message=report(request))
    town.drain()
    assert "report" not in owed(town, request, GP)


def test_a_report_that_nobody_could_read_met_nothing_and_taken_back_asks_for_nothing(town: Town) -> None:
    request = requested(town)
    town.receive(GP, town.shares(request)[GP].id)
    moved(meet(town, GP, owed(town, request, GP)["report"], evidence="said on the telephone, and minuted"))
    take_back(town, town.send(REPORT, sender=GP, message=report(request)))
    assert "report" not in owed(town, request, GP)


def test_a_report_to_an_authority_that_has_closed_goes_to_its_successor(database: str) -> None:
    after = "birmingham-childrens-social-care"
    closing = {"closes": "2026-04-20", "successor": after}
    rows = [{**row, **(closing if row["id"] == SOCIAL_CARE else {})} for row in shipped_directory().to_rows()]
    town = Town.on(database, directory=Directory.from_rows(rows))
    request = requested(town)
    town.receive(GP, town.shares(request)[GP].id)
    town.later(days=7)
    with pytest.raises(errors.Invalid) as caught:
        town.incoming(REPORT, sender=GP, message=report(request))
    assert caught.value.faults == (("message.asked_by", f"this agency has closed; its successor is {after}"),)
    answered = town.send(REPORT, sender=GP, message=report(request, asked_by=after))
    town.drain()
    assert town.states(answered) == {after: "sent"}
    assert "report" not in owed(town, request, GP)


# -- learning ---------------------------------------------------------------------------------------------------


def test_learning_goes_to_every_agency_and_each_owes_its_reading_and_its_own_actions(town: Town) -> None:
    message = town.send(LEARNING, sender=OFFICE)
    town.drain()
    shares = town.shares(message)
    assert len(shares) == 17
    assert {"sandwell-gp-1", "sandwell-gp-2", "sandwell-gp-3", "sandwell-school-3"} <= set(shares)
    assert not any(one.startswith(("birmingham", "camden")) for one in shares)
    practices = {one.owed_by: one for one in open_actions(town, message)}
    assert {agency: one.about for agency, one in practices.items()} == {
        "sandwell-gp-1": "actions.0",
        "sandwell-gp-2": "actions.0",
        "sandwell-gp-3": "actions.0",
        "sandwell-0-19": "actions.1",
        "sandwell-probation": "actions.2",
    }
    assert practices["sandwell-probation"].due_at == datetime(2026, 6, 30, 23, 0, tzinfo=UTC)
    assert set(owed(town, message, "sandwell-police")) == {"receipt", "check_back", "read_receipt"}

    share = shares["sandwell-probation"].id
    town.receive("sandwell-probation", share)
    bare = meet(town, "sandwell-probation", practices["sandwell-probation"])
    assert isinstance(bare, errors.Invalid)
    assert [path for path, _ in bare.faults] == ["evidence"]
    today = town.now.date()
    moved(town.act("sandwell-probation", share, "check_back", check_back(today)))
    moved(meet(town, "sandwell-probation", owed(town, message, "sandwell-probation")["read_receipt"]))
    moved(town.act(OFFICE, share, "agree", wire.Agree(by=PERSON)))
    early = town.act(
        "sandwell-probation", share, "close", wire.Close(by=PERSON, outcome="o", review_held_on=today)
    )
    assert isinstance(early, errors.Conflict), "closing does not say that what the review asks is done"
    moved(
        meet(town, "sandwell-probation", practices["sandwell-probation"], evidence="61 of 64 cases, by month")
    )
    moved(
        town.act(
            "sandwell-probation", share, "close", wire.Close(by=PERSON, outcome="o", review_held_on=today)
        )
    )

    to_the_end(town, message, OFFICE, but=("sandwell-probation",))
    assert town.state(message) == "closed"


def open_actions(town: Town, message: UUID) -> list[Any]:
    return town.rows(
        "SELECT * FROM owed WHERE message_id = :m AND what = 'action' AND met_at IS NULL ORDER BY owed_by",
        m=message,
    )


def test_an_action_that_is_not_done_by_its_day_lapses(town: Town) -> None:
    message = town.send(LEARNING, sender=OFFICE)
    town.drain()
    town.now = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
    chase(town.line())
    told = town.rows(
        "SELECT agency, contact FROM notice JOIN owed ON owed.id = owed_id WHERE message_id = :m AND what = 'action'",
        m=message,
    )
    assert {row.agency for row in told} == {"sandwell-0-19", "sandwell-probation"}


def test_an_action_for_somebody_who_does_not_hear_is_refused_by_name(town: Town) -> None:
    raw = spoilt(example(LEARNING), actions__2__agency="birmingham-probation")
    message = town.send(LEARNING, sender=OFFICE, message=raw)
    town.drain()
    refused = town.rows(
        "SELECT agency, reason FROM decision WHERE message_id = :m AND outcome = 'refuse'", m=message
    )
    assert [(row.agency, row.reason) for row in refused] == [("birmingham-probation", "no_clause")]


def test_only_a_partnership_office_sends_learning(town: Town) -> None:
    message = town.send(LEARNING, sender=SOCIAL_CARE)
    town.drain()
    assert town.states(message) == {}
    refused = town.rows("SELECT reason FROM decision WHERE message_id = :m", m=message)
    assert {row.reason for row in refused} == {"no_clause"}
