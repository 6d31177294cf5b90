"""The commands, put together, and what every command does about an error: say it, and what to do next."""

import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated

import typer
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError

from agencies.agency import AgencyError
from agencies.agree import DirectoryFaults
from agencies.keys import BadKey, NoKey
from agencies.seal import CannotOpen
from agencies.talking import CallFailed, Refused, Unreachable
from hub import plain
from hub.cli import (
    agencies,
    audit,
    children,
    credentials,
    demo,
    doctor,
    example,
    exchange,
    keys,
    owed,
    pictures,
    protocols,
    reconcile,
    responsibility,
    serve,
    settings,
    tasks,
    up,
)
from hub.cli.embedded import EmbeddedError
from hub.cli.say import fail, say
from hub.errors import CheckbackError
from protocols.reading import ProtocolFaults

app = typer.Typer(
    name="checkback",
    help="Checkback: a message hub for the agencies that keep children safe. "
    "What one shares is delivered, understood, agreed and acted on, or somebody hears that it was not.",
    epilog="Start with `checkback up`, then `checkback doctor`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a traceback may quote what somebody sent
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        say(f"checkback {version('checkback')}")
        raise typer.Exit


@app.callback()
def checkback(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """What holds for every command."""


RUN = "Run a hub"
KNOW = "Who, how and by which rules"
TALK = "As an agency"
WATCH = "Watch over it"

app.command("up", rich_help_panel=RUN)(up.up)
app.command("serve", rich_help_panel=RUN)(serve.serve)
app.command("migrate", rich_help_panel=RUN)(serve.migrate)
app.command("demo", rich_help_panel=RUN)(demo.demo)
app.command("settings", rich_help_panel=RUN)(settings.settings)
app.add_typer(agencies.app, name="agencies", rich_help_panel=KNOW)
app.add_typer(keys.app, name="keys", rich_help_panel=KNOW)
app.add_typer(credentials.app, name="credentials", rich_help_panel=KNOW)
app.add_typer(protocols.app, name="protocols", rich_help_panel=KNOW)
app.command("example", rich_help_panel=TALK)(example.example)
app.command("send", rich_help_panel=TALK)(exchange.send)
app.command("inbox", rich_help_panel=TALK)(exchange.inbox)
app.command("show", rich_help_panel=TALK)(exchange.show)
app.command("reconcile", rich_help_panel=TALK)(reconcile.reconcile)
app.command("ecomap", rich_help_panel=TALK)(pictures.ecomap)
app.command("genogram", rich_help_panel=TALK)(pictures.genogram)
app.command("owed", rich_help_panel=WATCH)(owed.owed)
app.add_typer(tasks.app, name="tasks", rich_help_panel=WATCH)
app.add_typer(responsibility.app, name="responsibility", rich_help_panel=WATCH)
app.add_typer(children.app, name="children", rich_help_panel=WATCH)
app.command("audit", rich_help_panel=WATCH)(audit.audit)
app.command("doctor", rich_help_panel=WATCH)(doctor.doctor)

# Errors whose own words say what is wrong and what to do, and carry nothing of a message.
_SAYS_WHAT_TO_DO = (
    AgencyError, BadKey, CallFailed, CannotOpen, DirectoryFaults, EmbeddedError, NoKey, OSError,
    ProtocolFaults, ValueError,
)  # fmt: skip


def run(arguments: Sequence[str] | None = None) -> None:
    """Run a command: the one that the process was started with, unless another is given."""
    try:
        app(arguments)
    except CheckbackError as fault:
        faults = [f"{field}: {says}" for field, says in fault.faults]
        sys.exit(fail(fault.detail, *faults, next=fault.next))
    except Refused as fault:
        faults = [": ".join(one.values()) for one in fault.problem.errors]
        sys.exit(fail(fault.problem.detail, *faults, next=fault.problem.next))
    except ValidationError as fault:  # of the environment: never with the value, which may be a secret
        wrong = [(name, says) for name, says in plain.faults(fault) if "factory" not in says]
        told = [f"CHECKBACK_{name.upper()}: {says}" for name, says in wrong]
        sys.exit(
            fail("a setting is not what it must be", *told, next="`checkback settings` says what each is for")
        )
    except Unreachable as fault:
        sys.exit(
            fail(
                str(fault),
                next="see that a hub runs there (`checkback doctor` looks, `checkback up` starts one), then try again",
            )
        )
    except _SAYS_WHAT_TO_DO as fault:
        sys.exit(fail(str(fault)))
    except OperationalError:
        sys.exit(
            fail(
                "the database does not answer",
                next="start a hub with `checkback up`, or set CHECKBACK_DATABASE_URL to the one that runs",
            )
        )
