"""Tell those whom the chase has named: something waits. By e-mail, and to an endpoint where the agency has one.

1. Take all that waits for one address, leased; what has been done meanwhile is left out.
2. Write, once for all of it, with no transaction open.
3. Record how it was told.

Killed between 2 and 3, the address is written to again: at least once, where the record says once. After a day of
trying, or at once when trying cannot help, the partnership's office is asked to telephone.
"""

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import structlog
from sqlalchemy import Connection

from agencies.agency import Agency, AgencyError, ContactRole
from agencies.reach.backoff import next_attempt
from agencies.reach.notice import Notice, Waits
from agencies.reach.port import Delivered, Outcome, Refused, Retry, Word
from agencies.whom import Told, contact_of
from agencies.wire import Lapses
from hub.known import Known
from hub.store import messages, notices, registry
from hub.store.faults import is_away
from workers import tasks
from workers.line import Line
from workers.retry import reconnect_after
from workers.tasks import Task
from workers.telling import code_of, told

EVERY = 5.0  # seconds between two looks
ADDRESSES = 100  # in one look
AT_ONCE = 500  # things in one notice
NAMES = UUID("b1a7e6c4-5a8f-4c4e-9d57-5b1c9f0f6a10")
FEED, MET, BY_TELEPHONE = "feed", "met", "telephone"
log = structlog.get_logger()


def tell_for_ever(line: Line, stop: threading.Event) -> None:
    failures = 0
    while not stop.is_set():
        try:
            tell(line, stopping=stop.is_set)
            failures = 0
            stop.wait(EVERY)
        except Exception as fault:  # noqa: BLE001 - whatever it is, it is tried again in a moment
            log.warning("telling failed and is tried again", failures=failures, **told(fault))
            stop.wait(reconnect_after(failures))
            failures += 1


def tell(line: Line, *, stopping: Callable[[], bool] = lambda: False) -> int:
    """All that is due; answers how many addresses were told. One that fails keeps nothing from another."""
    with line.engine.begin() as conn:
        waiting = notices.addresses(conn, now=line.now(), limit=ADDRESSES)
    reached = 0
    for agency, contact in waiting:
        if stopping():
            break
        try:
            reached += _tell_one(line, Told(agency, ContactRole(contact)))
        except Exception as fault:
            if is_away(fault):
                raise
            log.warning("a notice failed and is tried again", agency=agency, **told(fault))
    return reached


@dataclass(frozen=True, slots=True)
class Letter:
    """All that waits for one address."""

    whom: Told
    notices: Sequence[Any]
    owed: Sequence[Any]
    secret: bytes | None  # of the agency's endpoint

    @property
    def reference(self) -> UUID:
        """The same for the same things, and another for others: a receiver drops what it has had under this name."""
        return uuid5(NAMES, " ".join(sorted(str(row.id) for row in self.notices)))


def _tell_one(line: Line, whom: Told) -> bool:
    known = line.known()
    with line.engine.begin() as conn:
        letter = _take(line, conn, whom)
    if letter is None:
        return False
    try:
        outcome, how = _write(line, known, letter)
    except Exception as fault:  # noqa: BLE001 - whatever it is, it is tried again, and at last somebody telephones
        log.warning("a notice failed", agency=whom.agency, **told(fault))
        outcome, how = Retry(code_of(fault), "a fault of the hub's own"), ""
    with line.engine.begin() as conn:
        _record(line, known, conn, letter, outcome, how=how)
    return isinstance(outcome, Delivered)


def _take(line: Line, conn: Connection, whom: Told) -> Letter | None:
    at = line.now()
    leased = notices.lease(conn, (whom.agency, whom.contact), now=at, lease_for=line.lease_for, limit=AT_ONCE)
    owed = notices.still_owed(conn, [row.owed_id for row in leased])
    still = {row.id for row in owed}
    notices.sent(conn, [row.id for row in leased if row.owed_id not in still], how=MET, at=at)
    mine = [row for row in leased if row.owed_id in still]
    return Letter(whom, mine, owed, registry.webhook_secret_of(conn, whom.agency)) if mine else None


# -- write --------------------------------------------------------------------------------------------------


