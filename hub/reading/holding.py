"""Who holds which child, as an agency may see it.

An agency hears of a child that it knows by a message of its own: one that it sent, or was sent with the child in it. It
knows the child by an id of its own (`hub.store.children`). Practitioners are named to the two ends of the handover by
which it came. And whoever is shown a restricted address by no message is not told which agencies the child's are: that
would lead to it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from agencies import wire
from hub import errors
from hub.reading import cursors
from hub.records import Records
from hub.store import children, holdings, messages, offers, unplaced

NONE = UUID(int=0)


def held_all(
    conn: Connection,
    agency: str,
    side: str,
    *,
    child: UUID | None,
    after: str | None,
    limit: int,
    records: Records,
) -> wire.HeldAll:
    """A page of those that it holds, that it held and gave away, or that it is asked to accept."""
    root = None if child is None else children.found_by(conn, agency, child)
    if child is not None and root is None:
        return wire.HeldAll(held=(), next=None)
    first, second = cursors.of_pair(after) or (NONE, NONE)
    if side == "offered":
        rows = offers.offered_to(conn, agency, child=root, after=(first, second), limit=limit + 1)
        told = _offered(conn, agency, rows[:limit])
    else:
        rows = holdings.of_agency(conn, agency, side, child=root, after=first, limit=limit + 1)
        told = _told(conn, agency, rows[:limit], records=records, sees_where=True)
    last = rows[limit - 1] if len(rows) > limit else None
    return wire.HeldAll(held=told, next=None if last is None else f"{last.id}.{last.person_id}")


def child_held(conn: Connection, child: UUID, agency: str, *, records: Records) -> wire.ChildHeld:
    root = children.found_by(conn, agency, child)
    sees_where = None if root is None else offers.may_know(conn, agency, root)
    if root is None or sees_where is None:
        raise errors.NotFound(
            "no message of your agency's is about a child of this id",
            next="take the id from GET /v1/responsibility",
        )
    rows = holdings.history(conn, root)
    told = _told(conn, agency, rows, records=records, sees_where=sees_where)
    return wire.ChildHeld(
        child=child,
        now=tuple(one for one in told if one.until is None),
        history=told,
    )


def _told(
    conn: Connection, agency: str, rows: Sequence[Any], *, records: Records, sees_where: bool
) -> tuple[wire.Held, ...]:
    roots = children.root_of(conn, {row.person_id for row in rows})
    seen = children.seen_as(conn, agency, roots.values())
    known = messages.kinds_known_to(conn, [row.message_id for row in rows], agency)
    asked = unplaced.of_children(conn, sorted(set(roots.values())))
    return tuple(
        _held(
            row, agency, seen.get(roots[row.person_id]), known, asked, records=records, sees_where=sees_where
        )
        for row in rows
    )


def _held(
    row: Any,  # noqa: ANN401 - a row
    agency: str,
    child: UUID | None,
    known: Mapping[UUID, str],
    asked: Mapping[tuple[UUID, str], Sequence[UUID]],
    *,
    records: Records,
    sees_where: bool,
) -> wire.Held:
    ends = (row.holder, row.sender)
    holds = agency == row.holder and row.until is None
    named = records.show(row.person_hidden, where=f"person {row.person_ref}") if agency in ends else None
    return wire.Held(
        child=child,
        service=row.service,
        holder=row.holder if sees_where or agency in (*ends, row.giver) else None,
        person=None if named is None else wire.Person.model_validate_json(named),
        since=row.since,
        until=row.until,
        how=row.why,
        passed_to=row.passed_to,
        message=row.message_id if row.message_id in known else None,
        share=row.share_id if agency in ends and row.message_id in known else None,
        alarms=tuple(asked.get((row.person_id, row.service), ())) if holds else (),
    )


def _offered(conn: Connection, agency: str, rows: Iterable[Any]) -> tuple[wire.Held, ...]:
    """Whoever holds it still; since when, and for how long, its own record says to it."""
    found = list(rows)
    seen = children.seen_as(conn, agency, {row.person_id for row in found})
    return tuple(
        wire.Held(
            child=seen.get(row.person_id),
            service=row.service,
            holder=row.giver if row.giver == row.sender else None,
            person=None,
            since=row.started_at,
            until=None,
            how="offered",
            passed_to=row.role if row.role != row.service else None,
            message=row.message_id,
            share=row.share_id,
            accept_by=row.due_at,
        )
        for row in found
    )


def alarms(conn: Connection, office: str, *, after: UUID | None, limit: int) -> wire.Alarms:
    """A page of what this office is asked to place, what arose first at the head."""
    rows = unplaced.asked_of(conn, office, after=after or NONE, limit=limit + 1)
    return wire.Alarms(
        alarms=tuple(
            wire.AlarmTold(
                id=row.id,
                service=row.service,
                why=row.why,
                holder=row.holder,
                other=row.other,
                message=row.message_id,
                other_message=row.other_message_id,
                raised_at=row.at,
                owed=row.owed_id,
                due_at=row.due_at,
            )
            for row in rows[:limit]
        ),
        next=str(rows[limit - 1].id) if len(rows) > limit else None,
    )
