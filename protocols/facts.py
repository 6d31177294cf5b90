"""What a protocol may ask about a message: a small, flat record of facts, and nothing else.

A clause's conditions are written against these fields, so that no clause can reach into the text of a message
and no rule depends on how a message is laid out. The facts say what the sender said; they never score,
rank or predict.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from protocols.hours import LONDON
from protocols.messages import (
    AtAnAddress,
    Concern,
    Handover,
    Involvement,
    Message,
    PlanChange,
    Safer,
    Supervision,
)
from protocols.messages.account import Plan
from protocols.messages.common import Addressee, OwnAction
from protocols.messages.people import Adult, Child, Services
from protocols.messages.people import NamedService as Known
from protocols.vocabulary import Category, Change, Ground, Kind, Role, Urgency

PREGNANCY_DAYS = 280  # forty weeks to the due date, as midwives count

AreaOf = Callable[[str], str | None]  # a postcode to a local authority's GSS code, or None: never a guess


class NamedService(NamedTuple):
    """A service that the sender says knows the family; `agency` where the sender named the very team."""

    role: Role
    agency: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    kind: Kind
    version: int
    urgency: Urgency
    categories: frozenset[Category] = frozenset()
    about_a_child: bool = True  # or about a home where one may live; a bulletin obeys its sender's protocol
    children: int = 1
    youngest_days: int | None = None  # days of life of the youngest child; None: not born, not known
    oldest_days: int | None = None
    unborn: bool = False
    unborn_weeks: int | None = None  # whole weeks of pregnancy, from the due date
    non_mobile: bool = False  # at least one child is said not to move on their own
    gp_registered: bool | None = None  # None: the sender does not know
    gp_ods: tuple[str, ...] = ()
    home_area: str | None = None
    moves: bool = False  # the message speaks of a move, wherever to
    untraced: bool = False  # the sender says that nobody knows where to
    origin_area: str | None = None
    destination_area: str | None = None
    services: tuple[NamedService, ...] = ()
    has_plan: str | None = None  # "child_protection", "child_in_need", "looked_after", "early_help"
    change: Change | None = None  # what became of the plan
    plan_before: str | None = None  # the plan that was changed or has ended
    adult_supervision: bool = False  # an adult of the household is supervised by probation
    adult_services: frozenset[Role] = frozenset()  # services that work with the adults
    involved: tuple[NamedService, ...] = ()  # whom the message says to be involved, and still to be
    asks: bool = False  # it asks whether there are children, and an answer is owed
    disengaged: bool = False  # an adult does not work with the service that supervises them
    ground: Ground | None = None  # why something is not shared
    named_day: date | None = None  # by which the message asks for something
    addressed: tuple[Addressee, ...] = ()  # to whom it is addressed by name
    phoned: frozenset[str] = frozenset()  # agencies that were telephoned before it was written
    own_actions: tuple[OwnAction, ...] = ()  # what it asks of whom by days of their own

    @property
    def cross_border(self) -> bool:
        """The family moves from one known area to another."""
        return (
            self.origin_area is not None
            and self.destination_area is not None
            and self.origin_area != self.destination_area
        )


def facts(message: Message, *, area_of: AreaOf, as_of: datetime) -> Facts:
    """What a protocol may ask about this message on that day.

    The home of a family that hands over without a known address is where they moved to, or, before the day of
    the move, where they still are.
    """
    today = as_of.astimezone(LONDON).date()
    children: tuple[Child, ...] = getattr(message, "children", ())
    known: Services | None = getattr(message, "services", None)
    adults: tuple[Adult, ...] = getattr(message, "adults", ())
    ages = [age for child in children if (age := _days_old(child, today)) is not None]
    weeks = [_weeks(child.due_date, today) for child in children if child.due_date]
    origin, destination = _move(message, area_of)
    # An adult's own practice is not the child's: whoever names it among the adults does not mean it to hear.
    theirs = (one for adult in adults for one in adult.services if one.role is not Role.GP_PRACTICE)
    services = (*message.addressed_to, *(known.others if known else ()), *theirs)
    involved = _involved(message)
    return Facts(
        kind=Kind(message.kind),
        version=message.version,
        urgency=message.urgency,
        categories=frozenset(message.categories) if isinstance(message, Concern) else frozenset(),
        about_a_child=isinstance(message, AtAnAddress),
        children=len(children),
        youngest_days=min(ages, default=None),
        oldest_days=max(ages, default=None),
        unborn=bool(weeks),
        unborn_weeks=max(weeks, default=None),
        non_mobile=any(child.mobile is False for child in children),
        gp_registered=_gp_registered(known),
        gp_ods=_gp_ods(known, services),
        home_area=_home(message, today, area_of, origin, destination),
        moves=isinstance(message, Handover) and message.move is not None,
        untraced=_untraced(message),
        origin_area=origin,
        destination_area=destination,
        # Involved and not named is the sender itself.
        services=tuple(dict.fromkeys((*_named(known, services), *(one for one in involved if one.agency)))),
        has_plan=_plan(message),
        change=message.change if isinstance(message, PlanChange) else None,
        plan_before=message.plan_before if isinstance(message, PlanChange) else None,
        adult_supervision=any(adult.supervision for adult in adults),
        adult_services=frozenset(one.role for adult in adults for one in adult.services),
        involved=involved,
        asks=isinstance(message, Supervision) and message.asks,
        disengaged=isinstance(message, Supervision) and message.supervision.engages == "no",
        ground=getattr(message, "ground", None),
        named_day=message.named_day,
        addressed=message.addressed,
        phoned=_phoned(message),
        own_actions=message.own_actions,
    )


def _phoned(message: Message) -> frozenset[str]:
    calls = message.recording.phoned_already if isinstance(message, Safer) else ()
    return frozenset(call.agency for call in calls if call.agency is not None)


def _involved(message: Message) -> tuple[NamedService, ...]:
    """Whoever is still involved. An adult's own practice is not the child's here either."""
    if not isinstance(message, Involvement):
        return ()
    return tuple(
        NamedService(one.role, one.agency)
        for one in message.involvement
        if one.until is None and not (one.role is Role.GP_PRACTICE and one.member is not None)
    )


def _days_old(child: Child, today: date) -> int | None:
    if child.date_of_birth is not None:
        return (today - child.date_of_birth).days
    # The practitioner saw the child: the age they seemed to be is better than no age, and never the hub's guess.
    return None if child.about_years is None else child.about_years * 365


def _weeks(due: date, today: date) -> int:
    return (PREGNANCY_DAYS - (due - today).days) // 7


def _area(code: str | None, postcode: str | None, area_of: AreaOf) -> str | None:
    return code if code is not None or postcode is None else area_of(postcode)


def contradictions(
    message: Message, area_of: AreaOf, same_area: Callable[[str, str], bool]
) -> list[tuple[str, str]]:
    """Where a postcode lies in another area than the one that stands beside it: (field, sentence). Which of the two
    is the slip of the pen decides which MASH hears, and nobody but the sender can say.
    """
    places = []
    if isinstance(message, AtAnAddress):
        places.append(("address", "area", message.address.area, message.address.postcode))
    move = message.move if isinstance(message, Handover) else None
    if move is not None:
        places += [
            ("move", "from_area", move.from_area, move.from_postcode),
            ("move", "to_area", move.to_area, move.to_postcode),
        ]
    return [
        (
            f"{part}.{field}",
            f"is another area than the one that the postcode beside it lies in ({lies_in}): mend whichever is wrong",
        )
        for part, field, area, postcode in places
        if area is not None
        and postcode is not None
        and (lies_in := area_of(postcode)) is not None
        and not same_area(lies_in, area)
    ]


def _move(message: Message, area_of: AreaOf) -> tuple[str | None, str | None]:
    if isinstance(message, PlanChange) and message.transfer is not None:
        return None, message.transfer.to_area
    move = message.move if isinstance(message, Handover) else None
    if move is None:
        return None, None
    origin = _area(move.from_area, move.from_postcode, area_of)
    return origin, _area(move.to_area, move.to_postcode, area_of)


def _untraced(message: Message) -> bool:
    move = message.move if isinstance(message, Handover) else None
    return move is not None and move.to_unknown_because is not None


def _home(
    message: Message, today: date, area_of: AreaOf, origin: str | None, destination: str | None
) -> str | None:
    if not isinstance(message, AtAnAddress):
        return None
    stated = _area(message.address.area, message.address.postcode, area_of)
    if stated is not None or not isinstance(message, Handover) or message.move is None:
        return stated
    moved = message.move.moved_on is None or message.move.moved_on <= today
    return destination if moved else origin


def _gp_registered(known: Services | None) -> bool | None:
    if known is None:
        return None
    if known.gp is not None:
        return known.gp.registered
    return False if known.no_gp_because is not None else None


def _gp_ods(known: Services | None, services: Iterable[Known]) -> tuple[str, ...]:
    first = (known.gp.ods,) if known and known.gp else ()
    others = (one.ods for one in services if one.role is Role.GP_PRACTICE and one.ods is not None)
    return tuple(dict.fromkeys((*first, *others)))


def _named(known: Services | None, services: Iterable[Known]) -> tuple[NamedService, ...]:
    named = [NamedService(one.role, one.agency) for one in services]
    if known and known.school is not None:
        named.append(NamedService(Role.SCHOOL, known.school.agency))
    return tuple(dict.fromkeys(named))


def _plan(message: Message) -> str | None:
    plan: Plan | None = getattr(message, "plan", None)
    return plan.kind if plan is not None and plan.goes_on else None
