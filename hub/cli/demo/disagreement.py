"""A disagreement: a school sees neglect, the MASH sees early help, and neither lets it rest before it is decided.

The reviews tell of professionals who disagreed, said so once, and gave way. Here a challenge climbs the stages of the
protocol, each with its people and its days, and the dissent stays beside the decision.
"""

from uuid import UUID

from agencies import wire
from hub.cli import example
from hub.cli.demo import turns
from hub.cli.demo.stage import Stage, must
from hub.cli.demo.turns import Heard

SCHOOL, MASH = "sandwell-school-1", "sandwell-mash"
VISITORS, PRACTICE, HELP = "sandwell-0-19", "sandwell-gp-1", "sandwell-early-help"
STAGES = ("practitioners", "managers", "designated_leads", "independent_chair")

MARGARET = wire.Person(name="Margaret Hale", role="designated safeguarding lead, school")
PHILIP = wire.Person(name="Philip Dunne", role="head teacher")
RUTH = wire.Person(name="Ruth Adeyemi", role="duty social worker")
CARLA = wire.Person(name="Carla Novak", role="MASH manager")
ADA = wire.Person(name="Ada Brennan", role="health visitor")
NINA = wire.Person(name="Nina Farrow", role="GP and safeguarding lead")
JOY = wire.Person(name="Joy Mensah", role="family support worker")
CHAIR = wire.Person(name="Dr Helen Ashworth", role="independent chair")


def play(stage: Stage) -> UUID:
    """All of it. Answers with the message."""
    tell = stage.tell
    tell.says(
        "A school in Sandwell has written down two terms of hunger, tiredness and a boy of seven who feeds a baby at"
        " night. Everybody here is invented."
    )
    tell.chapter("The school tells")
    others = (VISITORS, PRACTICE, HELP)
    sent = turns.send(stage, SCHOOL, example.fresh("concern-neglect"), to={MASH, *others})
    for agency in (MASH, *others):
        turns.opened(stage, agency, sent)
    _check_back(stage, sent)
    share = turns.share(stage, SCHOOL, sent, MASH)
    _first(stage, share)
    _managers(stage, share)
    _further(stage, share)
    _decided(stage, share)
    _both_stay(stage, share)
    _close(stage, sent)
    return sent


def _check_back(stage: Stage, sent: UUID) -> None:
    stage.tell.chapter("The MASH has understood, and decides otherwise")
    turns.check_back_all(
        stage,
        SCHOOL,
        sent,
        (
            Heard(
                MASH,
                RUTH,
                "MASH-3402",
                "Three children who come to school hungry and tired; a mother who says that she does not cope.",
                "Below the threshold for social care: early help is there, and is to do more.",
                "Ask early help to review its plan",
            ),
            Heard(
                VISITORS,
                ADA,
                "HV-2299",
                "A baby whose bottles her brother of seven makes.",
                "I have not seen her since the spring.",
                "Visit this week",
            ),
            Heard(
                PRACTICE,
                NINA,
                "CHES-0470",
                "The mother is our patient, and has not been for a year.",
                "She may be ill, and nobody has asked.",
                "Ring her, and see her at home if she does not come",
            ),
            Heard(
                HELP,
                JOY,
                "EH-2110",
                "What we did has not been enough.",
                "A plan that relies on mornings does not help with nights.",
                "Review the plan",
            ),
        ),
        days=2,
    )


def _first(stage: Stage, share: UUID) -> None:
    tell = stage.tell
    tell.chapter("First between those who know the children")
    said = wire.Challenge(
        by=MARGARET,
        reason="Early help has been there for two terms, and it got worse. A boy of seven is caring for a baby.",
    )
    stage.moved(stage.as_(SCHOOL).challenge(share, said), "challenged")
    tell.person(MARGARET.name, MARGARET.role, said.reason)
    answer = wire.Answer(
        by=RUTH, answer="I have read it again. The mother agrees to more help, and she has never hurt them."
    )
    stage.moved(stage.as_(MASH).answer(share, answer), "checked_back")
    tell.person(RUTH.name, RUTH.role, answer.answer)


