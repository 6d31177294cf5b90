"""Push: post the sealed share to the recipient's own endpoint, so that it need not ask.

1. Claim the rows, in a transaction of its own: whoever was handed a row earlier has lost it from then on.
2. Post, with no transaction open: the database never waits for somebody else's server.
3. Record what came of each.

Killed between 2 and 3, the share is posted again later under the same webhook-id; the recipient's system tells by
it that it has it. A push is help, never proof: only the recipient's own `received` moves the share.

After a day of trying, or at once when trying cannot help, a person is asked to deliver by hand, that is, to
telephone; and the share waits in the inbox, where it has been all along.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection

from agencies.reach.backoff import next_attempt
from agencies.reach.port import Delivered, Delivery, Outcome, Refused, Retry
from agencies.wire import Deadline, InboxItem
from hub import journey
from hub.duties import seen_by
from hub.known import Known
from hub.store import messages, outbox, owed, registry, shares
from hub.store.outbox import Leased, Row
from hub.store.shares import Share
from workers import tasks
from workers.batch import Worked, prepared, recorded
from workers.deliver import endpoint_of
from workers.line import Line
from workers.seal import parsed
from workers.tasks import Task
from workers.telling import CannotYet, code_of, told

STEP = "push"
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row with what the database holds for it, as it is kept there."""

    row: Row
    share: Share
    url: str
    envelope: bytes
    deadlines: Sequence[dict[str, Any]]
    secret: bytes | None


@dataclass(frozen=True, slots=True)
class Post:
    row: Row
    share: Share
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class Posted:
    row: Row
    share: Share
    outcome: Outcome


def push(line: Line, leased: Sequence[Leased]) -> Worked:
    """Work these rows of the outbox; answers how many were done with."""
    known = line.known()
    with line.engine.begin() as conn:
        rows = outbox.claim(conn, leased, step=STEP, until=line.now() + line.lease_for)
        wanted = _wanted(line, known, conn, rows)
        outbox.done(conn, [row.id for row in rows if row.id not in wanted])
    posts, bad = prepared([row for row in rows if row.id in wanted], lambda row: _post(line, wanted[row.id]))
    posted = [Posted(row, wanted[row.id].share, _unreadable(fault)) for row, fault in bad]
    outcomes = line.webhook.deliver_all([post.delivery for post in posts])
    posted += [Posted(post.row, post.share, outcome) for post, outcome in zip(posts, outcomes, strict=True)]
    follow, failed = recorded(line, posted, lambda conn, group: _record(line, known, conn, group))
    for one, fault in failed:
        # It comes due again by itself, and is posted again under the same webhook-id.
        log.warning("a push was not recorded", share=one.share.id, **told(fault))
    return Worked(len(rows), follow)


def _wanted(line: Line, known: Known, conn: Connection, rows: Sequence[Row]) -> dict[int, Wanted]:
    """What is still worth posting: sent, not fetched meanwhile, not withdrawn, and wanted at an endpoint."""
    at = line.now()
    found = {
        one.id: (one, url)
        for one in shares.read_many(conn, [row.share_id for row in rows if row.share_id is not None]).values()
        if one.state == "sent" and (url := endpoint_of(known, one, at)) is not None
    }
    envelopes = shares.envelopes(conn, list(found))
    deadlines = owed.of_shares(conn, list(found))
    secrets = {
        agency: registry.webhook_secret_of(conn, agency)
        for agency in {share.recipient for share, _ in found.values()}
    }
    return {
        row.id: Wanted(
            row,
            share,
            url,
            envelopes[share.id],
            seen_by(deadlines[share.id], share.recipient),
            secrets[share.recipient],
        )
        for row in rows
        if row.share_id in found
        for share, url in [found[row.share_id]]
    }


def _post(line: Line, wanted: Wanted) -> Post:
    """Each by itself: what cannot be read of one agency keeps nothing from another."""
    share = wanted.share
    item = InboxItem(
        share=share.id,
        message=share.message_id,
        sender=share.sender,
        kind=share.kind,
        sent_at=share.sent_at or share.state_at,
        deadlines=tuple(_deadline(one) for one in wanted.deadlines),
        envelope=parsed(wanted.envelope),
    )
    try:
        secret = line.records.show(wanted.secret, where=registry.webhook_place(share.recipient))
    except ValueError:  # hidden under another records key: the agency must be given a new one
        raise CannotYet("no_secret") from None
    delivery = Delivery(
        item=item,
        recipient=share.recipient,
        at=line.now(),
        attempt=wanted.row.attempts,
        url=wanted.url,
        secret=secret,
    )
    return Post(wanted.row, share, delivery)


def _unreadable(fault: Exception) -> Refused:
    return Refused(code_of(fault), "what the hub holds for this push cannot be read")


def _deadline(row: dict[str, object]) -> Deadline:
    return Deadline.model_validate(
        {
            "what": row["what"],
            "owed_by": row["owed_by"],
            "limit": row["limit_text"],
            "due_at": row["due_at"],
            "met_at": row["met_at"],
        }
    )


# -- record -------------------------------------------------------------------------------------------------


def _record(line: Line, known: Known, conn: Connection, group: Sequence[Posted]) -> list[Row]:
    at = line.now()
    messages.lock(conn, [one.share.message_id for one in group])
    states = shares.lock(conn, [one.share.id for one in group])  # so that none is fetched meanwhile
    ours = outbox.still_ours(conn, [one.row for one in group])
    for one in group:
        share = one.share
        if isinstance(one.outcome, Delivered):
            owed.settle(conn, [(share.id, tasks.DELIVER_BY_HAND, journey.HUB)], at=at)
            outbox.done(conn, [one.row.id])
        elif one.row.id not in ours:  # too late: another try is under way, or has arrived
            log.info("a push ended after its time", share=share.id, agency=share.recipient)
        elif states[share.id].state != "sent":  # fetched or withdrawn meanwhile: nothing is left to push
            outbox.done(conn, [one.row.id])
        else:
            _failed(known, conn, one, one.outcome, at=at)
    return []  # nothing follows


def _failed(known: Known, conn: Connection, one: Posted, outcome: Retry | Refused, *, at: datetime) -> None:
    row, share = one.row, one.share
    after = outcome.after if isinstance(outcome, Retry) else None
    jitter = random.random()  # noqa: S311 - spreads load, hides nothing
    due_at = next_attempt(row.attempts, first_at=row.first_at, now=at, jitter=jitter, after=after)
    log.info(
        "a push did not arrive", share=share.id, agency=share.recipient, reason=outcome.reason, next=due_at
    )
    if due_at is None or isinstance(outcome, Refused):
        _ask_a_person(known, conn, share, outcome.reason, at=at)
    if due_at is None:
        outbox.done(conn, [row.id])
    else:
        outbox.again(conn, row.id, due_at=due_at, fault=outcome.reason)


def _ask_a_person(known: Known, conn: Connection, share: Share, reason: str, *, at: datetime) -> None:
    area = tasks.area_of(known, share.recipient, at)
    task = Task(tasks.DELIVER_BY_HAND, share.message_id, share.sender, area, share.id)
    if tasks.open_once(conn, [task], known=known, at=at):
        log.warning(
            "an endpoint does not take a share: a person is asked to telephone",
            share=share.id,
            agency=share.recipient,
            reason=reason,
        )
