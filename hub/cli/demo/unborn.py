"""An unborn baby, to the GP registration: expected before the birth, and one thread from the notice to the list.

The reviews tell of babies whom nobody expected, of fathers whom nobody had met, and of a baby who had no GP. Here a
midwife tells of the pregnancy, the birth joins it, and the practice says whom of the household it registered.
"""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from agencies import wire
from hub.cli import example
from hub.cli.demo import turns, words
from hub.cli.demo.stage import Stage, must
from hub.cli.demo.turns import Heard

MIDWIVES, VISITORS, PRACTICE = "sandwell-midwifery", "sandwell-0-19", "sandwell-gp-1"
SOCIAL_CARE, HELP, PROBATION = "sandwell-childrens-social-care", "sandwell-early-help", "sandwell-probation"
NUMBER = "9990001057"  # the baby's, from the range that is nobody's

GRACE = wire.Person(name="Grace Achebe", role="specialist midwife", contact="0121 496 0155")
PAUL = wire.Person(name="Paul Reddy", role="social worker, pre-birth team")
EVE = wire.Person(name="Eve Sadler", role="health visitor")
MEERA = wire.Person(name="Meera Shah", role="practice manager")
JOY = wire.Person(name="Joy Mensah", role="family support worker")
KIT = wire.Person(name="Kit Barlow", role="probation practitioner")


def play(stage: Stage) -> UUID:
    """All of it. Answers with the notice before birth, which everything else joins."""
    tell = stage.tell
    tell.says(
        "Shanice Obi, who left care at eighteen, expects a baby in Sandwell. The father comes at weekends. Everybody"
        " here is invented."
    )
    due = stage.today + timedelta(days=10)
    tell.chapter("Before the birth the network hears, and the father is spoken of")
    notice = _notice(due)
    told = {SOCIAL_CARE, VISITORS, PRACTICE, HELP, PROBATION}
    sent = turns.send(stage, MIDWIVES, notice, to=told)
    seen = {agency: turns.opened(stage, agency, sent) for agency in sorted(told)}
    turns.tell_opened(
        stage, PROBATION, seen[PROBATION], ("adults", str(seen[PROBATION]["adults"][0].get("supervision")))
    )
    _expected(stage, sent)
    _assessed(stage, sent)
    born = _born(stage, sent, notice, due)
    _registered(stage, born, notice)
    _one_thread(stage, sent, born)
    _closed(stage, sent)
    return sent


def _notice(due: date) -> dict[str, Any]:
    """The example, in its last weeks: a story cannot wait until the summer."""
    notice = example.fresh("unborn-sandwell")
    notice["children"] = [{"due_date": due.isoformat()}]
    for later in ("network_on", "assessment_by"):
        notice.pop(later, None)
    return notice


def _expected(stage: Stage, sent: UUID) -> None:
    stage.tell.chapter("Each says what they will do before the baby is here")
    turns.check_back_all(
        stage,
        MIDWIVES,
        sent,
        (
            Heard(
                SOCIAL_CARE,
                PAUL,
                "CSC-5502",
                "A mother who left care and lives alone, and a father on an order who wants to be there.",
                "Support that is in place before the birth, and two parents who are met.",
                "Pre-birth assessment of both parents",
            ),
            Heard(
                VISITORS,
                EVE,
                "HV-8810",
                "A first baby, an anxious mother, a father at weekends.",
                "The visit before birth matters, and he should be in it.",
                "Antenatal visit on a Saturday, with the father",
            ),
            Heard(
                PRACTICE,
                MEERA,
                "CHES-0451",
                "A patient of ours is pregnant and lives alone since the winter.",
                "We expect a baby to register, and a father we do not know.",
                "Flag the record; forms for the whole household",
            ),
            Heard(
                HELP,
                JOY,
                "EH-2093",
                "She asks for help when she needs it, and has few people.",
                "Help now costs little, and she would take it.",
                "Visit with her midwife this week",
            ),
            Heard(
                PROBATION,
                KIT,
                "PB-4417",
                "Dean Marsh, whom we supervise, will be a father.",
                "His order is for theft; nothing in it bears on a baby. He keeps his appointments.",
                "Tell the midwife so, and speak with him of what changes",
            ),
        ),
        days=7,
    )
    turns.agree(
        stage,
        MIDWIVES,
        sent,
        GRACE,
        dict.fromkeys((SOCIAL_CARE, VISITORS, PRACTICE, HELP, PROBATION), "Thank you: that is how I see it."),
    )


