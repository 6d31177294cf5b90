"""What a scene is: what stands before a step, the step itself, and what must hold in the end.

What a scene hands from one part to the next is plain JSON, so that the step itself can be played in another process.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from random import Random
from typing import Any

from agencies.directory import Directory
from agencies.directory import shipped as shipped_directory
from agencies.keys import KeyRing, KeyRow
from agencies.reach.port import Delivered, Outcome, Sending
from hub.known import Known
from protocols.messages.fields import is_nhs_number
from tests.crash.faults import Plan
from tests.examples import NOW, example, spoilt
from tests.workers.town import HANDOVER, HUB, KEYS, SIGNER, Town

GP = "birmingham-gp-1"

Args = dict[str, Any]


_numbers = Random()
_given = set[str]()


def family(name: str = HANDOVER) -> dict[str, Any]:
    """A message about people who stand in no other: so that no play meets what an earlier one left behind."""
    message = spoilt(example(name))
    for person in (*message["children"], *message["household"]):
        if "nhs_number" in person:
            person["nhs_number"] = _number()
        if "name" in person:
            person["name"] = "Test " + "".join(_numbers.choices("abcdefghij", k=12))
    return message


def _number() -> str:
    """One that nobody was given before, here, by the examples or by other scenes: or two people would be one."""
    while not is_nhs_number(number := f"999{_numbers.randrange(10**6, 5 * 10**6)}") or number in _given:
        pass
    _given.add(number)
    return number


def nobody(_: Town, __: Args) -> None:
    """Who asks once more."""


@dataclass(frozen=True)
class Scene:
    before: Callable[[Town, int], list[Args]]  # so many times
    step: Callable[[Town, Plan, Args], None]
    after: Callable[[Town, Args], None]  # when the hub has come to rest
    again: Callable[[Town, Args], None] = nobody  # what whoever got no answer does then
    alone: bool = False  # it takes up whatever is there: each is played to its end before the next is begun


class Furnished(Town):
    """A town in which nothing that is known changes: it is read once."""

    def known(self) -> Known:
        return self.knows or super().known()


class Endpoint:
    """The recipient's own system: takes what it is sent."""

    def deliver(self, delivery: Sending) -> Outcome:
        return self.deliver_all([delivery])[0]

    def deliver_all(self, deliveries: Sequence[Sending]) -> list[Outcome]:
        return [Delivered() for _ in deliveries]


def directory() -> Directory:
    """One of the recipients wants to be pushed to."""
    address = {"reach": "webhook", "webhook_url": "https://gp-1.example/checkback"}
    rows = [{**row, **(address if row["id"] == GP else {})} for row in shipped_directory().to_rows()]
    return Directory.from_rows(rows)


@cache
def _keys_but_one() -> KeyRing:
    since = NOW - timedelta(days=90)
    rows = [KeyRow.of(key.public, agency=agency, since=since) for agency, key in KEYS.items() if agency != GP]
    return KeyRing([*rows, KeyRow.of(SIGNER.public, agency=HUB, since=since)])


def keyless(known: Known) -> Known:
    """What is known before one of the recipients has registered its key."""
    return replace(known, keys=_keys_but_one())


def settle(town: Town) -> None:
    """Leases lapse, what failed comes due again, clean workers take it up, and nothing is done twice."""
    for _ in range(5):
        town.later(minutes=2)
        town.drain()
        if not town.outbox():
            town.drain()
            return
    raise AssertionError("the outbox does not come to rest")
