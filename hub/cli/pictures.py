"""`checkback ecomap` and `checkback genogram`: one child's world as a picture, with the names put in here."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from agencies import pictures
from agencies.client import Checkback
from agencies.keyfile import write_over
from agencies.seal import CannotOpen
from agencies.wire import Ecomap, Genogram
from hub.cli import say
from hub.cli.caller import As, KeychainFile, TokenFile, Url, client

Child = Annotated[UUID, typer.Argument(metavar="CHILD", help="The id by which your agency knows the child.")]
Out = Annotated[
    Path | None,
    typer.Option("--out", help="The file to write; without, CHILD-ecomap.svg or CHILD-genogram.svg here.",
                 show_default=False, dir_okay=False),
]  # fmt: skip
Width = Annotated[
    int, typer.Option(help="For a page so many pixels wide; 360 is a telephone.", min=320, max=2000)
]


def ecomap(
    child: Child,
    *,
    out: Out = None,
    width: Width = 760,
    as_: As = None,
    url: Url = None,
    token_file: TokenFile = None,
    keychain: KeychainFile = None,
) -> None:
    """Draw who is involved with a child, as far as your agency may know it."""
    with client(as_, url, token_file, keychain) as hub:
        picture = hub.ecomap(child)
        _write(hub, picture, out, lambda names: pictures.ecomap(picture, names, width=width))


def genogram(
    child: Child,
    *,
    out: Out = None,
    as_: As = None,
    url: Url = None,
    token_file: TokenFile = None,
    keychain: KeychainFile = None,
) -> None:
    """Draw who is family to a child, as far as your agency may know it."""
    with client(as_, url, token_file, keychain) as hub:
        picture = hub.genogram(child)
        _write(hub, picture, out, lambda names: pictures.genogram(picture, names))


def _write(
    hub: Checkback, picture: Ecomap | Genogram, out: Path | None, draw: Callable[[dict[str, str]], str]
) -> None:
    names = pictures.named(picture, _opened(hub, picture)) if hub.has_keys else {}
    file = out or Path(f"{picture.child}-{type(picture).__name__.lower()}.svg")
    write_over(file, draw(names))  # for their eyes alone: names stand in it
    say.done(f"written to {file}")
    if len(names) < len(picture.people):
        say.note(
            f"{len(names)} of {len(picture.people)} have their names: of the others no name was shared with you,"
            " or your keys do not open the copy."
        )


def _opened(hub: Checkback, picture: Ecomap | Genogram) -> Iterator[dict[str, Any]]:
    """The contents of every message that the picture is drawn from, each opened here, with the agency's own keys."""
    told = {(one.message, one.share) for person in picture.people for one in person.told}
    for message, share in sorted(told, key=str):
        try:
            if share is not None:
                yield hub.keys.open_share(hub.share(share))
            else:
                yield hub.keys.open_copy(hub.message(message))
        except CannotOpen:
            continue  # it stands without a name
