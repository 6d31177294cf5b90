"""Which protocols govern a message: the areas it is about, and the one protocol in force in each.

A message within one area obeys that area's protocol; so does one about a family that left for nobody knows where.
Across a border it obeys two: the sender's side lets it out, the side where the child is, or will be, lets it in.
An area without exactly one protocol in force shares nothing.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from protocols.decision import Party, Reason, Refusal
from protocols.facts import Facts
from protocols.hours import LONDON
from protocols.parties import Places
from protocols.protocol import Direction, Protocol
from protocols.vocabulary import Change, Kind

TELEPHONE = "telephone whom it concerns now, and tell your partnership office"


def places_of(facts: Facts, sender: Party) -> Places | Refusal:
    """Where the child lives, where the family comes from and where they go, or why that cannot be told."""
    if not facts.about_a_child:
        return Places(home=sender.area, origin=sender.area, destination=sender.area)
    if facts.change is Change.TRANSFERRED:
        return _of_transfer(facts, sender)
    moves = facts.moves or facts.origin_area is not None or facts.destination_area is not None
    if facts.kind is Kind.HANDOVER and moves:
        return _of_move(facts, sender)
    if facts.home_area is None:
        return Refusal(reason=Reason.AREA_UNKNOWN, sentence=_NO_HOME)
    return Places(home=facts.home_area, origin=sender.area, destination=facts.home_area)


def _of_move(facts: Facts, sender: Party) -> Places | Refusal:
    if facts.origin_area is None or (facts.destination_area is None and not facts.untraced):
        return Refusal(reason=Reason.AREA_UNKNOWN, sentence=_NO_MOVE)
    if facts.origin_area != sender.area:
        sentence = (
            f"the family leaves {facts.origin_area}, and {sender.agency} works in {sender.area}: a service of"
            f" {facts.origin_area} must hand over; tell it, or raise a concern"
        )
        return Refusal(reason=Reason.NOT_FROM_HERE, area=facts.origin_area, sentence=sentence)
    return Places(home=facts.home_area, origin=facts.origin_area, destination=facts.destination_area)


def _of_transfer(facts: Facts, sender: Party) -> Places | Refusal:
    """A plan goes from the authority that says so to the one that the message names, wherever the child is by now."""
    if facts.destination_area is None or facts.destination_area == sender.area:
        sentence = (
            f"{sender.agency} works in {sender.area}, so a plan goes from there to another authority: name that"
            " one, or, if the plan has come to you, say that it has begun"
        )
        return Refusal(reason=Reason.NOT_FROM_HERE, area=sender.area, sentence=sentence)
    return Places(home=facts.home_area, origin=sender.area, destination=facts.destination_area)


_NO_HOME = (
    "it is not known in which area the child lives: give the postcode or the area's GSS code, and telephone the"
    " MASH where you believe the child to be; do not wait for this message"
)
_NO_MOVE = (
    "it is not known from where to where the family moved: give both areas by postcode or GSS code, or, if nobody"
    " knows where they are, raise it as a concern with the MASH of the area that they left"
)


def governing(places: Places) -> Iterator[tuple[Direction, str, str | None]]:
    """Each protocol that must allow it: its direction, its area and the area on the other side."""
    origin, destination = places.origin, places.destination
    if destination is None:
        yield Direction.UNTRACED, origin, None
    elif origin == destination:
        yield Direction.WITHIN, origin, None
    else:
        yield Direction.OUTBOUND, origin, destination
        yield Direction.INBOUND, destination, origin


# -- 2. in force --------------------------------------------------------------------------------------------


def in_force(area: str, protocols: Sequence[Protocol], at: datetime) -> Protocol | Refusal:
    today = at.astimezone(LONDON).date()
    of_area = [protocol for protocol in protocols if protocol.area == area]
    current = [protocol for protocol in of_area if protocol.effective <= today <= protocol.review_by]
    if current:
        latest = max(protocol.effective for protocol in current)
        newest = {protocol.digest: protocol for protocol in current if protocol.effective == latest}
        if len(newest) == 1 and len({protocol.id for protocol in current}) == 1:
            return next(iter(newest.values()))
        names = ", ".join(sorted(f"{protocol.id} {protocol.version}" for protocol in current))
        sentence = f"more than one protocol claims {area} today ({names}): the partnership must withdraw one"
        return Refusal(reason=Reason.AMBIGUOUS, area=area, sentence=f"{sentence}; {TELEPHONE}")
    past = [protocol for protocol in of_area if protocol.review_by < today]
    if past:
        last = max(past, key=lambda protocol: (protocol.review_by, protocol.version))
        sentence = f"the protocol {last.id} {last.version} was to be reviewed by {last.review_by} and was not"
        return _lapsed(Reason.PROTOCOL_EXPIRED, last, sentence)
    if of_area:
        first = min(of_area, key=lambda protocol: (protocol.effective, protocol.version))
        sentence = f"the protocol {first.id} {first.version} does not hold before {first.effective}"
        return _lapsed(Reason.PROTOCOL_NOT_YET, first, sentence)
    sentence = f"no protocol covers {area}, so nothing can be shared there: {TELEPHONE}"
    return Refusal(reason=Reason.NO_PROTOCOL, area=area, sentence=sentence)


def _lapsed(reason: Reason, protocol: Protocol, sentence: str) -> Refusal:
    return Refusal(
        reason=reason,
        area=protocol.area,
        sentence=f"{sentence}: {TELEPHONE}",
        protocol_id=protocol.id,
        version=protocol.version,
    )
