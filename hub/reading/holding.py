"""Who holds which child, as an agency may see it.

An agency hears of a child that it knows by a message of its own: one that it sent, or was sent with the child in it. It
knows the child by an id of its own (`hub.store.children`). Of a service in which it has no part it hears only what a
message that it may still read tells: that it came by that message, or that the service is involved. Practitioners are
named to the two ends of the handover by which it came. And which agency holds is told to those ends, and to whom that
very message shows where the child is: it would lead there.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from agencies import wire
from hub import errors
from hub.placing import PLACED
from hub.reading import cursors
from hub.reading.families import known_of, services_told
from hub.records import Records
from hub.store import children, families, holdings, offers, unplaced
from hub.store.families import Grant
from protocols.vocabulary import Section, Withheld

NONE = UUID(int=0)
_WHERE = (Section.ADDRESS, Section.MOVE, Section.SERVICES)


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
    first, place = cursors.of_place(after) or (NONE, 0)
    if side == "offered":
        rows = offers.offered_to(conn, agency, child=root, after=first, place=place, limit=limit + 1)
        told = _offered(conn, agency, rows[:limit])
        places = [row.place for row in rows]
    else:
        rows = holdings.of_agency(conn, agency, side, child=root, after=first, limit=limit + 1)
        grants = families.grants(conn, agency, {row.message_id for row in rows[:limit]})
        told = _told(conn, rows[:limit], _Looks(agency, grants, frozenset()), records=records)
        places = [0 for _ in rows]
    more = len(rows) > limit
    return wire.HeldAll(held=told, next=f"{rows[limit - 1].id}.{places[limit - 1]}" if more else None)


def child_held(conn: Connection, child: UUID, agency: str, *, records: Records) -> wire.ChildHeld:
    """Of what was and is, that which the agency may know: what it had a part in, what came by a message that it may
    still read, and of other services those that a message has told it are involved.
    """
    root = children.found_by(conn, agency, child)
    grants = {} if root is None else known_of(conn, agency, root)
    if root is None or not grants:
        raise errors.NotFound(
            "no message of your agency's is about a child of this id",
            next="take the id from GET /v1/responsibility",
        )
    looks = _Looks(agency, grants, frozenset(services_told(conn, grants)))
    told = _told(
        conn, [row for row in holdings.history(conn, root) if looks.sees(row)], looks, records=records
    )
    return wire.ChildHeld(
        child=child,
        now=tuple(one for one in told if one.until is None),
        history=told,
    )


@dataclass(frozen=True, slots=True)
class _Looks:
    """Who looks, what it may see of which messages, and which services it was told are involved."""

    agency: str
    grants: Mapping[UUID, Grant]
    services: AbstractSet[str]

    def sees(self, row: Any) -> bool:  # noqa: ANN401 - a row
        return self.is_end(row) or row.message_id in self.grants or row.service in self.services

    def is_end(self, row: Any) -> bool:  # noqa: ANN401 - a row
        return self.agency in (*_ends(row), row.giver)

    def sees_where(self, row: Any) -> bool:  # noqa: ANN401 - a row
        """Which agency it is says where the child's services are: only whom the message shows that. What an office
        has placed came by no message, and is told to those whom it was about.
        """
        grant = None if row.why == PLACED else self.grants.get(row.message_id)
        return grant is not None and (
            any(grant.shows(section) for section in _WHERE)
            and Withheld.RESTRICTED_ADDRESS not in grant.withhold
        )


def _ends(row: Any) -> tuple[str, str]:  # noqa: ANN401 - a row
    """Between whom it came about: of what an office has placed, whoever was to give and whoever holds."""
    return row.holder, row.giver if row.why == PLACED else row.sender


def _told(conn: Connection, rows: Sequence[Any], looks: _Looks, *, records: Records) -> tuple[wire.Held, ...]:
    roots = children.root_of(conn, {row.person_id for row in rows})
    seen = children.seen_as(conn, looks.agency, roots.values())
    asked = unplaced.of_children(conn, sorted(set(roots.values())))
    return tuple(_held(row, seen.get(roots[row.person_id]), looks, asked, records=records) for row in rows)


def _held(
    row: Any,  # noqa: ANN401 - a row
    child: UUID | None,
    looks: _Looks,
    asked: Mapping[tuple[UUID, str], Sequence[UUID]],
    *,
    records: Records,
) -> wire.Held:
    named, knows = looks.agency in _ends(row), row.message_id in looks.grants
    person = records.show(row.person_hidden, where=f"person {row.person_ref}") if named else None
    holds = looks.agency == row.holder and row.until is None
    return wire.Held(
        child=child,
        service=row.service,
        holder=row.holder if looks.is_end(row) or looks.sees_where(row) else None,
        person=None if person is None else wire.Person.model_validate_json(person),
        since=row.since,
        until=row.until,
        how=row.why,
        passed_to=row.passed_to if looks.is_end(row) or row.passed_to in looks.services else None,
        message=row.message_id if knows else None,
        share=row.share_id if named and knows else None,
        alarms=tuple(asked.get((row.person_id, row.service), ())) if holds else (),
    )


def _offered(conn: Connection, agency: str, rows: Iterable[Any]) -> tuple[wire.Held, ...]:
    """Whoever offers it, if they hold it by the record; since when, and by when to accept, says what is owed."""
    found = list(rows)
    seen = children.seen_as(conn, agency, {row.person_id for row in found})
    return tuple(
        wire.Held(
            child=seen.get(row.person_id),
            service=row.service,
            holder=row.sender if row.sender == row.giver == row.holder else None,
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
