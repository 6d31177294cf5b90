"""The whole life of messages: accepted, shared, sealed, fetched, received, checked back, agreed, closed.

A closed loop: so many messages are under way at a time, and the next is sent when one is wholly closed. Everything
is done as agencies would do it, each with its own credential: they look into their inbox every so often and take
what is there in pages of 100, say in one call that they have it, and then a person checks back on each share, a
person of the sender agrees, and the recipient closes it.
"""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import uvloop

from agencies.wire import InboxItem
from hub.cli.trial import Trial
from tests.bench import database, processes
from tests.bench.figures import Figures, latencies
from tests.bench.line import Answer, Line, Pool, request
from tests.bench.posts import Posting, fresh_key
from tests.bench.stand import HOST, BenchError, Stand

LINES = 32  # connections, as many as `accept` has clients
UNDER_WAY = 128  # messages
LOOK_EVERY = 0.2  # seconds between an agency's looks into its inbox
PAGE = 100
WAIT = 5  # seconds that a look waits for something to come
PATIENCE = 300.0  # seconds for a run, before it is given up
BY = {"name": "Bench Practitioner", "role": "health visitor"}


def acts(today: datetime) -> dict[str, bytes]:
    """The bodies of what people say, of the usual length."""
    day = today.date()
    said = {
        "check-back": {
            "by": BY,
            "case_reference": "BENCH-2026-0001",
            "understanding": "Two parents who asked for help with money, sleep and the older child. " * 3,
            "significance": "They ask at the right time; left alone it may become a matter for the MASH. "
            * 2,
            "actions": [
                {"what": "Ring the mother", "who": "Bench Practitioner", "by_when": _on(day, 2)},
                {"what": "Visit at home", "who": "Bench Practitioner", "by_when": _on(day, 7)},
            ],
            "review_on": _on(day, 28),
        },
        "agree": {"by": BY, "comment": "That is how we see it."},
        "close": {"by": BY, "outcome": "Visited; the review was held.", "review_held_on": day.isoformat()},
    }
    return {name: json.dumps(body).encode() for name, body in said.items()}


def _on(day: Any, days: int) -> str:  # noqa: ANN401 - a date
    return str(day + timedelta(days=days))


@dataclass
class Progress:
    """One message under way."""

    left: int
    closed: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Lives:
    """All agencies at work on one hub."""

    pool: Pool
    trials: Mapping[str, Trial]
    acts: Mapping[str, bytes]
    under_way: dict[str, Progress] = field(default_factory=dict)
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    samples: dict[str, InboxItem] = field(
        default_factory=dict
    )  # one share of each recipient, opened at the end
    at_work: set[asyncio.Task[None]] = field(default_factory=set)
    failed: BaseException | None = None

    # -- the sender ---------------------------------------------------------------------------------------

    async def send(self, posting: Posting) -> None:
        """One message, until it is wholly closed."""
        began = time.perf_counter()
        asked = request(
            "POST", "/v1/messages", self.trials[posting.sender].token, body=posting.body, key=fresh_key()
        )
        answer = await self._ask("accept", asked, 202)
        message = json.loads(answer.body)["id"]
        progress = self._of(message, len(posting.recipients))
        await progress.closed.wait()
        del self.under_way[message]
        self.times["whole life"].append(time.perf_counter() - began)

    def _of(self, message: str, shares: int) -> Progress:
        """A share may be in an inbox before the sender's own answer has been read."""
        return self.under_way.setdefault(message, Progress(shares))

    # -- the recipient ------------------------------------------------------------------------------------

    async def read_inbox(self, agency: str, line: Line, shares: int) -> None:
        """For ever: look, take the page, have people work on each share of it."""
        token, after = self.trials[agency].token, ""
        while True:
            path = f"/v1/inbox?limit={PAGE}&wait={WAIT}{after}"
            answer = await line.ask(request("GET", path, token))
            _check(answer, 200, "inbox")
            page = json.loads(answer.body)
            if page["shares"]:
                await self._take(agency, token, page["shares"], shares)
                after = f"&after={page['next']}"
                await asyncio.sleep(LOOK_EVERY)

    async def _take(self, agency: str, token: str, items: Sequence[dict[str, Any]], shares: int) -> None:
        ids = json.dumps({"shares": [item["share"] for item in items]}).encode()
        await self._ask("receive", request("POST", "/v1/inbox/received", token, body=ids), 200)
        if agency not in self.samples:
            self.samples[agency] = InboxItem.model_validate(items[0])
        for item in items:
            task = asyncio.create_task(self._share(agency, item, self._of(item["message"], shares)))
            self.at_work.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self.at_work.discard(task)
        if not task.cancelled() and task.exception() is not None:
            for progress in self.under_way.values():  # nobody waits for what will not come
                progress.closed.set()
            self.failed = task.exception()

    async def _share(self, agency: str, item: dict[str, Any], progress: Progress) -> None:
        for verb, who in (("check-back", agency), ("agree", item["sender"]), ("close", agency)):
            path = f"/v1/shares/{item['share']}/{verb}"
            asked = request("POST", path, self.trials[who].token, body=self.acts[verb], key=fresh_key())
            await self._ask(verb, asked, 200)
        progress.left -= 1
        if not progress.left:
            progress.closed.set()

    async def _ask(self, name: str, asked: bytes, expected: int) -> Answer:
        answer = await self.pool.ask(asked)
        _check(answer, expected, name)
        self.times[name].append(answer.seconds)
        return answer

    def open_samples(self) -> None:
        """What was delivered is what it should be: each recipient opens one of its own."""
        for agency, item in self.samples.items():
            self.trials[agency].keychain.open_share(item)


