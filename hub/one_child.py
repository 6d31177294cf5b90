"""Two records turn out to be one child, or one record two children: afterwards too one agency holds each, and no more.

`regroup` is called in the transaction of the answer that a person gave, once `person.root` says what is so now. Whoever
came to hold by a message about a child holds that child. Where that is two of one child, whoever has held longer holds
on and the partnership is asked: it is never chosen in silence.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from hub.journey import HUB
from hub.placing import AS_BEFORE, ONE_CHILD, PLACED, TWO_CHILDREN
from hub.store import children, holdings, unplaced
from hub.store.holdings import Holding
from hub.store.unplaced import Alarm


def regroup(conn: Connection, persons: Iterable[UUID], message_id: UUID, *, at: datetime) -> list[UUID]:
    """`persons` are all whose root may be another than before; `message_id` is that which raised the question. Answers
    with those who stand for them now.
    """
    members = children.same_as(conn, persons)
    roots = sorted(set(members.values()))
    held = sorted(holdings.lock_open(conn, members).values(), key=lambda row: (row.since, row.id))
    about = children.children_of_messages(conn, sorted({row.message_id for row in held}))
    unplaced.regroup(conn, roots)
    for service in sorted(holdings.services_of(conn, roots)):
        now = [row for row in held if row.service == service]
        theirs = {root: [row for row in now if root in about[row.message_id]] for root in roots}
        chosen = {
            root: rows[0] if rows else holdings.last_about(conn, root, roots, service)
            for root, rows in theirs.items()
        }
        _record(conn, now, chosen, at)
        for root in roots:
            _ask(conn, _Question(root, theirs[root], chosen[root], now, message_id), at)
    return roots


def _record(conn: Connection, now: Sequence[Any], chosen: dict[UUID, Any], at: datetime) -> None:
    holds = {root: row for root, row in chosen.items() if row is not None and row.passed_to is None}
    stand = {root for root, row in holds.items() if row.until is None and row.person_id == root}
    for row in now:
        if row.person_id not in stand or holds[row.person_id].id != row.id:
            holdings.end(conn, row.id, at=at)
    holdings.begin(conn, [_again(row, root, at) for root, row in holds.items() if root not in stand])
    for root, row in chosen.items():
        if row is not None and row.passed_to is not None and row.person_id != root:
            holdings.copy(
                conn, row, root, AS_BEFORE
            )  # it passed on while the child went under the other's record


@dataclass(frozen=True, slots=True)
class _Question:
    """Of one child and service: who held it by a message about it, who holds it now, and who held any of the group."""

    root: UUID
    theirs: Sequence[Any]  # open rows
    chosen: Any  # a row or None
    group: Sequence[Any]  # open rows
    message_id: UUID


def _ask(conn: Connection, one: _Question, at: datetime) -> None:
    chosen = one.chosen
    if chosen is None:
        return
    others = sorted({row.holder for row in one.theirs} - {chosen.holder})
    if others:
        why, other = ONE_CHILD, others[0]
    else:
        unplaced.end_of_child(conn, one.root, chosen.service, (ONE_CHILD,), how="two_children", by=HUB, at=at)
        placed = [row.holder for row in one.group if row.why == PLACED]
        if one.theirs or not placed or chosen.passed_to is not None:
            return
        why, other = TWO_CHILDREN, placed[0]
    alarm = Alarm(one.root, chosen.service, why, chosen.holder, one.message_id, at, other=other)
    unplaced.raise_(conn, [alarm])


def _again(row: Any, child: UUID, at: datetime) -> Holding:  # noqa: ANN401 - a row
    """The same holder, by the same acceptance, for the record that the child has now."""
    return Holding(
        child, row.service, row.holder, row.message_id, at, AS_BEFORE, giver=row.giver,
        person_hidden=row.person_hidden, person_ref=row.person_ref, share_id=row.share_id,
    )  # fmt: skip
