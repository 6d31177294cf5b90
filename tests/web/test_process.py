"""The web process from outside: it stops at once when told to, and its log holds ids and no words."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from tests.web.served import SENDER, TAKER, Served, check_back, current

ROOT = Path(__file__).parents[2]
START = (
    "import sys, uvicorn; from hub.cli.serve import create_app;"
    "uvicorn.run('hub.cli.serve:create_app', factory=True, port=int(sys.argv[1]), loop='uvloop', http='httptools',"
    " ws='none', log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=20)"
)


def started(served: Served, log: Path, port: int, **more: str) -> "subprocess.Popen[bytes]":
    environment = {
        **os.environ,
        "CHECKBACK_HOME": str(served.web.home),
        "CHECKBACK_DATABASE_URL": served.web.database_url,
        "CHECKBACK_REDIS_URL": served.web.redis_url,
        "CHECKBACK_HUB": "hub.test",
        "CHECKBACK_LOG_FORMAT": "json",
        **more,
    }
    with log.open("wb") as told:
        process = subprocess.Popen(
            [sys.executable, "-c", START, str(port)], cwd=ROOT, env=environment, stderr=told, stdout=told
        )
    served.port = port
    end = time.monotonic() + 20
    while True:
        try:
            httpx.get(f"{served.url}/health/live")
        except httpx.TransportError:
            assert time.monotonic() < end, log.read_text()
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        else:
            return process


def test_told_to_stop_it_answers_who_waits_and_ends(
    database: str, redis_url: str, tmp_path: Path, free_port: int
) -> None:
    served = Served.on(database, redis_url, tmp_path)
    process = started(served, tmp_path / "log", free_port)
    try:
        with served.as_(TAKER) as taker, ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(taker.get, "/v1/inbox?wait=25")
            time.sleep(0.5)
            begun = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert waiting.result().status_code == 200
            process.wait(timeout=10)
            assert time.monotonic() - begun < 3
    finally:
        process.kill()
        process.wait()
        served.close()


def test_the_log_holds_ids_and_no_words(
    database: str, redis_url: str, tmp_path: Path, free_port: int
) -> None:
    served = Served.on(database, redis_url, tmp_path)
    log = tmp_path / "log"
    process = started(served, log, free_port, CHECKBACK_LOG_LEVEL="debug")
    try:
        message, shares = served.received()
        with served.as_(TAKER) as taker, served.as_(SENDER) as sender:
            taker.post(f"/v1/shares/{shares[TAKER]}/check-back", json=check_back())
            sender.get("/v1/places/B66 3PX")
            sender.get(f"/v1/messages/{message}")
            sender.post("/v1/messages", json={"message": {**current(), "urgency": "Reuben Sharpe"}})
            sender.get("/v1/Reuben/Sharpe?name=Kelly")
    finally:
        process.terminate()
        process.wait(timeout=10)
        served.close()
    told = log.read_text()
    assert '"route": "/v1/places/:postcode"' in told
    assert f'"agency": "{SENDER}"' in told
    for word in (
        "B66",
        "Reuben",
        "Sharpe",
        "Kelly",
        "Test Practitioner",
        "9990000",
        "moved last week",
        "cbk_",
    ):
        assert word not in told, word
    for token in served.tokens.values():
        assert token not in told
