"""`checkback send`, `inbox` and `show`: an agency's side of the hub, by hand, through the client that systems use."""

import json
import sys
import time
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from agencies.client import Checkback, Refused
from agencies.seal import CannotOpen
from agencies.wire import Deadline, Grid, InboxItem, Share, Withhold
from hub import clock
from hub.cli import decided, say
from hub.cli.caller import As, KeychainFile, TokenFile, Url, client, json_of
from hub.errors import Invalid
from protocols.vocabulary import Role

LOOKS, BETWEEN_LOOKS = 30, 0.1  # until it is decided who hears: some milliseconds, where workers run


def send(
    file: Annotated[Path, typer.Argument(help="A message, as JSON; - reads it from standard input.")],
    *,
    as_: As = None,
    url: Url = None,
    token_file: TokenFile = None,
    keychain: KeychainFile = None,
    preview: Annotated[bool, typer.Option("--preview", help="Only say who would hear what. Sends nothing.")] = False,
    withhold: Annotated[
        list[str] | None,
        typer.Option(help="Do not tell this agency or role, although the protocol would: PARTY=REASON.",
                     show_default=False),
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="An Idempotency-Key: sending again with it sends once.", show_default=False)
    ] = None,
) -> None:  # fmt: skip
    """Send a message: the protocol decides who hears, and what each may see."""
    message = json_of(file, "message")
    parties = [_withheld(one) for one in withhold or []]
    with client(as_, url, token_file, keychain) as hub:
        if preview:
            for party in hub.preview(message, withhold=parties).parties:
                decided.party(party)
            return
        accepted = hub.send(message, withhold=parties, key=key)
        say.done(f"accepted as {accepted.id}")
        _say_who_is_not_told(hub, accepted.id)
    say.note(f"Follow it with `checkback show {accepted.id}` and the same options.")


def _say_who_is_not_told(hub: Checkback, message: UUID) -> None:
    """Whoever sends by hand is at the telephone now, and not when somebody looks again."""
    for _ in range(LOOKS):
        grid = hub.message(message)
        if grid.state != "accepted":
            break
        time.sleep(BETWEEN_LOOKS)
    else:
        say.note("It is not decided yet who hears: look again.")
        return
    for party in grid.decisions:
        if party.outcome != "share":
            decided.party(party)
    if not grid.shares and not any(party.outcome == "keep" for party in grid.decisions):
        say.say("✗ nobody hears of it yet: telephone whom it concerns now")


def _withheld(text: str) -> Withhold:
    party, equals, reason = text.partition("=")
    if not equals or not reason.strip():
        raise Invalid(f"--withhold {party} gives no reason", next='write --withhold "school=the reason why"')
    if party in set(Role):
        return Withhold(role=Role(party), reason=reason)
    return Withhold(agency=party, reason=reason)


def inbox(
    *,
    as_: As = None,
    url: Url = None,
    token_file: TokenFile = None,
    keychain: KeychainFile = None,
    receive: Annotated[
        bool, typer.Option("--receive", help="Mark all that is listed as received: it is in your system now.")
    ] = False,
) -> None:
    """List what waits for an agency, oldest first. Looking moves nothing."""
    with client(as_, url, token_file, keychain) as hub:
        waiting = hub.inbox().shares
        say.table(
            ("share", "from", "kind", "sent", "owed next"),
            [
                (
                    item.share,
                    item.sender,
                    item.kind,
                    say.moment(item.sent_at),
                    _next_owed(item.deadlines),
                )
                for item in waiting
            ],
        )
        if receive and waiting:
            _receive(hub, waiting)
    if not waiting:
        say.note("Nothing waits.")


def _receive(hub: Checkback, waiting: Sequence[InboxItem]) -> None:
    """What the given keys do not open is not in anybody's system: it stays, and the sender sees that it does."""
    closed = {item.share: str(why) for item in waiting if (why := _does_not_open(hub, item)) is not None}
    wanted = [item.share for item in waiting if item.share not in closed]
    moved = sum(one.moved for one in hub.receive(*wanted).shares) if wanted else 0
    say.done(f"{moved} received. That is not checking back: somebody must yet.")
    if closed:
        told = [f"{share}: {why}" for share, why in closed.items()]
        next_ = "`checkback keys keychain` with every private key that your agency has, then the same again"
        sys.exit(
            say.fail(f"{len(closed)} not received, as your keychain does not open them", *told, next=next_)
        )


