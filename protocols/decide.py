"""Who hears of a message, how much of it, and why; and who does not, and why not.

1. Which areas' protocols govern it: one within an area; across a border the origin's and the destination's.
2. Each must be in force at that moment.
3. Of each, the clauses whose conditions hold.
4. Each grant of those clauses is followed to an agency, or refused: never guessed.
5. Across a border both protocols must grant the very same agency.
6. Whom the message names besides, and no clause grants, is refused by name.
7. The sender is never told their own news, and whom the sender withholds from is recorded instead.
8. At most one agency takes the responsibility; and whatever nobody allows, nobody sees.

Of a decision not to share nobody hears, whatever clauses grant: the sender's own protocol says by when it is looked at
again (`protocols.keeping`).

Pure: the same arguments give the same decision, whatever order protocols and agencies come in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from protocols.cited import Cited
from protocols.decision import (
    Decision,
    Finder,
    Gone,
    Party,
    Reason,
    Refusal,
    ShareDecision,
    WithheldDecision,
    WithheldParty,
)
from protocols.facts import Facts
from protocols.governing import TELEPHONE, governing, in_force, places_of
from protocols.keeping import keep
from protocols.offers import Offer
from protocols.parties import Places, parties, said
from protocols.protocol import Clause, Direction, Grant, Protocol
from protocols.unheard import unheard
from protocols.vocabulary import KEPT
from protocols.withheld import without_withheld

__all__ = [
    "Cited",
    "Decision",
    "Finder",
    "Gone",
    "Party",
    "Reason",
    "Refusal",
    "ShareDecision",
    "WithheldDecision",
    "WithheldParty",
    "decide",
]


@dataclass
class _Side:
    """What one area's protocol allows: an offer for each agency, in the order of its clauses."""

    area: str
    protocol: Protocol
    offers: dict[Party, Offer] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    only_the_sender: bool = False


@dataclass(frozen=True, slots=True)
class _Case:
    facts: Facts
    sender: Party
    directory: Finder
    at: datetime
    places: Places


def decide(
    facts: Facts,
    *,
    sender: Party,
    protocols: Sequence[Protocol],
    directory: Finder,
    at: datetime,
    withhold: Sequence[WithheldParty] = (),
) -> Decision:
    """Raises nothing for anything that a message or a directory may say: doubt is a refusal."""
    if facts.kind in KEPT:
        return _kept(facts, sender, protocols, at)
    places = places_of(facts, sender)
    if isinstance(places, Refusal):
        return Decision((), (places,))
    case = _Case(facts, sender, directory, at, places)
    sides = [_side(case, direction, area, other, protocols) for direction, area, other in governing(places)]
    allowed = [side for side in sides if isinstance(side, _Side)]
    if len(allowed) < len(sides):
        return Decision((), tuple(side for side in sides if isinstance(side, Refusal)))
    offers, refusals = _agreed(allowed, at)
    refusals += unheard(facts, offers, refusals, sender=sender, directory=directory, at=at)
    shares = [offer.made_to(party, facts) for party, offer in offers.items()]
    shares.sort(key=lambda share: (not share.takes_responsibility, not share.call_first))
    return _closed(without_withheld(shares, refusals, withhold), allowed)


def _kept(facts: Facts, sender: Party, protocols: Sequence[Protocol], at: datetime) -> Decision:
    protocol = in_force(sender.area, protocols, at)
    if isinstance(protocol, Refusal):
        return Decision((), (protocol,))
    clauses = protocol.clauses_for(Direction.WITHIN, facts.kind)
    holding = [one for one in clauses if one.when.holds(facts, sender=sender.role, other_area=None)]
    return keep(protocol, holding, facts, at)


# -- 3 and 4. what a side allows, and whom that means -------------------------------------------------------


def _side(
    case: _Case, direction: Direction, area: str, other: str | None, protocols: Sequence[Protocol]
) -> _Side | Refusal:
    protocol = in_force(area, protocols, case.at)
    if isinstance(protocol, Refusal):
        return protocol
    side = _Side(area, protocol)
    for clause in protocol.clauses_for(direction, case.facts.kind):
        if clause.when.holds(case.facts, sender=case.sender.role, other_area=other):
            for grant in clause.share:
                _follow(case, side, clause, grant)
    return side


