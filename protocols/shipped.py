"""The protocols that come with Checkback, read from the package's own data.

They are examples, plausible in full: what three areas might sign. A partnership starts from them, and may include
the same common clauses in a protocol of its own.
"""

from functools import cache
from importlib.resources import files

from protocols.parse import parse, print_
from protocols.protocol import Protocol

INCLUDES = ("common", "moves", "babies", "families", "plans", "talk")
IDS = ("sandwell", "birmingham", "camden")


def text_of(name: str) -> str:
    return (files("protocols") / "library" / f"{name}.toml").read_text(encoding="utf-8")


@cache
def includes() -> dict[str, str]:
    """The texts that any protocol may name in its `include` list."""
    return {name: text_of(name) for name in INCLUDES}


@cache
def shipped() -> tuple[Protocol, ...]:
    return tuple(parse(text_of(id_), file=f"{id_}.toml", include=includes()) for id_ in IDS)


@cache
def sources() -> tuple[tuple[str, str], ...]:
    """Each with nothing left to include, as a hub keeps it: what it is called, and its text."""
    return tuple((f"{protocol.id} {protocol.version}", print_(protocol)) for protocol in shipped())
