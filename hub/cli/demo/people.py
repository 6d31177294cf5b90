"""People who stand in no earlier telling, for a story of what the hub has counted: it begins with nobody known."""

from datetime import date, timedelta
from random import SystemRandom

from protocols.messages.fields import is_nhs_number

_chance = SystemRandom()


def number() -> str:
    """An NHS number from the range that is nobody's."""
    while not is_nhs_number(found := f"999{_chance.randrange(10**7):07}"):
        pass
    return found


def born(today: date, *, days_ago: tuple[int, int]) -> date:
    """Some day between these."""
    return today - timedelta(days=_chance.randint(*days_ago))
