"""What `checkback doctor` sees of the work itself: what waits, what people are asked, and whether they can be told."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.cli import here
from hub.settings import WorkerSettings
from hub.store import asks, lapses, notices, outbox, watches

SLOW = timedelta(minutes=2)  # work that has waited longer than this is not being done


@dataclass(frozen=True)
class Finding:
    well: bool
    what: str
    next: str = ""


def backlog(conn: Connection, now: datetime) -> Finding:
    waiting, overdue = outbox.waiting(conn), outbox.overdue(conn, since=now - SLOW)
    counts = ", ".join(f"{count} to {step}" for step, count in sorted(waiting.items()))
    return Finding(
        not overdue,
        (f"work waits: {counts}" if waiting else "no work waits")
        + (f"; {overdue} overdue" if overdue else ""),
        "are the pump and a worker running? Their logs are in var/log",
    )


def asked(conn: Connection, _: datetime) -> Finding:
    """Open tasks are for people: the hub is well, and they must be seen."""
    told = ", ".join(f"{count} of {office}" for office, count in asks.by_office(conn).items())
    return Finding(True, f"open tasks: {told} (`checkback tasks list`)" if told else "no task is open")


def notices_sent(conn: Connection, now: datetime) -> Finding:
    """Whether those who stand on a ladder can be written to."""
    given = here.settings(WorkerSettings)
    waiting, fault = notices.unsent(conn, since=now - SLOW)
    if waiting:
        return Finding(
            False,
            f"{waiting} notices of what has lapsed do not arrive ({fault or 'no worker has taken them'})",
            "look at CHECKBACK_MAIL_* or CHECKBACK_NOTIFY_*, and at the log of a worker",
        )
    if not (given.notify_api_key or given.mail_host):
        return Finding(True, "what lapses is told in events and at /v1/owed only: no mail server is set")
    link = "" if given.base_url else "; their links lead nowhere until CHECKBACK_BASE_URL is set"
    return Finding(True, f"notices go by {'GOV.UK Notify' if given.notify_api_key else 'e-mail'}{link}")


def watched(conn: Connection, now: datetime) -> Finding:
    """What protocols watch for is looked at beside the chase."""
    behind = watches.unlooked(conn, since=now - SLOW)
    return Finding(
        not behind,
        f"{behind} messages that no protocol's watch has looked at"
        if behind
        else "what protocols watch for is looked at",
        "is the scheduler running? Its log is in var/log",
    )


def chased(conn: Connection, now: datetime) -> Finding:
    behind = lapses.unchased(conn, since=now - SLOW)
    return Finding(
        not behind,
        f"{behind} lapses that nobody was told of" if behind else "whatever has lapsed was told",
        "is the scheduler running? Its log is in var/log",
    )
