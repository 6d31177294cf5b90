"""A child protection plan: what else agencies say to each other, from the first question to what was learned.

Each kind of message that the other stories do not tell: advice, household, not sharing, a change of plan, a request for
reports and a report, leave to read, and a bulletin from a review.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from agencies import wire
from hub.cli import example
from hub.cli.demo import people, turns, words
from hub.cli.demo.stage import Stage, must
from hub.cli.demo.turns import Heard

SOCIAL_CARE, MASH, OFFICE = "sandwell-childrens-social-care", "sandwell-mash", "sandwell-partnership"
VISITORS, PRACTICE, SCHOOL, HELP = (
    "sandwell-0-19",
    "sandwell-gp-1",
    "sandwell-school-1",
    "sandwell-early-help",
)
ADULTS, POLICE = "sandwell-adult-social-care", "sandwell-police"

DANIEL = wire.Person(name="Daniel Osei", role="social worker", contact="0121 496 0107")
NINA = wire.Person(name="Nina Farrow", role="GP and safeguarding lead")
RUTH = wire.Person(name="Ruth Adeyemi", role="duty social worker")
ADA = wire.Person(name="Ada Brennan", role="health visitor")
MARGARET = wire.Person(name="Margaret Hale", role="designated safeguarding lead, school")
JOY = wire.Person(name="Joy Mensah", role="family support worker")
SAM = wire.Person(name="Sam Whitlock", role="social worker, adults")
IRIS = wire.Person(name="Iris Coleman", role="partnership business manager")


def play(stage: Stage) -> UUID:
    """All of it. Answers with the change of plan."""
    tell = stage.tell
    tell.says(
        "Two children of one mother, and all that is said about them in a month. Everybody here is invented."
    )
    _advice(stage)
    _household(stage)
    _told_to_nobody(stage)
    begun = _plan(stage)
    asked = _reports(stage)
    _lent(stage, asked)
    _learned(stage)
    _close(stage, begun)
    return begun


def _done(stage: Stage, sender: str, sent: UUID, by: wire.Person, heard: Collection[Heard]) -> None:
    """Each has received it, says what they understood, is agreed with, and closes."""
    for one in heard:
        turns.opened(stage, one.agency, sent)
    turns.check_back_all(stage, sender, sent, tuple(heard), days=0)
    turns.agree(stage, sender, sent, by, {one.agency: "Thank you." for one in heard})
    turns.close(stage, sender, sent, {one.agency: (one.by, "Done.") for one in heard}, stage.today)


def _advice(stage: Stage) -> None:
    tell = stage.tell
    tell.chapter("A question first, and an answer the same day")
    asked = turns.send(stage, PRACTICE, example.fresh("advice-a-fading-bruise"), to={MASH})
    duties = [one.what for one in stage.as_(MASH).owed(limit=500).owed if one.message == asked]
    tell.says(f"The MASH owes {', '.join(sorted(one.replace('_', ' ') for one in set(duties)))}.")
    advice = Heard(
        MASH,
        RUTH,
        "ADV-118",
        "A bruise that fades, on a child who walks, and a doctor who is not sure.",
        "Ask how it came about, and look at the other places. If the two do not fit, send it as a concern today.",
        "Ring back at four",
    )
    _done(stage, PRACTICE, asked, NINA, (advice,))


def _household(stage: Stage) -> None:
    stage.tell.chapter("Who lives there")
    told = example.fresh("household-two-fathers")
    for child in told["children"]:
        child.pop("nhs_number_unknown_because", None)
        child["nhs_number"] = people.number()
    sent = turns.send(stage, PRACTICE, told, to={VISITORS})
    seen = Heard(VISITORS, ADA, "HV-2310", "Two fathers, one of them gone.", "I ask for both.", "Visit")
    _done(stage, PRACTICE, sent, NINA, (seen,))


def _told_to_nobody(stage: Stage) -> None:
    tell = stage.tell
    tell.chapter("Something that is told to nobody")
    decided = example.fresh("not-sharing-a-place-in-a-refuge")
    hub = stage.as_(VISITORS)
    for party in hub.preview(decided).parties:
        must(party.outcome == "keep", "somebody would hear of a decision not to tell")
        tell.item("nobody hears, and why is kept", ("by clause", party.says[0]))
    sent = hub.send(decided).id
    duty = stage.owed(VISITORS, sent, "look_again")
    tell.says(
        f"It is looked at again by {words.moment(duty.due_at)}, by whoever decided, and by nobody else."
    )
    hub.meet(duty.id, wire.Met(by=ADA, done="She is safe where she is. It stays as it is.", evidence=None))
    tell.person(ADA.name, ADA.role, "She is safe where she is. It stays as it is.")


def _plan(stage: Stage) -> UUID:
    stage.tell.chapter("A plan begins, and its core group hears")
    begun = turns.send(
        stage,
        SOCIAL_CARE,
        example.fresh("plan-change-child-protection-plan-begins"),
        to={VISITORS, PRACTICE, SCHOOL, HELP},
    )
    for agency in (VISITORS, PRACTICE, SCHOOL, HELP):
        turns.opened(stage, agency, begun)
    return begun


def _reports(stage: Stage) -> UUID:
    """Answers with the report."""
    tell = stage.tell
    tell.chapter("Reports are asked for, and one comes")
    request = example.fresh("report-request-review-conference")
    asked = turns.send(stage, SOCIAL_CARE, request, to={VISITORS, PRACTICE, SCHOOL, POLICE})
    for agency in (VISITORS, PRACTICE, SCHOOL, POLICE):
        turns.opened(stage, agency, asked)
    duty = stage.owed(PRACTICE, asked, "report")
    tell.says(f"{stage.names[PRACTICE]} owes its report by {words.moment(duty.due_at)}, in one step:")
    report: dict[str, Any] = {
        **example.fresh("report-from-a-gp-practice"),
        "answers": str(asked),
        "asked_by": SOCIAL_CARE,
    }
    sent = turns.send(stage, PRACTICE, report, to={SOCIAL_CARE})
    must(stage.as_(PRACTICE).one_owed(duty.id).met_at is not None, "the report is there, and still owed")
    tell.says("With it the report that was asked for is there: nobody has to say so.")
    seen = turns.opened(stage, SOCIAL_CARE, sent)
    turns.tell_opened(stage, SOCIAL_CARE, seen)
    return sent


def _lent(stage: Stage, report: UUID) -> None:
    tell = stage.tell
    tell.chapter("Another may read it, for a purpose and until a day")
    leave = {
        **example.fresh("read-grant-for-adult-social-care"),
        "of": str(report),
        "until": (stage.today + timedelta(days=7)).isoformat(),
    }
    leave.pop("thread", None)
    sent = turns.send(stage, SOCIAL_CARE, leave, to={ADULTS})
    turns.opened(stage, ADULTS, sent)
    reader = stage.as_(ADULTS)
    share = turns.share(stage, SOCIAL_CARE, sent, ADULTS)
    read = reader.read(share, wire.Read(by=SAM, because="The assessment of the mother's own needs"))
    tell.item(
        f"{SAM.name}, {SAM.role}, reads it",
        ("written by", stage.names[read.author]),
        ("lent by", stage.names[read.lent_by]),
        ("until", words.moment(read.until)),
    )
    heard = {(one.event, one.message) for one in stage.events(PRACTICE)}
    must(("message.read", report) in heard, "its author does not hear that it was read")
    tell.says("The practice, which wrote it, finds among its events that it was read, by whom and when.")


def _learned(stage: Stage) -> None:
    tell = stage.tell
    tell.chapter("What was learned goes to everybody")
    sent = stage.as_(OFFICE).send(example.fresh("learning-from-a-review")).id
    grid = stage.grid(OFFICE, sent, until=turns.all_sent, what="the delivery of the shares")
    tell.says(
        f"{len(grid.shares)} agencies have it. Each owes that it was read, and its actions with what shows them."
    )
    for share in grid.shares:
        turns.opened(stage, share.recipient, sent)
    owed = [one for one in stage.as_(SCHOOL).owed(limit=500).owed if one.message == sent]
    for what in sorted({one.what for one in owed}):
        tell.item(what.replace("_", " "), ("owed by", stage.names[SCHOOL]))


def _close(stage: Stage, begun: UUID) -> None:
    tell = stage.tell
    tell.chapter("The plan's message is closed")
    heard = (
        Heard(VISITORS, ADA, "HV-2311", "A plan for neglect.", "I see them every week.", "Weigh the baby"),
        Heard(PRACTICE, NINA, "CHES-0480", "A plan for our patients.", "We flag it.", "Flag both records"),
        Heard(SCHOOL, MARGARET, "DSL-77", "A plan, and we are in it.", "We say each absence.", "Ring by ten"),
        Heard(
            HELP, JOY, "EH-2120", "Our plan is part of it now.", "We go on, under it.", "Hand over our notes"
        ),
    )
    turns.check_back_all(stage, SOCIAL_CARE, begun, heard, days=1)
    for one in heard:
        for duty in stage.as_(one.agency).owed(limit=500).owed:
            if duty.message == begun and duty.what not in ("action", "review"):
                stage.as_(one.agency).meet(duty.id, wire.Met(by=one.by, done=one.understood, evidence=None))
    turns.agree(
        stage, SOCIAL_CARE, begun, DANIEL, {one.agency: "See you at the core group." for one in heard}
    )
    outcomes = {one.agency: (one.by, f"{one.what}: done.") for one in heard}
    stage.tell_grid(turns.close(stage, SOCIAL_CARE, begun, outcomes, stage.today))
