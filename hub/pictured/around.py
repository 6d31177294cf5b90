"""Who is round a family: each agency once, with a tie to each of those with whom it works."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from uuid import UUID

from agencies.wire.pictures import Around, Tie, ToldIn
from hub.pictured.family import Family
from hub.pictured.rows import Service

_LISTS = ("services.", "adults.")


def current(services: Sequence[Service]) -> list[Service]:
    """Of the services that a sender lists for a family, its newest list holds; what an agency says of itself stays."""
    newest: dict[tuple[str, str], UUID] = {}
    for one in services:
        if one.place.startswith(_LISTS):
            newest[one.sender, one.section] = one.message
    return [
        one
        for one in services
        if not one.place.startswith(_LISTS) or newest[one.sender, one.section] == one.message
    ]


Whom = tuple[int | None, str | None]
Around_ = tuple[str, str | None]  # a role, and which agency


def around(
    family: Family, services: Iterable[Service], name_of: Callable[[str], str | None]
) -> tuple[Around, ...]:
    ties: dict[Around_, dict[Whom, list[Service]]] = defaultdict(lambda: defaultdict(list))
    for one in services:
        ties[_key(one, ties)][_whom(one, family)].append(one)
    return tuple(
        Around(
            ref=f"a{number + 1}",
            role=role,
            agency=agency,
            name=name_of(agency) if agency else None,
            ties=tuple(_ties(found)),
        )
        for number, ((role, agency), found) in enumerate(ties.items())
    )


def _key(one: Service, known: Mapping[Around_, object]) -> Around_:
    """An agency is one, whatever it is called here or there; a role that names none stands for itself."""
    same = (key for key in known if one.agency is not None and key[1] == one.agency)
    return next(same, (one.role, one.agency))


def _whom(one: Service, family: Family) -> Whom:
    """With whom it works: somebody in the picture, or somebody of whom only the relation can be told."""
    if one.part is None or one.person is None:
        return None, None
    at = one.message, one.part, one.person
    ref = family.of.get(at)
    return (ref, None) if ref is not None else (None, family.relations.get(at))


def _ties(found: Mapping[Whom, Sequence[Service]]) -> Iterable[Tie]:
    """To each person one, as last told. That it works with the family says nothing more beside one whom it names."""
    for (whom, relation), told in found.items():
        if (
            whom is None
            and relation is None
            and len(found) > 1
            and all(one.place.startswith(_LISTS) for one in told)
        ):
            continue
        latest = told[-1]
        began = [one.since for one in told if one.message == latest.message and one.since is not None]
        yield Tie(
            to=None if whom is None else ref_of(whom),
            relation=relation,
            since=max(began, default=None),
            until=latest.until,
            engages=latest.engages,
            told=tuple(ToldIn(message=one.message, share=one.share, place=one.place) for one in told),
        )


def ref_of(number: int) -> str:
    """How somebody is named in a picture."""
    return f"p{number + 1}"
