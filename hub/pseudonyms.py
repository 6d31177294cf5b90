"""Marks: by which the hub can tell that two messages are about the same child, and nobody can tell about whom.

A mark is an HMAC under a key that only workers hold. Whoever reads the database without the key learns that two
appearances share something, and cannot try out names or numbers to see whom. Each kind of mark has a purpose of its
own in what is marked, so that none can be mistaken for another.
"""

import hmac
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

# So far may two due dates of one pregnancy lie apart: a scan corrects the first reckoning by up to three weeks. Two
# pregnancies of one mother never lie so close.
ONE_PREGNANCY = timedelta(days=21)


class What(StrEnum):
    """What a mark is made of."""

    NHS_NUMBER = "nhs_number"
    NUMBER_AND_BIRTH = "number_and_birth"
    """Tells whether a number comes with another date of birth than before, and nothing else."""
    NAME_AND_BIRTH = "name_and_birth"
    MOTHER_AND_DUE = "mother_and_due"
    """An unborn baby: the mother's number, the due date, the place among the unborn of one message."""
    NOTICE = "notice"
    """An unborn baby: the message that spoke of it, the place among the unborn there."""


class Pseudonyms:
    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, b"checkback pseudonyms v1", sha256)

    def nhs_number(self, number: str) -> bytes:
        return self._mark(What.NHS_NUMBER, number)

    def number_and_birth(self, number: str, born: date) -> bytes:
        return self._mark(What.NUMBER_AND_BIRTH, number, born.isoformat())

    def name_and_birth(self, name: str, born: date) -> bytes | None:
        """None where no letter of the name is left."""
        plain = plain_name(name)
        return self._mark(What.NAME_AND_BIRTH, plain, born.isoformat()) if plain else None

    def mother_and_due(self, mothers_number: str, due: date, place: int) -> bytes:
        return self._mark(What.MOTHER_AND_DUE, mothers_number, due.isoformat(), str(place))

    def near_due(self, mothers_number: str, due: date, place: int) -> Iterator[bytes]:
        """As `mother_and_due`, for the days around: what the same pregnancy may have been called before or after."""
        for days in range(1, ONE_PREGNANCY.days + 1):
            for day in (due - timedelta(days=days), due + timedelta(days=days)):
                yield self.mother_and_due(mothers_number, day, place)

    def notice(self, message: UUID, place: int) -> bytes:
        return self._mark(What.NOTICE, str(message), str(place))

    def pregnant(self, mothers_number: str) -> bytes:
        """Not kept with any person: it is what two workers that meet one pregnancy under two dates both lock."""
        return self._mark("pregnant", mothers_number)

    def _mark(self, *parts: str) -> bytes:
        return hmac.digest(self._key, "\0".join(parts).encode(), sha256)


def plain_name(name: str) -> str:
    """One spelling for many: without accents, capitals, points and the order of its words."""
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    kept = "".join(one if one.isalpha() else "" if _joins(one) else " " for one in letters)
    return " ".join(sorted(kept.split()))


def _joins(character: str) -> bool:
    """An accent, or an apostrophe: O'Neill is one word."""
    return unicodedata.combining(character) > 0 or character in "'’ʼ`´"  # noqa: RUF001 - as people write it
