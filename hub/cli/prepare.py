"""Making an embedded hub ready to run: its database, its shape, its keys, and examples to begin with."""

import psycopg
from psycopg import sql

from agencies.directory import shipped as shipped_directory
from hub import clock, keyfiles
from hub.cli import here, say, serve, trial
from hub.cli.embedded import Postgres
from hub.settings import WebSettings, WorkerSettings
from hub.store import outbox, registry
from hub.store.migrate import upgrade
from protocols.parse import print_
from protocols.shipped import shipped as shipped_protocols


def create_database(server: Postgres) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        held = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (here.DATABASE,)).fetchone()
        if held is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(here.DATABASE)))


def prepare(*, examples: bool) -> None:
    """Everything that the parts of a hub expect to find. Running it again changes nothing."""
    web, workers = here.settings(WebSettings), here.settings(WorkerSettings)
    for path in keyfiles.make_missing(web, workers):
        say.done(f"made {path}: back it up, nothing can make it again")
    if upgrade(web.database_url):
        say.done("the database was restored: what is new comes after all that agencies have read")
    serve.announce()
    if examples:
        load_examples(web, workers)


def take_up_again() -> None:
    """No worker of this hub runs: what one that was killed had in hand need not wait for its lease to lapse."""
    with here.database() as conn:
        count = outbox.give_back(conn, now=clock.now())
    if count:
        say.done(f"{count} steps that were under way when the hub was killed are taken up again")


def load_examples(web: WebSettings, workers: WorkerSettings) -> None:
    """The example directory and protocols, if there are none yet, and agencies to try with."""
    now = clock.now()
    with here.database() as conn:
        if not len(registry.directory(conn)):
            count = registry.save_directory(conn, shipped_directory())
            say.done(f"loaded the example directory: {count} entries")
        if not registry.protocols(conn):
            for one in shipped_protocols():
                registry.save_protocol(conn, print_(one), one, at=now)
                say.done(f"loaded the example protocol {one.id} {one.version}")
        made = trial.make_missing(
            conn,
            web.home,
            sorted(agency.id for agency in registry.directory(conn).agencies(now)),
            hub=web.hub,
            share_signer=keyfiles.share_signer(workers).public,
            note_signer=keyfiles.note_signer(web).public,
            at=now,
        )
    if made:
        say.done(
            f"made keys and credentials for {made} agencies to try with, in {trial.directory_of(web.home)}"
        )
