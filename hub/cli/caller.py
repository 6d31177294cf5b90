"""Who somebody on the command line is, and at which hub: the options that `send`, `inbox` and `show` share."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from agencies.client import Checkback, Keychain
from hub.cli import here, trial
from hub.cli.up import found
from hub.errors import Invalid
from hub.settings import WebSettings

STDIN = Path("-")
PANEL = "Who you are, and at which hub"

As = Annotated[
    str | None,
    typer.Option("--as", metavar="AGENCY", help="One of an embedded hub's agencies to try.", rich_help_panel=PANEL,
                 show_default=False),
]  # fmt: skip
Url = Annotated[
    str | None,
    typer.Option(
        envvar="CHECKBACK_URL", help="The hub's address.", rich_help_panel=PANEL, show_default=False
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(envvar="CHECKBACK_TOKEN_FILE", help="A file with your agency's token.", rich_help_panel=PANEL,
                 show_default=False, exists=True, dir_okay=False),
]  # fmt: skip
KeychainFile = Annotated[
    Path | None,
    typer.Option("--keychain", envvar="CHECKBACK_KEYCHAIN_FILE", help="A file with your agency's keys.",
                 rich_help_panel=PANEL, show_default=False, exists=True, dir_okay=False),
]  # fmt: skip


@contextmanager
def client(
    who: str | None, url: str | None, token: Path | None, keychain: Path | None
) -> Iterator[Checkback]:
    """The client of the agency that the options name."""
    web = here.settings(WebSettings)
    url = url or found(web)
    with _made(web, who, url, token, keychain) as made:
        yield made


def _made(
    web: WebSettings, who: str | None, url: str, token: Path | None, keychain: Path | None
) -> Checkback:
    keys: Keychain | None
    if who is not None:
        one = trial.get(web.home, who)
        said, keys = one.token, one.keychain
    elif token is not None:
        said = token.read_text(encoding="utf-8").strip()
        keys = None if keychain is None else Keychain.read(json_of(keychain, "keychain"))
    else:
        raise Invalid(
            "it is not said which agency you are",
            next="give --as AGENCY with an embedded hub, or --token-file (and --keychain, to open envelopes)",
        )
    try:
        return Checkback(url, said, keys)
    except (httpx.InvalidURL, ValueError) as fault:
        raise Invalid(
            f"that is no hub's address: {fault}", next="give one like https://hub.example"
        ) from None


def json_of(file: Path, what: str) -> dict[str, Any]:
    """Never with what stands in it: a message's own text has no business in an error."""
    try:
        told = json.loads(sys.stdin.read() if file == STDIN else file.read_text(encoding="utf-8"))
    except OSError as fault:
        raise Invalid(
            f"{file} cannot be read: {fault.strerror}", next=f"give a file with a {what}, as JSON"
        ) from None
    except json.JSONDecodeError as fault:
        raise Invalid(
            f"{file} is not JSON: {fault.msg} in line {fault.lineno}, column {fault.colno}",
            next="mend that place"
            if what == "message"
            else "give the file that `checkback keys keychain` wrote",
        ) from None
    except UnicodeDecodeError:
        raise Invalid(f"{file} is not text in UTF-8", next="save it as UTF-8") from None
    if not isinstance(told, dict):
        raise Invalid(f"{file} is JSON, but no {what}", next=f"a {what} is one object, in braces")
    return told
