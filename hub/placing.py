"""Who holds each child: begun where a handover is routed, moved where a named practitioner accepts, and never else.

What stands here is called in the transaction of the act itself, which has locked the messages and shares that it is
about. What cannot be placed raises an alarm, which the housekeeper makes a task of the partnership's; whoever holds by
the record holds on. `docs/adr/0012` says why.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from hub.ids import new_id
from hub.store import children, handovers, holdings, offers, responsibility, unplaced
from hub.store.handovers import Handover
from hub.store.holdings import Holding
from hub.store.shares import Share
from hub.store.unplaced import Alarm

# Why it cannot be placed.
TWO_HOLDERS = "two_holders"  # handed over by an agency that does not hold by the record
TWO_WAYS = (
    "two_ways"  # two handovers to different places are open, and neither says that it follows the other
)
FOLLOWS_NOTHING = "follows_nothing"  # it says that it follows a handover that it cannot follow
RECEIVER_CLOSED = "receiver_closed"  # whoever was to accept has closed
HOLDER_CLOSED = "holder_closed"  # whoever holds has closed
ONE_CHILD = "one_child"  # two records turned out to be one child, and two agencies hold it
TWO_CHILDREN = (
    "two_children"  # one record turned out to be two children, and a person had placed it meanwhile
)
WHYS = (TWO_HOLDERS, TWO_WAYS, FOLLOWS_NOTHING, RECEIVER_CLOSED, HOLDER_CLOSED, ONE_CHILD, TWO_CHILDREN)

# Why somebody holds.
HANDED_OVER, ACCEPTED, FELL_BACK, PLACED = "handed_over", "accepted", "fell_back", "placed"
AS_BEFORE = "as_before"  # it held before, under another record of the same child

# What an acceptance answers by itself: that two say they hold is answered by a person.
_ANSWERED_BY_ACCEPTANCE = (TWO_WAYS, FOLLOWS_NOTHING, RECEIVER_CLOSED, HOLDER_CLOSED)


@dataclass(frozen=True, slots=True)
class Sent:
    """A handover that is being routed."""

    message_id: UUID
    sender: str
    service: str  # the sender's role
    accepted_at: datetime
    follows: Handover | None = None
    wrongly: bool = False  # it says that it follows one that it cannot follow

    @property
    def giver(self) -> str:
        """Whose responsibility it gives away: of one that goes after a family, the first giver's."""
        return self.follows.giver if self.follows else self.sender

    @property
    def gives(self) -> str:
        """And of which service."""
        return self.follows.service if self.follows else self.service


def routed(conn: Connection, sent: Sequence[Sent], *, at: datetime) -> None:
    """Whoever hands a child over says so that it holds them. The shares and the children of these are written."""
    if not sent:
        return
    about = children_of(conn, [one.message_id for one in sent])
    handovers.add(
        conn,
        [
            Handover(
                one.message_id, one.gives, one.giver, at, one.follows.message_id if one.follows else None
            )
            for one in sent
        ],
    )
    held = _begin(conn, sent, about)
    alarms = [alarm for one in sent for alarm in _alarms(one, about[one.message_id], held, at)]
    unplaced.raise_(conn, alarms)
    offered(conn, [one.message_id for one in sent], at=at)


def offered(conn: Connection, messages: Sequence[UUID], *, at: datetime) -> None:
    """Handovers whose shares are written: whom else their children are offered to, it is for a person to say."""
    if messages:
        alarms = [
            Alarm(
                row.root, row.service, TWO_WAYS, row.giver, row.message_id, at, other=row.sender,
                other_message_id=row.other,
            )
            for row in offers.offered_elsewhere(conn, messages)
        ]  # fmt: skip
        unplaced.raise_(conn, alarms)