def _does_not_open(hub: Checkback, item: InboxItem) -> CannotOpen | None:
    if not hub.has_keys:  # it is opened elsewhere
        return None
    try:
        hub.keys.open_share(item)
    except CannotOpen as why:
        return why
    return None


def show(
    id_: Annotated[UUID, typer.Argument(metavar="ID", help="A message that you sent, or a share.")],
    *,
    as_: As = None,
    url: Url = None,
    token_file: TokenFile = None,
    keychain: KeychainFile = None,
    open_: Annotated[
        bool, typer.Option("--open", help="Open the envelopes with your keys, and show them.")
    ] = False,
) -> None:
    """Show where a message or a share stands, what is owed, and who holds the responsibility."""
    with client(as_, url, token_file, keychain) as hub:
        if open_ and not hub.has_keys:
            raise Invalid(
                "only your agency's own keys open an envelope, and none are given",
                next="give --keychain FILE, which `checkback keys keychain` makes",
            )
        try:
            grid = hub.message(id_)
        except Refused as fault:
            if fault.status != HTTPStatus.NOT_FOUND:
                raise
            _share(hub, hub.share(id_), open_=open_)
            return
        _grid(grid)
        if open_ and grid.copy_envelope is not None:
            _contents("Your file copy", hub.keys.open_copy(grid))
        for note in grid.notes if open_ else ():
            _contents(f"{note.kind}, {say.moment(note.at)}", hub.keys.open_note(note, of=grid))


def _grid(grid: Grid) -> None:
    say.say(f"{grid.kind} {grid.id}: {grid.state}, accepted {say.moment(grid.accepted_at)}")
    if grid.responsibility is not None:
        person = grid.responsibility.person
        named = f" ({person.name}, {person.role})" if person else ""
        say.say(f"By this handover the responsibility is held by {grid.responsibility.agency}{named}.")
    say.table(
        ("share", "recipient", "state", "since", "owed next"),
        [
            (one.id, one.recipient, one.state, say.moment(one.since), _next_owed(one.deadlines))
            for one in grid.shares
        ],
    )
    for party in grid.decisions:
        if party.outcome != "share":
            decided.party(party)
    owed = _next_owed(grid.owed)
    if owed:
        say.say(f"  owed next: {owed}")
    for note in grid.notes:
        say.say(f"  {say.moment(note.at)}  {note.kind} by {note.by}")


def _share(hub: Checkback, share: Share, *, open_: bool) -> None:
    say.say(
        f"{share.kind} from {share.sender} to {share.recipient}: {share.state}, {say.moment(share.since)}"
    )
    say.say(f"  by {share.protocol} {share.protocol_version}, {', '.join(share.clauses)}; view {share.view}")
    owed = _next_owed(share.deadlines)
    if owed:
        say.say(f"  owed next: {owed}")
    for note in share.thread:
        say.say(f"  {say.moment(note.at)}  {note.kind} by {note.by}")
    if not open_:
        return
    if share.state in ("released", "redirected") and hub.keys.agency == share.recipient:
        say.note("The hub hands this copy out no more: it was taken back, or it went to another.")
    if share.envelope is not None:
        _contents("What the sender says", hub.keys.open_share(share))
    for note in share.thread:
        if note.envelope is not None:
            _contents(f"{note.kind} by {note.by}", hub.keys.open_note(note, of=share))


def _contents(title: str, contents: dict[str, Any]) -> None:
    say.say(f"\n{title}:")
    say.say(json.dumps(contents, indent=2, ensure_ascii=False))


def _next_owed(deadlines: tuple[Deadline, ...]) -> str:
    owed = [(one.due_at, one) for one in deadlines if one.met_at is None and one.due_at is not None]
    if not owed:
        return ""
    due_at, first = min(owed, key=lambda pair: pair[0])
    late = "OVERDUE: " if due_at < clock.now() else ""
    return f"{late}{first.what} by {first.owed_by}, {say.moment(due_at)}"
