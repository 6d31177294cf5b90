"""Probation, and Think Family: whoever works with an adult asks about children, and tells those who see them.

The reviews tell of men whom probation knew and of babies whom health visitors knew, in one home, and nobody put the two
together. Here one service asks, one tells, one says only that it is involved, and each sees what the protocol lets it.
"""

from typing import Any
from uuid import UUID

from agencies import wire
from hub.cli import example
from hub.cli.demo import people, turns, words
from hub.cli.demo.stage import Stage, must
from hub.cli.demo.turns import Heard

PROBATION, MISUSE = "sandwell-probation", "sandwell-substance-misuse"
MASH, VISITORS, PRACTICE, HELP = "sandwell-mash", "sandwell-0-19", "sandwell-gp-1", "sandwell-early-help"
ANSWER = "household_answer"

SUNITA = wire.Person(name="Sunita Kaur", role="probation court officer", contact="0121 496 0183")
WAYNE = wire.Person(name="Wayne Ellis", role="probation practitioner", contact="0121 496 0181")
GARETH = wire.Person(name="Gareth Pugh", role="recovery worker")
RUTH = wire.Person(name="Ruth Adeyemi", role="duty social worker")
ADA = wire.Person(name="Ada Brennan", role="health visitor")
NINA = wire.Person(name="Nina Farrow", role="GP and safeguarding lead")
JOY = wire.Person(name="Joy Mensah", role="family support worker")


def play(stage: Stage) -> UUID:
    """All of it. Answers with the message that told of the man and the baby."""
    tell = stage.tell
    tell.says("A man is to be sentenced; another keeps away from his order. Everybody here is invented.")
    _asked(stage)
    tell.chapter("A man on an order keeps away, and a baby lives with him")
    told = _family(stage, example.fresh("supervision-does-not-engage"))
    sent = turns.send(stage, PROBATION, told, to={MASH, VISITORS, PRACTICE})
    seen = {agency: turns.opened(stage, agency, sent) for agency in (MASH, VISITORS, PRACTICE)}
    turns.tell_opened(stage, MASH, seen[MASH], ("he", str(seen[MASH]["supervision"]["missed"])))
    must(
        "supervision" in seen[VISITORS], "the health visitor is not told what keeps the baby from being safe"
    )
    involved = _involved(stage, told)
    _round_the_child(stage, sent, involved)
    _check_back(stage, sent)
    _close(stage, sent)
    return sent


# -- the question -------------------------------------------------------------------------------------------


def _asked(stage: Stage) -> None:
    """Silence is no answer: it is owed by name."""
    tell = stage.tell
    tell.chapter("Before a court decides, probation asks whether there are children")
    enquiry = example.fresh("supervision-household-enquiry")
    enquiry["household"][0]["date_of_birth"] = people.born(stage.today, days_ago=(11000, 14000)).isoformat()
    asked = turns.send(stage, PROBATION, enquiry, to={MASH, VISITORS})
    said = {
        MASH: (RUTH, "No child is known to social care at this address, and none by his name."),
        VISITORS: (
            ADA,
            "Nobody whom we visit lives there. His girlfriend, if she is who we think, has a son of two.",
        ),
    }
    for agency, (person, answer) in said.items():
        turns.opened(stage, agency, asked)
        duty = stage.owed(agency, asked, ANSWER)
        tell.says(f"{stage.names[agency]} owes an answer by {words.moment(duty.due_at)}.")
        act = Heard(
            agency, person, "HE-4471", "A report to a court, by the end of the week.", answer, "Answer"
        )
        turns.check_back(stage, agency, PROBATION, asked, act.act(stage.today, stage.day(0)))
        stage.as_(agency).meet(duty.id, wire.Met(by=person, done=answer, evidence="HE-4471"))
        tell.person(person.name, person.role, answer)
    turns.agree(stage, PROBATION, asked, SUNITA, dict.fromkeys(said, "Thank you: it stands in the report."))
    turns.close(stage, PROBATION, asked, {one: (said[one][0], "Answered.") for one in said}, stage.today)


# -- what is told -------------------------------------------------------------------------------------------


def _family(stage: Stage, message: dict[str, Any]) -> dict[str, Any]:
    """Another family with each telling: who is involved with them is what the story shows."""
    born = people.born(stage.today, days_ago=(200, 280)).isoformat()
    child = {
        key: value for key, value in message["children"][0].items() if key != "nhs_number_unknown_because"
    }
    message["children"] = [{**child, "date_of_birth": born, "nhs_number": people.number()}]
    message["household"][0]["date_of_birth"] = people.born(stage.today, days_ago=(10000, 12000)).isoformat()
    return message


