"""Who and where: agencies, places, protocols, and the keys that the hub speaks with."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated

from pydantic import Field
from starlette.responses import Response

from agencies import wire
from agencies.agency import Agency, ContactRole, day_of
from agencies.directory import UnknownAgency
from agencies.keys import KeyRow, b64
from agencies.places import Found
from hub import errors
from hub.store import registry
from hub.web.call import Call
from hub.web.examples import known as known_examples
from hub.web.operation import JSON, Operation
from protocols.explain import explain
from protocols.protocol import Protocol
from protocols.vocabulary import Role


class Which(wire.Asked):
    """Which part of the directory, and how to read on."""

    role: Annotated[Role | None, Field(description="Only agencies of this role.")] = None
    area: Annotated[
        str | None, Field(pattern=r"^[EJKLMNSW][0-9]{8}$", description="Only this area's, by GSS code.")
    ] = None
    after: Annotated[
        wire.AgencyId | None, Field(description="`next` of an earlier answer; leave it out to begin.")
    ] = None
    limit: Annotated[int, Field(ge=1, le=500, description="At most so many.")] = 100


# -- agencies -----------------------------------------------------------------------------------------------


async def agencies(call: Call) -> Response:
    """Each page is written once for a snapshot and a day: the directory is long and changes seldom."""
    asked = call.query(Which)
    choice = ("agencies", call.known.number, day_of(call.at), asked)
    written = call.parts.written.get(choice)
    if written is None:
        written = (await _page(asked, call)).model_dump_json().encode()
        call.parts.written.keep(choice, written)
    return Response(written, media_type=JSON)


async def _page(asked: Which, call: Call) -> wire.Agencies:
    """In the order of ids, so that reading on needs no place that is kept: an agency that has closed since then
    is as good a place as any.
    """
    found = call.known.directory.agencies(call.at, role=asked.role, area=asked.area)
    left = [one for one in found if asked.after is None or one.id > asked.after]
    page = left[: asked.limit]
    keys: dict[str, list[KeyRow]] = {one.id: [] for one in page}
    for row in await call.look(lambda conn: registry.key_rows(conn, *keys)) if keys else ():
        keys[row.agency].append(row)
    return wire.Agencies(
        agencies=tuple(_agency(one, keys[one.id], call) for one in page),
        next=page[-1].id if len(left) > len(page) else None,
    )


async def agency(call: Call) -> wire.AgencyTold:
    """An agency that has closed is told as it last was, with its successor: whoever asks must learn where to turn."""
    try:
        rows = call.known.directory.history(call.path("id"))
    except UnknownAgency:
        raise errors.NotFound(
            "the directory has no agency of this id", next="GET /v1/agencies lists them, by role and area"
        ) from None
    day = day_of(call.at)
    begun = [row for row in rows if row.opens <= day]
    keys = await call.look(lambda conn: registry.key_rows(conn, call.path("id")))
    return _agency(begun[-1] if begun else rows[0], keys, call)


def _agency(one: Agency, keys: Iterable[KeyRow], call: Call) -> wire.AgencyTold:
    successor = call.known.directory.successor_of(one.id, call.at) if one.closes else None
    return wire.AgencyTold(
        id=one.id,
        name=one.name,
        role=one.role,
        area=one.area,
        ods=one.ods,
        opens=one.opens,
        closes=one.closes,
        successor=successor or one.successor,
        hours=str(one.hours),
        contacts=tuple(
            wire.ContactTold(
                role=contact.role,
                name=contact.name,
                phone=contact.phone,
                email=contact.email,
                out_of_hours=contact.role is ContactRole.OUT_OF_HOURS,
            )
            for contact in one.contacts
            if contact.is_valid(call.at)
        ),
        keys=_keys(keys),
    )


def _keys(rows: Iterable[KeyRow]) -> tuple[wire.KeyTold, ...]:
    """All that were not revoked: one that has ended still proves what it signed in its time."""
    return tuple(
        wire.KeyTold(
            kid=row.kid,
            use=row.use,
            public=b64(row.public),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            signs=row.signs,
        )
        for row in rows
        if row.revoked_at is None
    )


async def keys(call: Call) -> wire.Keys:
    rows = await call.look(lambda conn: registry.key_rows(conn, call.parts.settings.hub))
    return wire.Keys(hub=call.parts.settings.hub, keys=_keys(rows))


# -- places -------------------------------------------------------------------------------------------------


async def place(call: Call) -> wire.Place:
    found = call.known.places.look_up(call.path("postcode"))
    if isinstance(found, Found):
        return wire.Place(postcode=found.postcode, known=True, area=found.area, area_name=found.area_name)
    return wire.Place(
        postcode=call.path("postcode"), known=False, area=None, area_name=None, explanation=found.why
    )


# -- protocols ----------------------------------------------------------------------------------------------


async def protocols(call: Call) -> wire.Protocols:
    newest = _newest(call)
    return wire.Protocols(protocols=tuple(_protocol(newest[one]) for one in sorted(newest)))


async def protocol(call: Call) -> wire.ProtocolTold:
    found = _newest(call).get(call.path("id"))
    if found is None:
        raise errors.NotFound("no protocol has this id", next="GET /v1/protocols lists them")
    return _protocol(found, explanation=explain(found))


def _newest(call: Call) -> dict[str, Protocol]:
    """Of each protocol the version that holds today; if none does, the last that did, or the first that will."""
    today = day_of(call.at)
    best: dict[str, Protocol] = {}
    for one in call.known.protocols:
        held = best.get(one.id)
        if held is None or _rank(one, today) > _rank(held, today):
            best[one.id] = one
    return best


def _rank(one: Protocol, today: date) -> tuple[int, int]:
    if one.effective > today:
        return 0, -one.effective.toordinal()
    return (2 if today <= one.review_by else 1), one.effective.toordinal()


def _protocol(one: Protocol, *, explanation: str | None = None) -> wire.ProtocolTold:
    return wire.ProtocolTold(
        id=one.id,
        title=one.title,
        version=one.version,
        area=one.area,
        digest=one.digest,
        effective=one.effective,
        review_by=one.review_by,
        lawful_basis=one.lawful_basis,
        explanation=explanation,
    )


def _get(path: str, name: str, summary: str, says: str, **more: object) -> Operation:
    return Operation(method="GET", path=path, name=name, summary=summary, says=says, tag="directory", **more)  # type: ignore[arg-type]


OPERATIONS = (
    _get(
        "/v1/agencies",
        "agencies",
        "The directory",
        "Every agency that is open today, or those of one role or area: hours, contacts and public keys. In the order"
        " of ids, up to `limit` at a time: pass `next` as `after` until there is none.",
        work=agencies,
        query=Which,
        answer=wire.Agencies,
        example=known_examples.AGENCIES,
    ),
    _get(
        "/v1/agencies/{id}",
        "agency",
        "One agency",
        "Its hours, its contacts and its public keys. One that has closed names its successor.",
        work=agency,
        answer=wire.AgencyTold,
        example=known_examples.AGENCY,
    ),
    _get(
        "/v1/places/{postcode}",
        "place",
        "The area of a postcode",
        "Which local authority a postcode lies in; or that it is not known, and why. Never a guess.",
        work=place,
        answer=wire.Place,
        example=known_examples.PLACE,
    ),
    _get(
        "/v1/protocols",
        "protocols",
        "The information sharing protocols",
        "Of each protocol the version that holds today, or the last that did: compare `review_by`.",
        work=protocols,
        answer=wire.Protocols,
        example=known_examples.PROTOCOLS,
    ),
    _get(
        "/v1/protocols/{id}",
        "protocol",
        "One protocol, explained",
        "Who gets what, when and why, in English.",
        work=protocol,
        answer=wire.ProtocolTold,
        example=known_examples.PROTOCOL,
    ),
    _get(
        "/v1/keys",
        "keys",
        "The hub's own public keys",
        "What the hub signs envelopes and notes with. Compare them once with what the operator told you by another"
        " way: a hub that lies about itself would lie here as well.",
        work=keys,
        answer=wire.Keys,
        example=known_examples.KEYS,
    ),
)