def _check(answer: Answer, expected: int, name: str) -> None:
    if answer.status != expected:
        told = answer.body[:500].decode(errors="replace")
        raise BenchError(f"{name} was answered {answer.status}: {told}")


async def _live(stand: Stand, postings: Sequence[Posting], count: int) -> tuple[Lives, float]:
    pool = await Pool.to(HOST, stand.port, lines=LINES)
    lives = Lives(pool, stand.trials(), acts(datetime.now(UTC)))
    recipients = sorted({one for posting in postings for one in posting.recipients})
    shares = len(postings[0].recipients)
    lines = [await Line.to(HOST, stand.port) for _ in recipients]
    readers = [
        asyncio.create_task(lives.read_inbox(agency, line, shares))
        for agency, line in zip(recipients, lines, strict=True)
    ]
    to_do = iter([postings[number % len(postings)] for number in range(count)])

    async def sender() -> None:
        for posting in to_do:
            await lives.send(posting)
            if lives.failed is not None:
                raise lives.failed

    began = time.perf_counter()
    work = asyncio.gather(*(sender() for _ in range(UNDER_WAY)))
    either: set[asyncio.Future[Any]] = {work, *readers}
    await asyncio.wait(either, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
    lasted = time.perf_counter() - began
    for reader in readers:
        if reader.done():
            reader.result()
        reader.cancel()
    if not work.done():
        work.cancel()
        raise BenchError(f"after {PATIENCE:.0f} seconds {len(lives.under_way)} messages were not closed yet")
    work.result()
    for line in (*lines, *pool.lines):
        line.hang_up()
    return lives, lasted


def measure(stand: Stand, postings: Sequence[Posting], *, count: int) -> Figures:
    """One run of `count` messages. What was closed is afterwards looked for in the database."""
    marked, watch, used = database.mark(), processes.Watch(stand.parts()), time.process_time()
    lives, lasted = uvloop.run(_live(stand, postings, count))
    each = watch.each(count, load=time.process_time() - used)
    lives.open_samples()
    shares = len(postings[0].recipients)
    _all_closed(stand, marked, count, shares)
    figures = {"messages/s": count / lasted, "shares/s": count * shares / lasted}
    for name in ("whole life", "accept", "receive", "check-back", "agree", "close"):
        figures |= latencies(lives.times[name], name=name)
    figures["requests for each message"] = sum(map(len, lives.times.values())) / count - 1
    return figures | each


def _all_closed(stand: Stand, marked: Any, count: int, shares: int) -> None:  # noqa: ANN401 - an id
    for table, expected in (("message", count), ("share", count * shares)):
        found = database.states_since(stand, marked, table)
        if found != {"closed": expected}:
            raise BenchError(f"{expected} rows of {table} should be closed; there are {found}")
