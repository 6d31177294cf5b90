"""Pictures of one child's world: who is family, and who is involved, as far as the caller may know it."""

from typing import Annotated

from pydantic import Field
from starlette.responses import Response

from agencies import pictures, wire
from agencies.directory import AgencyError
from hub.reading import families
from hub.web.call import Call
from hub.web.examples import pictures as said
from hub.web.operation import Operation

SVG = "image/svg+xml"


class HowWide(wire.Asked):
    """For which page it is drawn."""

    width: Annotated[
        int, Field(ge=320, le=2000, description="The width of the page, in pixels; 360 is a telephone.")
    ] = 760


async def genogram(call: Call) -> wire.Genogram:
    records = call.parts.desk.records
    return await call.look(
        lambda conn: families.genogram(conn, call.id, call.caller.agency, records=records, at=call.at)
    )


async def ecomap(call: Call) -> wire.Ecomap:
    records = call.parts.desk.records
    return await call.look(
        lambda conn: families.ecomap(
            conn,
            call.id,
            call.caller.agency,
            records=records,
            at=call.at,
            name_of=lambda agency: _name_of(agency, call),
        )
    )


def _name_of(agency: str, call: Call) -> str | None:
    """As the directory has it, also of one that has closed."""
    try:
        return call.known.directory.history(agency)[-1].name
    except AgencyError:
        return None


async def genogram_svg(call: Call) -> Response:
    return _svg(pictures.genogram(await genogram(call)))


async def ecomap_svg(call: Call) -> Response:
    asked = call.query(HowWide)
    return _svg(pictures.ecomap(await ecomap(call), width=asked.width))


def _svg(drawn: str) -> Response:
    return Response(drawn, media_type=SVG)


_WHOSE = (
    " It holds nothing that is not in a message which your agency sent, or in a share that it holds: of each, what"
    " its view grants. People stand in it without names, by what they are to the child; `told` says in which message,"
    " and at which place of it, so that your own system can put the names in from the copies that it opened."
)


def _get(path: str, name: str, summary: str, says: str, **more: object) -> Operation:
    return Operation(method="GET", path=path, name=name, summary=summary, says=says, tag="children", **more)  # type: ignore[arg-type]


OPERATIONS = (
    _get(
        "/v1/children/{id}/ecomap",
        "ecomap",
        "See who is involved with a child",
        "The services round the child and the household: with whom each works, since when, and whether it is taken up."
        + _WHOSE,
        work=ecomap,
        answer=wire.Ecomap,
        example=said.ECOMAP,
    ),
    _get(
        "/v1/children/{id}/ecomap.svg",
        "ecomap_svg",
        "See it as a picture",
        "An ecomap as SVG: the household in the middle, the services round it. Plain, dashed and dotted lines say what"
        " goes on, what is not taken up and what has ended; all of it is said in words as well.",
        work=ecomap_svg,
        query=HowWide,
        answer=wire.Drawn,
        media=SVG,
        example=said.SVG,
    ),
    _get(
        "/v1/children/{id}/genogram",
        "genogram",
        "See who is family to a child",
        "Parents, partners, brothers and sisters, and whoever plays a part: who lives there, who is a couple, and whose"
        " child is whose." + _WHOSE,
        work=genogram,
        answer=wire.Genogram,
        example=said.GENOGRAM,
    ),
    _get(
        "/v1/children/{id}/genogram.svg",
        "genogram_svg",
        "See it as a picture",
        "A genogram as SVG, by the usual conventions; all of it is said in words as well.",
        work=genogram_svg,
        answer=wire.Drawn,
        media=SVG,
        example=said.SVG,
    ),
)
