"""How long from accepted to being in the recipient's inbox, when the hub is not pressed.

An open loop: messages go out on the beat, whether or not the earlier ones have arrived. Each recipient holds a long
poll open; a share has arrived when the answer that brings it has been read.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import uvloop

from hub.cli.trial import Trial
from tests.bench import processes
from tests.bench.figures import Figures, latencies
from tests.bench.line import Line, Pool, request
from tests.bench.posts import Posting, fresh_key
from tests.bench.stand import HOST, BenchError, Stand

PACE = 20  # messages a second
WAIT = 20
PATIENCE = 30.0  # seconds for the last share to arrive


@dataclass
class Watch:
    """When each message was accepted, and when each share of it arrived."""

    accepted: dict[str, float] = field(default_factory=dict)
    expected: int = 0
    arrived: list[tuple[str, float]] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    all_here: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, pool: Pool, trial: Trial, posting: Posting) -> None:
        answer = await pool.ask(
            request("POST", "/v1/messages", trial.token, body=posting.body, key=fresh_key())
        )
        self.accepted[json.loads(answer.body)["id"]] = time.perf_counter()
        self.answers.append(answer.seconds)

    async def listen(self, line: Line, pool: Pool, trial: Trial) -> None:
        after = ""
        while True:
            answer = await line.ask(request("GET", f"/v1/inbox?wait={WAIT}{after}", trial.token))
            now = time.perf_counter()
            page = json.loads(answer.body)
            self.arrived += [(item["message"], now) for item in page["shares"]]
            if len(self.arrived) >= self.expected:
                self.all_here.set()
            if page["shares"]:
                after = f"&after={page['next']}"
                ids = json.dumps({"shares": [item["share"] for item in page["shares"]]}).encode()
                await pool.ask(request("POST", "/v1/inbox/received", trial.token, body=ids))


async def _watch(stand: Stand, postings: Sequence[Posting], seconds: int) -> Watch:
    watch, trials = Watch(), stand.trials()
    pool = await Pool.to(HOST, stand.port, lines=8)
    recipients = sorted({one for posting in postings for one in posting.recipients})
    lines = [await Line.to(HOST, stand.port) for _ in recipients]
    listening = [
        asyncio.create_task(watch.listen(line, pool, trials[agency]))
        for agency, line in zip(recipients, lines, strict=True)
    ]
    count, began = PACE * seconds, time.perf_counter()
    watch.expected = sum(len(postings[number % len(postings)].recipients) for number in range(count))
    sending = []
    for number in range(count):
        await asyncio.sleep(max(0.0, began + number / PACE - time.perf_counter()))
        posting = postings[number % len(postings)]
        sending.append(asyncio.create_task(watch.send(pool, trials[posting.sender], posting)))
    await asyncio.gather(*sending)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(watch.all_here.wait(), PATIENCE)
    for task in listening:
        if task.done():
            task.result()
        task.cancel()
    for line in (*lines, *pool.lines):
        line.hang_up()
    if len(watch.arrived) != watch.expected:
        raise BenchError(f"{watch.expected} shares should have arrived; {len(watch.arrived)} did")
    return watch


def measure(stand: Stand, postings: Sequence[Posting], *, seconds: int) -> Figures:
    stats, used = processes.Watch(stand.parts()), time.process_time()
    watch = uvloop.run(_watch(stand, postings, seconds))
    each = stats.each(PACE * seconds, load=time.process_time() - used)
    waits = [max(0.0, at - watch.accepted[message]) for message, at in watch.arrived]
    return {**latencies(waits), **latencies(watch.answers, name="202"), **each}
