"""`checkback keys`: what agencies are sealed to. The hub is given public halves only; its own are `keys hub`."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from agencies.keychain import Keychain
from agencies.keyfile import agency_of, load_seal_private, load_seal_public, save_key, write_over
from agencies.keys import KeyRow, generate_seal_key, rotate
from hub import clock
from hub.cli import here, hub_keys, say
from hub.cli.caller import client, json_of
from hub.errors import Conflict, NotFound
from hub.store import registry

app = typer.Typer(help="Keys: what agencies are sealed to, and the hub's own.", no_args_is_help=True)
app.add_typer(hub_keys.app, name="hub")

OVERLAP_DAYS = 14
KeyFile = Annotated[Path, typer.Argument(help="The file of a seal key.", exists=True, dir_okay=False)]


@app.command("list")
def list_(
    agency: Annotated[str | None, typer.Argument(help="Only this agency's.", show_default=False)] = None,
) -> None:
    """List the public keys that the hub knows, with the days on which they are good."""
    now = clock.now()
    with here.database() as conn:
        rows = registry.key_rows(conn, *([agency] if agency else []))
    say.table(
        ("key", "agency", "use", "from", "to", "now"),
        [
            (row.kid, row.agency, row.use, _day(row.valid_from), _day(row.valid_to), _state(row, now))
            for row in rows
        ],
    )


def _day(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d}"


def _state(row: KeyRow, now: datetime) -> str:
    if row.revoked_at is not None:
        return "revoked"
    return "good" if row.good(now) else "not yet" if row.valid_from > now else "ended"


@app.command()
def generate(
    agency: Annotated[str, typer.Argument(help="The agency that the key is for.")],
    into: Annotated[Path, typer.Option(help="The directory to put the files in.")] = Path(),
) -> None:
    """Make a seal key for an agency. The private half stays with the agency: the hub never needs it."""
    key = generate_seal_key()
    private, public = into / f"{agency}.private.json", into / f"{agency}.public.json"
    for path in (private, public):
        if path.exists():
            raise Conflict(f"{path} exists", next="choose another directory: a key is never overwritten")
    into.mkdir(parents=True, exist_ok=True)
    save_key(private, key, agency=agency)
    save_key(public, key.public, agency=agency)
    say.done(f"{private}: keep it secret and back it up; without it nothing sealed to {agency} opens again")
    say.done(f"{public}: register it with `checkback keys register {public}`")


@app.command()
def register(file: KeyFile) -> None:
    """Register an agency's first seal key; only the public half is read."""
    with here.database() as conn:
        row = _row_of(conn, file)
        if any(old.good(row.valid_from) for old in _seal_rows(conn, row.agency)):
            raise Conflict(
                f"{row.agency} has a seal key already",
                next="`checkback keys rotate` lets a new one take over while the old one still opens",
            )
        registry.save_keys(conn, [row])
    say.done(f"from now on {row.agency} is sealed to with key {row.kid}")


@app.command("rotate")
def rotate_(
    file: KeyFile,
    overlap: Annotated[int, typer.Option(help="Days that the old key stays good.", min=0)] = OVERLAP_DAYS,
) -> None:
    """Let a new seal key take over from an agency's present one."""
    with here.database() as conn:
        row = _row_of(conn, file)
        changed = rotate(_seal_rows(conn, row.agency), row, overlap=timedelta(days=overlap))
        registry.save_keys(conn, changed)
    say.done(f"from now on {row.agency} is sealed to with key {row.kid}")
    for old in changed[1:]:
        say.done(f"key {old.kid} ends on {_day(old.valid_to)}; keep its private half for what is older")


@app.command()
def revoke(kid: Annotated[str, typer.Argument(help="The key's name, as `keys list` shows it.")]) -> None:
    """Revoke a key that has leaked: from now on nothing is sealed to it, and nothing it signs is believed."""
    with here.database() as conn:
        found = [row for row in registry.key_rows(conn) if row.kid == kid]
        if not found:
            raise NotFound(f"the hub knows no key {kid}", next="`checkback keys list` shows all")
        registry.save_keys(conn, [found[0].revoke(clock.now())])
    say.done(f"key {kid} of {found[0].agency} is revoked, everywhere within a second")


@app.command()
def keychain(
    own: Annotated[
        list[Path],
        typer.Argument(metavar="PRIVATE...", help="Your agency's private keys: older ones as well, if you rotated.",
                       exists=True, dir_okay=False, show_default=False),
    ],
    token_file: Annotated[
        Path, typer.Option(envvar="CHECKBACK_TOKEN_FILE", help="A file with your agency's token.", exists=True,
                           dir_okay=False)
    ],
    into: Annotated[Path, typer.Option(help="The file to write; one that is there is brought up to date.")],
    url: Annotated[
        str | None, typer.Option(envvar="CHECKBACK_URL", help="The hub's address.", show_default=False)
    ] = None,
) -> None:  # fmt: skip
    """Make an agency's keychain: what it opens with, and whose signature it believes at this hub.

    `send`, `inbox` and `show` take it as --keychain, and `agencies.client` as `Keychain.read`. Run it again when a key
    was rotated at either end.
    """
    agency = agency_of(own[0])
    with client(None, url, token_file, None) as hub:
        told = hub.hub_keys()
    made = Keychain.of(agency, [load_seal_private(path) for path in own], told)
    before = Keychain.read(json_of(into, "keychain")) if into.exists() else None
    write_over(into, json.dumps((before.joined(made) if before else made).told(), indent=2) + "\n")
    say.done(
        f"{into}: {agency} opens with it what {told.hub} seals to it. Keep it secret: it holds private keys"
    )
    say.say(
        "It believes what is signed by these. Compare them with what the hub's operator tells you by another way:"
    )
    for key in told.keys:
        say.say(f"  {key.kid}  signs {key.signs}")


def _seal_rows(conn: Connection, agency: str) -> list[KeyRow]:
    return [row for row in registry.key_rows(conn, agency) if row.use == "seal"]


def _row_of(conn: Connection, file: Path) -> KeyRow:
    agency = agency_of(file)
    here.check_agency(conn, agency)
    return KeyRow.of(load_seal_public(file), agency=agency, since=clock.now())
