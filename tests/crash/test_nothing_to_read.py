"""Neither a dump of the whole database, nor Redis, nor a log shows a name, an NHS number or a word of what was said."""

import base64
import io
import json
import logging
import os
import subprocess
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import httpx
import pytest
import redis
import structlog
from sqlalchemy import text

from agencies import calls, talking, wire
from agencies.client import Checkback
from hub import clock
from hub.cli.embedded import postgres_program
from protocols.messages.people import Relation
from tests.examples import GONE, NAMES, spoilt
from tests.web.served import HANDOVER, SENDER, TAKER, Served, current, serving
from tests.workers.looking import everything_in, words
from workers import jobs
from workers.place import keep_placed
from workers.pump import Pump
from workers.worker import Worker, client

GP, OTHER_GP, PROBATION = "birmingham-gp-1", "birmingham-gp-2", "birmingham-probation"
OFFICE = "birmingham-partnership"  # of where the family lives now
UNTRACED = "handover-moved-and-nobody-knows-where"
PLACED_IN = "E09000007"  # where whoever claims to hold them works
SENDERS = {
    "handover-camden-to-sandwell": "camden-0-19",
    "concern-sexual-abuse": "camden-school-1",
    "concern-probation-think-family": "sandwell-adult-social-care",
    "registration-sandwell": "sandwell-gp-1",
    "plan-change-child-protection-plan-begins": "sandwell-childrens-social-care",
    "plan-change-goes-to-another-authority": "camden-childrens-social-care",
    "report-request-review-conference": "sandwell-childrens-social-care",
    "report-from-a-gp-practice": "sandwell-gp-1",
    "learning-from-a-review": "sandwell-partnership",
    "read-grant-for-adult-social-care": "sandwell-childrens-social-care",
}
SPEAKS_OF = {  # by which field of which other one
    "report-from-a-gp-practice": ("answers", "report-request-review-conference"),
    "read-grant-for-adult-social-care": ("of", "plan-change-child-protection-plan-begins"),
}

# -- what is said beside the examples: of each field, words that nobody else says -----------------------------

