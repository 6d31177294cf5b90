"""A bruise on a baby who does not move: told at once, by telephone first, and looked at whatever the explanation.

The story of the review in which a fading bruise was seen, a mother's explanation was accepted, and nobody asked. Here
the one who saw it first rings, writes, and is not let go before somebody has understood.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from agencies import wire
from hub import clock
from hub.cli import example
from hub.cli.demo import turns
from hub.cli.demo.stage import Stage, must
from hub.cli.demo.turns import Heard

SENDER = "sandwell-0-19"
MASH, HOSPITAL, POLICE, PRACTICE = "sandwell-mash", "sandwell-hospital", "sandwell-police", "sandwell-gp-1"
TOM = wire.Person(name="Tom Okafor", role="health visitor", contact="0121 496 0143")
RUTH = wire.Person(name="Ruth Adeyemi", role="duty social worker")
OMAR = wire.Person(name="Omar Haddad", role="consultant paediatrician")
LENA = wire.Person(name="Lena Crossley", role="detective sergeant, child abuse investigation")
NINA = wire.Person(name="Nina Farrow", role="GP and safeguarding lead")


def play(stage: Stage) -> UUID:
    """All of it. Answers with the message."""
    tell = stage.tell
    tell.says(
        "Tom Okafor weighs a baby of three months in a clinic in Sandwell, and sees two bruises. She does not roll. Her"
        " mother says that her brother hit her with a toy. Everybody here is invented."
    )
    tell.chapter("He rings, and then he writes")
    sent = turns.send(
        stage, SENDER, example.fresh("concern-bruise-non-mobile-baby"), to={MASH, HOSPITAL, POLICE, PRACTICE}
    )
    tell.says(
        "The MASH has four hours, and not four days: the clause says so, and the clock runs at night too."
    )
    _read(stage, sent)
    _check_back(stage, sent)
    _challenge(stage, sent)
    _close(stage, sent)
    return sent


def _read(stage: Stage, sent: UUID) -> None:
    stage.tell.chapter("Each opens its own copy")
    seen = {agency: turns.opened(stage, agency, sent) for agency in (MASH, HOSPITAL, POLICE, PRACTICE)}
    mash, practice = seen[MASH], seen[PRACTICE]
    turns.tell_opened(
        stage,
        MASH,
        mash,
        ("fact", mash["situation"]["facts"][0]["fact"]),
        ("voice", mash["childs_voice"]["observed"]),
        ("opinion", mash["assessment"]["opinion"]),
    )
    turns.tell_opened(stage, PRACTICE, practice, ("asked", _asked(practice, "gp_practice")))
    must("address" not in practice, "the practice is shown an address that its view does not grant")
    must("assessment" not in seen[HOSPITAL], "the hospital is given an opinion, and not the facts alone")


def _asked(seen: dict[str, Any], role: str) -> str:
    return next(str(one["what"]) for one in seen["expected_response"]["of_each"] if one["of"] == role)


def _check_back(stage: Stage, sent: UUID) -> None:
    stage.tell.chapter("They say what they understood")
    turns.check_back_all(
        stage,
        SENDER,
        sent,
        (
            Heard(
                MASH,
                RUTH,
                "MASH-3391",
                "One bruise on the arm of a baby of three months, which the mother explains by her brother's toy.",
                "An injury that may not be an accident, until a paediatrician says otherwise.",
                "Strategy discussion with police and hospital today",
                spoke_to=_rang(TOM),
            ),
            Heard(
                HOSPITAL,
                OMAR,
                "PAED-0712",
                "Two bruises on a baby who does not roll; her brother is to be seen as well.",
                "Neither place is one where such a baby hurts herself. She stays until the discussion is held.",
                "Examine both children; skeletal survey; bloods",
            ),
            Heard(
                POLICE,
                LENA,
                "CAIU-118",
                "Two bruises, and a partner whom no service has met.",
                "We need to know who was with her in the last week.",
                "Join the strategy discussion; find out who Carl Wynn is",
            ),
            Heard(
                PRACTICE,
                NINA,
                "CHES-0440",
                "Our patient, not brought to her six-week check, has two bruises that nobody can explain.",
                "What we hold of both adults may be what the others lack.",
                "Send the MASH what we know of both children and both adults",
            ),
        ),
        days=2,
    )


def _rang(whom: wire.Person) -> wire.SpokeTo:
    at = clock.now().replace(microsecond=0) - timedelta(minutes=15)
    return wire.SpokeTo(name=whom.name, role=whom.role, at=at, understood="That he waits with the family.")


def _challenge(stage: Stage, sent: UUID) -> None:
    tell = stage.tell
    tell.chapter("One point was not understood")
    share = turns.share(stage, SENDER, sent, MASH)
    said = wire.Challenge(
        by=TOM,
        reason="There are two bruises. The mother had not seen the second, behind the ear, and her explanation covers"
        " one.",
    )
    stage.moved(stage.as_(SENDER).challenge(share, said), "challenged")
    tell.person(TOM.name, TOM.role, said.reason)
    answer = wire.Answer(
        by=RUTH,
        answer="Two, and one of them behind the ear. I had it from the first call. The discussion knows of both now.",
    )
    stage.moved(stage.as_(MASH).answer(share, answer), "checked_back")
    tell.person(RUTH.name, RUTH.role, answer.answer)
    turns.agree(
        stage,
        SENDER,
        sent,
        TOM,
        {
            MASH: "That is what I saw.",
            HOSPITAL: "Thank you. I have told her mother that she stays.",
            POLICE: "Thank you.",
            PRACTICE: "Thank you for the partner's history.",
        },
    )


def _close(stage: Stage, sent: UUID) -> None:
    tell = stage.tell
    tell.chapter("The review is held, and it is closed")
    tell.says("In life this is two days later.")
    outcomes = {
        MASH: (RUTH, "Enquiry under section 47; both children are with their grandmother meanwhile."),
        HOSPITAL: (OMAR, "No medical cause was found. A second, healing injury was."),
        POLICE: (LENA, "An investigation was begun."),
        PRACTICE: (NINA, "The records of all four were sent, and a flag set on each."),
    }
    stage.tell_grid(turns.close(stage, SENDER, sent, outcomes, stage.today))