def _involved(stage: Stage, told: dict[str, Any]) -> UUID:
    """That a service is involved is one permission; what it does and knows is another."""
    tell = stage.tell
    tell.chapter("Another service says that it is involved")
    message = example.fresh("involvement-substance-misuse")
    message["children"] = told["children"]
    message["household"][0]["date_of_birth"] = told["household"][0]["date_of_birth"]
    sent = turns.send(stage, MISUSE, message, to={VISITORS, HELP})
    seen = {agency: turns.opened(stage, agency, sent) for agency in (VISITORS, HELP)}
    for agency in (VISITORS, HELP):
        turns.tell_opened(stage, agency, seen[agency])
        must("work" not in seen[agency], "what the service knows is told with that it is there")
    for agency, person in ((VISITORS, ADA), (HELP, JOY)):
        act = Heard(
            agency, person, "SM-0146", "He is in treatment.", "We ask him, and them.", "Ring Gareth Pugh"
        )
        turns.check_back(stage, agency, MISUSE, sent, act.act(stage.today, stage.day(0)))
    turns.agree(stage, MISUSE, sent, GARETH, dict.fromkeys((VISITORS, HELP), "Ring me on any day."))
    outcomes = {VISITORS: (ADA, "We have spoken."), HELP: (JOY, "We have spoken.")}
    turns.close(stage, MISUSE, sent, outcomes, stage.today)
    return sent


def _round_the_child(stage: Stage, sent: UUID, involved: UUID) -> None:
    """One child, and what each may know of who is round him."""
    tell = stage.tell
    tell.chapter("Who is round the child, as each may know it")
    child = _child(stage, sent)
    for agency in (VISITORS, PRACTICE):
        services = {str(one.role) for one in stage.as_(agency).ecomap(child[agency]).agencies}
        tell.item(
            f"{stage.names[agency]} sees round him",
            ("services", ", ".join(sorted(one.replace("_", " ") for one in services))),
        )
        must(
            ("substance_misuse" in services) == (agency == VISITORS),
            f"{agency} is shown what its views do not grant",
        )
    must(_child(stage, involved, VISITORS)[VISITORS] == child[VISITORS], "it is not one child")


def _child(stage: Stage, sent: UUID, *agencies: str) -> dict[str, UUID]:
    sender = {True: MISUSE, False: PROBATION}[bool(agencies)]
    shares = {agency: turns.share(stage, sender, sent, agency) for agency in agencies or (VISITORS, PRACTICE)}
    return {agency: stage.as_(agency).share(share).children[0].child for agency, share in shares.items()}


# -- and the end --------------------------------------------------------------------------------------------


def _check_back(stage: Stage, sent: UUID) -> None:
    stage.tell.chapter("They say what they understood")
    turns.check_back_all(
        stage,
        PROBATION,
        sent,
        (
            Heard(
                MASH,
                RUTH,
                "MASH-3410",
                "He has missed five of seven, and moved in with a baby without saying so.",
                "The last assault was with a child in the next room.",
                "Strategy discussion with probation and the health visitor",
            ),
            Heard(
                VISITORS,
                ADA,
                "HV-2301",
                "The baby whom I weigh lives with a man of whom I knew nothing.",
                "I see his mother alone, and I ask.",
                "Visit this week",
            ),
            Heard(
                PRACTICE,
                NINA,
                "CHES-0472",
                "A father on an order, in the home of our patient.",
                "She has been twice with headaches since he moved in.",
                "See her, alone",
            ),
        ),
        days=2,
    )
    thanks = dict.fromkeys(
        (MASH, VISITORS, PRACTICE), "Thank you. The hearing is on Monday, and I tell you how it went."
    )
    turns.agree(stage, PROBATION, sent, WAYNE, thanks)


def _close(stage: Stage, sent: UUID) -> None:
    tell = stage.tell
    tell.chapter("It is closed")
    tell.says("In life this is two days later.")
    outcomes = {
        MASH: (RUTH, "An assessment was begun, of both parents."),
        VISITORS: (ADA, "His mother has told me more. She has a plan."),
        PRACTICE: (NINA, "Seen alone, and she will come again."),
    }
    stage.tell_grid(turns.close(stage, PROBATION, sent, outcomes, stage.today))
