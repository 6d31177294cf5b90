"""A worry that is seen across a border is told to no fewer than within it, and no later: for every kind of worry."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import permutations, product
from typing import Any

import pytest

from protocols.deadlines import Limit, both
from protocols.decide import Decision
from protocols.facts import Facts, NamedService
from protocols.protocol import Owed
from protocols.vocabulary import Category, Role, Urgency
from tests.unit.test_library import AREAS, BY_ID, sent
from tests.unit.test_library_between import worry

# What may be so of a child, and changes who hears.
OF_A_CHILD: Mapping[str, dict[str, Any]] = {
    "a baby who cannot move": {"non_mobile": True, "youngest_days": 90, "oldest_days": 90},
    "a baby of whom that is not said": {"youngest_days": 90, "oldest_days": 90},
    "a child of three": {"youngest_days": 1200, "oldest_days": 1200},
    "a teenager": {"youngest_days": 5500, "oldest_days": 5500},
    "on a protection plan": {"youngest_days": 1200, "oldest_days": 1200, "has_plan": "child_protection"},
    "in need": {"youngest_days": 1200, "oldest_days": 1200, "has_plan": "child_in_need"},
    "not born, early": {"unborn": True, "unborn_weeks": 9},
    "not born, late": {"unborn": True, "unborn_weeks": 20},
    "an adult on an order": {"youngest_days": 1200, "oldest_days": 1200, "adult_supervision": True},
    "an adult in treatment": {
        "youngest_days": 1200,
        "oldest_days": 1200,
        "adult_services": frozenset({Role.SUBSTANCE_MISUSE, Role.ADULT_SOCIAL_CARE}),
    },
}
SENDERS = ("hospital", "police", "gp-2", "substance-misuse")
NAMED = (
    "midwifery",
    "hospital",
    "early-help",
    "school-nursing",
    "substance-misuse",
    "adult-social-care",
    "probation",
)
PRACTICES = {"sandwell": "Y90001", "birmingham": "Y90012", "camden": "Y90003"}


def everybody_of(area: str) -> tuple[NamedService, ...]:
    """The message names whoever may be named."""
    roles = {name: Role(name.replace("-", "_")) for name in NAMED}
    return (
        *(NamedService(role, f"{area}-{name}") for name, role in roles.items()),
        NamedService(Role.SCHOOL, f"{area}-school-1"),
    )


def worries(home: str) -> Iterator[tuple[str, Facts]]:
    area = AREAS[home]
    for category, (said, of), urgency in product(Category, OF_A_CHILD.items(), Urgency):
        seen = worry(home, category, services=everybody_of(area), gp_ods=(PRACTICES[area],), **of)
        yield f"{category}, {said}, {urgency}", replace(seen, urgency=urgency)


def limits(decision: Decision, but: AbstractSet[str] = frozenset()) -> dict[str, dict[str, Any]]:
    """Of each who hears; not of those of whom one of these clauses says so."""
    return {
        one.recipient.agency: {
            "call_first": one.call_first,
            "urgent": one.ladder.name == "urgent" if hasattr(one.ladder, "name") else one.ladder == "urgent",
            **{
                what: Limit.parse(one.limits[what])
                for what in (Owed.RECEIPT, Owed.CHECK_BACK)
                if what in one.limits
            },
        }
        for one in decision.shares
        if not but & set(one.clauses)
    }


def weaker(within: Decision, across: Decision, sender: str, own: AbstractSet[str]) -> Iterator[str]:
    """Who hears here and not there, or later there. What one partnership alone has agreed, the other cannot allow."""
    here, there = limits(within, own), limits(across)
    for agency, asked in here.items():
        if agency == sender:
            continue
        if agency not in there:
            yield f"{agency} does not hear"
            continue
        for what in (Owed.RECEIPT, Owed.CHECK_BACK):
            if both(there[agency][what], asked[what]) != there[agency][what]:
                yield f"{agency}: {what} {there[agency][what]} for {asked[what]}"
        for sign in ("call_first", "urgent"):
            if asked[sign] and not there[agency][sign]:
                yield f"{agency}: not {sign}"


@pytest.mark.parametrize("sender", SENDERS)
@pytest.mark.parametrize(
    "pair", list(permutations(AREAS, 2)), ids=lambda pair: "-".join(AREAS[one] for one in pair)
)
def test_nobody_hears_less_or_later_because_a_border_runs_between(pair: tuple[str, str], sender: str) -> None:
    here, home = pair
    theirs, ours = ({clause.id for clause in BY_ID[AREAS[area]].clauses} for area in (home, here))
    found = {
        said: faults
        for said, seen in worries(home)
        if (
            faults := list(
                weaker(
                    sent(seen, f"{AREAS[home]}-{sender}"),
                    sent(seen, f"{AREAS[here]}-{sender}"),
                    f"{AREAS[home]}-{sender}",
                    theirs - ours,
                )
            )
        )
    }
    assert found == {}
