"""Who is family and who is involved, for one child, as one agency may know it.

It is drawn from the messages about the child that the agency sent, or holds a share of, each as far as its view
grants: so nobody learns by a picture what no clause told them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from agencies.wire.pictures import Ecomap, Genogram
from hub import errors, pictured
from hub.pictured import CHILDREN, HOUSEHOLD, Person, Service
from hub.records import Records
from hub.store import children, families
from hub.store.families import Grant
from protocols.messages import AboutFamily
from protocols.messages.read import NEWEST
from protocols.vocabulary import Section, Withheld


def genogram(conn: Connection, child: UUID, agency: str, *, records: Records, at: datetime) -> Genogram:
    seen = _seen(conn, child, agency, records)
    return pictured.genogram(seen.people, child=child, index=seen.index, at=at)


def ecomap(
    conn: Connection,
    child: UUID,
    agency: str,
    *,
    records: Records,
    at: datetime,
    name_of: Callable[[str], str | None],
) -> Ecomap:
    seen = _seen(conn, child, agency, records)
    return pictured.ecomap(
        seen.people, seen.services(conn), child=child, index=seen.index, at=at, name_of=name_of
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    index: UUID
    people: list[Person]
    grants: Mapping[UUID, Grant]

    def services(self, conn: Connection) -> list[Service]:
        rows = families.involved(conn, self.grants)
        return [service(row, grant) for row in rows if shows(row, grant := self.grants[row.message_id])]


def _seen(conn: Connection, child: UUID, agency: str, records: Records) -> _Seen:
    """All that the agency may see of it, message by message."""
    root = children.found_by(conn, agency, child)
    if root is None:
        raise _no_such_child()
    grants = known_of(conn, agency, root)
    who = {(row.message_id, row.part, row.place): row.root for row in children.of_messages(conn, grants)}
    rows = families.kin(conn, grants)
    people = [
        person(row, grant, who, records)
        for row in rows
        if (grant := grants[row.message_id]).shows(
            Section.CHILD if row.part == CHILDREN else Section.HOUSEHOLD
        )
    ]
    if not any(one.part == CHILDREN and one.same == root for one in people):
        raise _no_such_child()
    return _Seen(root, people, grants)


def services_told(conn: Connection, grants: Mapping[UUID, Grant]) -> set[str]:
    """The roles that these messages say to be involved, as far as their views let the agency see it."""
    rows = families.involved(conn, grants)
    return {row.role for row in rows if shows(row, grants[row.message_id])}


def known_of(conn: Connection, agency: str, root: UUID) -> dict[UUID, Grant]:
    """By which messages, that show it the children still, an agency knows of this one."""
    about = [row.message for row in children.known_messages(conn, agency, root)]
    grants = families.grants(conn, agency, about)
    return {one: grant for one, grant in grants.items() if grant.shows(Section.CHILD)}


def _no_such_child() -> errors.NotFound:
    return errors.NotFound(
        "no child of this id stands in a message that your agency sent or was sent",
        next="follow a message or a share of yours to the child that it is about",
    )


def person(row: Any, grant: Grant, who: Mapping[tuple[UUID, str, int], UUID], records: Records) -> Person:  # noqa: ANN401 - a row
    """Numbers and births of connected people are held back from some: to them nobody is older, and nobody the same."""
    connected = row.part == HOUSEHOLD and Withheld.CONNECTED_PEOPLE in grant.withhold
    where = families.born_where(row.message_id, row.part, row.place)
    born = None if connected else records.show(row.born_hidden, where=where)
    return Person(
        message=row.message_id,
        share=grant.share,
        part=row.part,
        place=row.place,
        whole=issubclass(NEWEST[row.kind], AboutFamily),
        same=None if connected else who.get((row.message_id, row.part, row.place)),
        relation=row.relation,
        lives_there=row.lives_there,
        since=row.since,
        left_on=row.left_on,
        died_on=row.died_on,
        sex=row.sex,
        unborn=row.unborn,
        nameless=row.nameless,
        of_children=None if row.of_children is None else tuple(row.of_children),
        couple_with=row.couple_with,
        couple=row.couple,
        born=date.fromisoformat(born) if born else None,
    )


_WHOLLY_CUT = (
    "services.gp",
    "services.school",
)  # of a restricted address: protocols.minimise leaves nothing of them


def shows(row: Any, grant: Grant) -> bool:  # noqa: ANN401 - a row
    """Whether the agency's own copy has this service in it."""
    cut = _held_back(row, grant) and row.place in _WHOLLY_CUT
    return grant.shows(row.section) and not cut


def _held_back(row: Any, grant: Grant) -> bool:  # noqa: ANN401 - a row
    return bool(row.restricted) and Withheld.RESTRICTED_ADDRESS in grant.withhold


def service(row: Any, grant: Grant) -> Service:  # noqa: ANN401 - a row
    """Which agency it is leads to where the family lives, but for the one that wrote: a share says whom it is from."""
    leads = _held_back(row, grant) and row.agency != row.sender
    return Service(
        message=row.message_id,
        share=grant.share,
        sender=row.sender,
        place=row.place,
        section=row.section,
        part=row.part,
        person=row.person,
        role=row.role,
        agency=None if leads else row.agency,
        since=row.since,
        until=row.until,
        engages=row.engages if grant.shows(row.goes_section) else None,
    )
