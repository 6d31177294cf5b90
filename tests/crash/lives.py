"""Agencies' own systems and the people at them, over the API alone: the whole life of a message, from both ends.

Whatever is asked is asked again until the hub grants it: the very same request, under the same Idempotency-Key.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4, uuid5

from pydantic import BaseModel

from agencies import calls, wire
from agencies.client import Checkback
from agencies.talking import Ask, CallFailed, Refused
from hub.clock import LONDON, now
from tests.crash.real import RealHub
from tests.examples import example
from tests.workers.town import HANDOVER

T = TypeVar("T", bound=BaseModel)
K = TypeVar("K")

SENT: Mapping[str, tuple[str, frozenset[str]]] = {  # by whom, and who must hear
    HANDOVER: (
        "sandwell-0-19",
        frozenset({"birmingham-0-19", "birmingham-gp-1", "birmingham-probation"}),
    ),
    "concern-neglect": (
        "sandwell-0-19",
        frozenset({"sandwell-mash", "sandwell-gp-1", "sandwell-school-1", "sandwell-early-help"}),
    ),
    "concern-sexual-abuse": ("camden-school-1", frozenset({"camden-mash", "camden-police"})),
}
SENDERS = sorted({sender for sender, _ in SENT.values()})
TAKER = "birmingham-0-19"  # takes the responsibility of a handover over, in one of two ways
READERS = sorted(frozenset().union(*(hear for _, hear in SENT.values())))
SPACE = UUID(int=7)
PAUSE = 0.5  # seconds between two messages of one kind
MAYBE_BUSY = frozenset({429, 503})
TODAY = datetime.now(UTC).date()

BY = wire.Person(name="Bronwen Achterberg", role="Duty practitioner", contact="020 7946 0991")
CHECK_BACK = wire.CheckBack(
    by=BY,
    case_reference="CASE-2026-00417",
    understanding="Nobody has weighed little Ottoline since they left Llandrindod.",
    significance="She may be losing weight while everybody believes that somebody else looks.",
    actions=(
        wire.Action(
            what="Visit at 7 Quillfeather Row, NW1 8QZ",
            who="Ignatius Pemberton",
            by_when=TODAY + timedelta(days=3),
        ),
    ),
    review_on=TODAY + timedelta(days=14),
)
AND_ACCEPT = CHECK_BACK.model_copy(update={"accepts_responsibility": True})
AGREE = wire.Agree(by=BY, comment="Yes, Ottoline is the one we worry about.")
ACCEPT = wire.AcceptResponsibility(by=BY, comment="Pemberton holds the family from today.")
CLOSE = wire.Close(by=BY, outcome="Ottoline gains; Pemberton stays with them.", review_held_on=TODAY)
SAID = (CHECK_BACK, AGREE, ACCEPT, CLOSE)


class Lives:
    """Everybody at work on one hub, and what each of them was told."""

    def __init__(self, hub: RealHub) -> None:
        self.hub = hub
        self.no_more = threading.Event()  # nobody sends any more
        self.home = threading.Event()  # nobody does anything any more
        self.keys: list[str] = []  # of every wish to send
        self.accepted: dict[UUID, str] = {}  # message: what was sent
        self.given: dict[UUID, str] = {}  # share: to whom
        self.heard: dict[tuple[str, str], str] = {}  # by whom, of which event
        self.acts: dict[UUID, tuple[UUID, str]] = {}  # note: the share, and what was done
        self.faults: Counter[str] = Counter()  # calls that came to nothing, and were made again
        self.wrong: list[str] = []  # what must not happen
        self.senders = [self._thread(SENT[name][0], self._send, name) for name in SENT]
        self.others = [self._thread(agency, self._read) for agency in READERS]
        self.others += [self._thread(agency, self._follow) for agency in (*SENDERS, *READERS)]

    def start(self) -> None:
        for thread in (*self.senders, *self.others):
            thread.start()

    def to_their_end(self, under_way: Callable[[], list[Any]], seconds: float) -> list[Any]:
        """Nobody sends any more; when nothing is under way any more, all go home. Answers what is then left."""
        self.no_more.set()
        until = time.monotonic() + seconds
        for thread in self.senders:
            thread.join(seconds)
        while (left := under_way()) and not self.wrong and time.monotonic() < until:
            time.sleep(0.2)  # seldom: they have the same two cores to work on
        self.home.set()
        for thread in self.others:
            thread.join(60)
        return left

    def _thread(self, agency: str, work: Callable[..., None], *more: str) -> threading.Thread:
        def run() -> None:
            try:
                with self.hub.client(agency) as client:
                    work(agency, client, *more)
            except Exception as fault:  # noqa: BLE001 - the test itself tells of it
                self.wrong.append(f"{agency}: {work.__name__}: {fault!r}")

        return threading.Thread(target=run, name=f"{agency} {work.__name__}", daemon=True)

    def _granted(self, client: Checkback, ask: Ask[T]) -> T:
        while not self.home.is_set():
            if (told := self._or_nothing(client, ask)) is not None:
                return told
        raise TimeoutError(f"{ask.method} {ask.path} was never granted")

    def _granted_maybe_twice(self, client: Checkback, ask: Ask[T]) -> T:
        """Now and then it is asked for once more, as whoever is not certain does; and the answer is the same."""
        told = self._granted(client, ask)
        if random.random() < 0.2 and _in_order(again := self._granted(client, ask)) != _in_order(told):
            self.wrong.append(f"{ask.path} was answered in two ways: {told}, {again}")
        return told

    # -- sending ------------------------------------------------------------------------------------------

    def _send(self, _: str, client: Checkback, name: str) -> None:
        message = example(name)
        while not self.no_more.is_set():
            key = str(uuid4())
            self.keys.append(key)
            accepted = self._granted_maybe_twice(client, calls.send(message, key=key))
            self.accepted[accepted.id] = name
            time.sleep(PAUSE)

    # -- fetching, and checking back ----------------------------------------------------------------------

    def _read(self, agency: str, client: Checkback) -> None:
        """Keep what is given, then say that it is here; then a person reads it, and checks back."""
        while not self.home.is_set():
            page = self._or_nothing(client, calls.inbox(wait=1))
            for item in page.shares if page else ():
                assert client.keys.open_share(item)["share"] == str(item.share)
                self._once(self.given, item.share, agency)
                self._granted(client, replace(calls.receive(item.share), key=_key("receive", item.share)))
                at_once = agency == TAKER and _at_once(item.share)
                self._act(client, calls.check_back, item.share, AND_ACCEPT if at_once else CHECK_BACK)

    def _once(self, known: dict[K, str], what: K, more: str) -> None:
        """What was said to have arrived does not come again."""
        if what in known:
            self.wrong.append(f"{what} came twice: {known[what]}, {more}")
        known[what] = more

    def _or_nothing(self, client: Checkback, ask: Ask[T]) -> T | None:
        """A look that may be in vain."""
        try:
            return client.run(ask)
        except CallFailed as fault:
            if isinstance(fault, Refused) and fault.status not in MAYBE_BUSY:
                raise
            self.faults[type(fault).__name__] += 1
            time.sleep(0.1)
            return None

    # -- agreeing, accepting, closing ---------------------------------------------------------------------

    def _follow(self, agency: str, client: Checkback) -> None:
        """What the other end did is heard of in the events, each once; then it is this end's turn."""
        after: str | None = None
        while not self.home.is_set():
            page = self._or_nothing(client, calls.events(after=after, wait=1))
            for event in page.events if page else ():
                self._once(self.heard, (agency, event.id), event.event)
                if event.share is not None and event.by != agency:
                    self._turn(agency, client, event.event, event.share)
            after = (page.next if page else None) or after

    def _turn(self, agency: str, client: Checkback, event: str, share: UUID) -> None:
        if event == "share.check_back":
            seen = self._granted(client, calls.share(share))
            [note] = [one for one in seen.thread if one.kind == "check_back"]
            assert client.keys.open_note(note, of=seen)["understanding"] == CHECK_BACK.understanding
            self._act(client, calls.agree, share, AGREE)
        elif event == "share.agree":
            if agency == TAKER and not _at_once(share):
                self._act(client, calls.accept, share, ACCEPT)
            held = now().astimezone(LONDON).date()  # on the day itself: a test may run past midnight
            self._act(client, calls.close, share, CLOSE.model_copy(update={"review_held_on": held}))

    def _act(
        self, client: Checkback, call: Callable[..., Ask[wire.Moved]], share: UUID, body: wire.Act
    ) -> None:
        ask = replace(call(share, body), key=_key(call.__name__, share))
        told = self._granted_maybe_twice(client, ask)
        assert told.note is not None
        self.acts[told.note] = (share, call.__name__)


def _in_order(told: BaseModel) -> BaseModel:
    """What is owed is told in no order that means anything."""
    if not isinstance(told, wire.Moved):
        return told
    return told.model_copy(update={"deadlines": sorted(told.deadlines, key=str)})


def _key(what: str, share: UUID) -> str:
    return str(uuid5(SPACE, f"{what} {share}"))


def _at_once(share: UUID) -> bool:
    """Whether it is accepted with the check-back: the same each time, as a wish does not change on its way."""
    return random.Random(share.int).random() < 0.5


def moves_of(share: UUID, recipient: str) -> list[str]:
    """The whole life of a share, as these people live it."""
    accepts, at_once = recipient == TAKER, recipient == TAKER and _at_once(share)
    acts = [
        "check_back",
        *(["accept"] if at_once else []),
        "agree",
        *(["accept"] if accepts and not at_once else []),
    ]
    return ["plan", "seal", "send", "receive", *acts, "close"]
