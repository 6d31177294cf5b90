"""The map: every state, every move, and who may make it. Read this first.

A message is accepted, routed, closed (or withdrawn). Each share of it is planned, sealed, sent, received, checked
back, perhaps challenged and answered, agreed, closed; or it is declined, and then redirected or released.

`MOVES` is the whole of the law. `begin_*` makes the first row of a message or share, `move` makes every later
change: it swaps the state, writes the audit, opens and settles what is owed and puts the next step in the outbox,
all in the caller's transaction. Nothing else writes a state. A worker that will do the next step itself has it put
there in its own hands, leased like all that the pump hands out: `in_hand_until` says for how long.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection

from hub import disagreement, errors, whose_turn
from hub.disagreement import Raised
from hub.duties import Asked, duties
from hub.known import Known
from hub.store import audit, feed, messages, outbox, owed, responsibility, shares
from hub.store.connect import together
from hub.store.shares import Share, Swap
from hub.whose_turn import By

HUB = whose_turn.HUB


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the map."""

    of: Literal["message", "share"]
    before: str
    event: str
    after: str
    by: By
    named: bool = False  # a named person does this, never a system
    owes: tuple[str, ...] = ()  # what it starts to owe
    settles: tuple[str, ...] = ()  # what it settles; "*" is all that is open
    next: str | None = None  # the step that follows, put in the outbox


# fmt: off
MOVES: tuple[Move, ...] = (
    # Where a clause says that nobody hears, the sender owes itself what that clause asks: to look at it again.
    Move("message", "accepted", "route", "routed", "hub", owes=("asked",), next="seal"),
    Move("message", "routed", "reroute", "routed", "hub", owes=("asked",), next="seal"),
    *(Move("message", state, "meet", state, "sender", named=True) for state in ("routed", "closed")),
    Move("message", "routed", "close", "closed", "hub", settles=("*",)),
    Move("message", "accepted", "withdraw", "withdrawn", "sender", named=True, settles=("*",)),
    # Also what is closed: a mistake may be found late, and what was expected may not come (a lost pregnancy).
    *(Move("message", state, "withdraw", "withdrawn", "sender", named=True, settles=("*",))
      for state in ("routed", "closed")),

    Move("share", "planned", "seal", "sealed", "hub", next="deliver"),
    Move("share", "sealed", "send", "sent", "hub", owes=("receipt", "check_back", "acceptance", "asked", "call")),
    Move("share", "sent", "receive", "received", "recipient",
         owes=("asked_on_receipt",), settles=("receipt", "deliver_by_hand")),
    Move("share", "received", "check_back", "checked_back", "recipient", named=True,
         owes=("agreement", "action", "review", "asked_on_check_back"), settles=("check_back",)),
    Move("share", "checked_back", "challenge", "challenged", "either", named=True,
         owes=("answer",), settles=("agreement",)),
    Move("share", "challenged", "answer", "checked_back", "other_side", named=True,
         owes=("agreement",), settles=("answer",)),
    Move("share", "challenged", "escalate", "challenged", "either", named=True,
         owes=("answer",), settles=("answer",)),
    Move("share", "challenged", "conclude", "checked_back", "either", named=True,
         owes=("agreement",), settles=("answer",)),
    Move("share", "checked_back", "conclude", "checked_back", "either", named=True),
    Move("share", "checked_back", "agree", "agreed", "sender", named=True, settles=("agreement",)),
    Move("share", "checked_back", "accept", "checked_back", "recipient", named=True, settles=("acceptance",)),
    Move("share", "agreed", "accept", "agreed", "recipient", named=True, settles=("acceptance",)),
    Move("share", "agreed", "close", "closed", "recipient", named=True, settles=("*",)),
    # What is owed besides, under a name of the protocol's own or as an action: whoever owes it says what was done. A
    # protocol's watch may ask for something months later, about a share that is closed.
    *(Move("share", state, "meet", state, "either", named=True)
      for state in ("received", "checked_back", "challenged", "agreed", "closed")),
    # A call that one end has logged. Whoever owed it, or an account of it, has told; the other's account is owed next.
    *(Move("share", state, "call", state, "either", named=True, owes=("call_account",))
      for state in ("sent", "received", "checked_back", "challenged", "agreed")),
    # An enquiry after a family that nobody can trace: a safeguarding lead of either end says that it is over.
    *(Move("share", state, "stand_down", state, "either", named=True)
      for state in ("sent", "received", "checked_back", "challenged", "agreed", "closed")),

    # What was asked for in a message of its own has been sent: a report. Taken back, it is owed again.
    *(Move("share", state, "reply", state, "recipient", settles=("report",))
      for state in ("received", "checked_back", "challenged", "agreed")),
    *(Move("share", state, "unreply", state, "recipient", owes=("report",))
      for state in ("received", "checked_back", "challenged", "agreed")),

    Move("share", "sent", "decline", "declined", "recipient", named=True, owes=("redirect",), settles=("*",)),
    Move("share", "received", "decline", "declined", "recipient", named=True, owes=("redirect",), settles=("*",)),
    Move("share", "declined", "redirect", "redirected", "sender", named=True, settles=("*",)),
    Move("share", "declined", "release", "released", "sender", named=True, settles=("*",)),

    *(Move("share", state, "hand_back", "declined", "hub", owes=("redirect",), settles=("*",))
      for state in ("planned", "sealed", "sent", "received", "checked_back", "challenged", "agreed")),
    *(Move("share", state, "withdraw", "released", "sender", named=True, settles=("*",))
      for state in ("planned", "sealed", "sent", "received", "checked_back", "challenged", "agreed", "declined")),
    # Whoever has closed it hears of it, and why; what they said of it stands as they said it.
    Move("share", "closed", "withdraw", "closed", "sender", named=True, settles=("*",)),
)
# fmt: on

