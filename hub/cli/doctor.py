"""`checkback doctor`: look at every part of a hub, say what is well, what is not, and what to do about it."""

import contextlib
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

import redis
import typer
from rich.markup import escape
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from agencies.keys import NoKey
from hub import clock, keyfiles, rotation
from hub.cli import here, say, work
from hub.cli.up import found
from hub.cli.work import Finding
from hub.errors import NotReady
from hub.settings import WebSettings, WorkerSettings
from hub.store import order, registry
from hub.store.migrate import is_current

SOON = timedelta(days=30)
FEW = 5  # names in one line


class What(StrEnum):
    """What can be looked at by itself."""

    PYTHON = "python"
    KEYS = "keys"
    DATABASE = "database"
    KNOWN = "known"  # directory, protocols, agencies' keys
    WORK = "work"
    NOTICES = "notices"  # of what has lapsed
    REDIS = "redis"
    WEB = "web"


def doctor(
    only: Annotated[
        list[What] | None, typer.Option(help="Look at this alone; may be given again.", show_default=False)
    ] = None,
) -> None:
    """Examine this hub: every part that is not well, and what to do about it. Status 1 if there is one."""
    ill = 0
    for finding in examine(only or list(What)):
        ill += not finding.well
        mark = "[green]✓[/]" if finding.well else "[bold red]✗[/]"
        say.out.print(f"{mark} {escape(finding.what)}")
        if not finding.well:
            say.out.print(f"    → {escape(finding.next)}")
    if ill:
        raise typer.Exit(1)
    say.say("All is well.")


def examine(wanted: Collection[What]) -> Iterator[Finding]:
    web, workers = here.settings(WebSettings), here.settings(WorkerSettings)
    if What.PYTHON in wanted:
        yield _python()
    if What.KEYS in wanted:
        yield from _keys(web, workers)
    if {What.DATABASE, What.KNOWN, What.WORK, What.NOTICES} & set(wanted):
        yield from _in_database(web, wanted)
    if What.REDIS in wanted:
        yield _redis(web)
    if What.WEB in wanted:
        yield _web(web)


def _in_database(web: WebSettings, wanted: Collection[What]) -> Iterator[Finding]:
    """The database itself first: without it there is nothing to look at in it."""
    database = _database(web)
    if What.DATABASE in wanted or not database.well:
        yield database
    if not database.well:
        return
    looks: list[Callable[[Connection, datetime], Finding]] = [_order] if What.DATABASE in wanted else []
    looks += [_directory, _protocols, _seal_keys, _announced] if What.KNOWN in wanted else []
    looks += [work.backlog, work.asked, work.chased, work.watched] if What.WORK in wanted else []
    looks += [work.notices_sent] if What.NOTICES in wanted else []
    now = clock.now()
    with here.database() as conn:
        for look in looks:
            yield look(conn, now)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(sys.version_info >= (3, 11), f"Python {version}", "install Python 3.11 or newer")


def _keys(web: WebSettings, workers: WorkerSettings) -> Iterator[Finding]:
    """Each file, as the process would read it. On a machine of web processes only, two are rightly absent."""
    reads: dict[str, Callable[[], object]] = {
        "public sealing key": lambda: keyfiles.hub_public_key(web),
        "private sealing key (workers)": lambda: keyfiles.hub_private_key(workers),
        "key that signs shares (workers)": lambda: keyfiles.share_signer(workers),
        "key that signs notes (web)": lambda: keyfiles.note_signer(web),
        "records key": lambda: keyfiles.records(web),
    }
    for name, read in reads.items():
        try:
            read()
        except NotReady as fault:
            yield Finding(False, fault.detail, fault.next)
        else:
            yield Finding(True, f"the hub's {name}")
    with contextlib.suppress(NotReady):
        if keyfiles.hub_private_key(workers).public != keyfiles.hub_public_key(web):
            yield Finding(
                False,
                "the hub's public sealing key does not belong to its private one",
                "end the change that was begun: `checkback keys hub rotate seal --take-over`"
                if rotation.is_half_done(web, workers)
                else "restore both from one backup: what is sealed to a stray key can never be opened",
            )


