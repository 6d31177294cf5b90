"""A disagreement, written with the moves that it is made of: each stage that it climbs, who is told of it, how it ends.

Only `hub.journey.move` calls this, in its own transaction. Both views are notes; nothing of them is ever taken away.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from agencies.whom import Ends, whom
from hub.known import Known
from hub.store import disagreements, notices
from hub.store.disagreements import Opened
from hub.store.notices import Notice
from hub.store.owed import Owed
from hub.store.shares import Share
from protocols.stages import stages_of

AT_ONCE = 0  # the step of a ladder at which the people of a stage are told: before any lapse


@dataclass(frozen=True, slots=True)
class Raised:
    """A challenge is at this stage now; `before` is how the stage below it ended, if there was one."""

    stage: int
    name: str
    begun: UUID | None = None  # None: it begins now
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """A move of a share, as far as a disagreement is concerned."""

    share: Share
    event: str
    by: str
    note_id: UUID | None
    ends_all: bool  # nothing more is asked for on this share
    raised: Raised | None = None
    outcome: str | None = None  # as somebody concludes it


def record(conn: Connection, turns: Sequence[Turn], *, at: datetime) -> None:
    disagreements.answered(conn, [one.share.id for one in turns if one.event == "answer"], at=at)
    disagreements.end(conn, [(one.share.id, how) for one in turns if (how := _ends(one)) is not None], at=at)
    disagreements.begin(
        conn,
        [
            Opened(
                one.note_id, one.raised.begun or one.note_id, one.share.id, one.raised.stage, one.raised.name,
                one.by, at,
            )
            for one in turns
            if one.raised and one.note_id
        ],
    )  # fmt: skip


def _ends(turn: Turn) -> str | None:
    """How the stage that is open ends with this move, if it does. Most shares were never challenged at all."""
    if turn.raised is not None:
        return turn.raised.before
    if turn.outcome is not None:
        return turn.outcome
    if turn.share.challenged_by is None:
        return None
    if turn.event == "agree":  # whoever was not challenged has not said that they agree
        return "agreed" if turn.share.challenged_by == turn.by else "answered"
    return "void" if turn.ends_all else None


def tell(conn: Connection, opened: Iterable[tuple[Share, Owed]], *, known: Known, at: datetime) -> None:
    """Tell the people of a stage that an answer is owed there, now and not when it has lapsed."""
    told = []
    for share, duty in opened:
        if duty.stage is None:
            continue
        between = stages_of(share.terms)[duty.stage].between
        ends = Ends(share.sender, share.recipient, duty.owed_by)
        calendar = known.calendar(duty.owed_by, at)
        if between:
            told += [
                Notice(duty.id, AT_ONCE, one.agency, one.contact, at, at)
                for one in whom(between, ends, directory=known.directory, calendar=calendar, at=at)
            ]
    if told:
        notices.add(conn, told)
