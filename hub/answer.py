"""What the two ends of a share do with it: received, checked back, challenged, agreed, declined, closed.

A group of acts is worked in three steps: read what never changes, seal the notes with no lock held, then lock,
check, move and write in one transaction. An act that cannot be done fails alone; its neighbours go through.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from agencies.directory import ClosedAgency, NotYetOpen, UnknownAgency
from sqlalchemy import Connection, Engine

from agencies import wire
from agencies.callers import Caller
from agencies.keys import NoKey, SignPrivate
from agencies.seal import Context, seal
from hub import errors, journey
from hub.clock import whole_day_after
from hub.duties import Asked
from hub.ids import new_id
from hub.journey import Actor, Wanted, check
from hub.known import Known
from hub.records import Records
from hub.store import messages, notes, outbox, responsibility, shares
from hub.store.shares import Share

ENDING = {"close", "redirect", "release"}  # these may close the message


@dataclass(frozen=True, slots=True)
class Act:
    """One person's act on one share, as it came in."""

    share_id: UUID
    event: str
    body: wire.Act
    caller: Caller


@dataclass(frozen=True, slots=True)
class Desk:
    """What the hub needs at hand to take acts: the name it seals under, and its keys for notes and records."""

    hub: str
    signer: SignPrivate
    records: Records


@dataclass(frozen=True, slots=True)
class Ready:
    """An act with its note sealed for both ends."""

    act: Act
    note: notes.Note
    actor: Actor
    case_reference_hidden: bytes | None


Answer = wire.Moved | errors.CheckbackError


def no_such_share() -> errors.NotFound:
    return errors.NotFound(
        "there is no such share, or it is not your agency's",
        next="take the ids of your shares from GET /v1/inbox or GET /v1/events",
    )


def act_many(engine: Engine, acts: Sequence[Act], *, known: Known, desk: Desk, at: datetime) -> list[Answer]:
    """Answers in the order of the acts, each with its own outcome."""
    with engine.connect() as conn:
        seen = shares.read_many(conn, [act.share_id for act in acts])
    ready = [_prepare(act, seen.get(act.share_id), known=known, desk=desk, at=at) for act in acts]
    answers: list[Answer | None] = [one if isinstance(one, errors.CheckbackError) else None for one in ready]
    waiting = [(place, one) for place, one in enumerate(ready) if isinstance(one, Ready)]
    while waiting:
        # Two acts on one share cannot move it at once: the second waits for the next round.
        turn: dict[UUID, tuple[int, Ready]] = {}
        for place, one in waiting:
            turn.setdefault(one.act.share_id, (place, one))
        taken = {place for place, _ in turn.values()}
        waiting = [(place, one) for place, one in waiting if place not in taken]
        with engine.begin() as conn:
            outcome = _commit(conn, [one for _, one in turn.values()], known=known, at=at)
        for (place, _), answer in zip(turn.values(), outcome, strict=True):
            answers[place] = answer
    return [answer for answer in answers if answer is not None]


# -- before the transaction ---------------------------------------------------------------------------------


def _prepare(
    act: Act, share: Share | None, *, known: Known, desk: Desk, at: datetime
) -> Ready | errors.CheckbackError:
    if share is None or not _concerns(share, act.caller.agency):
        return no_such_share()
    note_id = new_id()
    person = desk.records.hide(act.body.by.model_dump_json(), where=f"person {note_id}")
    actor = Actor(act.caller.agency, act.caller.credential, person, note_id)
    try:
        check(share, Wanted(share.id, act.event, actor))
        _sensible(act, share, known, at)
        note = _seal_note(act, share, note_id, known=known, desk=desk, at=at)
    except errors.CheckbackError as no:
        return no
    reference = act.body.case_reference if isinstance(act.body, wire.CheckBack) else None
    hidden = desk.records.hide(reference, where=f"case_reference {share.id}")
    return Ready(act, note, actor, hidden)