CASE = "CASE-2026-77310"  # what systems make their Idempotency-Keys of
NHS_NUMBER, POSTCODE = "999 000 0247", "B66 9ZY"
REASON = "the receptionist Lucasta Penhaligon is the father's sister"
UNREADABLE = "Ignatius Featherstone"
BY = wire.Person(name="Philippa Thornquist", role="locum registrar", contact="0121 496 0733")
TODAY = clock.now().date()
CHECK_BACK = wire.CheckBack(
    by=BY,
    case_reference="QX-7731-K",
    understanding="Desmond Abernethy has left with both, and the baby is losing weight",
    significance="nobody but Rosalind Cholmondeley has seen him since",
    actions=(
        wire.Action(
            what=f"weigh him at 14 Larkspur Mews, {POSTCODE}, on Friday",
            who="Dr Cornelius Vantongeren",
            by_when=TODAY + timedelta(days=2),
        ),
    ),
    review_on=TODAY + timedelta(days=7),
    spoke_to=wire.SpokeTo(
        name="Winifred Oglethorpe",
        role="playgroup leader",
        at=clock.now() - timedelta(hours=1),
        understood=f"that {NHS_NUMBER} is the number of the older one",
    ),
    accepts_responsibility=False,
)
NOTHING_TO_DO = wire.CheckBack(
    by=BY,
    case_reference=f"{NHS_NUMBER}/B",
    understanding="Barnaby Winterbottom is known to us",
    significance="it changes what we thought of Barnaby's absences",
    no_actions_because="Hortensia Blenkinsop sees him each week as it is",
    review_on=TODAY + timedelta(days=7),
)
CHALLENGE = wire.Challenge(by=BY, reason="Abernethy weighed 5.2 kg on Tuesday")
STRAIGHT_UP = wire.Challenge(
    by=BY,
    reason="Rosalind Cholmondeley's fall is told three ways",
    stage="managers",
    jump_because="Ignatius Popplewell is on leave until Monday week",
)
ESCALATE = wire.Escalate(by=BY, reason="Popplewell's deputy will not say either", stage="independent_chair")
CONCLUDE = wire.Conclude(
    by=BY,
    outcome="decision_stands",
    decision="Lysander Quennell decides that she is seen twice a week",
    dissent="Euphemia Tattersall holds that daily is the least",
    chaired_by=wire.Person(name="Lysander Quennell", role="chair of the board", contact="0121 496 0736"),
)
CALL = wire.Call(
    by=BY,
    spoke_to=wire.SpokeTo(
        name="Araminta Fotheringay",
        role="night sister",
        at=clock.now() - timedelta(hours=2),
        understood="that Fotheringay keeps him in until the morning",
    ),
)
READ = wire.Read(by=BY, because="Sebastian Throckmorton must know it before he visits")
ANSWER = wire.Answer(by=BY, answer="Cornelius saw 4.9 kg on the practice's own scales")
AGREE = wire.Agree(by=BY, comment="we and Montgomery Fairweather agree on all of it")
ACCEPT = wire.AcceptResponsibility(by=BY, comment="Peregrine Ashbourne takes him on from today")
CLOSE = wire.Close(by=BY, outcome="Evangeline thrives, and her brother goes to school", review_held_on=TODAY)
DECLINE = wire.Decline(
    by=BY,
    reason="not_registered_here",
    explanation="Theodora Wigglesworth took them off our list",
    suggests=OTHER_GP,
)
REDIRECT = wire.Redirect(by=BY, to=OTHER_GP, reason="Auntie Clementina says that they are registered there")
RELEASE = wire.Release(by=BY, reason="Bartholomew was told of it on the telephone")
MET = wire.Met(
    by=BY,
    done="Marmaduke Ravenscroft asked every family of a new baby who lives with them",
    evidence="Ravenscroft's register of June, with 41 households",
)
WITHDRAW = wire.Withdraw(by=BY, reason="it was about Gwendoline Satterthwaite, of the same street")
SAME = wire.AnswerMatch(by=BY, answer="same", because="Leopold Haversham knows both schools and one mother")
APART = wire.Unmerge(by=BY, because="Leopold was wrong: they are cousins, and Araminta has met both")
LEAD = wire.Person(name="Cressida Vandermeer", role="Safeguarding lead", contact="0121 496 0737")
STOOD_DOWN = wire.StoodDown(by=LEAD, reason="Octavia Wickersham met all of them at the consulate in Porto")
PLACED = wire.PlaceChild(
    by=BY,
    holder="camden-0-19",
    accepted_by=wire.Person(name="Tobias Hollingberry", role="health visitor", contact="020 7946 0737"),
    because="Hollingberry and Thornquist were rung, and only Hollingberry sees her",
)
NO_NUMBER = "Thaddeus Pemberton at the desk could not find it"
SAID: tuple[wire.Act, ...] = (
    CHECK_BACK, NOTHING_TO_DO, CHALLENGE, ANSWER, AGREE, ACCEPT, CLOSE, DECLINE, REDIRECT, RELEASE, MET, WITHDRAW,
    SAME, APART, STRAIGHT_UP, ESCALATE, CONCLUDE, CALL, READ, STOOD_DOWN, PLACED,
)  # fmt: skip


def test_every_act_is_said_with_each_of_its_fields() -> None:
    said = {(type(act), name) for act in SAID for name in act.model_fields_set}
    assert said == {(act, name) for act in wire.Act.__subclasses__() for name in act.model_fields}


LIVES_THERE = {"sometimes", "not_known"}  # of whom is not told: kept as such, for the pictures

# -- looking ------------------------------------------------------------------------------------------------


