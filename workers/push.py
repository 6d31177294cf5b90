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

import structlog
from sqlalchemy import Connection

from agencies.reach.backoff import next_attempt
from agencies.reach.port import Delivered, Delivery, Outcome, Refused, Retry
from agencies.wire import Deadline, InboxItem
from hub import journey
from hub.known import Known
from hub.store import messages, outbox, owed, registry, shares
from hub.store.outbox import Leased, Row
from hub.store.shares import Share
from workers import tasks
from workers.batch import recorded
from workers.deliver import endpoint_of
from workers.line import Line
from workers.seal import parsed
from workers.tasks import Task
from workers.telling import told

STEP = "push"
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Post:
    row: Row
    share: Share
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class Posted:
    post: Post
    outcome: Outcome


def push(line: Line, leased: Sequence[Leased]) -> int:
    """Work these rows of the outbox; answers how many were done with."""
    known = line.known()
    with line.engine.begin() as conn:
        rows = outbox.claim(conn, leased, step=STEP, until=line.now() + line.lease_for)
        posts = _posts(line, known, conn, rows)
        wanted = {post.row.id for post in posts}
        outbox.done(conn, [row.id for row in rows if row.id not in wanted])
    outcomes = line.webhook.deliver_all([post.delivery for post in posts])
    posted = [Posted(post, outcome) for post, outcome in zip(posts, outcomes, strict=True)]
    for one, fault in recorded(line, posted, lambda conn, group: _record(line, known, conn, group)):
        # It comes due again by itself, and is posted again under the same webhook-id.
        log.warning("a push was not recorded", share=one.post.share.id, **told(fault))
    return len(rows)


def _posts(line: Line, known: Known, conn: Connection, rows: Sequence[Row]) -> list[Post]:
    """What is still worth posting: sent, not fetched meanwhile, not withdrawn, and wanted at an endpoint."""
    ids = [row.share_id for row in rows if row.share_id is not None]
    at = line.now()
    found = {
        one.id: (one, url)
        for one in shares.read_many(conn, ids).values()
        if one.state == "sent" and (url := endpoint_of(known, one, at)) is not None
    }
    envelopes = shares.envelopes(conn, list(found))
    deadlines = owed.of_shares(conn, list(found))
    secrets = {one.recipient: _secret(line, conn, one.recipient) for one, _ in found.values()}
    posts = []
    for row in rows:
        if row.share_id not in found:
            continue
        share, url = found[row.share_id]
        item = InboxItem(
            share=share.id,
            message=share.message_id,
            sender=share.sender,
            kind=share.kind,
            sent_at=share.sent_at or share.state_at,
            deadlines=tuple(_deadline(one) for one in deadlines[share.id]),
            envelope=parsed(envelopes[share.id]),
        )
        delivery = Delivery(
            item, share.recipient, at, attempt=row.attempts, url=url, secret=secrets[share.recipient]
        )
        posts.append(Post(row, share, delivery))
    return posts


def _secret(line: Line, conn: Connection, agency: str) -> str | None:
    return line.records.show(registry.webhook_secret_of(conn, agency), where=registry.webhook_place(agency))


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


def _record(line: Line, known: Known, conn: Connection, group: Sequence[Posted]) -> None:
    at = line.now()
    messages.lock(conn, [one.post.share.message_id for one in group])
    states = shares.read_many(conn, [one.post.share.id for one in group])
    for one in group:
        share = one.post.share
        if isinstance(one.outcome, Delivered):
            owed.settle(conn, [(share.id, tasks.DELIVER_BY_HAND, journey.HUB)], at=at)
            outbox.done(conn, [one.post.row.id])
        elif states[share.id].state != "sent":  # fetched or withdrawn meanwhile: nothing is left to push
            outbox.done(conn, [one.post.row.id])
        else:
            _failed(known, conn, one, one.outcome, at=at)


def _failed(known: Known, conn: Connection, one: Posted, outcome: Retry | Refused, *, at: datetime) -> None:
    row, share = one.post.row, one.post.share
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