_MAP = {(row.of, row.before, row.event): row for row in MOVES}
_UNSENT = ("planned", "sealed")
UNANSWERED = ("escalate", "conclude")  # nobody answers any more where these were made
ENDS = {"share": {"closed", "redirected", "released"}, "message": {"closed", "withdrawn"}}


def legal_from(of: str, state: str) -> tuple[str, ...]:
    """What may happen to it next: for an error that says so, and for the diagram."""
    return tuple(row.event for row in MOVES if row.of == of and row.before == state)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a move: the hub's own workers, or a caller, for a person who is named (under the records key)."""

    agency: str
    credential: str | None = None
    person_hidden: bytes | None = None
    person_ref: UUID | None = None  # what the hidden name is bound to: "person <ref>"


WORKERS = Actor(HUB)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One move that somebody wants made, with what is set and owed along with it."""

    id: UUID
    event: str
    actor: Actor
    detail: Mapping[str, Any] | None = None
    note_id: UUID | None = None
    promises: tuple[Asked, ...] = ()  # actions and the review: their dates are the person's own
    sets: Mapping[str, Any] = field(default_factory=dict)  # columns of shares.Swap
    meets: tuple[UUID, ...] = ()  # these very duties are met
    told_both: bool = False  # of a call: the other end has given its account of it already
    raised: Raised | None = None  # to which stage a challenge goes
    outcome: str | None = None  # with which a disagreement is concluded


# -- the first row ------------------------------------------------------------------------------------------


def begin_messages(
    conn: Connection,
    rows: Sequence[Mapping[str, Any]],
    *,
    bodies: Mapping[UUID, bytes],
    credentials: Mapping[UUID, str],
    at: datetime,
) -> set[UUID]:
    """Record messages as accepted, each with its sealed body, its audit row and its first step. Answers with those
    that are new.
    """
    new = messages.add(
        conn, [{**row, "state": "accepted", "state_at": at, "accepted_at": at} for row in rows]
    )
    fresh = [row for row in rows if row["id"] in new]
    handovers = [(row["id"], row["sender"]) for row in fresh if row["kind"] == "handover"]
    entries = [
        audit.Entry(
            at=at,
            event="message.accept",
            message_id=row["id"],
            sender=row["sender"],
            by_agency=row["sender"],
            credential=credentials[row["id"]],
            state_to="accepted",
            detail={"kind": row["kind"], "version": row["version"]},
        )
        for row in fresh
    ]
    with together(conn):
        messages.add_bodies(conn, [{"message_id": row["id"], "sealed": bodies[row["id"]]} for row in fresh])
        audit.write(conn, entries)
        outbox.put(conn, [outbox.Work("route", row["id"], None, at) for row in fresh])
        responsibility.begin(conn, handovers, at=at)
    return new


def begin_shares(
    conn: Connection, rows: Sequence[Mapping[str, Any]], *, at: datetime, actor: Actor = WORKERS
) -> None:
    """Record shares as planned; the audit of each names every protocol that allows it, with its clauses."""
    shares.add(conn, [{**row, "state": "planned", "state_at": at} for row in rows])
    audit.write(
        conn,
        [
            audit.Entry(
                at=at,
                event="share.plan",
                message_id=row["message_id"],
                share_id=row["id"],
                sender=row["sender"],
                by_agency=actor.agency,
                credential=actor.credential,
                state_to="planned",
                detail={
                    "recipient": row["recipient"],
                    "allowed_by": [
                        {"protocol": one["protocol_id"], "version": one["version"], "clauses": one["clauses"]}
                        for one in (row["terms"], *row["terms"]["also"])
                    ],
                },
            )
            for row in rows
        ],
    )


# -- every later move ---------------------------------------------------------------------------------------


def check(share: Share, wanted: Wanted) -> Move:
    """The row of the map for this move, or the error that says why there is none."""
    row = _MAP.get(("share", share.state, wanted.event))
    if row is None:
        raise errors.WrongState(
            f"this share is {share.state}: {wanted.event} cannot be done from there",
            next=whose_turn.turns(_leads_on(share), wanted.actor.agency, share),
        )
    if not whose_turn.is_of(row.by, share, wanted.actor.agency):
        raise errors.Forbidden(
            f"{wanted.event} is for the {whose_turn.WHO[row.by]}",
            next="ask the other agency to do it; your part is in GET /v1/shares/{id}",
        )
    if row.named and wanted.actor.person_hidden is None:
        raise errors.Invalid(f"{wanted.event} is an act of a named person", next='name the person in "by"')
    return row


def _leads_on(share: Share) -> list[tuple[str, By]]:
    """But for what the untraced alone have."""
    moves = (row for row in MOVES if (row.of, row.before) == ("share", share.state))
    return [(row.event, row.by) for row in moves if row.event != "stand_down"]


@dataclass(frozen=True, slots=True)
class Made:
    """A move that was made, what it started to owe, and the step that follows, if the caller has it in hand."""

    row: Move
    owes: tuple[owed.Owed, ...]
    next: outbox.Row | None = None


def move(
    conn: Connection,
    asked: Sequence[tuple[Wanted, Share]],
    *,
    known: Known,
    at: datetime,
    in_hand_until: datetime | None = None,
) -> dict[UUID, Made]:
    """Make moves of shares that this transaction has locked, each share at most once. All of them, or it raises:
    whoever groups the wishes of several callers runs `check` on each first and leaves the impossible ones out.
    """
    rows = {wanted.id: check(share, wanted) for wanted, share in asked}
    swaps = [Swap(w.id, s.state, rows[w.id].after, **w.sets) for w, s in asked]
    swapped = shares.swap(conn, swaps, at=at)
    if len(swapped) != len(rows) or len(rows) != len(asked):
        raise errors.WrongState(
            "a share had moved on, or was asked to move twice at once",
            next="read it again and decide afresh",
        )
    entries = [_entry(wanted, share, rows[wanted.id], at) for wanted, share in asked]
    turns = [
        disagreement.Turn(
            s, w.event, w.actor.agency, w.note_id, rows[w.id].settles == ("*",), w.raised, w.outcome
        )
        for w, s in asked
    ]
    owes = {w.id: tuple(_starts(w, s, rows[w.id], known, at)) for w, s in asked}
    with together(conn):
        audit.write(conn, entries)
        feed.wake(conn, _who_hears(entries))
        _settle(conn, asked, rows, at)
        owed.start(conn, [duty for some in owes.values() for duty in some])
        disagreement.record(conn, turns, at=at)
        disagreement.tell(conn, ((s, duty) for w, s in asked for duty in owes[w.id]), known=known, at=at)
    works = [
        outbox.Work(step, s.message_id, s.id, at) for w, s in asked if (step := rows[w.id].next) is not None
    ]
    follow = {row.share_id: row for row in outbox.put(conn, works, in_hand_until=in_hand_until)}
    return {one: Made(row, owes[one], follow.get(one)) for one, row in rows.items()}


def _who_hears(entries: Sequence[audit.Entry]) -> set[str]:
    """Both ends hear of what happened; only what is sent comes into an inbox."""
    ends = {end for entry in entries for end in (entry.sender, entry.recipient) if end}
    inboxes = {entry.recipient for entry in entries if entry.state_to == "sent" and entry.recipient}
    return {feed.events_of(end) for end in ends} | {feed.inbox_of(agency) for agency in inboxes}


def _entry(wanted: Wanted, share: Share, row: Move, at: datetime) -> audit.Entry:
    # The recipient hears of a share from the moment that it is sent: a plan is not theirs to know.
    unheard = row.before in _UNSENT and row.event != "send"
    return audit.Entry(
        at=at,
        event=f"share.{wanted.event}",
        message_id=share.message_id,
        share_id=share.id,
        sender=share.sender,
        recipient=None if unheard else share.recipient,
        by_agency=wanted.actor.agency,
        credential=wanted.actor.credential,
        person_hidden=wanted.actor.person_hidden,
        state_from=row.before,
        state_to=row.after,
        detail=_detail(wanted.detail, wanted.actor, wanted.note_id),
    )


def _detail(said: Mapping[str, Any] | None, actor: Actor, note_id: UUID | None) -> dict[str, Any] | None:
    refs = {"note": note_id, "person": actor.person_ref}
    return {**(said or {}), **{name: str(ref) for name, ref in refs.items() if ref}} or None


def _settle(
    conn: Connection, asked: Sequence[tuple[Wanted, Share]], rows: Mapping[UUID, Move], at: datetime
) -> None:
    pairs: dict[str, list[tuple[UUID, str, str]]] = {"done": [], "void": []}
    ends: list[tuple[UUID, str, str]] = []
    for wanted, share in asked:
        settles, by = rows[wanted.id].settles, wanted.actor.agency
        if settles == ("*",):
            ends.append((share.id, by, _how(wanted.event)))
            if wanted.event == "close":  # closing does not say that anybody has telephoned
                pairs["void"] += [(share.id, what, by) for what in ("call", "call_account")]
        elif by != HUB:  # whoever acts has been reached
            how = "void" if wanted.event in UNANSWERED else "done"
            pairs[how] += [(share.id, what, by) for what in settles]
            pairs["done"].append((share.id, "tell_by_telephone", by))
    for how, some in pairs.items():
        owed.settle(conn, some, at=at, how=how)
    owed.settle_each(conn, [(one, w.actor.agency, _how(w.event)) for w, _ in asked for one in w.meets], at=at)
    owed.settle_all(conn, ends, at=at)


def _how(event: str) -> str:
    """Closing, meeting and telling of a call say that it was done; any other end, that it is no longer asked for."""
    return "done" if event in ("close", "meet", "call", "check_back") else "void"


def _starts(wanted: Wanted, share: Share, row: Move, known: Known, at: datetime) -> list[owed.Owed]:
    promised = {promise.what for promise in wanted.promises}
    left = {"action", "review", *(("call_account",) if wanted.told_both else ())}
    whats = tuple(what for what in row.owes if what not in left)
    if promised - set(row.owes):
        raise ValueError(f"{row.event} does not owe {promised}")
    first = wanted.sets.get("challenged_by") or share.challenged_by or wanted.actor.agency
    first = share.sender if row.event == "send" else wanted.actor.agency if row.event == "call" else first
    return duties(
        share, whats, wanted.promises, first=first, stage=wanted.raised.stage if wanted.raised else None,
        note_id=wanted.note_id, known=known, at=at,
    )  # fmt: skip


def move_messages(
    conn: Connection,
    ids: Sequence[UUID],
    event: str,
    *,
    locked: Mapping[UUID, messages.Message],
    actor: Actor,
    at: datetime,
    detail: Mapping[str, Any] | None = None,
    owes: Sequence[owed.Owed] = (),
    meets: Sequence[UUID] = (),
    in_hand_until: datetime | None = None,
) -> list[outbox.Row]:
    """The same for messages that this transaction has locked. Answers with the steps that follow, if in hand."""
    if not ids:
        return []
    rows = {}
    for one in ids:
        row = _MAP.get(("message", locked[one].state, event))
        if row is None:
            raise errors.WrongState(
                f"this message is {locked[one].state}: {event} cannot be done from there",
                next="read the message again: GET /v1/messages/{id}",
            )
        rows[one] = row
    if owes and any("asked" not in row.owes for row in rows.values()):
        raise ValueError(f"{event} of a message owes nothing")
    swapped = shares.swap_messages(
        conn, [Swap(one, row.before, row.after) for one, row in rows.items()], at=at
    )
    if len(swapped) != len(set(ids)):
        raise errors.WrongState("a message had moved on", next="read it again and decide afresh")
    entries = [
        audit.Entry(
            at=at,
            event=f"message.{event}",
            message_id=one,
            sender=locked[one].sender,
            by_agency=actor.agency,
            credential=actor.credential,
            person_hidden=actor.person_hidden,
            state_from=row.before,
            state_to=row.after,
            detail=_detail(detail, actor, None),
        )
        for one, row in rows.items()
    ]
    ended = [one for one, row in rows.items() if "*" in row.settles]
    with together(conn):
        audit.write(conn, entries)
        feed.wake(conn, {feed.events_of(locked[one].sender) for one in rows})
        owed.settle_messages(conn, ended, by=actor.agency, at=at, how=_how(event))
        owed.settle_each(conn, [(one, actor.agency, _how(event)) for one in meets], at=at)
        owed.start(conn, owes)
    works = [outbox.Work(r.next, o, None, at) for o, r in rows.items() if r.next is not None]
    return outbox.put(conn, works, in_hand_until=in_hand_until)


def close_what_is_done(
    conn: Connection, locked: Mapping[UUID, messages.Message], *, at: datetime
) -> list[UUID]:
    """Close each of these locked messages on which nothing is left to be done, for anybody."""
    if not locked:
        return []
    done = messages.all_done(conn, list(locked))
    move_messages(conn, done, "close", locked=locked, actor=WORKERS, at=at)
    return done
