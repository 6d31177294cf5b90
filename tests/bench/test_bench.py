"""The instruments themselves: a figure that is measured wrongly is worse than none."""

import asyncio
import math
import os
import time
from datetime import UTC, datetime

import pytest

from protocols.messages import read
from tests.bench import figures, processes, statements
from tests.bench.accept import _quoted
from tests.bench.line import Answer, Line, Lost, Pool, request
from tests.bench.posts import FAMILIES, SURNAMES, message_about
from tests.bench.statements import Statement

ANSWER = b"HTTP/1.1 202 Accepted\r\ncontent-length: 5\r\nx: y\r\n\r\nhello"


# -- figures ------------------------------------------------------------------------------------------------


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert figures.percentile(range(1, 101), 50) == 50
    assert figures.percentile(range(1, 101), 99) == 99
    assert figures.percentile([7.0], 99) == 7.0
    assert math.isnan(figures.percentile([], 50))


def test_medians_and_ratios_go_by_name() -> None:
    runs = [{"a": 1.0}, {"a": 9.0, "b": 4.0}, {"a": 2.0}]
    assert figures.medians(runs) == {"a": 2.0, "b": 4.0}
    assert figures.ratios({"a": 3.0, "b": 1.0, "c": 1.0}, {"a": 2.0, "b": 0.0}) == {"a": 1.5}


def test_processor_time_is_what_a_process_worked() -> None:
    watch = processes.Watch({"me": os.getpid()})
    until = time.process_time() + 0.2
    while time.process_time() < until:
        pass
    each = watch.each(1, load=0.0)
    if not processes.PROC.is_dir():  # nothing is measured there, rather than something wrong
        assert each == {}
        return
    assert 150 < each["cpu me ms"] < 400
    assert each["cpu hub ms"] == each["cpu me ms"]
    memory = processes.memory_of({"me": os.getpid()})["me"]
    assert 10 < memory["pss"] <= memory["rss"]


# -- what is sent -------------------------------------------------------------------------------------------


def test_each_message_is_about_a_family_of_its_own() -> None:
    today = datetime.now(UTC).date()
    said = [message_about(FAMILIES[0], number, today=today) for number in (0, 1, len(SURNAMES) - 1)]
    for message in said:
        read(message, now=datetime.now(UTC))
    numbers = [
        one["nhs_number"]
        for message in said
        for one in (*message["children"], *message["household"])
        if "nhs_number" in one
    ]
    assert len(numbers) == len(set(numbers)) == 9
    assert len({message["household"][0]["name"] for message in said}) == 3


# -- the load generator -------------------------------------------------------------------------------------


async def serving(*pieces: bytes) -> asyncio.Server:
    """Answers every request with these pieces, one after another; with none it hangs up."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0.01)
                if not pieces:
                    return
        except asyncio.IncompleteReadError:
            return
        finally:
            writer.close()

    return await asyncio.start_server(answer, "127.0.0.1", 0)


async def ask(server: asyncio.Server, times: int) -> list[Answer]:
    async with server:
        port = server.sockets[0].getsockname()[1]
        pool = await Pool.to("127.0.0.1", port, lines=2)
        try:
            return await asyncio.gather(*(pool.ask(request("GET", "/", "t")) for _ in range(times)))
        finally:
            pool.hang_up()


@pytest.mark.parametrize("cut", [0, 3, 20, len(ANSWER) - 6, len(ANSWER) - 2])
def test_an_answer_may_come_in_pieces(cut: int) -> None:
    async def run() -> list[Answer]:
        return await ask(await serving(ANSWER[:cut], ANSWER[cut:]) if cut else await serving(ANSWER), 5)

    answers = asyncio.run(run())
    assert [(one.status, one.body) for one in answers] == [(202, b"hello")] * 5
    assert all(one.seconds > 0 for one in answers)


def test_a_connection_that_is_lost_is_told() -> None:
    async def run() -> None:
        server = await serving()
        async with server:
            line = await Line.to("127.0.0.1", server.sockets[0].getsockname()[1])
            with pytest.raises(Lost):
                await line.ask(request("GET", "/", "t"))

    asyncio.run(run())


def test_what_wrk_reads_is_quoted() -> None:
    assert _quoted('a"b\\c\r\n') == '"a\\"b\\\\c\\r\\n"'


# -- what PostgreSQL was asked ------------------------------------------------------------------------------


LOG = """2026-11-21 03:40:35.555 UTC [27930] LOG:  duration: 0.250 ms  bind _pg3_1: SELECT 1
	FROM share
2026-11-21 03:40:35.556 UTC [27930] LOG:  duration: 0.500 ms  execute _pg3_1: SELECT 1
	FROM share
2026-11-21 03:40:35.557 UTC [27930] LOG:  duration: 2.000 ms  statement: COMMIT
2026-11-21 03:40:35.558 UTC [27930] LOG:  checkpoint complete
"""


def test_a_statement_is_counted_once_and_timed_whole() -> None:
    assert statements.read(LOG) == {
        "SELECT 1 FROM share": Statement("SELECT 1 FROM share", 1, 0.75),
        "COMMIT": Statement("COMMIT", 1, 2.0),
    }


def test_a_scan_is_found_wherever_it_stands_in_a_plan() -> None:
    inner = {"Node Type": "Seq Scan", "Relation Name": "share"}
    plan = [
        {
            "Plan": {
                "Node Type": "Sort",
                "Plans": [{"Node Type": "Index Scan", "Relation Name": "message"}, inner],
            }
        }
    ]
    assert statements.scanned(plan) == {"share"}