def dump(url: str, *which: str) -> str:
    told = subprocess.run(
        [postgres_program("pg_dump"), "--inserts", *which, url],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    return told.stdout


def spellings(word: str) -> set[str]:
    """As it is, and as SQL, JSON and Python escape it; as bytes print; and, if it is long enough to be told from
    chance, as base64 has it, wherever in a group of three it begins, also where that is printed as bytes.
    """
    raw = word.encode()
    found = {word, word.replace("'", "''"), json.dumps(word)[1:-1], repr(raw)[2:-1]}
    if len(raw) > 6:
        found.add(raw.hex())
    else:  # sealed envelopes are base64, printed as bytes, and have short words by chance: but not as words
        found |= {rf"\x{raw.hex()}", *((before + raw).hex() for before in (b" ", b"\n", b'"'))}
    for shift in range(3):
        for encoded in (base64.b64encode, base64.urlsafe_b64encode):
            inside = encoded(b"\0" * shift + raw)[4:-4]
            found |= {inside.decode(), inside.hex()} if len(inside) > 8 else set()
    return {one.casefold() for one in found}


def found_in(everything: str, looked_for: Iterable[str]) -> set[str]:
    everything = everything.casefold()
    return {word for word in looked_for if any(one in everything for one in spellings(word))}


def names(said: object, of: str = "") -> Iterator[str]:
    """Each word of each name of a person."""
    if isinstance(said, Mapping):
        for key, inside in said.items():
            yield from names(inside, key)
    elif isinstance(said, Sequence) and not isinstance(said, str):
        for inside in said:
            yield from names(inside, of)
    elif isinstance(said, str) and of in ("name", "known_as"):
        yield from said.split()


def needles(examples: Sequence[Any], besides: Sequence[Any], known: str) -> set[str]:
    """All that was said and that the hub did not know before: codes and names of agencies it did."""
    texts = {one for one in words([*examples, *besides]) if len(one) > 6} - LIVES_THERE
    # Postcodes and numbers as some write them; but for what ciphertext, printed as bytes, has by chance: B19 1AF.
    joined = {one.replace(" ", "") for one in texts if len(one) < len("999 000 0000 ")}
    texts |= {one for one in joined if len(one) > 6 or set(one.casefold()) - set("0123456789abcdef")}
    in_sentences = {one for said in words(besides) for one in said.split() if one[0].isupper()}
    alone = {one.removesuffix("'s").strip(",.'") for one in {*names(examples), *in_sentences}}
    dates = {one for one in texts if len(one) == len("2026-01-01") and one[4] == one[7] == "-"}
    found = texts | {one for one in alone if len(one) > 4}
    codes = {*get_args(wire.DeclineReason), *Relation}  # stored as such, by design: SECURITY.md says so
    return {one for one in found - dates - codes if not any(way in known for way in spellings(one))}


# -- the hub, and what is done at it ------------------------------------------------------------------------


@pytest.fixture
def lines() -> None:
    """In the other tests here the log is caught before it is written; what is written is what matters in this one."""


@pytest.fixture
def logged(lines: None) -> Iterator[io.StringIO]:
    """What the hub's processes log, written as in production."""
    del lines
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    with redirect_stderr(io.StringIO()) as written:
        yield written
    root.handlers = handlers
    root.setLevel(level)


@pytest.fixture
def hub(database: str, redis_url: str, logged: io.StringIO, tmp_path: Path) -> Iterator[Served]:
    del logged
    served = Served.on(database, redis_url, tmp_path)
    with serving(served):
        yield served


def without_number() -> dict[str, Any]:
    """The older child of the handover again, whose number nobody found: likely the same."""
    return spoilt(
        current(HANDOVER), children__0__nhs_number=GONE, children__0__nhs_number_unknown_because=NO_NUMBER
    )


class Played:
    """Everything that is said to a hub, and what Redis held after every step that it took."""

    def __init__(self, hub: Served, connection: redis.Redis) -> None:
        self.hub = hub
        self.redis = connection
        self.in_redis: list[str] = []
        self.keys = (f"{CASE}/{number}" for number in count())
        jobs.serve(hub.line)
        self.pump, self.worker = Pump(hub.line.engine, connection), Worker(jobs.STEPS, connection)

    def messages(self) -> None:
        self.sent = {name: self.send(name) for name in NAMES if name not in SPEAKS_OF}
        self.work()
        for name, (field, other) in SPEAKS_OF.items():
            about = {**current(name), field: str(self.sent[other])}
            more = {"check_back": CHECK_BACK.model_dump(mode="json")} if field == "answers" else {}
            self.sent[name] = self.send(name, message=about, **more)
        self.withheld = self.send(HANDOVER, withhold=[{"role": "gp_practice", "reason": REASON}])
        self.unsure = self.post(without_number(), by=SENDER)
        unreadable = self.hub.send({"message": {**current(), "kind": UNREADABLE}}, key=next(self.keys))
        assert unreadable.status_code == 422
        assert self.hub.send({"message": current()}, key=f"{CASE}/0").status_code == 409
        self.work()

    def send(self, name: str, *, message: Mapping[str, Any] | None = None, **more: Any) -> UUID:  # noqa: ANN401 - of the body
        return self.post(message or current(name), by=SENDERS.get(name, SENDER), **more)

    def post(self, message: Mapping[str, Any], *, by: str, **more: Any) -> UUID:  # noqa: ANN401 - of the body
        answer = self.hub.send({"message": message, **more}, key=next(self.keys), by=by)
        assert answer.status_code == 202, answer.text
        return UUID(answer.json()["id"])

    def work(self) -> None:
        while self.pump.turn().handed:
            self.look()
            while any(queue.count for queue in self.worker.queues):
                self.worker.one()
                self.look()

    def look(self) -> None:
        self.in_redis.append(everything_in(self.redis))

    def talk(self) -> None:
        """Every act that there is, by people, under keys that their systems made of a case number."""
        shares, again = self.shares(self.sent[HANDOVER]), self.shares(self.withheld)
        with Checkback(self.hub.url, self.hub.tokens[SENDER]) as sender:
            with self.recipient(TAKER, shares[TAKER], again[TAKER]) as taker:
                self.act(taker, calls.check_back(shares[TAKER], CHECK_BACK))
                self.act(sender, calls.call(shares[TAKER], CALL))
                self.act(sender, calls.challenge(shares[TAKER], STRAIGHT_UP))
                self.act(taker, calls.escalate(shares[TAKER], ESCALATE))
                self.act(sender, calls.conclude(shares[TAKER], CONCLUDE))
                self.act(sender, calls.challenge(shares[TAKER], CHALLENGE))
                self.act(taker, calls.answer(shares[TAKER], ANSWER))
                self.act(sender, calls.agree(shares[TAKER], AGREE))
                self.act(taker, calls.accept(shares[TAKER], ACCEPT))
                self.act(taker, calls.close(shares[TAKER], CLOSE))
                self.act(taker, calls.decline(again[TAKER], DECLINE))
                self.act(sender, calls.release(again[TAKER], RELEASE))
            with self.recipient(PROBATION, shares[PROBATION]) as probation:
                self.act(probation, calls.check_back(shares[PROBATION], NOTHING_TO_DO))
            with self.recipient(GP, shares[GP]) as practice:
                self.act(practice, calls.decline(shares[GP], DECLINE))
                self.act(sender, calls.redirect(shares[GP], REDIRECT))
            owner_of = SENDERS["report-from-a-gp-practice"]
            bulletin = self.shares(self.sent["learning-from-a-review"])[owner_of]
            with self.recipient(owner_of, bulletin) as owner:
                [asked] = [one for one in owner.owed().owed if one.what == "action" and one.share == bulletin]
                self.act(owner, calls.meet(asked.id, MET))
            [look] = [one for one in sender.owed().owed if one.what == "look_again"]
            self.act(sender, calls.meet(look.id, MET))
            self.act(sender, calls.withdraw(self.sent["handover-within-sandwell"], WITHDRAW))
        self.tell_apart()
        self.read_what_is_lent()
        self.stand_down()
        self.work()
        self.place()
        self.work()

    def tell_apart(self) -> None:
        """An office answers whether two are one, and thinks better of it."""
        [match] = self.hub.rows("SELECT id, one FROM likeness WHERE message_id = :m", m=self.unsure)
        with Checkback(self.hub.url, self.hub.tokens[OFFICE]) as office:
            assert office.matches().matches
            assert office.answer_match(match.id, SAME).are_one
            self.act(office, calls.unmerge(match.one, APART))

    def stand_down(self) -> None:
        """Nobody need look any more for a family that nobody could trace."""
        [enquiry, *_] = self.hub.rows(
            "SELECT id FROM owed WHERE message_id = :m AND what = 'enquiry'", m=self.sent[UNTRACED]
        )
        with Checkback(self.hub.url, self.hub.tokens[SENDER]) as sender:
            self.act(sender, calls.stand_down(enquiry.id, STOOD_DOWN))

    def place(self) -> None:
        """Another hands over the children whom the taker holds, as if it held them: an office finds out."""
        claim = spoilt(current(HANDOVER), move__from_area=PLACED_IN, move__from_postcode=GONE)
        self.post(claim, by=PLACED.holder)
        self.work()
        keep_placed(self.hub.line, self.hub.line.known())
        [alarm, *_] = self.hub.rows("SELECT id, owed_by FROM owed WHERE what = 'place_responsibility'")
        with Checkback(self.hub.url, self.hub.tokens[alarm.owed_by]) as office:
            [told, *_] = office.alarms().alarms
            self.act(office, calls.place_child(told.id, PLACED))

    def read_what_is_lent(self) -> None:
        [(reader, leave)] = self.shares(self.sent["read-grant-for-adult-social-care"]).items()
        with self.recipient(reader, leave) as adults:
            assert adults.read(leave, READ).lent_by

    def shares(self, message: UUID) -> dict[str, UUID]:
        rows = self.hub.rows("SELECT id, recipient FROM share WHERE message_id = :m", m=message)
        return {row.recipient: row.id for row in rows}

    def recipient(self, agency: str, *shares: UUID) -> Checkback:
        made = Checkback(self.hub.url, self.hub.tokens[agency])
        made.receive(*shares)
        return made

    def act(self, who: Checkback, ask: talking.Ask[Any]) -> None:
        """And again under its key, as one does whose answer got lost."""
        keyed = replace(ask, key=next(self.keys))
        assert who.run(keyed).at == who.run(keyed).at


def test_nothing_that_was_said_can_be_read_anywhere(
    hub: Served, database: str, redis_url: str, logged: io.StringIO
) -> None:
    known = dump(database).casefold()  # of agencies and protocols, before anybody has said anything
    with client(redis_url) as connection:
        played = Played(hub, connection)
        played.messages()
        played.talk()
        states = {row.state for row in hub.rows("SELECT state FROM share")}
        assert states == {"sent", "received", "checked_back", "closed", "redirected", "released"}
        acts = [act.model_dump(mode="json") for act in SAID]
        besides = [*acts, NO_NUMBER, REASON, UNREADABLE, CASE, NHS_NUMBER, POSTCODE]
        looked_for = needles([current(name) for name in NAMES], besides, known)
        assert len(looked_for) > 600
        metrics = httpx.get(f"{hub.url}/metrics").text
        everything = [dump(database), *played.in_redis, logged.getvalue(), metrics]
        assert found_in("\n".join(everything), looked_for) == set()
        assert "/v1/messages" in logged.getvalue()  # what was refused is told there
        _finds_what_is_there(hub, connection, looked_for, logged)


def _finds_what_is_there(
    hub: Served, connection: redis.Redis, looked_for: set[str], logged: io.StringIO
) -> None:
    """The search that found nothing finds each of these words where a fault of ours would leave it."""
    clear = "\n".join(sorted(looked_for))
    unsealed = b'{"ciphertext":"' + base64.urlsafe_b64encode(clear.encode()) + b'"}'
    told_from_chance = {word for word in looked_for if len(word.encode()) >= 13}
    for explanation, hidden, found in (
        (clear, None, looked_for),
        (None, clear.encode(), looked_for),
        (None, unsealed, told_from_chance),
    ):
        with hub.engine.begin() as conn:
            conn.execute(
                text(
                    "UPDATE decision SET explanation = :explanation, reason_hidden = :hidden"
                    " WHERE id = (SELECT id FROM decision ORDER BY id LIMIT 1)"
                ),
                {"explanation": explanation, "hidden": hidden},
            )
        assert found_in(dump(hub.web.database_url, "--table=decision"), looked_for) >= found
    connection.set("left by hand", zlib.compress(clear.encode()))
    assert found_in(everything_in(connection), looked_for) == looked_for
    structlog.get_logger("by hand").warning(clear)
    assert found_in(logged.getvalue(), looked_for) == looked_for
