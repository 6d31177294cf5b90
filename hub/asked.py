"""What people are asked to do, told: a task opens and is done in the record, and both ends hear of it.

An office that is asked may read no message, so that what it is given here is ids and codes alone.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from hub import journey
from hub.errors import Conflict
from hub.journey import HUB
from hub.store import asks, audit, feed, messages, owed, unplaced
from hub.store.tables import PLACE_RESPONSIBILITY, SAME_CHILD


def opened(conn: Connection, tasks: Sequence[owed.Owed], *, at: datetime) -> None:
    """Tell the sender and whoever is asked."""
    _tell(conn, "message.task", tasks, at)


def answered(conn: Connection, question: UUID, message: UUID, *, by: str, at: datetime) -> None:
    """Settle the task that asked this, wherever it lies."""
    for task in asks.about(conn, message, str(question)):
        asks.settle(conn, task.id, by=by, at=at)
        _tell(conn, "message.task_done", [task], at)


def done(conn: Connection, task: owed.Owed, *, at: datetime) -> bool:
    """Settle a task that the hub's operator says is done. Whether its message is closed with it."""
    if task.what == SAME_CHILD:
        raise Conflict(
            "whether two children are one is a question, which is answered and not done",
            next=f"`checkback children same {task.about}` or `checkback children different {task.about}`",
        )
    if task.what == PLACE_RESPONSIBILITY:
        raise Conflict("who holds a child is a question, which is answered and not done", next=_placing(task))
    locked = messages.lock(conn, [task.message_id])
    asks.settle(conn, task.id, by=HUB, at=at)
    _tell(conn, "message.task_done", [task], at)
    return bool(journey.close_what_is_done(conn, locked, at=at))


def _placing(task: owed.Owed) -> str:
    """By whoever is asked, and by nobody else: the hub's operator only where no office is."""
    alarm = (task.about or "").removeprefix(unplaced.ABOUT)
    if task.owed_by == HUB:
        return f"`checkback responsibility place {alarm} AGENCY`, with who says so and how it is known"
    return f"{task.owed_by} answers, with its own credential: POST /v1/alarms/{alarm}/place"


def _tell(conn: Connection, event: str, tasks: Sequence[owed.Owed], at: datetime) -> None:
    audit.write(
        conn,
        [
            audit.Entry(
                at=at,
                event=event,
                message_id=task.message_id,
                sender=task.owed_to,
                recipient=task.owed_by,
                by_agency=HUB,
                detail={
                    "task": str(task.id),
                    "what": task.what,
                    "owed_by": task.owed_by,
                    **({"share": str(task.share_id)} if task.share_id else {}),
                    **({"about": task.about} if task.about else {}),
                },
            )
            for task in tasks
        ],
    )
    feed.wake(conn, {feed.events_of(end) for task in tasks for end in (task.owed_to, task.owed_by)})