def _write(line: Line, known: Known, letter: Letter) -> tuple[Outcome, str]:
    """An endpoint is told as well, but it is a system's: whether a person was told is not known by it."""
    at, whom = line.now(), letter.whom
    agency = _agency(known, whom, at)
    if agency is None:
        return Refused(
            "agency_closed", "the agency has closed since: somebody must find who is meant now"
        ), ""
    pushed = _push(line, agency, letter)
    if line.carrier is None:
        return Delivered(), "webhook" if pushed else FEED
    contact = contact_of(whom, directory=known.directory, at=at)
    if contact is None or contact.email is None:
        return Refused("no_email", "nobody there has an address for e-mail"), ""
    notice = Notice(
        reference=letter.reference,
        agency=agency.name,
        contact=whom.contact,
        email=contact.email,
        at=at,
        waits=[
            Waits(row.what, row.owed_by, row.due_at, f"{line.base_url}/v1/owed/{row.id}")
            for row in letter.owed
        ],
    )
    return line.carrier.tell(notice), line.carrier.name


def _push(line: Line, agency: Agency, letter: Letter) -> bool:
    if agency.webhook_url is None:
        return False
    try:
        secret = line.records.show(letter.secret, where=registry.webhook_place(agency.id))
    except ValueError:  # hidden under another records key: the agency must be given a new one
        return False
    word = Word(
        lapses=Lapses(
            type="owed.lapse" if any(row.due_at <= line.now() for row in letter.owed) else "owed.asked",
            notice=letter.reference,
            contact=letter.whom.contact,
            owed=tuple(row.id for row in letter.owed),
        ),
        recipient=agency.id,
        at=line.now(),
        attempt=letter.notices[0].attempts,
        url=agency.webhook_url,
        secret=secret,
    )
    return isinstance(line.webhook.deliver(word), Delivered)


def _agency(known: Known, whom: Told, at: datetime) -> Agency | None:
    try:
        return known.directory.get(whom.agency, at)
    except AgencyError:
        return None


# -- record -------------------------------------------------------------------------------------------------


def _record(
    line: Line, known: Known, conn: Connection, letter: Letter, outcome: Outcome, *, how: str
) -> None:
    at, ids = line.now(), [row.id for row in letter.notices]
    if isinstance(outcome, Delivered):
        notices.sent(conn, ids, how=how, at=at)
        return
    due_at = _again_at(letter.notices, outcome, at)
    log.info("a notice did not arrive", agency=letter.whom.agency, reason=outcome.reason, next=due_at)
    if due_at is not None:
        notices.again(conn, ids, due_at=due_at, fault=outcome.reason)
        return
    asked_about = _ask_a_person(known, conn, letter, at)
    rung = [row.id for row in letter.notices if row.owed_id in asked_about]
    notices.sent(conn, rung, how=BY_TELEPHONE, at=at)
    notices.sent(conn, ids, how=MET, at=at)  # the others


def _again_at(mine: Sequence[Any], outcome: Retry | Refused, at: datetime) -> datetime | None:
    if isinstance(outcome, Refused):
        return None
    jitter = random.random()  # noqa: S311 - spreads load, hides nothing
    first = min(row.at for row in mine)
    return next_attempt(
        max(row.attempts for row in mine), first_at=first, now=at, jitter=jitter, after=outcome.after
    )


def _ask_a_person(known: Known, conn: Connection, letter: Letter, at: datetime) -> set[UUID]:
    """To telephone, about each share: to this very contact, and about what is still owed. Whatever ends with a message
    has ended by then, and what outlives it has not. About what somebody owes to nobody but themselves only the
    operator does, as the sender must not learn that it is owed. Answers what it is about.
    """
    locked = messages.lock(conn, sorted({row.message_id for row in letter.owed}))
    still = notices.still_owed(conn, [row.id for row in letter.owed])
    area = tasks.area_of(known, letter.whom.agency, at)
    about = {(locked[row.message_id], row.share_id, _is_unheard(row, locked)) for row in still}
    wanted = [
        Task(
            tasks.TELL_BY_TELEPHONE,
            message.id,
            message.sender,
            area,
            share,
            about=str(letter.whom),
            unheard=unheard,
        )
        for message, share, unheard in about
    ]
    for task in tasks.open_once(conn, wanted, known=known, at=at):
        log.warning("nobody takes a notice: a person is asked to telephone", message=task.message_id)
    return {row.id for row in still}


def _is_unheard(row: Any, locked: Mapping[UUID, messages.Message]) -> bool:  # noqa: ANN401 - a row
    return bool(row.owed_by == row.owed_to != locked[row.message_id].sender)
