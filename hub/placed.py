"""A person of the partnership's office has said who holds a child whom the hub could not place."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from hub import held_elsewhere
from hub.journey import HUB
from hub.placing import PLACED, WHYS
from hub.store import audit, feed, holdings, unplaced
from hub.store.holdings import Holding


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """Who is to hold, and who says so."""

    alarm: Any  # a row
    now: Any  # the open holding
    holder: str
    message_id: UUID  # by which it knows the child
    office: str
    credential: str | None
    person_hidden: bytes | None  # who accepts
    person_ref: UUID
    by_hidden: bytes | None
    because_hidden: bytes | None
    fingerprint: bytes  # of what was said: the same again is no second answer


def placed(conn: Connection, said: Placing, *, at: datetime) -> None:
    """The record is as the office says, and all that was asked about this child and service is answered."""
    alarm, now = said.alarm, said.now
    if said.holder != now.holder:
        holdings.end(conn, now.id, at=at)
        holdings.begin(
            conn,
            [
                Holding(
                    now.person_id, now.service, said.holder, alarm.message_id, at, PLACED, giver=now.holder,
                    person_hidden=said.person_hidden, person_ref=said.person_ref,
                )
            ],
        )  # fmt: skip
    unplaced.answer(
        conn,
        alarm.id,
        placed_with=said.holder,
        because_hidden=said.because_hidden,
        person_hidden=said.by_hidden,
        fingerprint=said.fingerprint,
    )
    unplaced.end_of_child(conn, now.person_id, now.service, WHYS, how="placed", by=said.office, at=at)
    _tell_placed(conn, said, at)
    held_elsewhere.settled(conn, [now.person_id], by=said.office, at=at)


def _tell_placed(conn: Connection, said: Placing, at: datetime) -> None:
    """The office, and whoever held and holds: each under a message that it knows."""
    ends = [(said.office, said.alarm.message_id), (said.now.holder, said.now.message_id)]
    if said.holder != said.now.holder:
        ends.append((said.holder, said.message_id))
    audit.write(
        conn,
        [
            audit.Entry(
                at=at, event="responsibility.placed", message_id=message, sender=HUB, recipient=end,
                by_agency=said.office, credential=said.credential, person_hidden=said.by_hidden,
                detail={"what": said.now.service, "alarm": str(said.alarm.id), "person": str(said.alarm.id)},
            )
            for end, message in ends
        ],
    )  # fmt: skip
    feed.wake(conn, {feed.events_of(end) for end, _ in ends})
