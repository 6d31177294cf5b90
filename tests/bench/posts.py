"""What is sent: a concern of 2 KB, as the body of POST /v1/messages, from several agencies of the example areas.

Neglect goes to the MASH, the 0-19 service and the family's GP practice. That is the protocol's to decide, so the
hub's own preview is asked who hears before anything is measured, and a run with other than three shares is refused.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import cycle, product
from pathlib import Path
from typing import Any
from uuid import uuid4

from protocols.messages.examples import brought_to
from tests.bench.stand import BenchError, Stand

EXAMPLE = Path("docs/examples/concern-below-threshold.json")
SIZE = 2048  # bytes of a body
SURNAME = "Holt"  # in the example
# As many families as there are of these, made up: each is spoken of a few times in a run, as families are.
SURNAMES = tuple(map("".join, product("BDFGKLMNPRSTVZ", "aeiou", "bdfgklmnprstvz", "aeiou")))
_NUMBER = re.compile(r"999\d{7}")
ROOM = 50  # numbers for each family; one in eleven is none
SHARES = 3
MORE = " She was seen at home, at the practice and at the nursery, by three people who had not spoken."


@dataclass(frozen=True)
class Family:
    """A family, and who worries about it."""

    sender: str
    area: str
    postcode: str
    practice: str  # its ODS code


@dataclass(frozen=True)
class Posting:
    """One body, which can be sent again, each time with a key of its own."""

    sender: str
    recipients: tuple[str, ...]
    body: bytes


def _families(name: str, area: str, postcode: str, practices: Sequence[str]) -> tuple[Family, ...]:
    senders = (f"{name}-school-1", f"{name}-hospital", f"{name}-police")
    return tuple(Family(sender, area, postcode, practice) for practice in practices for sender in senders)


FAMILIES = (
    *_families("sandwell", "E08000028", "B66 3PX", ("Y90001", "Y90002", "Y90003")),
    *_families("birmingham", "E08000025", "B13 8JP", ("Y90011", "Y90012", "Y90013")),
)
# Others, whose agencies have a backlog in the large database: the measured ones keep up with their inbox.
ELSEWHERE = _families("camden", "E09000007", "NW1 8QL", ("Y90021",))


def postings(stand: Stand, families: Sequence[Family] = FAMILIES) -> list[Posting]:
    """A body for each surname, and who hears of it, as the hub says itself."""
    today = datetime.now(UTC).date()
    said = [_of_no_family_yet(family, today=today) for family in families]
    hear = [
        _recipients(stand, family, json.loads(_named(text, 0)))
        for family, text in zip(families, said, strict=True)
    ]
    return [
        Posting(family.sender, recipients, b'{"message":' + _named(text, number).encode() + b"}")
        for number, (family, recipients, text) in zip(
            range(len(SURNAMES)), cycle(zip(families, hear, said, strict=True)), strict=False
        )
    ]


def _recipients(stand: Stand, family: Family, message: dict[str, Any]) -> tuple[str, ...]:
    with stand.trials()[family.sender].client(stand.url) as client:
        parties = client.preview(message).parties
    recipients = tuple(one.agency for one in parties if one.outcome == "share" and one.agency)
    if len(recipients) != SHARES:
        raise BenchError(
            f"a concern of {family.sender} goes to {recipients}: the figures are for {SHARES} shares"
        )
    return recipients


def _numbers(family: int) -> Iterator[str]:
    """NHS numbers of the range for tests, which no other family has."""
    for figures in range(family * ROOM, (family + 1) * ROOM):
        nine = f"999{figures:06}"
        check = -sum(int(figure) * (10 - place) for place, figure in enumerate(nine)) % 11
        if check < 10:
            yield f"{nine}{check}"


def message_about(family: Family, number: int, *, today: date) -> dict[str, Any]:
    """What is sent about the family of this number."""
    found: dict[str, Any] = json.loads(_named(_of_no_family_yet(family, today=today), number))
    return found


def _of_no_family_yet(family: Family, *, today: date) -> str:
    """The example, from whoever worries, made up to 2 KB by what its practitioner thinks."""
    message = brought_to(json.loads(EXAMPLE.read_text(encoding="utf-8")), today)
    message["categories"] = ["neglect"]
    message["address"] |= {"postcode": family.postcode, "area": family.area}
    message["services"] = {"gp": {"ods": family.practice, "registered": True}}
    short = SIZE - len('{"message":}') - len(_json(message).encode())
    message["assessment"]["opinion"] += (MORE * (short // len(MORE) + 1))[: max(0, short)]
    return _json(message)


def _named(text: str, number: int) -> str:
    """The same of another family: its surname, and the NHS numbers of all who have one."""
    numbers = _numbers(number)
    own = {known: next(numbers) for known in sorted(set(_NUMBER.findall(text)))}
    return _NUMBER.sub(lambda found: own[found[0]], text).replace(SURNAME, SURNAMES[number])


def _json(message: dict[str, Any]) -> str:
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False)


def fresh_key() -> str:
    return uuid4().hex
