"""What a message tells of a family's structure, as rows that outlive the hub's copy of it: places, roles, relations
and days, and never a name.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.clock import LONDON
from hub.known import Known
from hub.records import Records
from hub.store.families import born_where
from hub.store.messages import Message as Row
from protocols.decision import Party
from protocols.messages import AtAnAddress, Involvement, Message, Supervision
from protocols.messages.household import FamilyMember
from protocols.messages.people import Adult, Child, HouseholdMember, NamedService, Services
from protocols.vocabulary import Role, Section

CHILDREN, HOUSEHOLD = "children", "household"


# -- who is family ------------------------------------------------------------------------------------------


def kin(row: Row, message: Message, records: Records) -> list[dict[str, Any]]:
    """Everybody of whom the message tells. A household enquiry that knows of no child tells of no family."""
    children: Sequence[Child] = getattr(message, CHILDREN, ())
    if not children:
        return []
    # Whom a supervised adult sees need not live where the adult does.
    lives = "not_known" if isinstance(message, Supervision) else "yes"
    members: Sequence[HouseholdMember] = getattr(message, HOUSEHOLD, ())
    return [
        *(
            _row(row, (CHILDREN, place), child, _child(child, lives), records)
            for place, child in enumerate(children)
        ),
        *(_row(row, (HOUSEHOLD, place), one, _member(one), records) for place, one in enumerate(members)),
    ]


_NOT_SAID: dict[str, Any] = {
    "since": None,
    "left_on": None,
    "died_on": None,
    "sex": None,
    "unborn": False,
    "of_children": None,
    "couple_with": None,
    "couple": None,
}


def _row(
    row: Row, at: tuple[str, int], one: Child | HouseholdMember, told: dict[str, Any], records: Records
) -> dict[str, Any]:
    (part, place), born = at, one.date_of_birth
    hidden = records.hide(born.isoformat() if born else None, where=born_where(row.id, part, place))
    return {**_NOT_SAID, "message_id": row.id, "part": part, "place": place, **told, "born_hidden": hidden}


def _child(child: Child, lives: str) -> dict[str, Any]:
    nameless = child.name is None and not child.unborn
    return {
        "relation": "child",
        "lives_there": lives,
        "sex": child.sex,
        "unborn": child.unborn,
        "nameless": nameless,
    }


def _member(one: HouseholdMember) -> dict[str, Any]:
    told: dict[str, Any] = {
        "relation": str(one.role),
        "lives_there": one.lives_there,
        "since": one.since,
        "nameless": one.name is None,
    }
    if isinstance(one, FamilyMember):
        names = ("left_on", "died_on", "sex", "couple_with", "couple")
        told |= {name: getattr(one, name) for name in names}
        told["of_children"] = list(one.of_children) or None
    return told


# -- who is involved ----------------------------------------------------------------------------------------


def involved(row: Row, message: Message, known: Known) -> list[dict[str, Any]]:
    """Every service that the message says to be round somebody of the family."""
    if not isinstance(message, AtAnAddress) or not getattr(message, CHILDREN, ()):
        return []
    telling = _Telling(row, message, known, row.accepted_at)
    return [*telling.involvements(), *telling.services(), *telling.adults(), *telling.supervised()]


@dataclass(frozen=True, slots=True)
class _Telling:
    row: Row
    message: AtAnAddress
    known: Known
    at: datetime

    def _told(
        self, place: str, section: Section, role: str, agency: str | None, **more: object
    ) -> dict[str, Any]:
        return {
            "message_id": self.row.id,
            "place": place,
            "section": section.value,
            "goes_section": section.value,
            "part": None,
            "person": None,
            "role": role,
            "agency": agency,
            "since": None,
            "until": None,
            "engages": None,
            "restricted": self.message.address.restricted,
            **more,
        }

    def involvements(self) -> Iterator[dict[str, Any]]:
        if not isinstance(self.message, Involvement):
            return
        engages = {work.of: work.engages for work in self.message.work}
        for place, one in enumerate(self.message.involvement):
            yield self._told(
                f"involvement.{place}",
                Section.INVOLVEMENT,
                str(one.role),
                one.agency or self.row.sender,
                part=HOUSEHOLD if one.child is None else CHILDREN,
                person=one.member if one.child is None else one.child,
                since=one.since,
                until=one.until,
                engages=engages.get(place),
                goes_section=Section.INVOLVEMENT_CONTENT.value,
            )

    def services(self) -> Iterator[dict[str, Any]]:
        known: Services | None = getattr(self.message, "services", None)
        if known is None:
            return
        if known.gp is not None and known.gp.registered:
            yield self._told(
                "services.gp", Section.SERVICES, Role.GP_PRACTICE.value, self._practice(known.gp.ods)
            )
        if known.school is not None:
            yield self._told("services.school", Section.SERVICES, Role.SCHOOL.value, known.school.agency)
        for place, one in enumerate(known.others):
            yield self._told(f"services.others.{place}", Section.SERVICES, str(one.role), self._agency(one))

    def adults(self) -> Iterator[dict[str, Any]]:
        adults: Sequence[Adult] = getattr(self.message, "adults", ())
        for place, adult in enumerate(adults):
            whom = self._member(adult)
            for number, one in enumerate(adult.services):
                yield self._told(
                    f"adults.{place}.services.{number}",
                    Section.ADULTS,
                    str(one.role),
                    self._agency(one),
                    part=None if whom is None else HOUSEHOLD,
                    person=whom,
                    engages=adult.engages,
                )

    def _member(self, adult: Adult) -> int | None:
        """Which of the household this adult is, where only one can be meant."""
        members: Sequence[HouseholdMember] = getattr(self.message, HOUSEHOLD, ())
        same = [place for place, one in enumerate(members) if one.role is adult.who]
        named = [place for place in same if adult.name is not None and members[place].name == adult.name]
        found = named or (same if adult.name is None else [])
        return found[0] if len(found) == 1 else None

    def supervised(self) -> Iterator[dict[str, Any]]:
        if not isinstance(self.message, Supervision):
            return
        order = self.message.supervision
        agency = order.agency or self.row.sender
        party = self.known.directory.named(agency, self.at)
        ended = order.until is not None and order.until <= self.at.astimezone(LONDON).date()
        yield self._told(
            "supervision",
            Section.ADULTS,
            party.role.value if isinstance(party, Party) else Role.PROBATION.value,
            agency,
            part=HOUSEHOLD,
            person=self.message.supervised,
            since=order.since,
            until=order.until if ended else None,
            engages=order.engages,
        )

    def _agency(self, one: NamedService) -> str | None:
        if one.agency is None and one.ods is not None and one.role is Role.GP_PRACTICE:
            return self._practice(one.ods)
        return one.agency

    def _practice(self, ods: str) -> str | None:
        party = self.known.directory.gp(ods, self.at)
        return party.agency if isinstance(party, Party) else None