def _managers(stage: Stage, share: UUID) -> None:
    tell = stage.tell
    tell.chapter("Then between those who lead them")
    said = wire.Challenge(
        by=PHILIP, reason="Nobody says that she hurts them. They are not fed, and nobody is awake at night."
    )
    made = stage.moved(stage.as_(SCHOOL).challenge(share, said), "challenged")
    tell.person(PHILIP.name, PHILIP.role, said.reason)
    for one in made.deadlines:
        tell.says(
            f"{stage.names[one.owed_by]} owes an answer within {one.limit}, as the protocol says of this stage."
        )
    answer = wire.Answer(by=CARLA, answer="We would see them within ten days, if early help asks us to.")
    stage.moved(stage.as_(MASH).answer(share, answer), "checked_back")
    tell.person(CARLA.name, CARLA.role, answer.answer)


def _further(stage: Stage, share: UUID) -> None:
    tell = stage.tell
    tell.chapter("It cannot wait, and goes further at once")
    again = wire.Challenge(by=MARGARET, reason="Ten days are ten nights.")
    stage.moved(stage.as_(SCHOOL).challenge(share, again), "challenged")
    tell.person(MARGARET.name, MARGARET.role, again.reason)
    up = wire.Escalate(by=PHILIP, reason="The leads have spoken this morning, and do not agree.")
    stage.moved(stage.as_(SCHOOL).escalate(share, up), "challenged")
    tell.person(PHILIP.name, PHILIP.role, up.reason)
    tell.says("Now it is for somebody whom neither side employs, and the partnership's office is told.")


def _decided(stage: Stage, share: UUID) -> None:
    tell = stage.tell
    tell.chapter("It is decided, and the dissent stands beside it")
    end = wire.Conclude(
        by=CARLA,
        outcome="decision_stands",
        decision="The family is seen at home today, by the health visitor and a social worker together. Whether social"
        " care takes it on is decided on what they see.",
        dissent="Margaret Hale: this should have been a child protection enquiry from the first day.",
        chaired_by=CHAIR,
    )
    stage.moved(stage.as_(MASH).conclude(share, end), "checked_back")
    tell.person(CHAIR.name, CHAIR.role, end.decision)
    tell.item("The dissent", ("stays", str(end.dissent)))


def _both_stay(stage: Stage, share: UUID) -> None:
    tell = stage.tell
    tell.chapter("Both views stay")
    [whole] = stage.as_(SCHOOL).share(share).disagreements
    must(tuple(one.stage for one in whole.stages) == STAGES, "it did not climb stage by stage")
    must(whole.outcome == "decision_stands", "it did not end as it was decided")
    for one in whole.stages:
        tell.item(
            one.stage.replace("_", " "),
            ("opened by", stage.names[one.opened_by]),
            ("ended", (one.outcome or "open").replace("_", " ")),
        )
    keys, seen = stage.as_(SCHOOL).keys, stage.as_(SCHOOL).share(share)
    kept = [keys.open_note(note, of=seen) for note in seen.thread if note.kind == "conclude"]
    must("child protection enquiry" in str(kept), "the dissent is not kept")


def _close(stage: Stage, sent: UUID) -> None:
    tell = stage.tell
    tell.chapter("It is closed")
    tell.says("In life this is two days later.")
    agencies = (MASH, VISITORS, PRACTICE, HELP)
    turns.agree(
        stage, SCHOOL, sent, MARGARET, dict.fromkeys(agencies, "So it was decided; I see to my part.")
    )
    outcomes = {
        MASH: (RUTH, "Seen at home. The mother is treated; a child protection conference is held."),
        VISITORS: (ADA, "The baby was seen, and is weighed every week."),
        PRACTICE: (NINA, "The mother was found ill, and is in treatment."),
        HELP: (JOY, "The plan is part of the social worker's now."),
    }
    stage.tell_grid(turns.close(stage, SCHOOL, sent, outcomes, stage.today))
