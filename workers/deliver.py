"""Deliver: from now on the recipient can fetch it.

A share is *sent* when the recipient's system could fetch it, and that is the moment at which its inbox shows it:
for every agency, however else it is reached. Where the directory names an endpoint, a push follows as a step of
its own. So an endpoint that is down hides nothing: the share is there to be fetched, the recipient's time runs,
and whoever lets it lapse is asked. And an agency that answers the push at once finds its share already sent.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from agencies.agency import AgencyError
from hub import journey, replying
from hub.journey import WORKERS, Wanted
from hub.known import Known
from hub.store import asks, outbox, shares
from hub.store.connect import together
from hub.store.outbox import Row, Work
from hub.store.shares import Share
from workers import tasks
from workers.batch import Worked, put_back, recorded
from workers.line import Line
from workers.telling import CannotYet

STEP = "deliver"


def deliver(line: Line, rows: Sequence[Row]) -> Worked:
    """Work these rows of the outbox. A push that follows is for a thread of its own, so nothing is in our hands."""
    known = line.known()
    follow, bad = recorded(line, rows, lambda conn, group: _record(line, known, conn, group))
    put_back(line, bad)
    return Worked(len(rows) - len(bad), follow)


def _record(line: Line, known: Known, conn: Connection, group: Sequence[Row]) -> list[Row]:
    at = line.now()
    held = outbox.hold(conn, [row.id for row in group], step=STEP)
    locked = shares.lock(conn, [row.share_id for row in held if row.share_id is not None])
    if any(row.share_id not in locked for row in held):
        raise CannotYet("no_share")
    sealed = [share for share in locked.values() if share.state == "sealed"]  # the others were withdrawn
    journey.move(conn, [(Wanted(one.id, "send", WORKERS), one) for one in sealed], known=known, at=at)
    replying.replied(conn, sealed, known=known, at=at)
    pushed = [one for one in sealed if endpoint_of(known, one, at) is not None]
    again = [row.message_id for row in held if row.attempts > 1]
    with together(conn):
        asks.settle_all(conn, again, [tasks.RESOLVE_STUCK], by=journey.HUB, at=at)
        outbox.done(conn, [row.id for row in held])
        return outbox.put(conn, [Work("push", one.message_id, one.id, at) for one in pushed])


def endpoint_of(known: Known, share: Share, at: datetime) -> str | None:
    """Where the recipient wants it pushed to, as the directory says now."""
    try:
        agency = known.directory.get(share.recipient, at)
    except AgencyError:
        return None  # closed since: the share goes back to its sender
    return agency.webhook_url if agency.reach == "webhook" else None
