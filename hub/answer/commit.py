"""A group of acts, written: locked, checked, moved, noted, in the caller's one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from agencies import wire
from hub import enquiry, errors, held_elsewhere, journey, placing
from hub.answer import calling, disagreeing
from hub.answer.desk import Act
from hub.answer.holding import Hands, guard_accepting, guard_closing, hands_of, overtaken_by, reaches_nobody
from hub.answer.meeting import guard_duties, guard_ending
from hub.clock import whole_day_after
from hub.disagreement import Raised
from hub.duties import Asked
from hub.ids import new_id
from hub.journey import Actor, Wanted, check
from hub.known import Known
from hub.store import (
    disagreements,
    enquiries,
    likenesses,
    messages,
    notes,
    outbox,
    owed,
    responsibility,
    shares,
)
from hub.store.shares import Share
from protocols.vocabulary import Kind

# These may move a child, or say that one is found.
ABOUT_A_CHILD = {"accept", "check_back", "close", "meet", "release"}
LOOK_AT_DUTIES = {"close", "meet", "stand_down", "escalate", "conclude"}
ENDING = {"close", "redirect", "release"}  # these may close the message


@dataclass(frozen=True, slots=True)
class Ready:
    """An act with its note sealed for both ends."""

    act: Act
    share: Share  # as it was when the note was sealed
    note: notes.Note
    actor: Actor
    case_reference_hidden: bytes | None


Answer = wire.Moved | Exception


def commit(conn: Connection, group: Sequence[Ready], *, known: Known, at: datetime) -> list[Answer]:
    _hold_children(conn, group)
    # Messages before shares, each in the order of their ids: no two groups can wait for each other in a ring.
    ending = {one.share.message_id for one in group if one.act.event in ENDING}
    locked_messages: Mapping[UUID, messages.Message] = {}
    if ending:
        locked_messages = messages.lock(conn, sorted(ending))
    before = overtaken_by(conn, [one.share for one in _released(group)])
    locked = shares.lock_again(conn, {one.id: one for one in (*before, *(one.share for one in group))})
    hands = hands_of(
        conn, [locked[one.act.share_id].message_id for one in group if _is_about_holding(one, locked)]
    )
    tellings = [one.share for one in group if one.act.event == "call"]
    told = notes.told_of_calls(conn, [one.id for one in tellings], [one.message_id for one in tellings])
    enquiries.lock_beside(conn, [one.act.body.owed for one in group if isinstance(one.act.body, wire.Meet)])
    still_owed = owed.open_of_shares(conn, [one.share.id for one in group if _looks_at_duties(one.act)])
    stages = disagreements.open_of(conn, [one.share.id for one in group if one.act.event in disagreeing.ACTS])
    seen: dict[UUID, Seen] = {}
    refused: dict[UUID, errors.CheckbackError] = {}
    for one in group:
        try:
            share, mine = locked[one.act.share_id], [r for r in still_owed if r.share_id == one.share.id]
            check(share, _wanted(one, Seen()))
            guard_duties(one.act, mine)
            guard_ending(one.act, one.share)
            seen[share.id] = Seen(
                raised=disagreeing.raised(one.act, share, stages.get(share.id), mine, at),
                told_both=calling.other_has_told(one.act, share, told, mine),
                meets=calling.met_by(one.act, mine),
            )
            if _is_about_holding(one, locked):
                _guard(conn, one, locked[one.act.share_id], hands)
            if isinstance(one.act.body, wire.Redirect):
                _guard_redirect(conn, one.act.body.to, locked[one.act.share_id])
        except errors.CheckbackError as no:
            refused[one.act.share_id] = no
    going = [one for one in group if one.act.share_id not in refused]
    moved = _move(conn, going, locked, seen, known=known, at=at)
    for one in _released(going):
        overtaken = [locked[share.id] for share in before]
        reaches_nobody(conn, one.share, overtaken, by=one.act.caller.agency, known=known, at=at)
    journey.close_what_is_done(conn, locked_messages, at=at)
    return [refused.get(one.act.share_id) or moved[one.act.share_id] for one in group]


def _hold_children(conn: Connection, group: Sequence[Ready]) -> None:
    if any(one.act.event in ABOUT_A_CHILD and one.share.kind == Kind.HANDOVER for one in group):
        likenesses.nobody_merges(conn)


def _released(group: Sequence[Ready]) -> list[Ready]:
    return [one for one in group if one.act.event == "release" and one.share.takes_responsibility]


def _is_about_holding(one: Ready, locked: Mapping[UUID, Share]) -> bool:
    """Whether this act takes the responsibility over, or must not come before somebody does."""
    acts = one.act.event in ("accept", "close") or _accepts_with_check_back(one.act.body)
    return acts and locked[one.act.share_id].takes_responsibility


def _guard(conn: Connection, one: Ready, share: Share, hands: Hands) -> None:
    if one.act.event == "close":
        guard_closing(conn, share, hands)
    else:
        guard_accepting(conn, share, hands)


def _accepts_with_check_back(body: wire.Act) -> bool:
    return isinstance(body, wire.CheckBack) and body.accepts_responsibility


@dataclass(frozen=True, slots=True)
class Seen:
    """What an act leads to by what is there already."""

    raised: Raised | None = None
    told_both: bool = False
    meets: tuple[UUID, ...] = ()


def _looks_at_duties(act: Act) -> bool:
    return act.event in LOOK_AT_DUTIES or calling.tells_of_a_call(act.body)


def _wanted(one: Ready, seen: Seen) -> Wanted:
    body = one.act.body
    sets: dict[str, Any] = {}
    promises: tuple[Asked, ...] = ()
    detail: dict[str, Any] = {}
    if isinstance(body, wire.CheckBack):
        sets["case_reference_hidden"] = one.case_reference_hidden
        promises = (
            *(Asked("action", whole_day_after(action.by_when)) for action in body.actions),
            Asked("review", whole_day_after(body.review_on)),
        )
        detail = {"spoke_to": True} if body.spoke_to else {}
    elif isinstance(body, wire.Challenge):
        sets["challenged_by"] = one.act.caller.agency
    elif isinstance(body, wire.Conclude):
        detail = {"outcome": body.outcome}
    elif isinstance(body, wire.Decline):
        detail = {"reason": body.reason, "suggests": body.suggests}
    elif isinstance(body, wire.Meet | wire.StandDown):
        detail = {"owed": str(body.owed)}
    return Wanted(
        id=one.act.share_id,
        event=one.act.event,
        actor=one.actor,
        detail={**detail, **({"stage": seen.raised.name} if seen.raised else {})} or None,
        note_id=one.note.id,
        promises=promises,
        sets=sets,
        meets=(body.owed,) if isinstance(body, wire.Meet | wire.StandDown) else seen.meets,
        told_both=seen.told_both,
        raised=seen.raised,
        outcome=body.outcome if isinstance(body, wire.Conclude) else None,
    )


def _move(
    conn: Connection,
    going: Sequence[Ready],
    locked: Mapping[UUID, Share],
    seen: Mapping[UUID, Seen],
    *,
    known: Known,
    at: datetime,
) -> dict[UUID, wire.Moved]:
    if not going:
        return {}
    new_shares = {one.act.share_id: new_id() for one in going if isinstance(one.act.body, wire.Redirect)}
    wanted = [_wanted(one, seen[one.act.share_id]) for one in going]
    asked = [(_with_redirect(one, new_shares), locked[one.id]) for one in wanted]
    made = journey.move(conn, asked, known=known, at=at)
    notes.add(conn, [one.note for one in going])
    for one in going:
        share = locked[one.act.share_id]
        if isinstance(one.act.body, wire.Redirect):
            area = known.directory.get(one.act.body.to, at).area
            _redirect(conn, one, share, Target(new_shares[share.id], one.act.body.to, area), at)
        if isinstance(one.act.body, wire.Meet):
            enquiry.met(conn, share, one.act.body.owed, by=one.act.caller.agency, known=known, at=at)
        if isinstance(one.act.body, wire.AcceptResponsibility) or _accepts_with_check_back(one.act.body):
            _take_over(conn, one, share, known=known, at=at)
    return {one.act.share_id: _moved(one, made[one.act.share_id], new_shares, at) for one in going}


def _moved(one: Ready, made: journey.Made, new_shares: Mapping[UUID, UUID], at: datetime) -> wire.Moved:
    return wire.Moved(
        share=one.act.share_id,
        state=made.row.after,
        at=at,
        note=one.note.id,
        deadlines=tuple(
            wire.Deadline(what=duty.what, owed_by=duty.owed_by, limit=duty.limit_text, due_at=duty.due_at)
            for duty in made.owes
        ),
        redirected_to=new_shares.get(one.act.share_id),
    )


def _with_redirect(wanted: Wanted, new_shares: Mapping[UUID, UUID]) -> Wanted:
    if wanted.id in new_shares:
        wanted.sets["redirected_to"] = new_shares[wanted.id]  # type: ignore[index]
    return wanted


@dataclass(frozen=True, slots=True)
class Target:
    """Where a declined share goes instead."""

    share: UUID
    agency: str
    area: str


def _redirect(conn: Connection, one: Ready, share: Share, to: Target, at: datetime) -> None:
    """The same grant of the same clause, for another agency of that role: a share of its own, from the start."""
    row = {
        "id": to.share,
        "message_id": share.message_id,
        "kind": share.kind,
        "sender": share.sender,
        "recipient": to.agency,
        "role": share.role,
        "protocol": share.protocol,
        "protocol_version": share.protocol_version,
        "digest": share.digest,
        # Whom the message says was telephoned was another.
        "terms": {**share.terms, "agency": to.agency, "area": to.area, "called": False},
        "takes_responsibility": share.takes_responsibility,
    }
    journey.begin_shares(conn, [row], at=at, actor=one.actor)
    messages.decide_redirect(conn, share.id, to.share, agency=to.agency, area=to.area, at=at)
    outbox.put(conn, [outbox.Work("seal", share.message_id, None, at)])


def _guard_redirect(conn: Connection, to: str, share: Share) -> None:
    """Not to somebody who has a share of this message, and not to a party that the sender withholds it from."""
    for decided in messages.decisions(conn, share.message_id):
        if decided.outcome == "share" and decided.agency == to:
            raise errors.Conflict(
                "this agency has its own share of this message",
                next="redirect to another one, or release this share; GET /v1/messages/{id} shows who has one",
            )
        named = decided.agency == to if decided.agency else decided.role == share.role
        if decided.outcome == "withhold" and named:
            raise errors.Conflict(
                "you decided to withhold this message from that party, and that stands with your reason",
                next="if that has changed, send a new message",
            )


def _take_over(conn: Connection, one: Ready, share: Share, *, known: Known, at: datetime) -> None:
    """The responsibility changes hands with the act of the named person, or not at all."""
    if one.act.event == "check_back":
        accepted = Wanted(share.id, "accept", one.actor, note_id=one.note.id)
        journey.move(conn, [(accepted, shares.lock(conn, [share.id])[share.id])], known=known, at=at)
    handed = responsibility.hand_over(
        conn,
        message_id=share.message_id,
        share_id=share.id,
        giver=share.sender,
        taker=share.recipient,
        row_id=one.note.id,
        person_hidden=one.actor.person_hidden or b"",
        at=at,
    )
    if not handed:
        raise errors.WrongState("the responsibility had changed hands", next="read the share again")
    moved = placing.accepted(conn, placing.Accepted(share, one.actor.person_hidden, one.actor.person_ref, at))
    held_elsewhere.settled(conn, moved, by=share.recipient, at=at)
