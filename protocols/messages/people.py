"""Who a message is about and who stands round them: children, where they live, household, adults, services.

"Unknown, because …" is an answer everywhere; silence is not. A father or partner whom nobody asked about is the
commonest gap in a safeguarding review, and so is a home in which nobody knew who lived.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StrictInt, ValidationInfo, model_validator

from protocols.messages.faults import Findings, refuse_at
from protocols.messages.fields import (
    AgencyId,
    AreaCode,
    Because,
    DueDate,
    Email,
    NhsNumber,
    OdsCode,
    Part,
    PastDate,
    Phone,
    Postcode,
    Short,
    Text,
    Word,
    at,
)
from protocols.vocabulary import Role

ADULT = 18

WhichChild = Annotated[StrictInt, Field(ge=0, le=11)]  # the place in `children`, from 0


class Relation(StrEnum):
    """What somebody is to the child."""

    MOTHER = "mother"
    FATHER = "father"
    PARTNER = "partner"
    """The partner of a parent, whether or not they live there."""
    STEP_PARENT = "step_parent"
    SIBLING = "sibling"
    GRANDPARENT = "grandparent"
    OTHER_RELATIVE = "other_relative"
    FOSTER_CARER = "foster_carer"
    OTHER_CARER = "other_carer"
    OTHER_ADULT = "other_adult"
    OTHER_CHILD = "other_child"


FATHER_OR_PARTNER = frozenset({Relation.FATHER, Relation.PARTNER, Relation.STEP_PARENT})


class Practitioner(Part):
    """The named person who writes: whom to ring, because speaking is the best way to share."""

    name: Short
    job: Short
    """What they are: health visitor, designated safeguarding lead, …"""
    team: Short | None = None
    phone: Phone | None = None
    email: Email | None = None

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.phone is None and self.email is None:
            refuse_at("phone", "give a telephone number or an email address, so that they can be asked")
        return self


class Child(Part):
    """One child, born or unborn. Under 18 is a child, whatever they look like and whatever they have done."""

    name: Short | None = None
    name_unknown_because: Because | None = None
    known_as: Short | None = None
    date_of_birth: PastDate | None = None
    date_of_birth_unknown_because: Because | None = None
    about_years: Annotated[StrictInt, Field(ge=0, lt=ADULT)] | None = None
    """The age they seem to be, in years; only where the date of birth is unknown."""
    due_date: DueDate | None = None
    """For an unborn baby, in place of a date of birth."""
    nhs_number: NhsNumber | None = None
    nhs_number_unknown_because: Because | None = None
    sex: Literal["female", "male", "indeterminate", "not_known"] | None = None
    mobile: StrictBool | None = None
    """Whether they move on their own: roll, crawl, pull to stand, walk. It decides what a bruise means."""
    ethnicity: Short | None = None
    language: Short | None = None
    interpreter: StrictBool | None = None
    """Whether somebody must interpret for the child or the family."""
    needs: Text | None = None
    """Disability, illness, learning, communication."""

    @property
    def unborn(self) -> bool:
        return self.due_date is not None and self.date_of_birth is None

    @model_validator(mode="after")
    def _known_or_says_why(self, info: ValidationInfo) -> Self:
        found = Findings()
        self._check_age(found, at(info).today)
        self._check_names(found)
        found.end()
        return self

    def _check_age(self, found: Findings, today: date) -> None:
        given = (self.date_of_birth, self.due_date, self.date_of_birth_unknown_because)
        if sum(one is not None for one in given) != 1:
            says = "give one of date_of_birth, due_date (unborn) and date_of_birth_unknown_because"
            found.append(("date_of_birth", says))
        if self.about_years is not None and self.date_of_birth_unknown_because is None:
            found.append(("about_years", "is for a child whose date of birth is unknown; leave it out"))
        if self.date_of_birth is not None and _years(self.date_of_birth, today) >= ADULT:
            says = "is 18 years ago or more: children are under 18; put adults into household and adults"
            found.append(("date_of_birth", says))

    def _check_names(self, found: Findings) -> None:
        if self.unborn:
            if self.nhs_number is not None:
                found.append(("nhs_number", "an unborn baby has none; put the mother's into household"))
            return
        for known in ("name", "nhs_number"):
            if (getattr(self, known) is None) == (getattr(self, f"{known}_unknown_because") is None):
                found.append(
                    (known, f"give {known}, or say in {known}_unknown_because why not; one of the two")
                )


def _years(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


class Address(Part):
    """Where the child lives. A restricted address is one that somebody must not learn."""

    lines: tuple[Short, ...] = Field(default=(), max_length=6)
    postcode: Postcode | None = None
    area: AreaCode | None = None
    """The local authority by GSS code, where it is known without a postcode or the postcode must not be given."""
    unknown_because: Because | None = None
    restricted: StrictBool
    """Whether somebody must not learn this address: say true or false, never nothing."""
    restricted_because: Because | None = None
    """From whom it is kept, and why."""

    @model_validator(mode="after")
    def _known_or_says_why(self) -> Self:
        found = Findings()
        if (self.postcode is None) == (self.unknown_because is None):
            says = "give the postcode, or say in unknown_because why there is none to give; one of the two"
            found.append(("postcode", says))
        if self.restricted and self.restricted_because is None:
            found.append(("restricted_because", "say from whom the address is kept, and why"))
        if not self.restricted and self.restricted_because is not None:
            found.append(("restricted", "must be true where restricted_because is given"))
        found.end()
        return self


class HouseholdMember(Part):
    """Somebody of the household or the family, whether or not they live there."""

    role: Annotated[Relation, Word]
    """What they are to the child."""
    name: Short | None = None
    unknown_because: Because | None = None
    lives_there: Literal["yes", "no", "sometimes", "not_known"]
    """Whether they live with the child; "sometimes" for those who stay over or come and go."""
    since: PastDate | None = None
    date_of_birth: PastDate | None = None
    nhs_number: NhsNumber | None = None
    phone: Phone | None = None
    note: Text | None = None
    """What part they play: parental responsibility, contact, orders, who cares for whom."""

    @model_validator(mode="after")
    def _known_or_says_why(self) -> Self:
        if (self.name is None) == (self.unknown_because is None):
            refuse_at("name", "give the name, or say in unknown_because why not; one of the two")
        return self


WhichMember = Annotated[StrictInt, Field(ge=0, le=29)]  # the place in `household`, from 0


class NamedService(Part):
    """A service that knows the family: the role, and the very agency where the sender knows it."""

    role: Annotated[Role, Word]
    agency: AgencyId | None = None
    ods: OdsCode | None = None
    name: Short | None = None
    """Its name in plain words, for people."""


class Adult(Part):
    """What adults' services and others know of an adult round the child: think family."""

    who: Annotated[Relation, Word]
    """What they are to the child."""
    name: Short | None = None
    supervision: Text | None = None
    """An order, a licence or bail, who supervises it and how it goes."""
    substance_misuse: Text | None = None
    health: Text | None = None
    """Mental and physical health, learning disability, where it bears on the child."""
    engages: Literal["yes", "partly", "no", "not_known"] | None = None
    """Whether they work with the services that they have."""
    services: tuple[NamedService, ...] = Field(default=(), max_length=10)


class GpPractice(Part):
    ods: OdsCode
    """The practice's ODS code."""
    name: Short | None = None
    registered: StrictBool
    """Whether the child is registered there; false for the practice where they should be."""


class School(Part):
    """A school or nursery."""

    name: Short
    agency: AgencyId | None = None


class Services(Part):
    """The services that know the family."""

    gp: GpPractice | None = None
    no_gp_because: Because | None = None
    """The child is registered with no practice, and why."""
    gp_unknown_because: Because | None = None
    """The sender does not know whether there is a practice, and why."""
    school: School | None = None
    others: tuple[NamedService, ...] = Field(default=(), max_length=30)

    @model_validator(mode="after")
    def _gp_or_says_why(self) -> Self:
        if sum(one is not None for one in (self.gp, self.no_gp_because, self.gp_unknown_because)) != 1:
            refuse_at("gp", "give one of gp, no_gp_because (registered nowhere) and gp_unknown_because")
        return self
