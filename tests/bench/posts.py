"""What is sent: a concern of 2 KB, as the body of POST /v1/messages, from several agencies of the example areas.

Neglect goes to the MASH, the 0-19 service and the family's GP practice. That is the protocol's to decide, so the
hub's own preview is asked who hears before anything is measured, and a run with other than three shares is refused.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from protocols.messages.examples import brought_to
from tests.bench.stand import BenchError, Stand

EXAMPLE = Path("docs/examples/concern-below-threshold.json")
SIZE = 2048  # bytes of a body
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
    """One body, which can be sent again and again, each time with a key of its own."""

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
    """The bodies, and who hears of each, as the hub says itself."""
    today = datetime.now(UTC).date()
    return [_posting(stand, family, message_about(family, today=today)) for family in families]


def _posting(stand: Stand, family: Family, message: dict[str, Any]) -> Posting:
    with stand.trials()[family.sender].client(stand.url) as client:
        parties = client.preview(message).parties
    recipients = tuple(one.agency for one in parties if one.outcome == "share" and one.agency)
    if len(recipients) != SHARES:
        raise BenchError(
            f"a concern of {family.sender} goes to {recipients}: the figures are for {SHARES} shares"
        )
    return Posting(family.sender, recipients, _json(message))


def message_about(family: Family, *, today: date) -> dict[str, Any]:
    """The example, about this family, made up to 2 KB by what its practitioner thinks."""
    message = brought_to(json.loads(EXAMPLE.read_text(encoding="utf-8")), today)
    message["categories"] = ["neglect"]
    message["address"] |= {"postcode": family.postcode, "area": family.area}
    message["services"] = {"gp": {"ods": family.practice, "registered": True}}
    short = SIZE - len(_json(message))
    message["assessment"]["opinion"] += (MORE * (short // len(MORE) + 1))[: max(0, short)]
    return message


def _json(message: dict[str, Any]) -> bytes:
    return json.dumps({"message": message}, separators=(",", ":"), ensure_ascii=False).encode()


def fresh_key() -> str:
    return uuid4().hex