def children_of(conn: Connection, messages: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    found = children.children_of_messages(conn, messages)
    return {message: sorted(set(roots)) for message, roots in found.items()}


def _begin(
    conn: Connection, sent: Sequence[Sent], about: Mapping[UUID, Sequence[UUID]]
) -> dict[tuple[UUID, str], Any]:
    """Who holds each child once those whom nobody held are held by whoever handed them over first."""
    everybody = {child for children in about.values() for child in children}
    held = holdings.lock_open(conn, everybody)
    first: dict[tuple[UUID, str], Sent] = {}
    for one in sent:
        for child in about[one.message_id]:
            first.setdefault((child, one.gives), one)
    new = {key: one for key, one in first.items() if key not in held}
    since = holdings.free_since(conn, list(new))
    rows = [
        Holding(
            child, service, one.giver, one.message_id,
            max(one.accepted_at, since.get((child, service), one.accepted_at)), HANDED_OVER,
        )
        for (child, service), one in new.items()
    ]  # fmt: skip
    holdings.begin(conn, rows)
    return holdings.lock_open(conn, everybody) if rows else held


def follow_nothing(conn: Connection, rows: Sequence[Any], *, at: datetime) -> None:
    """These handovers said that they follow another, and do not: a person is asked about each of their children."""
    about = children_of(conn, [row.message_id for row in rows])
    held = holdings.lock_open(conn, {child for found in about.values() for child in found})
    unplaced.raise_(
        conn,
        [
            Alarm(
                child, row.service, FOLLOWS_NOTHING, held[child, row.service].holder, row.message_id, at,
                other=row.sender,
            )
            for row in rows
            for child in about[row.message_id]
            if (child, row.service) in held
        ],
    )  # fmt: skip


def _alarms(
    one: Sent, about: Sequence[UUID], held: Mapping[tuple[UUID, str], Any], at: datetime
) -> Iterator[Alarm]:
    for child in about:
        holder = held[child, one.gives].holder
        if holder not in (one.giver, one.sender):
            yield Alarm(child, one.gives, TWO_HOLDERS, holder, one.message_id, at, other=one.sender)
        if one.wrongly:
            yield Alarm(child, one.gives, FOLLOWS_NOTHING, holder, one.message_id, at, other=one.sender)


# -- a named practitioner accepts ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Accepted:
    """Whose acceptance moves it."""

    share: Share
    person_hidden: bytes | None
    person_ref: UUID | None
    at: datetime


def accepted(conn: Connection, by: Accepted) -> list[UUID]:
    """From the giver's hands into those of whoever accepts: one service ends, and the same or another begins. Answers
    with the children.
    """
    share = by.share
    row = handovers.of_messages(conn, [share.message_id]).get(share.message_id)
    if row is None:  # routed before children were told apart: the message alone says who holds
        return []
    about = children_of(conn, [share.message_id])[share.message_id]
    held = holdings.lock_open(conn, about)
    for child in about:
        there = None if share.role == row.service else held.get((child, share.role))
        _take(conn, child, held.get((child, row.service)), there, by, hands={row.giver, share.sender})
    overtaken = handovers.before(conn, share.message_id)
    handovers.end(conn, [share.message_id], "accepted", at=by.at)
    handovers.end(conn, overtaken, "followed", at=by.at)
    for message, holder in responsibility.holders(conn, overtaken).items():
        responsibility.hand_over(
            conn, message_id=message, share_id=share.id, giver=holder, taker=share.recipient, row_id=new_id(),
            person_hidden=None, at=by.at,
        )  # fmt: skip
    return about


def _take(
    conn: Connection,
    child: UUID,
    before: Any,  # noqa: ANN401 - a row or None: who holds the service that is given
    there: Any,  # noqa: ANN401 - a row or None: who holds the one that it is to go on in, where that is another
    by: Accepted,
    *,
    hands: AbstractSet[str],
) -> None:
    share, gives = by.share, before is not None and before.holder in hands
    if gives:
        other = None if share.role == before.service else share.role
        holdings.end(conn, before.id, at=by.at, passed_to=other)
        unplaced.end_of_child(
            conn, child, before.service, _ANSWERED_BY_ACCEPTANCE, how="accepted", by=share.recipient, at=by.at
        )
    rival = there or (None if gives else before)
    if rival is None:
        holdings.begin(conn, [_held_by_taker(child, before.holder if before else share.sender, by)])
    elif rival.holder == share.recipient:  # two said that they hold, and now it is one
        unplaced.end_of_child(
            conn, child, rival.service, (TWO_HOLDERS,), how="accepted", by=share.recipient, at=by.at
        )
    else:
        claim = Alarm(
            child, rival.service, TWO_HOLDERS, rival.holder, share.message_id, by.at, share.recipient
        )
        unplaced.raise_(conn, [claim])


def _held_by_taker(child: UUID, giver: str, by: Accepted) -> Holding:
    return Holding(
        child, by.share.role, by.share.recipient, by.share.message_id, by.at, ACCEPTED, giver=giver,
        person_hidden=by.person_hidden, person_ref=by.person_ref, share_id=by.share.id,
    )  # fmt: skip
