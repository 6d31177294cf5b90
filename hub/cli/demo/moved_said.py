"""What the people of "moved" say and write. All of them are invented, and so is every word."""

from datetime import date, datetime
from typing import NamedTuple

from agencies import wire

PRIYA = wire.Person(name="Priya Nair", role="health visitor", contact="0121 496 0142")
HANNAH = wire.Person(name="Hannah Lisle", role="health visitor", contact="0121 496 0451")
ROY = wire.Person(name="Roy Fielding", role="practice manager")
CAROL = wire.Person(name="Carol Nwosu", role="GP and safeguarding lead")
DEAN = wire.Person(name="Dean Hale", role="probation practitioner")


class Dates(NamedTuple):
    """The days on which things are promised, counted from the day of the telling."""

    soon: date
    week: date
    fortnight: date
    called_at: datetime


def health_visitor(dates: Dates) -> wire.CheckBack:
    return wire.CheckBack(
        by=HANNAH,
        case_reference="BHV-2207",
        understanding="Reuben, four months, is not gaining weight, and nobody has seen him since the family moved. His"
        " sister Mia is well. The appointments were missed because of the move.",
        significance="A baby who is not gaining and not being seen needs to be weighed this week.",
        actions=(
            wire.Action(
                what="Home visit with both parents; weigh Reuben", who="Hannah Lisle", by_when=dates.soon
            ),
            wire.Action(
                what="ICON and safe sleep with the father, in the new home",
                who="Hannah Lisle",
                by_when=dates.week,
            ),
        ),
        review_on=dates.fortnight,
        spoke_to=wire.SpokeTo(
            name="Priya Nair",
            role="health visitor",
            at=dates.called_at,
            understood="That she holds the family until I have accepted them by name.",
        ),
    )


CHALLENGE = wire.Challenge(
    by=PRIYA,
    reason="The appointments were not missed because of the move. Reuben was not brought twice running before it, and"
    " Mia, at his age, three times. Not being brought is the pattern here. If it is put down to the move, the next"
    " missed visit will be explained away as well.",
)

ANSWER = wire.Answer(
    by=HANNAH,
    answer="You are right, and I have corrected our record: a pattern in both children, older than the move. I weigh"
    " Reuben at home every week, and if I find nobody in I ring our safeguarding lead the same day, instead of"
    " sending a letter.",
)

AGREE = wire.Agree(by=PRIYA, comment="That is how I see it too.")

ACCEPT = wire.AcceptResponsibility(
    by=HANNAH, comment="I have met the family. They are mine from today; Priya may let go."
)

DECLINE = wire.Decline(
    by=ROY,
    reason="not_registered_here",
    explanation="Neither child is on our list. The mother took our forms home, and then told reception that they"
    " would register with Ladywood Example Surgery.",
    suggests="birmingham-gp-2",
)

REDIRECT = wire.Redirect(
    by=PRIYA,
    to="birmingham-gp-2",
    reason="The mother says the same on the telephone: it is the Ladywood practice that should register the children.",
)


def practice(dates: Dates) -> wire.CheckBack:
    return wire.CheckBack(
        by=CAROL,
        case_reference="LES-0093",
        understanding="Two children without a GP; Reuben is not gaining weight and is late with his immunisations. A"
        " father joined the household whom we would not have known of.",
        significance="Without us nobody would see the growth chart or notice the missed immunisations.",
        actions=(
            wire.Action(
                what="Register the whole household, the father too",
                who="Practice reception",
                by_when=dates.soon,
            ),
            wire.Action(what="Reuben's immunisations", who="Practice nurse", by_when=dates.week),
        ),
        review_on=dates.fortnight,
    )


def probation(dates: Dates) -> wire.CheckBack:
    return wire.CheckBack(
        by=DEAN,
        case_reference="PB-7715",
        understanding="Aaron Doyle, who is on our books from London, lives with two small children. We did not know.",
        significance="His missed appointments with us and the children's are one picture, and we each had half of it.",
        actions=(
            wire.Action(
                what="Tell Hannah Lisle what the order is and how he engages with it",
                who="Dean Hale",
                by_when=dates.soon,
            ),
            wire.Action(what="Home visit together with her", who="Dean Hale", by_when=dates.week),
        ),
        review_on=dates.fortnight,
    )


def agreed(words: str) -> wire.Agree:
    return wire.Agree(by=PRIYA, comment=words)


def closing(by: wire.Person, outcome: str, held_on: date) -> wire.Close:
    return wire.Close(by=by, outcome=outcome, review_held_on=held_on)


OUTCOMES = {
    "birmingham-0-19": (
        HANNAH,
        "Weighed on every visit; Reuben gains again. Both parents have had ICON and safe sleep at home.",
    ),
    "birmingham-gp-2": (CAROL, "The household is registered, and Reuben's immunisations are up to date."),
    "birmingham-probation": (
        DEAN,
        "The order was explained to the health visitor; he keeps his appointments now.",
    ),
}