def _assessed(stage: Stage, sent: UUID) -> None:
    tell, team = stage.tell, stage.as_(SOCIAL_CARE)
    tell.chapter("The assessment is owed by a day, and is met by name")
    mine = [one for one in team.owed().owed if one.message == sent and one.what == "pre_birth_assessment"]
    must(len(mine) == 1, "no pre-birth assessment is owed")
    tell.says(
        f"Owed since the notice was sent, by {words.moment(mine[0].due_at)}; until it is met the share cannot close."
    )
    said = wire.Met(
        by=PAUL, done="Both parents were met, twice, one of those times at his mother's.", evidence="CSC-5502"
    )
    team.meet(mine[0].id, said)
    tell.person(PAUL.name, PAUL.role, said.done)


def _born(stage: Stage, sent: UUID, notice: dict[str, Any], due: date) -> UUID:
    tell = stage.tell
    tell.chapter("The baby is born, and is the baby who was expected")
    birth = example.fresh("birth-sandwell")
    for name in ("address", "household", "practitioner"):
        birth[name] = notice[name]
    birth["services"] = {
        **notice["services"],
        "gp": {**notice["services"]["gp"], "registered": False},
    }
    birth["children"] = [
        {
            "name": "Amara Obi",
            "date_of_birth": stage.today.isoformat(),
            "nhs_number": NUMBER,
            "sex": "female",
            "mobile": False,
        }
    ]
    birth |= {"follows": str(sent), "due_date": due.isoformat()}
    birth["goes_home"] = {**birth["goes_home"], "on": stage.today.isoformat()}
    birth.pop("attachments", None)
    born = stage.as_(MIDWIVES).send(birth).id
    grid = stage.grid(MIDWIVES, born, until=turns.all_sent, what="the delivery of the shares")
    stage.tell_grid(grid)
    tell.says(
        "Whoever was told before the birth, as far as the protocol allows it, is told that she has a name."
    )
    seen = turns.opened(stage, VISITORS, born)
    turns.tell_opened(stage, VISITORS, seen, ("baby", str(seen["children"][0]["name"])))
    turns.opened(stage, PRACTICE, born)
    return born


def _registered(stage: Stage, born: UUID, notice: dict[str, Any]) -> None:
    tell = stage.tell
    tell.chapter("The practice registers her, and says who else lives there")
    registration = example.fresh("registration-sandwell")
    for name in ("address", "household"):
        registration[name] = notice[name]
    registration["children"] = [
        {"name": "Amara Obi", "date_of_birth": stage.today.isoformat(), "nhs_number": NUMBER, "sex": "female"}
    ]
    registration["registration"] = {
        "on": stage.today.isoformat(),
        "household": [
            {"member": 0, "registered": "here"},
            {"member": 1, "registered": "elsewhere"},
        ],
        "missing": ["The father's records: he was asked to register here too."],
    }
    registration["services"] = {
        **registration["services"],
        "gp": {**notice["services"]["gp"], "registered": True},
    }
    registration["follows"] = str(born)
    sent = stage.as_(PRACTICE).send(registration).id
    grid = stage.grid(PRACTICE, sent, until=turns.all_sent, what="the delivery of the shares")
    stage.tell_grid(grid)


def _one_thread(stage: Stage, sent: UUID, born: UUID) -> None:
    tell, midwives = stage.tell, stage.as_(MIDWIVES)
    tell.chapter("One child, one thread")
    tell.says(
        "The midwife asks for the child of her notice. The hub knows no name, and can tell that it is one child:"
    )
    ids = [grid.children[0].child for grid in (midwives.message(sent), midwives.message(born))]
    must(len(set(ids)) == 1, "the baby who was born is not the baby who was expected")
    told = midwives.child(ids[0])
    for one in told.messages:
        tell.item(f"{one.kind.replace('_', ' ')}, by {stage.names[one.sender]}")
    must({"unborn", "birth"} <= {one.kind for one in told.messages}, "the thread is not whole")


def _closed(stage: Stage, sent: UUID) -> None:
    tell = stage.tell
    tell.chapter("The notice is closed: the baby is here, and is held")
    outcomes = {
        SOCIAL_CARE: (PAUL, "No plan is needed. Early help stays until the autumn."),
        VISITORS: (EVE, "The new-birth visit is booked, with both parents."),
        PRACTICE: (MEERA, "Mother and baby are registered; the father has the form."),
        HELP: (JOY, "We go on visiting."),
        PROBATION: (KIT, "He was at the birth. His order ends in the autumn."),
    }
    stage.tell_grid(turns.close(stage, MIDWIVES, sent, outcomes, stage.today))
