"""`checkback protocols`: check what you write, read it in English, try it on a message, and load it into the hub."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import OperationalError

from agencies.directory import AgencyError, Directory
from agencies.directory import shipped as shipped_directory
from hub import clock, errors
from hub.cli import here, say
from hub.known import places_of
from hub.settings import Settings
from hub.store import registry
from protocols.decide import Decision, Party, Refusal, ShareDecision, decide
from protocols.explain import explain as in_english
from protocols.facts import facts
from protocols.kept import KeptDecision
from protocols.messages import Invalid, read
from protocols.parse import ProtocolFaults, parse, print_
from protocols.protocol import Protocol
from protocols.shipped import includes, shipped

app = typer.Typer(
    help="The information sharing protocols: who hears what, when and why.", no_args_is_help=True
)

Paths = Annotated[
    list[Path], typer.Argument(help="Protocols, as TOML files.", exists=True, dir_okay=False, metavar="PATH…")
]


@app.command("list")
def list_() -> None:
    """List the protocols that are loaded, and until when each holds."""
    protocols, _ = _loaded()
    say.table(
        ("protocol", "version", "area", "effective", "review by", "clauses", "digest"),
        [
            (one.id, one.version, one.area, one.effective, one.review_by, len(one.clauses), one.digest[:12])
            for one in protocols
        ],
    )


@app.command()
def check(paths: Paths) -> None:
    """Check protocols: every fault at once, with its file and line."""
    good = 0
    for path in paths:
        try:
            protocol = _read(path)
        except ProtocolFaults as wrong:
            for fault in wrong.faults:
                say.say(str(fault))
        else:
            good += 1
            clauses = "1 clause" if len(protocol.clauses) == 1 else f"{len(protocol.clauses)} clauses"
            say.done(f"{path}: {protocol.id} {protocol.version}, {clauses}, digest {protocol.digest}")
    if good < len(paths):
        raise typer.Exit(1)


@app.command()
def explain(
    protocol: Annotated[str, typer.Argument(help="The id of a loaded protocol, or a TOML file.")],
) -> None:
    """Say in English who gets what, when and why."""
    path = Path(protocol)
    if path.is_file():
        say.say(in_english(_sound(path)))
        return
    protocols, _ = _loaded()
    found = [one for one in protocols if one.id == protocol]
    if not found:
        known = ", ".join(sorted({one.id for one in protocols})) or "none"
        raise errors.NotFound(f"there is no protocol {protocol}", next=f"give one of {known}, or a TOML file")
    say.say(in_english(max(found, key=lambda one: one.effective)))


@app.command("try")
def try_(
    message: Annotated[Path, typer.Argument(help="A message, as JSON.", exists=True, dir_okay=False)],
    *,
    as_: Annotated[str, typer.Option("--as", metavar="AGENCY", help="Who would send it.")],
    with_: Annotated[
        list[Path] | None,
        typer.Option("--with", metavar="PATH", help="Put this file in the place of its area's protocol.",
                     exists=True, dir_okay=False, show_default=False),
    ] = None,
    at: Annotated[
        datetime | None, typer.Option(help="Decide as of this moment.", show_default="now")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the decision as JSON.")] = False,
) -> None:  # fmt: skip
    """Show the decision for one message without sending it."""
    moment = at.astimezone() if at else clock.now()
    protocols, directory = _loaded()
    tried = [_sound(path) for path in with_ or []]
    areas = {one.area for one in tried}
    decision = _decide(
        message,
        sender=as_,
        protocols=[*tried, *(one for one in protocols if one.area not in areas)],
        directory=directory,
        at=moment,
    )
    if as_json:
        say.say(json.dumps(decision.terms(), indent=2))
        return
    for line in _told(decision):
        say.say(line)
    for one in tried:
        if one.id not in json.dumps(decision.terms()):
            say.note(
                f"{one.id} had no part in this: it is for {one.area}, and this message is of another area."
            )


@app.command()
def load(paths: Paths) -> None:
    """Load protocols into the hub; all of them, or, if one has a fault, none."""
    protocols = [_sound(path) for path in paths]
    now = clock.now()
    with here.database() as conn:
        for protocol in protocols:
            # The whole text, with nothing left to include: what the hub keeps must never change with a file.
            registry.save_protocol(conn, print_(protocol), protocol, at=now)
    for protocol in protocols:
        say.done(f"{protocol.id} {protocol.version} is loaded; it holds from {protocol.effective}")


# -- reading --------------------------------------------------------------------------------------------------


def _read(path: Path) -> Protocol:
    """What a file includes is looked for beside it, then among the clauses that ship with Checkback."""
    beside = {one.stem: one.read_text(encoding="utf-8") for one in path.parent.glob("*.toml") if one != path}
    return parse(path.read_text(encoding="utf-8"), file=str(path), include={**includes(), **beside})


def _sound(path: Path) -> Protocol:
    try:
        return _read(path)
    except ProtocolFaults as wrong:
        raise errors.Invalid(
            f"{path} has {len(wrong.faults)} fault{'s' if len(wrong.faults) > 1 else ''}",
            next=f"mend it; `checkback protocols check {path}` says the same again",
            faults=tuple((f"{one.file}:{one.line}", one.says) for one in wrong.faults),
        ) from None


def _loaded() -> tuple[Sequence[Protocol], Directory]:
    """What the hub holds; where no hub answers, the examples that ship with Checkback."""
    try:
        with here.database() as conn:
            protocols, directory = registry.protocols(conn), registry.directory(conn)
    except OperationalError:
        say.note("No hub answers here: these are the examples that ship with Checkback.")
        return shipped(), shipped_directory()
    return protocols, directory


def _decide(
    path: Path, *, sender: str, protocols: Sequence[Protocol], directory: Directory, at: datetime
) -> Decision:
    try:
        message = read(json.loads(path.read_text(encoding="utf-8")), now=at)
        agency = directory.get(sender, at)
    except Invalid as wrong:
        raise errors.Invalid(
            f"{path} is not a message that could be sent",
            next="mend these fields and try again",
            faults=tuple((one.path, one.says) for one in wrong.faults),
        ) from None
    except json.JSONDecodeError as wrong:
        raise errors.Invalid(
            f"{path} is not JSON (line {wrong.lineno})", next="mend it and try again"
        ) from None
    except AgencyError as gone:
        raise errors.NotFound(str(gone), next="`checkback agencies list` shows who there is") from None
    places = places_of(here.settings(Settings))
    return decide(
        facts(message, area_of=places.area_of, as_of=at),
        sender=Party(agency.id, agency.role, agency.area),
        protocols=protocols,
        directory=directory,
        at=at,
    )


# -- telling --------------------------------------------------------------------------------------------------


def _told(decision: Decision) -> Iterator[str]:
    for share in decision.shares:
        yield from _share(share)
    for refusal in decision.refusals:
        yield from _refusal(refusal)
    if decision.kept:
        yield from _kept(decision.kept)
    heard, not_heard = len(decision.shares), len(decision.refusals)
    yield f"\n{heard} would hear; {not_heard} would not. Nothing was sent."


def _share(share: ShareDecision) -> Iterator[str]:
    call = "; telephone first" if share.call_first else ""
    takes = "; takes the responsibility once a named person accepts" if share.takes_responsibility else ""
    yield f"✓ {share.recipient.agency} hears{call}{takes}"
    yield f"    sees     {', '.join(sorted(share.view.sections))}   (view {share.view.name})"
    if share.view.withhold:
        yield f"    but not  {', '.join(sorted(share.view.withhold))}"
    limits = {owed: limit for owed, limit in share.limits.items() if owed != "acceptance" or takes}
    owed = ", ".join(f"{owed.replace('_', ' ')} within {limit}" for owed, limit in limits.items())
    yield f"    by       {owed}   (ladder {share.ladder})"
    for cited in (share.cited, *share.also):
        for clause, sentence in zip(cited.clauses, cited.says, strict=True):
            yield f"    because  {sentence}   ({cited.protocol_id} {cited.version}, {clause})"


def _kept(kept: KeptDecision) -> Iterator[str]:
    owes = ", ".join(f"{what.replace('_', ' ')} by {by}" for what, by in kept.owes.items())
    yield f"✓ nobody hears, and the sender owes itself: {owes}   (ladder {kept.steps.name})"
    for clause, sentence in zip(kept.cited.clauses, kept.cited.says, strict=True):
        yield f"    because  {sentence}   ({kept.cited.protocol_id} {kept.cited.version}, {clause})"


def _refusal(refusal: Refusal) -> Iterator[str]:
    who = refusal.agency or (refusal.role or "nobody").replace("_", " ")
    yield f"✗ {who} {'hears' if who == 'nobody' else 'does not hear'} ({refusal.reason})"
    yield f"    {refusal.sentence}"
    if refusal.protocol_id:
        clause = f", {refusal.clause}" if refusal.clause else ""
        yield f"    ({refusal.protocol_id} {refusal.version}{clause})"
