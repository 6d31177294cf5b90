"""Not brought, three times, told by two services of two children: what nobody saw alone is counted, and talked about.

The reviews tell of families in which each service had seen one missed appointment and none had seen them all. Here each
tells of its own; the protocol's watch counts them across a baby and her brother, and asks one service to talk.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from agencies import wire
from hub.cli import example
from hub.cli.demo import people, turns, words
from hub.cli.demo.stage import Stage, must
from hub.cli.demo.turns import Heard

HOSPITAL, PRACTICE, VISITORS = "sandwell-hospital", "sandwell-gp-1", "sandwell-0-19"
BABY, BROTHER = 0, 1
WHAT = "look_together"

BETH = wire.Person(name="Beth Rowley", role="paediatric outpatients sister", contact="0121 496 0377")
NINA = wire.Person(name="Nina Farrow", role="GP and safeguarding lead")
PAM = wire.Person(name="Pam Oyelaran", role="practice nurse")
ADA = wire.Person(name="Ada Brennan", role="health visitor")


def play(stage: Stage) -> UUID:
    """All of it. Answers with the last that was missed."""
    tell = stage.tell
    tell.says(
        "A baby in Sandwell has a brother who is about to go to school. Each is missed once or twice, somewhere."
        " Everybody here is invented."
    )
    family = _family(stage)
    tell.chapter("A hearing test is missed, and a small thing is told")
    first = _missed(stage, HOSPITAL, {VISITORS, PRACTICE}, family, _of(BROTHER, "Hearing test", 40))
    _heard(stage, HOSPITAL, first, BETH, "The brother, one hearing test.")
    tell.chapter("The practice has seen another")
    second = _missed(stage, PRACTICE, {VISITORS}, family, _of(BABY, "Immunisations at eight weeks", 12))
    _heard(stage, PRACTICE, second, PAM, "The baby, her first immunisations.")
    _nobody_is_asked(stage, {first, second})
    tell.chapter("A scan is missed, and it is the third")
    third = _missed(
        stage, HOSPITAL, {VISITORS, PRACTICE}, family, _of(BABY, "Ultrasound scan of the hips", 2)
    )
    duty = _asked(stage, third, {first, second, third})
    _looked_at(stage, duty)
    _close(stage, third)
    return third


def _family(stage: Stage) -> dict[str, Any]:
    message = example.fresh("was-not-brought-hip-scan-of-a-baby")
    for place, days_ago in ((BABY, (80, 110)), (BROTHER, (1300, 1500))):
        message["children"][place] |= {
            "nhs_number": people.number(),
            "date_of_birth": people.born(stage.today, days_ago=days_ago).isoformat(),
        }
    return message


def _of(child: int, what: str, days_ago: int) -> dict[str, Any]:
    return {"child": child, "what": what, "days_ago": days_ago}


def _missed(stage: Stage, sender: str, to: set[str], family: dict[str, Any], missed: dict[str, Any]) -> UUID:
    role = {HOSPITAL: "hospital", PRACTICE: "gp_practice"}[sender]
    on = stage.today - timedelta(days=missed["days_ago"])
    appointment = {
        **family["appointments"][0],
        "child": missed["child"],
        "what": missed["what"],
        "on": on.isoformat(),
        "service": {"role": role, "agency": sender},
    }
    since = {
        "done": "A letter with a new appointment was posted.",
        "seen": False,
        "not_seen_because": "The letter has only gone out, and the department does not visit at home.",
    }
    return turns.send(stage, sender, {**family, "appointments": [appointment], "since": since}, to=to)


def _heard(stage: Stage, sender: str, sent: UUID, by: wire.Person, understood: str) -> None:
    """Whoever hears of it says so, and it is done: alone it is small."""
    grid = stage.as_(sender).message(sent)
    agencies = sorted(share.recipient for share in grid.shares)
    who = {VISITORS: ADA, PRACTICE: NINA}
    for agency in agencies:
        turns.opened(stage, agency, sent)
        act = Heard(
            agency, who[agency], "ROUTINE-1", understood, "One gap, as many families have.", "Offer it again"
        )
        turns.check_back(stage, agency, sender, sent, act.act(stage.today, stage.day(0)))
    turns.agree(stage, sender, sent, by, dict.fromkeys(agencies, "Thank you."))
    outcomes = {agency: (who[agency], "Offered again.") for agency in agencies}
    turns.close(stage, sender, sent, outcomes, stage.today)


def _nobody_is_asked(stage: Stage, so_far: set[UUID]) -> None:
    owed = [one for one in stage.as_(VISITORS).owed().owed if one.message in so_far and one.what == WHAT]
    must(not owed, "two are not enough, and somebody is asked")
    stage.tell.says("Each of these is closed. Nobody has done anything wrong, and nobody has seen a pattern.")


def _asked(stage: Stage, third: UUID, all_three: set[UUID]) -> wire.OwedTold:
    """The scheduler looks twice a minute, and sooner where the hub is the story's own."""
    stage.tell.says("The hub counts, by the protocol's watch. It knows ids and days, and no name:")
    duty = stage.owed(VISITORS, third, WHAT)
    told = stage.as_(VISITORS).one_owed(duty.id)
    must(set(told.counted or ()) == all_three, "what was counted is not these three")
    must(duty.owed_to == VISITORS, "it is owed to somebody who was not told of all three")
    stage.tell.item(
        f"{stage.names[VISITORS]} owes it, and nobody else is told: the others know too little",
        ("what", "to look at them together with whoever told the last"),
        ("by", words.moment(told.due_at)),
        ("counted", f"{len(all_three)} messages, of two services, about two children of one home"),
    )
    return told


def _looked_at(stage: Stage, duty: wire.OwedTold) -> None:
    tell = stage.tell
    tell.chapter("They look at it together")
    turns.opened(stage, VISITORS, duty.message)
    said = wire.Met(
        by=ADA,
        done="Beth Rowley and I went through all three. The mother's telephone is cut off, and the bus to the hospital"
        " was taken away in the spring. I visit on Thursday; the scan is done at the children's centre.",
        evidence="Contact record HV-2291",
    )
    stage.as_(VISITORS).meet(duty.id, said)
    tell.person(ADA.name, ADA.role, said.done)
    tell.says("That is what was done, by name. Whatever is missed from now on is counted anew.")


def _close(stage: Stage, third: UUID) -> None:
    tell = stage.tell
    tell.chapter("The last is closed")
    turns.opened(stage, PRACTICE, third)
    turns.check_back_all(
        stage,
        HOSPITAL,
        third,
        (
            Heard(
                VISITORS,
                ADA,
                "HV-2291",
                "The baby's hip scan, and it is the third of this family.",
                "Nobody avoids us: they cannot reach us.",
                "Visit on Thursday, with the new date for the scan",
            ),
            Heard(
                PRACTICE,
                NINA,
                "CHES-0467",
                "Our baby has missed a scan as well as her immunisations.",
                "The nurse can go to her.",
                "Immunise at home with the health visitor",
            ),
        ),
        days=2,
    )
    turns.agree(stage, HOSPITAL, third, BETH, dict.fromkeys((VISITORS, PRACTICE), "Thank you: that will do."))
    outcomes = {
        VISITORS: (ADA, "Seen at home. The scan was normal."),
        PRACTICE: (NINA, "Immunised at home."),
    }
    stage.tell_grid(turns.close(stage, HOSPITAL, third, outcomes, stage.today))
