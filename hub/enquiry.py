"""The family left, and nobody knows where to: each party that the protocol names enquires, until they are found.

They are found when one of those who enquire says so, or when later messages about the same children say where each of
them is. Then nobody enquires any more, and whoever holds the family owes that it is handed on. If what said where they
are is taken back, they are enquired after again. A safeguarding lead may stand an enquiry down instead, and says why.

`look_again` is called in the transaction of whatever may have changed this, and makes of it what is so now: however
often it is called, and in whichever order things came.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from agencies import wire
from hub import errors
from hub.duties import duties
from hub.journey import HUB
from hub.known import Known
from hub.own_duties import HAND_ON, owed_by_sender
from hub.store import audit, enquiries, feed, owed, shares
from hub.store.shares import Share
from protocols.owing import ENQUIRY

LEAD = "safeguarding lead"
# As people write the role, by itself or beside another of theirs ("GP, safeguarding lead"). Whoever writes for a lead
# is none.
LEADS = frozenset(
    {
        *(f"{rank}{LEAD}" for rank in ("", "deputy ", "named ", "designated ", "deputy designated ")),
        *(
            f"{rank} {who} for {what}"
            for rank in ("named", "designated")
            for who in ("nurse", "midwife", "doctor", "gp", "professional")
            for what in ("safeguarding", "safeguarding children")
        ),
    }
)
_BESIDE = re.compile(r"[,/]")
# Whoever has these may still enquire, also once their share is closed; a share that was declined or released ended
# with a person's word.
_CAN_ENQUIRE = ("sent", "received", "checked_back", "challenged", "agreed", "closed")


def guard_lead(by: wire.Person) -> None:
    roles = {" ".join(role.replace("-", " ").split()) for role in _BESIDE.split(by.role.casefold())}
    if not roles & LEADS:
        raise errors.Forbidden(
            "an enquiry after a family that nobody can trace is stood down by a safeguarding lead, and by nobody else",
            next=f'have the {LEAD} say so, with that role in "by": {LEAD}, or deputy, named or designated {LEAD}, or'
            " named or designated nurse, midwife, doctor, GP or professional for safeguarding children",
        )


def met(conn: Connection, share: Share, owed_id: UUID, *, by: str, known: Known, at: datetime) -> None:
    """One of those who enquire says that the family is found: so nobody enquires any more."""
    if enquiries.is_one(conn, owed_id):
        asked = [row for row in enquiries.lock_of(conn, [share.message_id]) if row.what == ENQUIRY]
        _end(conn, [row for row in asked if row.met_at is None], by=by, at=at)
        look_again(conn, [share.message_id], known=known, at=at)


def look_again(conn: Connection, messages: Sequence[UUID], *, known: Known, at: datetime) -> None:
    """Of each of these messages, by which somebody was asked to enquire: whether they are found now, or are not."""
    rows = enquiries.lock_of(conn, messages)  # first, so that of two who look at once the second sees it all
    word = enquiries.word_of(conn, sorted({row.message_id for row in rows})) if rows else {}
    for message, said in word.items():
        _settle(conn, _Sought.of([row for row in rows if row.message_id == message]), said, known, at)


@dataclass(frozen=True, slots=True)
class _Sought:
    """What was asked by one message: the last that each party was asked, and what whoever holds them was."""

    last: Sequence[Any]
    hand_on: Sequence[Any]

    @classmethod
    def of(cls, rows: Sequence[Any]) -> "_Sought":
        asked = sorted((row for row in rows if row.what == ENQUIRY), key=lambda row: (row.started_at, row.id))
        last = {row.share_id: row for row in asked}
        return cls(list(last.values()), [row for row in rows if row.what == HAND_ON])

    @property
    def open(self) -> list[Any]:
        return [row for row in self.last if row.met_at is None]

    @property
    def by_word(self) -> list[Any]:
        """Those that a message has ended, by saying where they are."""
        return [row for row in self.last if (row.met_how, row.met_by) == ("done", HUB)]

    @property
    def by_a_person(self) -> bool:
        return any(row.met_how == "done" and row.met_by != HUB for row in self.last)


def _settle(conn: Connection, sought: _Sought, word: enquiries.Word, known: Known, at: datetime) -> None:
    again: list[Share] = []
    if word.found:
        _end(conn, sought.open, by=HUB, at=at)
    elif not sought.open and not sought.by_a_person:
        asked = shares.read_many(conn, [row.share_id for row in sought.by_word])
        again = [share for share in asked.values() if share.state in _CAN_ENQUIRE]
        _begin_again(conn, again, known, at)
    enquired = bool(again) or (bool(sought.open) and not word.found)
    over = not (word.found or sought.by_a_person or sought.by_word)  # stood down
    if (over and not enquired) or not (sought.last or word.handed_on):  # or nobody was ever asked to enquire
        return
    _hand_on(conn, sought, handed_on=word.handed_on, enquired=enquired, known=known, at=at)


def _hand_on(
    conn: Connection, sought: _Sought, *, handed_on: bool, enquired: bool, known: Known, at: datetime
) -> None:
    """Whoever holds them owes it once they are found, or nobody is left to enquire: until they hand them on."""
    still = [row for row in sought.hand_on if row.met_at is None]
    if handed_on or enquired:
        owed.settle_each(conn, [(row.id, HUB, "done" if handed_on else "void") for row in still], at=at)
        return
    since = max(row.started_at for row in sought.last)
    said = [
        row
        for row in sought.hand_on
        if row.met_how == "done" and row.met_by != HUB and row.started_at >= since
    ]
    if still or said:
        return
    first = shares.read_many(conn, [sought.last[0].share_id])[sought.last[0].share_id]
    owed.start(conn, [owed_by_sender(first, HAND_ON, limit="redirect", known=known, at=at)])
    feed.wake(conn, {feed.events_of(first.sender)})


def _end(conn: Connection, rows: Sequence[Any], *, by: str, at: datetime) -> None:
    """Each of those who enquire hears that they are found, and so does whoever holds them: that, and not where."""
    owed.settle_each(conn, [(row.id, by, "done") for row in rows], at=at)
    _tell(conn, "owed.found", [(row, row.owed_by) for row in rows], at=at)


def _begin_again(conn: Connection, asked: Sequence[Share], known: Known, at: datetime) -> None:
    """Where it was said that they are, they are not: each hears so, and enquires as at first."""
    owed.start(
        conn,
        [
            duty
            for share in asked
            for duty in duties(share, (ENQUIRY,), (), first=share.sender, note_id=None, known=known, at=at)
        ],
    )
    _tell(conn, "owed.not_found", [(share, share.recipient) for share in asked], at=at)


def _tell(conn: Connection, event: str, whom: Sequence[tuple[Any, str]], *, at: datetime) -> None:
    audit.write(
        conn,
        [
            audit.Entry(
                at=at, event=event, message_id=one.message_id, share_id=_share_of(one), sender=one.sender,
                recipient=agency, by_agency=HUB, detail=_which(one),
            )
            for one, agency in whom
        ],
    )  # fmt: skip
    feed.wake(conn, {feed.events_of(end) for one, agency in whom for end in (one.sender, agency)})


def _share_of(one: Any) -> UUID:  # noqa: ANN401 - a share, or a row of what is owed on one
    found: UUID = one.id if isinstance(one, Share) else one.share_id
    return found


def _which(one: Any) -> dict[str, str]:  # noqa: ANN401 - as above
    return {"what": ENQUIRY} if isinstance(one, Share) else {"what": ENQUIRY, "owed": str(one.id)}
