"""What a clause asks of whoever hears, and, where nobody does, of the sender itself."""

from collections.abc import Iterator, Mapping

from protocols.owing import ENQUIRY, NAME, NOBODY, RESERVED, By, Start
from protocols.protocol import Clause, Direction, Kept, Protocol
from protocols.reading import Table
from protocols.vocabulary import KEPT


def read_owes(table: Table) -> Mapping[str, By]:
    found = {}
    for what in table.data:
        by = table.parsed(what, By.parse)
        if NAME.fullmatch(what) is None or what in RESERVED:
            table.fault(
                f'"{what}" cannot be the name of what is owed: small letters, digits and "_", and no name that every'
                " share owes already",
                what,
            )
        elif by is not None:
            found[what] = by
    return found


def read_kept(table: Table) -> Kept | None:
    """None: the clause lists those who hear."""
    if table.data.get("share") != NOBODY:
        return None
    table.text("share")
    return Kept(owes=read_owes(table.table("owes")), ladder=table.text("ladder"))


def faults_of_keeping(clause: Clause) -> Iterator[tuple[str, str]]:
    """That nobody hears is said of what is never shared, and of nothing else: what to do, and the key."""
    kind, kept = clause.when.kind, clause.kept
    if (kept is not None) != (kind in KEPT):
        of = " or ".join(sorted(KEPT))
        yield f'share = "{NOBODY}" is for a clause about {of}, and such a clause says nothing else', "share"
    if kept is None:
        return
    if clause.direction is not Direction.WITHIN:
        yield "what nobody hears crosses no border: leave the direction out", "direction"
    if not kept.owes or ENQUIRY in kept.owes:
        yield 'say by when the sender looks at it again, as owes = { look_again = "28 days" }', "owes"
    if any(by.start is not Start.SENDING for by in kept.owes.values()):
        yield "nobody receives it: what is owed runs from the moment at which it is sent", "owes"


def unfit_ladder(name: str | None, protocol: Protocol, *, at_home: bool = False) -> Iterator[str]:
    """What nobody hears of is told to nobody outside when it lapses; and all else reaches the partnership."""
    if not name:
        return
    ladder = protocol.ladders.get(name)
    if ladder is None:
        yield f"there is no [ladders.{name}]; there is {', '.join(protocol.ladders) or 'none'}"
    elif at_home and not ladder.stays_at_home:
        yield f'nobody hears of this: the ladder "{name}" must tell only "sender.duty_lead" and the like'
    elif ladder.stays_at_home and not at_home:
        yield (
            f'the ladder "{name}" tells only the sender\'s own people, for what nobody else hears of: name one that'
            ' reaches the "partnership", as a lapse never ends in silence'
        )
