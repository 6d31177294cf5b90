"""`checkback serve` and `checkback migrate`: the web process, and the database's shape, for those who run each part
on its own. `checkback up` runs all of them.
"""

import gc
import sys
from typing import TYPE_CHECKING, Annotated

import typer
import uvicorn

from hub import clock, keyfiles, logs
from hub.cli import here, say
from hub.settings import WebSettings, WorkerSettings
from hub.store import registry
from hub.store.migrate import upgrade

if TYPE_CHECKING:
    from starlette.types import ASGIApp

GRACE = (
    20  # seconds for requests under way when the process is told to stop; a long poll ends sooner by itself
)
TURN = 0.0005  # seconds that one thread may keep Python to itself while another wants it
GARBAGE = 20_000  # objects made before Python looks for cycles among them, of which requests leave none


def create_app() -> "ASGIApp":
    """What uvicorn calls in each web process."""
    from hub.web.app import create  # noqa: PLC0415 - the web framework is slow to load, and only this needs it

    settings = here.settings(WebSettings)
    logs.configure(settings, process="web")
    # The threads that commit need Python for a moment after every answer of PostgreSQL. At Python's usual turn, ten
    # times as long, they stood in line for most of an act's time while the event loop parsed what came in.
    sys.setswitchinterval(TURN)
    app = create(settings)
    gc.freeze()  # what is there now stays: it need not be looked through again and again
    gc.set_threshold(GARBAGE, 20, 50)
    return app


def serve(
    host: Annotated[str | None, typer.Option(help="Listen on this address.", show_default=False)] = None,
    port: Annotated[int | None, typer.Option(help="Listen on this port.", show_default=False)] = None,
    processes: Annotated[int | None, typer.Option(help="How many processes.", show_default=False)] = None,
) -> None:
    """Run the web process: the API, on uvicorn with uvloop and httptools."""
    settings = here.settings(WebSettings)
    logs.configure(settings, process="web")
    uvicorn.run(
        "hub.cli.serve:create_app",
        factory=True,
        host=host or settings.host,
        port=settings.port if port is None else port,
        workers=processes or settings.web_processes,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,  # ours: ids only
        access_log=False,  # paths hold postcodes
        server_header=False,
        forwarded_allow_ips=settings.trusted_proxies,
        backlog=2048,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=GRACE,
    )


def migrate(
    restored: Annotated[
        bool,
        typer.Option("--restored", help="The database was just restored from a backup, of whatever kind."),
    ] = False,
) -> None:
    """Bring the database to the shape of this version, and publish the keys that the hub signs with."""
    raised = upgrade(here.settings(WebSettings).database_url, restored=restored)
    say.done("the database has the shape of this version")
    if raised:
        say.done("it was restored: what is new comes after all that agencies have read")
    for kid in announce():
        say.done(f"the hub's signing key {kid} is published to agencies")


def announce() -> list[str]:
    """Register the public halves of what the hub signs with, so that agencies can believe it. Answers with kids."""
    web, workers = here.settings(WebSettings), here.settings(WorkerSettings)
    with here.database() as conn:
        new = registry.add_keys(conn, keyfiles.public_rows(web, workers, since=clock.now()))
    return [row.kid for row in new]
