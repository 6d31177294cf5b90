"""One line of a decision in the terminal: who hears, what they see and owe, and by which clause; or who does not."""

from collections.abc import Iterator

from agencies.wire import Cited, Party
from hub.cli import say


def party(party: Party) -> None:
    who = party.agency or party.role
    if party.outcome == "withhold":
        nobody = "" if party.clauses else " (no clause would have told them)"
        say.say(f"✗ {who} is not told: you withhold it{nobody}. {party.explanation or ''}".rstrip())
        return
    if party.outcome == "keep":
        say.say("✓ nobody hears: it is kept, and yours to look at again")
        _by_when(party)
        return
    if party.outcome != "share":
        say.say(f"✗ {who} is not told. {party.explanation or party.reason or ''}".rstrip())
        return
    call = _called(party) if party.call_first else ""
    takes = (
        "; takes the responsibility over, once a named person accepts" if party.takes_responsibility else ""
    )
    if party.waits_for_key:
        say.say(
            f"! {who} cannot hear yet: it has no key to be sealed to. Its share waits; telephone them{takes}"
        )
    else:
        say.say(f"✓ {who} hears{call}{takes}")
    say.say(f"    sees     {', '.join(party.sections)}   (view {party.view})")
    if party.withheld:
        say.say(f"    but not  {', '.join(party.withheld)}")
    if party.reads_for:
        say.say(f"    reads    what is lent for {party.reads_for} at the most, whatever the leave asks")
    _by_when(party)


def _called(party: Party) -> str:
    """Where the message says that they were, only their account of the call is owed."""
    return (
        "; telephone first" if any(one.what == "call" for one in party.deadlines) else "; telephoned already"
    )


def _by_when(party: Party) -> None:
    limits = [f"{one.what} within {one.limit}" for one in party.deadlines if one.limit]
    if limits:
        say.say(f"    by       {', '.join(limits)}")
    for because in reasons(party):
        say.say(f"    because  {because}")


def reasons(party: Party) -> Iterator[str]:
    """Every clause that lets this party hear, in its own words: across a border, those of both sides."""
    sides: tuple[Party | Cited, ...] = (party, *party.also)
    for side in sides:
        for clause, sentence in zip(side.clauses, side.says, strict=False):
            yield f"{sentence}   ({side.protocol} {side.protocol_version}, {clause})"
