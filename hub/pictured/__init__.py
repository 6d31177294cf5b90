"""One child's family and who is round it, put together from what one agency may see. Pure: rows in, a picture out.

Whatever comes in was shown to the agency already, message by message, cut to each view (`rows`); nothing else is known
here, so that nothing else can be drawn.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from uuid import UUID

from agencies.wire.pictures import Couple, Descent, Ecomap, Genogram, Pictured, ToldIn
from hub.pictured.around import around, current, ref_of
from hub.pictured.family import Family, Somebody
from hub.pictured.labels import age, labelled
from hub.pictured.rows import CHILDREN, HOUSEHOLD, Person, Service
from protocols.hours import LONDON

__all__ = ["CHILDREN", "HOUSEHOLD", "Person", "Service", "age", "ecomap", "genogram"]


def genogram(rows: Sequence[Person], *, child: UUID, index: UUID, at: datetime) -> Genogram:
    """`child` is the id by which the agency asked, `index` who that is among the rows."""
    family = Family(rows, index)
    return Genogram(
        child=child,
        as_of=at,
        index=ref_of(family.child),
        people=_people(family, at),
        couples=tuple(Couple(a=ref_of(a), b=ref_of(b), how=how) for a, b, how in family.couples()),
        descents=tuple(
            Descent(child=ref_of(ref), parents=tuple(map(ref_of, parents)))
            for ref, parents in family.parents.items()
            if parents
        ),
    )


def ecomap(
    rows: Sequence[Person],
    services: Sequence[Service],
    *,
    child: UUID,
    index: UUID,
    at: datetime,
    name_of: Callable[[str], str | None],
) -> Ecomap:
    family = Family(rows, index)
    found = around(family, current(services), name_of)
    tied = {tie.to for one in found for tie in one.ties}
    people = _people(family, at)
    return Ecomap(
        child=child,
        as_of=at,
        index=ref_of(family.child),
        people=tuple(
            one
            for one in people
            if one.ref in tied or one.ref == ref_of(family.child) or one.lives_there == "yes"
        ),
        agencies=found,
    )


def _people(family: Family, at: datetime) -> tuple[Pictured, ...]:
    """Children in the order of their birth, then everybody else as they were first told of."""
    labels = labelled(family)
    today = at.astimezone(LONDON).date()
    order = sorted(family.people, key=lambda ref: _birth(family.people[ref], ref))
    return tuple(_pictured(ref, family.people[ref], labels[ref], today) for ref in order)


def _birth(one: Somebody, ref: int) -> tuple[bool, bool, bool, date, int]:
    born = one.born if one.is_child else None
    return not one.is_child, one.newest.unborn, born is None, born or date.min, ref


def _pictured(ref: int, one: Somebody, said: tuple[str, str], today: date) -> Pictured:
    newest = one.newest
    relation, label = said
    return Pictured(
        ref=ref_of(ref),
        label=label,
        relation=relation,
        sex=one.sex,
        age=age(one.born, today),
        unborn=newest.unborn,
        lives_there=newest.lives_there,
        since=newest.since,
        left_on=newest.left_on,
        died_on=newest.died_on,
        nameless=all(row.nameless for row in one.rows),
        told=tuple(
            ToldIn(message=row.message, share=row.share, place=f"{row.part}.{row.place}") for row in one.rows
        ),
    )
