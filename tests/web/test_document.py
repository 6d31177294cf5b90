"""docs/api.md is true: its tables are those of the code, and its examples run, in order, against a hub."""

import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agencies import wire
from agencies.client import Checkback
from agencies.keychain import Keychain
from hub import clock, keyfiles
from hub.store import days
from hub.web.document import renewed
from tests.web.served import SEAL_KEYS, SENDER, TAKER, Served, current

DOCUMENT = Path(__file__).parents[2] / "docs" / "api.md"


def test_its_tables_are_up_to_date() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text == renewed(text), "run: python -m hub.web.document docs/api.md"


def keychain(hub: Served, agency: str) -> Keychain:
    return Keychain(
        agency=agency,
        own=(SEAL_KEYS[agency],),
        share_signers=(keyfiles.share_signer(hub.workers).public,),
        note_signers=(keyfiles.note_signer(hub.web).public,),
        hub=hub.web.hub,
    )


@pytest.fixture
def at_work(hub: Served) -> Iterator[Served]:
    """The hub with its line walked all the while."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.1):
            hub.drain()

    thread = threading.Thread(target=work, name="line")
    thread.start()
    yield hub
    stop.set()
    thread.join()


def test_its_examples_run(at_work: Served) -> None:
    today = clock.now().date()
    names: dict[str, Any] = {
        **vars(wire),
        "Checkback": Checkback,
        "url": at_work.url,
        "handover": current(),
        "sandwell_token": at_work.tokens[SENDER],
        "birmingham_token": at_work.tokens[TAKER],
        "office_token": at_work.tokens["sandwell-partnership"],
        "sandwell_keys": keychain(at_work, SENDER),
        "birmingham_keys": keychain(at_work, TAKER),
        "yesterday": days.last_ended(clock.now()),
        "in_two_days": today + timedelta(days=2),
        "an_hour_ago": clock.now() - timedelta(hours=1),
        "in_two_weeks": today + timedelta(days=14),
    }
    blocks = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    try:
        for block in blocks:
            exec(compile(block, str(DOCUMENT), "exec"), names)  # noqa: S102 - our own document
    finally:
        for client in (names["sandwell"], names["birmingham"], names["office"]):
            client.__exit__(None, None, None)
    assert names["contents"]["message"]["kind"] == "handover"