def _concerns(share: Share, agency: str) -> bool:
    """A recipient hears of a share once it is sent; until then it is not there for them."""
    if agency == share.recipient:
        return share.state not in ("planned", "sealed")
    return agency == share.sender


def _sensible(act: Act, share: Share, known: Known, at: datetime) -> None:
    """What a body says must be possible, before anybody is told of it."""
    body = act.body
    if isinstance(body, wire.CheckBack):
        _dates_of(body, at)
        if body.accepts_responsibility:
            _may_accept(share)
    if isinstance(body, wire.AcceptResponsibility):
        _may_accept(share)
    if isinstance(body, wire.Close) and body.review_held_on > at.date():
        raise _fault("review_held_on", "the review must have been held: this date is in the future")
    if isinstance(body, wire.Redirect):
        _may_redirect(body.to, share, known, at)


def _dates_of(body: wire.CheckBack, at: datetime) -> None:
    if body.review_on < at.date():
        raise _fault("review_on", "a review is still to come: give a date from today on")
    for place, action in enumerate(body.actions):
        if action.by_when < at.date():
            raise _fault(
                f"actions.{place}.by_when", "an action is still to be done: give a date from today on"
            )
    if body.spoke_to is not None and body.spoke_to.at.tzinfo is None:
        raise _fault("spoke_to.at", "say the time with its offset, for instance 2026-07-03T09:30:00+01:00")
    if body.spoke_to is not None and body.spoke_to.at > at:
        raise _fault("spoke_to.at", "a call that is logged has been made: this time is in the future")


def _may_accept(share: Share) -> None:
    if not share.takes_responsibility:
        raise errors.Conflict(
            "this share does not hand over the responsibility",
            next="check back without accepts_responsibility; the sender's grid names the service that takes it",
        )


def _may_redirect(to: str, share: Share, known: Known, at: datetime) -> None:
    """The clause grants a role in an area. Which agency of that role and area is right, the sender may know
    better; another role or area is for the protocol to decide, so that takes a new message.
    """
    try:
        target = known.directory.get(to, at)
        before = known.directory.get(share.recipient, share.state_at)
    except ClosedAgency as closed:
        raise _fault(
            "to", f"this agency has closed; its successor is {closed.successor or 'not known'}"
        ) from None
    except (UnknownAgency, NotYetOpen):
        raise _fault("to", "no agency of this id is open: GET /v1/agencies lists them") from None
    same_area = target.area == before.area or share.role == "gp_practice"
    if to in (share.recipient, share.sender) or target.role != share.role or not same_area:
        raise _fault(
            "to",
            f"the clause shares with {share.role} there: choose another agency of that role and area,"
            " or send a new message, which the protocol decides afresh",
        )


def _fault(field: str, says: str) -> errors.Invalid:
    return errors.Invalid(
        "the act cannot be taken as it is", next="mend the field named in errors", faults=((field, says),)
    )


def _seal_note(
    act: Act, share: Share, note_id: UUID, *, known: Known, desk: Desk, at: datetime
) -> notes.Note:
    said = json.dumps(
        {
            "kind": act.event,
            "share": str(share.id),
            "by_agency": act.caller.agency,
            "at": at.isoformat(),
            **act.body.model_dump(mode="json"),
        },
        ensure_ascii=False,
    ).encode()
    sealed = [
        _sealed_to(end, said, share, note_id, known=known, desk=desk, at=at)
        for end in (share.sender, share.recipient)
    ]
    return notes.Note(note_id, share.id, act.event, act.caller.agency, at, sealed[0], sealed[1])


def _sealed_to(
    agency: str, said: bytes, share: Share, note_id: UUID, *, known: Known, desk: Desk, at: datetime
) -> bytes:
    try:
        key = known.keys.seal_key(agency, at)
    except NoKey:
        raise errors.NoKeyYet(
            f"{agency} has no key that a note could be sealed to",
            next="telephone them, and try again when their key is registered",
        ) from None
    context = Context(
        hub=desk.hub, purpose="note", message=share.message_id, share=share.id, note=note_id, recipient=agency,
        protocol=share.digest,
    )  # fmt: skip
    return json.dumps(seal(said, to=key, signer=desk.signer, context=context), separators=(",", ":")).encode()