def _follow(case: _Case, side: _Side, clause: Clause, grant: Grant) -> None:
    offer = None
    for found in parties(
        clause, grant, facts=case.facts, places=case.places, directory=case.directory, at=case.at
    ):
        if isinstance(found, Refusal):
            side.refusals.append(_cited(found, side.protocol, clause))
        elif found.agency == case.sender.agency:
            side.only_the_sender = True
            if grant.takes_responsibility:
                side.refusals.append(_cited(_to_yourself(grant, found), side.protocol, clause))
        else:
            offer = offer or Offer.of(side.protocol, clause, grant)
            held = side.offers.get(found)
            side.offers[found] = held.widened(offer, case.at) if held else offer


def _cited(refusal: Refusal, protocol: Protocol, clause: Clause) -> Refusal:
    return replace(refusal, protocol_id=protocol.id, version=protocol.version, clause=clause.id)


def _to_yourself(grant: Grant, sender: Party) -> Refusal:
    return Refusal(
        reason=Reason.NOBODY,
        role=grant.role,
        area=sender.area,
        agency=sender.agency,
        sentence=f"{sender.agency} cannot hand over to itself: name the {said(grant.role)} that takes over",
    )


# -- 5. both sides of a border ------------------------------------------------------------------------------


def _agreed(sides: Sequence[_Side], at: datetime) -> tuple[dict[Party, Offer], list[Refusal]]:
    refusals = [refusal for side in sides for refusal in side.refusals]
    if len(sides) == 1:
        return sides[0].offers, refusals
    ours, theirs = sides
    for side, other in ((ours, theirs), (theirs, ours)):
        refusals += [
            _silent(party, offer, other) for party, offer in side.offers.items() if party not in other.offers
        ]
    return {
        party: offer.narrowed(theirs.offers[party], at)
        for party, offer in ours.offers.items()
        if party in theirs.offers
    }, refusals


def _silent(party: Party, offer: Offer, other: _Side) -> Refusal:
    cited = offer.cited()
    sentence = (
        f"{cited.protocol_id} would tell {party.agency}, but no clause of {other.protocol.id} allows it, and"
        f" across a border both must: {TELEPHONE}"
    )
    return Refusal(
        reason=Reason.OTHER_SIDE_SILENT,
        role=party.role,
        area=party.area,
        agency=party.agency,
        sentence=sentence,
        protocol_id=cited.protocol_id,
        version=cited.version,
        clause=cited.clauses[0],
    )


# -- 8. one responsibility, and never an empty answer -------------------------------------------------------


def _closed(decision: Decision, sides: Sequence[_Side]) -> Decision:
    takers = [share.recipient.agency for share in decision.shares if share.takes_responsibility]
    if len(takers) > 1:
        sentence = (
            f"{' and '.join(takers)} would each take the responsibility: all of them hear, you keep it until one"
            " is agreed; name the service that takes over, or ask the partnership office to mend the protocol"
        )
        shares = tuple(replace(share, takes_responsibility=False) for share in decision.shares)
        refusal = Refusal(reason=Reason.AMBIGUOUS, sentence=sentence)
        return replace(decision, shares=shares, refusals=(*decision.refusals, refusal))
    if decision.shares or decision.refusals or any(one.clauses for one in decision.withheld):
        return decision
    return replace(decision, refusals=tuple(_empty(side) for side in sides))


def _empty(side: _Side) -> Refusal:
    protocol = side.protocol
    if side.only_the_sender:
        reason, says = Reason.NOBODY, "names nobody for this message but you, its sender"
    else:
        reason, says = Reason.NO_CLAUSE, "has no clause for this message, so nobody hears of it"
    return Refusal(
        reason=reason,
        area=side.area,
        sentence=f"{protocol.id} {protocol.version} {says}: {TELEPHONE}",
        protocol_id=protocol.id,
        version=protocol.version,
    )
