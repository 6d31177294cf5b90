"""`checkback agencies`: who there is, and the directory that says so."""

from pathlib import Path
from typing import Annotated

import typer

from agencies.agency import Agency
from agencies.directory import Directory
from agencies.keys import NoKey
from hub import clock
from hub.cli import here, say
from hub.errors import NotFound
from hub.store import owed, registry
from protocols.vocabulary import Role

app = typer.Typer(help="Who there is: the directory of agencies.", no_args_is_help=True)

Files = Annotated[
    list[Path], typer.Argument(help="TOML files of a directory, or folders of them.", exists=True)
]


@app.command("list")
def list_(
    words: Annotated[str, typer.Argument(help="Words of a name, an id or an ODS code.")] = "",
    role: Annotated[Role | None, typer.Option(help="Only agencies of this role.", show_default=False)] = None,
    area: Annotated[
        str | None, typer.Option(help="Only of this area, by GSS code.", show_default=False)
    ] = None,
) -> None:
    """List the agencies that are open today."""
    now = clock.now()
    with here.database() as conn:
        directory = registry.directory(conn)
    among = {agency.id for agency in directory.search(words, now)} if words else None
    found = [
        agency
        for agency in directory.agencies(now, role=role, area=area)
        if among is None or agency.id in among
    ]
    say.table(
        ("agency", "name", "role", "area", "ods", "reach"),
        [(one.id, one.name, one.role, one.area, one.ods, one.reach) for one in found],
    )
    if not found:
        say.note(
            "None. `checkback agencies load` reads a directory; without words or options, all are listed."
        )


@app.command()
def show(agency: Annotated[str, typer.Argument(help="The id of an agency.")]) -> None:
    """Show one agency: its dates, hours and contacts, its keys, and who follows it."""
    now = clock.now()
    with here.database() as conn:
        directory, ring, rows = registry.directory(conn), registry.keys(conn), registry.key_rows(conn, agency)
    if agency not in directory:
        raise NotFound(
            f"the directory has no agency {agency}", next="`checkback agencies list WORDS` looks for it"
        )
    for row in directory.history(agency):
        _show(row)
    successor = directory.successor_of(agency, now)
    if successor:
        say.say(f"Its work is done by {successor} now.")
    try:
        say.say(f"Sealed to with key {ring.seal_key(agency, now).kid}, of {len(rows)} registered.")
    except NoKey as fault:
        say.say(str(fault))


def _show(row: Agency) -> None:
    until = f"to {row.closes}" if row.closes else "on"
    say.say(f"{row.name} ({row.id}): {row.role} in {row.area}, from {row.opens} {until}")
    say.say(f"  hours  {row.hours}")
    say.say(f"  reach  {row.reach} {row.webhook_url or ''}".rstrip())
    for one in row.contacts:
        say.say(f"  {one.role}  {' · '.join(part for part in (one.name, one.phone, one.email) if part)}")


@app.command()
def check(files: Files) -> None:
    """Check a directory's files: every fault at once, each with its line. Changes nothing."""
    directory = Directory.read(files)
    say.done(f"{len(directory)} agencies in {len(directory.rows)} dated entries, and nothing wrong with them")


@app.command()
def load(files: Files) -> None:
    """Make these files the hub's directory, whole. What is not in them is no longer in it."""
    directory, now = Directory.read(files), clock.now()
    with here.database() as conn:
        held = registry.directory(conn)
        count = registry.save_directory(conn, directory)
        closing = sorted(set(directory.closed(now)) - set(held.closed(now)))
        left = owed.count_owed_by(conn, closing) if closing else 0
    gone = sorted({row.id for row in held.rows} - {row.id for row in directory.rows})
    say.done(f"the directory has {count} entries now")
    if left:
        say.note(
            f"Closed by it: {', '.join(closing)}. They owe something on {left} shares, which the hub now gives back to"
            " the senders. If that is wrong, stop the scheduler at once, and load the directory as it was."
        )
    if gone:
        say.note(
            f"No longer in it: {', '.join(gone)}. An agency that ends should stay, with `closes` and `successor`."
        )
