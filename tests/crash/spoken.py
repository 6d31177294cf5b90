"""Whether a log tells what was said: of whom, where, or in which words."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from tests.crash.lives import SAID, SENT
from tests.crash.real import CODE, ROOT
from tests.examples import example
from tests.workers.looking import words

WORD = re.compile(r"[^\W\d_]{3,}|\d{7,}")  # shorter figures stand in every time and every id
PROPER = re.compile(r"(?<=[a-z,] )[A-Z][^\W\d_]{2,}")  # a capital in the middle of a sentence
# A date on which a log may be written: no child's birth.
OF_A_LINE = re.compile(r"20(2[6-9]|[3-9]\d)-\d\d-\d\d")
NAMED = {"name", "known_as", "who", "lines"}  # fields of which every word is one of a name


@cache
def told_anyway() -> str:
    """What a log may hold: all that the code says, and the codes and agencies that come with it."""
    files = (path for package in CODE for path in sorted((ROOT / package).rglob("*")))
    ours = (
        path for path in files if path.suffix in (".py", ".toml") and not {"examples", "demo"} & {*path.parts}
    )
    return "\n".join(path.read_text(encoding="utf-8") for path in ours).casefold()


@cache
def needles() -> tuple[frozenset[str], frozenset[str]]:
    """Whole texts, and single words of names, that can only come from what was said."""
    said = [*map(example, SENT), *(one.model_dump() for one in SAID)]
    texts = {spelt.casefold() for one in said for text in words(one) for spelt in _spellings(text)}
    names = {word.casefold() for one in said for text in _names(one) for word in WORD.findall(text)}
    names |= {word.casefold() for one in said for text in words(one) for word in PROPER.findall(text)}
    anyway = told_anyway()
    texts = {text for text in texts if text not in anyway and not OF_A_LINE.fullmatch(text)}
    return frozenset(texts), frozenset(names) - set(WORD.findall(anyway))


def _spellings(text: str) -> Iterator[str]:
    yield text
    if any(letter.isdigit() for letter in text):  # a postcode or a number, as some write it
        yield text.replace(" ", "")


def _names(said: object, *, named: bool = False) -> Iterator[str]:
    if isinstance(said, str):
        yield from [said] if named else []
    elif isinstance(said, Mapping):
        for key, inside in said.items():
            yield from _names(inside, named=named or key in NAMED)
    elif isinstance(said, Sequence):
        for inside in said:
            yield from _names(inside, named=named)


def spoken_in(log: str) -> set[str]:
    texts, names = needles()
    log = log.casefold()
    return {text for text in texts if text in log} | (names & set(WORD.findall(log)))