# -- inside the transaction ---------------------------------------------------------------------------------


def _commit(conn: Connection, group: Sequence[Ready], *, known: Known, at: datetime) -> list[Answer]:
    # Messages before shares, each in the order of their ids: no two groups can wait for each other in a ring.
    ids = [one.act.share_id for one in group]
    ending = [one.act.share_id for one in group if one.act.event in ENDING]
    locked_messages: Mapping[UUID, messages.Message] = {}
    if ending:
        of = {share.message_id for share in shares.read_many(conn, ending).values()}
        locked_messages = messages.lock(conn, sorted(of))
    locked = shares.lock(conn, ids)
    refused: dict[UUID, errors.CheckbackError] = {}
    for one in group:
        try:
            check(locked[one.act.share_id], _wanted(one))
            _guard(conn, one, locked[one.act.share_id])
        except errors.CheckbackError as no:
            refused[one.act.share_id] = no
    going = [one for one in group if one.act.share_id not in refused]
    moved = _move(conn, going, locked, known=known, at=at)
    journey.close_what_is_done(conn, locked_messages, at=at)
    return [refused.get(one.act.share_id) or moved[one.act.share_id] for one in group]


def _guard(conn: Connection, one: Ready, share: Share) -> None:
    """What the map cannot see: a handover does not close in nobody's hands, and is accepted once."""
    if not share.takes_responsibility or one.act.event not in ("accept", "close", "check_back"):
        return
    accepts = one.act.event == "accept" or _accepts_with_check_back(one.act.body)
    holder = responsibility.now(conn, share.message_id)
    if accepts and (holder is None or holder.holder != share.sender):
        raise errors.Conflict(
            "the responsibility has been accepted already",
            next="GET /v1/messages/{id} tells its sender who holds it",
        )
    if one.act.event == "close" and holder is not None and holder.holder == share.sender:
        raise errors.Conflict(
            "nobody has accepted the responsibility yet, so this handover cannot be closed",
            next="a named practitioner accepts it first: POST /v1/shares/{id}/accept",
        )


def _accepts_with_check_back(body: wire.Act) -> bool:
    return isinstance(body, wire.CheckBack) and body.accepts_responsibility


def _wanted(one: Ready) -> Wanted:
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
    elif isinstance(body, wire.Challenge):
        sets["challenged_by"] = one.act.caller.agency
    elif isinstance(body, wire.Decline):
        detail = {"reason": body.reason, "suggests": body.suggests}
    return Wanted(
        id=one.act.share_id,
        event=one.act.event,
        actor=one.actor,
        detail=detail or None,
        note_id=one.note.id,
        promises=promises,
        sets=sets,
    )


def _move(
    conn: Connection, going: Sequence[Ready], locked: Mapping[UUID, Share], *, known: Known, at: datetime
) -> dict[UUID, wire.Moved]:
    if not going:
        return {}
    new_shares = {one.act.share_id: new_id() for one in going if isinstance(one.act.body, wire.Redirect)}
    asked = [(_with_redirect(_wanted(one), new_shares), locked[one.act.share_id]) for one in going]
    made = journey.move(conn, asked, known=known, at=at)
    notes.add(conn, [one.note for one in going])
    for one in going:
        share = locked[one.act.share_id]
        if isinstance(one.act.body, wire.Redirect):
            _redirect(conn, one, share, new_shares[share.id], at)
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


