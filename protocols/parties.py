"""Which agency a grant means: the one of that role in that area, or the one that the message names.

Never a guess. Where several agencies could be meant and the message names none of them, nobody hears and the
sender is told whom to name. What the directory answers is checked again: a party of another role or area than
the one that was asked for is not the one that the clause allows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from protocols.decision import Finder, Gone, Party, Reason, Refusal
from protocols.facts import Facts
from protocols.messages.common import Addressee
from protocols.protocol import Clause, Grant
from protocols.vocabulary import Area, Role

Found = Party | Refusal


@dataclass(frozen=True, slots=True)
class Places:
    """The areas that a message is about: where the child lives, and from where to where word of them goes."""

    home: str | None
    origin: str
    destination: str | None

    def of(self, area: Area) -> str | None:
        return {Area.HOME: self.home, Area.ORIGIN: self.origin, Area.DESTINATION: self.destination}.get(area)


def parties(
    clause: Clause, grant: Grant, *, facts: Facts, places: Places, directory: Finder, at: datetime
) -> tuple[Found, ...]:
    """Everybody whom a grant means, each found or refused. Nothing at all only where `if_named` says so."""
    if grant.area is Area.ADDRESSED:
        return tuple(
            found
            for one in facts.addressed
            for found in _addressed(
                one, clause, grant, facts=facts, places=places, directory=directory, at=at
            )
        )
    if grant.area is Area.EVERY:
        return _every(grant, places.origin, facts=facts, directory=directory, at=at)
    if grant.area is not Area.REGISTERED:
        return tuple(_of_area(grant, places.of(grant.area), facts=facts, directory=directory, at=at))
    # A practice where the child should be registered is not yet theirs: only a clause about that may tell it.
    theirs = facts.gp_registered is not False or clause.when.gp_registered is False
    if grant.role is Role.GP_PRACTICE and not theirs:
        return () if grant.if_named else (_none_named(grant.role, facts),)
    named = tuple(_named(grant.role, facts=facts, directory=directory, at=at))
    if named or (grant.if_named and not _speaks_of(facts, grant.role)):
        return named
    return (_none_named(grant.role, facts),)


def _addressed(
    one: Addressee,
    clause: Clause,
    grant: Grant,
    *,
    facts: Facts,
    places: Places,
    directory: Finder,
    at: datetime,
) -> Iterator[Found]:
    """One of those to whom the message is addressed. Without a name it is the one of that role where the child lives,
    or, of those whom a family chooses, the one that the message says they have chosen.
    """
    role = grant.role
    if one.role not in {None, role}:
        return
    if one.agency is None and one.ods is None:
        area = Area.REGISTERED if role in {Role.GP_PRACTICE, Role.SCHOOL} else Area.HOME
        anywhere = replace(grant, area=area, if_named=False)
        yield from parties(clause, anywhere, facts=facts, places=places, directory=directory, at=at)
        return
    answer = directory.gp(one.ods or "", at) if one.agency is None else directory.named(one.agency, at)
    if one.role is None and isinstance(answer, Party) and answer.role is not role:
        return
    what, unknown = (
        (f"the GP practice {one.ods}", Reason.UNKNOWN_GP)
        if one.agency is None
        else (one.agency, Reason.NOBODY)
    )
    found = _checked(answer, role, what, unknown)
    yield found if isinstance(found, Party) else replace(found, agency=one.agency)


def _every(grant: Grant, area: str, *, facts: Facts, directory: Finder, at: datetime) -> tuple[Found, ...]:
    """All of a role in the area: never for what is about a child."""
    role = grant.role
    there = [one for one in directory.find(role, area, at) if one.role is role and one.area == area]
    if there and not facts.about_a_child:
        return tuple(sorted(set(there)))
    if facts.about_a_child:
        sentence = (
            f"what is about a child never goes to every {said(role)}: the partnership must mend the protocol"
        )
        return (Refusal(reason=Reason.AMBIGUOUS, role=role, area=area, sentence=sentence),)
    sentence = f"the directory has no {said(role)} in {area}: tell the partnership office"
    return (Refusal(reason=Reason.NOBODY, role=role, area=area, sentence=sentence),)


def _named(role: Role, *, facts: Facts, directory: Finder, at: datetime) -> Iterator[Found]:
    if role is Role.GP_PRACTICE:
        for ods in dict.fromkeys(facts.gp_ods):
            yield _checked(directory.gp(ods, at), role, f"the GP practice {ods}", Reason.UNKNOWN_GP)
    for agency in dict.fromkeys(_ids(facts, role)):
        found = _checked(directory.named(agency, at), role, agency, Reason.NOBODY)
        yield found if isinstance(found, Party) else replace(found, agency=agency)


def _checked(found: Party | Gone | None, role: Role, what: str, unknown: Reason) -> Found:
    match found:
        case Party() if found.role is role:
            return found
        case Party():
            sentence = f"{what} is no {said(role)}: look it up in the directory and name the right one"
            return Refusal(reason=Reason.NOBODY, role=role, sentence=sentence)
        case Gone(successor=str() as successor):
            sentence = f"{what} has closed and {successor} has taken its place: name {successor} instead"
            return Refusal(reason=Reason.GONE, role=role, sentence=sentence)
        case Gone():
            sentence = f"{what} has closed and nobody took its place: ask the partnership office who is meant"
            return Refusal(reason=Reason.GONE, role=role, sentence=sentence)
        case _:
            sentence = (
                f"the directory does not know {what}: check it, or ask the partnership office to add it"
            )
            return Refusal(reason=unknown, role=role, sentence=sentence)


def _none_named(role: Role, facts: Facts) -> Refusal:
    if role is Role.GP_PRACTICE and facts.gp_registered is False:
        sentence = "the family is not registered with a GP practice, so none can be told: help them register"
        return Refusal(reason=Reason.NOBODY, role=role, sentence=sentence)
    how = "its ODS code" if role is Role.GP_PRACTICE else "its agency id, under services"
    if _speaks_of(facts, role):
        sentence = f"the message speaks of a {said(role)} and does not say which: name it by {how}"
        return Refusal(reason=Reason.AMBIGUOUS, role=role, sentence=sentence)
    sentence = (
        f"the message names no {said(role)}: name it by {how}, or tell them another way if there is one"
    )
    return Refusal(reason=Reason.NOBODY, role=role, sentence=sentence)


def _of_area(
    grant: Grant, area: str | None, *, facts: Facts, directory: Finder, at: datetime
) -> Iterator[Found]:
    role = grant.role
    if grant.if_named and not (_speaks_of(facts, role) or role in facts.adult_services):
        return
    if area is None:
        sentence = (
            f"it is not known in which area the {said(role)} is: give the postcode or the area's GSS code"
        )
        yield Refusal(reason=Reason.AREA_UNKNOWN, role=role, sentence=sentence)
        return
    there = sorted(
        {party for party in directory.find(role, area, at) if party.role is role and party.area == area}
    )
    named = _ids(facts, role)
    chosen = [party for party in there if party.agency in named]
    if chosen:
        yield from chosen
    elif len(there) == 1 and not (grant.if_named and named):
        yield there[0]
    else:
        yield _unclear(grant, area, there, named, directory=directory, at=at)


def _unclear(
    grant: Grant, area: str, there: list[Party], named: tuple[str, ...], *, directory: Finder, at: datetime
) -> Refusal:
    """Nobody, or too many and none of them named. One that was named and has closed is said so first."""
    role = grant.role
    for agency in named:
        found = _checked(directory.named(agency, at), role, agency, Reason.NOBODY)
        if isinstance(found, Refusal) and found.reason is Reason.GONE:
            return replace(found, area=area, agency=agency)
    ids = ", ".join(party.agency for party in there)
    if not there:
        sentence = (
            f"the directory has no {said(role)} in {area}: telephone them, and tell the partnership office"
        )
        return Refusal(reason=Reason.NOBODY, role=role, area=area, sentence=sentence)
    if named:
        sentence = (
            f"the {said(role)} that the message names is not in {area}, which has {ids}: name one of those"
        )
        return Refusal(reason=Reason.NOBODY, role=role, area=area, sentence=sentence)
    sentence = f"{area} has more than one {said(role)}: name the right one under services, one of {ids}"
    return Refusal(reason=Reason.AMBIGUOUS, role=role, area=area, sentence=sentence)


def _ids(facts: Facts, role: Role) -> tuple[str, ...]:
    return tuple(agency for of_role, agency in facts.services if of_role == role and agency is not None)


def _speaks_of(facts: Facts, role: Role) -> bool:
    return any(of_role == role for of_role, _ in facts.services)


_SAID = {
    Role.MASH: "MASH",
    Role.HEALTH_VISITING: "health visiting service",
    Role.SCHOOL_NURSING: "school nursing service",
    Role.GP_PRACTICE: "GP practice",
    Role.MIDWIFERY: "midwifery service",
    Role.POLICE: "police team",
    Role.PROBATION: "probation office",
    Role.CHILDRENS_SOCIAL_CARE: "children's social care team",
    Role.ADULT_SOCIAL_CARE: "adult social care team",
    Role.EARLY_HELP: "early help service",
    Role.SUBSTANCE_MISUSE: "substance misuse service",
    Role.PARTNERSHIP: "partnership office",
}


def said(role: Role) -> str:
    """A role as a person would say it."""
    return _SAID.get(role, role.value)
