"""What the two ends of a share do with it, as data: what each act says, what comes before it, what it leaves behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid5

from agencies import wire
from agencies.callers import Caller
from hub import answer
from hub.answer import Desk
from hub.known import Known
from tests.crash.scene import GP
from tests.examples import NOW
from tests.workers.town import HUB, PERSON, RECORDS, Town

SENDER = "sandwell-0-19"
TAKER = "birmingham-0-19"  # whose share takes the responsibility over
PROBATION = "birmingham-probation"
TO = {TAKER, GP, PROBATION}  # whoever hears of the message
INSTEAD = "birmingham-gp-2"  # where a redirect goes
SPACE = UUID(int=7)
DAY = NOW.date()


@dataclass(frozen=True)
class Turn:
    """One act: who takes it, what is said, and the moves that it makes besides its own."""

    by: str
    event: str
    body: wire.Act
    also: tuple[str, ...] = ()

    @property
    def moves(self) -> tuple[str, ...]:
        return self.event, *self.also


def check_back(by: str, *, takes: bool = False) -> Turn:
    body = wire.CheckBack(
        by=PERSON,
        case_reference="HV-1",
        understanding="they have moved, and the baby gains too little",
        significance="nobody weighs him now",
        actions=(wire.Action(what="weigh him", who="Test Practitioner", by_when=DAY + timedelta(days=2)),),
        review_on=DAY + timedelta(days=7),
        accepts_responsibility=takes,
    )
    return Turn(by, "check_back", body, also=("accept",) if takes else ())


def decline(by: str) -> Turn:
    return Turn(by, "decline", wire.Decline(by=PERSON, reason="moved_on", explanation="they are not here"))


CHECK_BACK, TAKE = check_back(TAKER), check_back(TAKER, takes=True)
CHALLENGE = Turn(SENDER, "challenge", wire.Challenge(by=PERSON, reason="he has lost weight as well"))
ANSWER = Turn(TAKER, "answer", wire.Answer(by=PERSON, answer="he has; we see him today"))
ESCALATE = Turn(SENDER, "escalate", wire.Escalate(by=PERSON, reason="it cannot wait"))
CONCLUDE = Turn(
    SENDER,
    "conclude",
    wire.Conclude(by=PERSON, outcome="decision_stands", decision="a visit", dissent="we would meet today"),
)
CALL = Turn(
    TAKER,
    "call",
    wire.Call(
        by=PERSON,
        spoke_to=wire.SpokeTo(name="Test Colleague", role="duty desk", at=NOW, understood="they visit today"),
    ),
)
AGREE = Turn(SENDER, "agree", wire.Agree(by=PERSON))
ACCEPT = Turn(TAKER, "accept", wire.AcceptResponsibility(by=PERSON))
CLOSE = Turn(TAKER, "close", wire.Close(by=PERSON, outcome="he gains", review_held_on=DAY))
RELEASE = Turn(SENDER, "release", wire.Release(by=PERSON, reason="told on the telephone"))
NOBODYS = UUID(int=8)
# What is met is known once it is owed: `do` puts the action's own id in its place.
MEET = Turn(TAKER, "meet", wire.Meet(by=PERSON, done="he was weighed", owed=NOBODYS))
REDIRECT = Turn(SENDER, "redirect", wire.Redirect(by=PERSON, to=INSTEAD, reason="they are registered there"))


@dataclass(frozen=True)
class Played:
    """An act in its place: what was done before it, and what must stand after it."""

    turn: Turn
    way: tuple[Turn, ...]
    state: str
    owed: str  # on this share, and how it was settled
    share: str = TAKER  # whose
    holder: str = SENDER  # of the responsibility
    last: bool = False  # every other share has ended, so that the message ends with this one


ACTS: Mapping[str, Played] = {
    "check_back": Played(
        CHECK_BACK,
        (),
        "checked_back",
        "done: check_back receipt; open: acceptance action agreement call_account review",
    ),
    "check_back_and_accept": Played(
        TAKE,
        (),
        "checked_back",
        "done: acceptance check_back receipt; open: action agreement call_account review",
        holder=TAKER,
    ),
    "challenge": Played(
        CHALLENGE,
        (CHECK_BACK,),
        "challenged",
        "done: agreement check_back receipt; open: acceptance action answer call_account review",
    ),
    "answer": Played(
        ANSWER,
        (CHECK_BACK, CHALLENGE),
        "checked_back",
        "done: agreement answer check_back receipt; open: acceptance action agreement call_account review",
    ),
    "call": Played(CALL, (), "received", "done: call_account receipt; open: acceptance check_back"),
    "escalate": Played(
        ESCALATE,
        (CHECK_BACK, CHALLENGE),
        "challenged",
        "done: agreement check_back receipt; open: acceptance action answer call_account review; void: answer",
    ),
    "conclude": Played(
        CONCLUDE,
        (CHECK_BACK, CHALLENGE, ESCALATE),
        "checked_back",
        "done: agreement check_back receipt; open: acceptance action agreement call_account review;"
        " void: answer answer",
    ),
    "meet": Played(
        MEET,
        (CHECK_BACK,),
        "checked_back",
        "done: action check_back receipt; open: acceptance agreement call_account review",
    ),
    "agree": Played(
        AGREE,
        (CHECK_BACK,),
        "agreed",
        "done: agreement check_back receipt; open: acceptance action call_account review",
    ),
    "accept_responsibility": Played(
        ACCEPT,
        (CHECK_BACK, AGREE),
        "agreed",
        "done: acceptance agreement check_back receipt; open: action call_account review",
        holder=TAKER,
    ),
    "close": Played(
        CLOSE,
        (TAKE, AGREE),
        "closed",
        "done: acceptance action agreement check_back receipt review; void: call_account",
        holder=TAKER,
        last=True,
    ),
    "decline": Played(
        decline(GP), (), "declined", "done: receipt; open: redirect; void: check_back", share=GP
    ),
    "redirect": Played(
        REDIRECT, (decline(GP),), "redirected", "done: receipt; void: check_back redirect", share=GP
    ),
    "release": Played(
        RELEASE,
        (decline(TAKER),),
        "released",
        "done: receipt; void: acceptance call_account check_back redirect",
        last=True,
    ),
}


def do(town: Town, turn: Turn, shares: Sequence[UUID], *, known: Known | None = None) -> list[answer.Answer]:
    """As an agency's system does it: one key for one wish, and the same body, however often it is tried."""
    acts = [
        answer.Act(
            share,
            turn.event,
            _body(town, turn, share),
            Caller(turn.by, "c"),
            str(uuid5(SPACE, f"{turn.event} {share}")),
        )
        for share in shares
    ]
    desk = Desk(HUB, town.signer, RECORDS)
    return answer.act_many(town.engine, acts, known=known or town.known(), desk=desk, at=town.now)


def _body(town: Town, turn: Turn, share: UUID) -> wire.Act:
    if not isinstance(turn.body, wire.Meet):
        return turn.body
    [action] = town.rows("SELECT id FROM owed WHERE share_id = :s AND what = 'action'", s=share)
    return turn.body.model_copy(update={"owed": action.id})


def do_all(town: Town, turns: Sequence[Turn], shares: Sequence[UUID]) -> None:
    """What comes before: each goes through."""
    for turn in turns:
        assert {type(one) for one in do(town, turn, shares)} == {wire.Moved}