def _redirect(conn: Connection, one: Ready, share: Share, new_share: UUID, at: datetime) -> None:
    """The same grant of the same clause, for another agency of that role: a share of its own, from the start."""
    to = one.act.body.to  # type: ignore[attr-defined]
    journey.begin_shares(
        conn,
        [
            {
                "id": new_share,
                "message_id": share.message_id,
                "kind": share.kind,
                "sender": share.sender,
                "recipient": to,
                "role": share.role,
                "protocol": share.protocol,
                "protocol_version": share.protocol_version,
                "digest": share.digest,
                "terms": share.terms,
                "takes_responsibility": share.takes_responsibility,
            }
        ],
        at=at,
        actor=one.actor,
    )
    outbox.put(conn, [outbox.Work("seal", share.message_id, None, at)])


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


# -- received, and withdrawn --------------------------------------------------------------------------------


def receive_many(
    engine: Engine, ids: Sequence[UUID], caller: Caller, *, known: Known, at: datetime
) -> list[wire.ReceivedOne]:
    """A system or a person has fetched these. That is not reading: what is owed now is a check-back."""
    actor = Actor(caller.agency, caller.credential)
    with engine.begin() as conn:
        locked = shares.lock(conn, sorted(set(ids)))
        mine = {
            one: s
            for one, s in locked.items()
            if s.recipient == caller.agency and _concerns(s, caller.agency)
        }
        moving = [
            (Wanted(one, "receive", actor), share) for one, share in mine.items() if share.state == "sent"
        ]
        if moving:
            journey.move(conn, moving, known=known, at=at)
    moved = {wanted.id for wanted, _ in moving}
    return [_received(one, mine.get(one), one in moved) for one in ids]


def _received(share_id: UUID, share: Share | None, moved: bool) -> wire.ReceivedOne:  # noqa: FBT001 - private
    if share is None:
        return wire.ReceivedOne(
            share=share_id, state=None, moved=False, explanation="no such share of your agency's"
        )
    if moved:
        return wire.ReceivedOne(share=share_id, state="received", moved=True)
    return wire.ReceivedOne(
        share=share_id, state=share.state, moved=False, explanation=f"it was {share.state} before"
    )


def withdraw(
    engine: Engine,
    message_id: UUID,
    body: wire.Withdraw,
    caller: Caller,
    *,
    known: Known,
    desk: Desk,
    at: datetime,
) -> wire.Withdrawn:
    """The sender takes a message back. What was not sent never is; who has it hears so, with the reason."""
    with engine.begin() as conn:
        locked = messages.lock(conn, [message_id])
        if message_id not in locked or locked[message_id].sender != caller.agency:
            raise errors.NotFound(
                "there is no such message of your agency's",
                next="take its id from the answer that accepted it",
            )
        holder = responsibility.now(conn, message_id)
        if holder is not None and holder.holder != caller.agency:
            raise errors.Conflict(
                "a named practitioner has accepted the responsibility: a handover that was accepted stands",
                next="to take the family back, the other agency sends you a handover of its own",
            )
        person_id = new_id()
        person = desk.records.hide(body.by.model_dump_json(), where=f"person {person_id}")
        actor = Actor(caller.agency, caller.credential, person, person_id)
        journey.move_messages(conn, [message_id], "withdraw", locked=locked, actor=actor, at=at)
        open_shares = [
            share
            for share in shares.lock_of_messages(conn, [message_id])
            if share.state not in journey.ENDS["share"]
        ]
        _withdraw_shares(conn, open_shares, body, actor, caller, known=known, desk=desk, at=at)
    return wire.Withdrawn(id=message_id, state="withdrawn", at=at)


def _withdraw_shares(
    conn: Connection,
    open_shares: Sequence[Share],
    body: wire.Withdraw,
    actor: Actor,
    caller: Caller,
    *,
    known: Known,
    desk: Desk,
    at: datetime,
) -> None:
    asked, written = [], []
    for share in open_shares:
        note = None
        if share.state not in ("planned", "sealed"):
            act = Act(share.id, "withdraw", body, caller)
            note = _seal_note(act, share, new_id(), known=known, desk=desk, at=at)
            written.append(note)
        asked.append((Wanted(share.id, "withdraw", actor, note_id=note and note.id), share))
    if asked:
        journey.move(conn, asked, known=known, at=at)
        notes.add(conn, written)