def _database(web: WebSettings) -> Finding:
    try:
        current = is_current(web.database_url)
    except SQLAlchemyError:
        return Finding(
            False,
            "the database does not answer",
            "start the hub with `checkback up`, or look at CHECKBACK_DATABASE_URL",
        )
    return Finding(current, "the database, in the shape of this version", "run `checkback migrate`")


def _order(conn: Connection, _: datetime) -> Finding:
    return Finding(
        order.holds(conn),
        "what is new comes after all that is stored",
        "the database was restored from a backup: run `checkback migrate --restored`, or new shares stay unseen",
    )


def _directory(conn: Connection, now: datetime) -> Finding:
    count = len(registry.directory(conn).agencies(now))
    return Finding(
        count > 0,
        f"the directory: {count} agencies are open today",
        "read one with `checkback agencies load`",
    )


def _protocols(conn: Connection, now: datetime) -> Finding:
    today = now.astimezone(clock.LONDON).date()
    found = registry.protocols(conn)
    good = [one for one in found if one.effective <= today <= one.review_by]
    late = sorted({one.id for one in found} - {one.id for one in good})
    soon = sorted(one.id for one in good if one.review_by <= today + SOON)
    if not good or late:
        of_which = f" for {', '.join(late)}" if late else ""
        what = f"no protocol is in force today{of_which}"
        return Finding(False, what, "review it, raise its version, and `checkback protocols load` it")
    due = f"; to be reviewed within a month: {', '.join(soon)}" if soon else ""
    return Finding(True, f"protocols: {len(good)} in force today{due}")


def _seal_keys(conn: Connection, now: datetime) -> Finding:
    ring, without = registry.keys(conn), []
    for agency in registry.directory(conn).agencies(now):
        try:
            ring.seal_key(agency.id, now)
        except NoKey:
            without.append(agency.id)
    shown = ", ".join(without[:FEW]) + (f" and {len(without) - FEW} more" if len(without) > FEW else "")
    return Finding(
        not without,
        f"no key that is good today: {shown}"
        if without
        else "every open agency has a key that is good today",
        "`checkback keys generate` and `checkback keys register`; until then nothing can be sealed to them",
    )


def _announced(conn: Connection, now: datetime) -> Finding:
    web, workers = here.settings(WebSettings), here.settings(WorkerSettings)
    held = {row.kid for row in registry.key_rows(conn, web.hub) if row.good(now)}
    missing = [row.kid for row in keyfiles.public_rows(web, workers, since=now) if row.kid not in held]
    return Finding(
        not missing,
        f"a key that the hub signs with is not published: {missing[0]}"
        if missing
        else "the keys that the hub signs with are published",
        "run `checkback migrate` where both key files are, so that agencies can believe the hub",
    )


def _redis(web: WebSettings) -> Finding:
    try:
        with redis.Redis.from_url(web.redis_url, socket_connect_timeout=2) as connection:
            connection.ping()
    except redis.RedisError:
        return Finding(
            False,
            "Redis does not answer: messages are accepted and kept, and nothing is delivered until it does",
            "start the hub with `checkback up`, or look at CHECKBACK_REDIS_URL",
        )
    return Finding(True, "Redis")


def _web(web: WebSettings) -> Finding:
    where = found(web)
    url = f"{where}/health/ready"
    try:
        with urllib.request.urlopen(url, timeout=3):  # noqa: S310 - our own address
            return Finding(True, f"the web process, at {where}")
    except urllib.error.HTTPError:
        return Finding(False, "the web process is not ready", f"{url} says which part it waits for")
    except OSError:
        return Finding(
            False,
            f"no web process answers at {where}",
            "start the hub with `checkback up`, or look at CHECKBACK_HOST and CHECKBACK_PORT",
        )
