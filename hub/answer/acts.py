"""Acts of people, worked in groups.

A group is worked in three steps: read what never changes, seal the notes with no lock held, then lock, check, move
and write in one transaction. An act that cannot be done fails alone; its neighbours go through.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from agencies import wire
from hub import errors
from hub.answer.commit import Answer, Ready, commit
from hub.answer.desk import Act, Desk, concerns, no_such_share
from hub.answer.fitting import check_body
from hub.answer.sealing import seal_note
from hub.ids import new_id
from hub.journey import Actor, Wanted, check
from hub.known import Known
from hub.store import audit, notes, owed, shares
from hub.store.connect import looking
from hub.store.shares import Share


def act_many(engine: Engine, acts: Sequence[Act], *, known: Known, desk: Desk, at: datetime) -> list[Answer]:
    """Answers in the order of the acts, each with its own outcome. It raises only if nothing at all was done."""
    turn, later = _one_a_share(acts)
    answers: dict[int, Answer] = {}
    done = _turn(engine, [acts[place] for place in turn], known=known, desk=desk, at=at)
    answers.update(zip(turn, done, strict=True))
    if later:
        try:
            rest = act_many(engine, [acts[place] for place in later], known=known, desk=desk, at=at)
        except Exception as fault:  # noqa: BLE001 - what the first turn did stands, and its callers hear so
            rest = [fault] * len(later)
        answers.update(zip(later, rest, strict=True))
    return [answers[place] for place in range(len(acts))]


def _one_a_share(acts: Sequence[Act]) -> tuple[list[int], list[int]]:
    """Two acts on one share cannot move it at once: the second is judged by what the first has made of it."""
    first: dict[UUID, int] = {}
    for place, act in enumerate(acts):
        first.setdefault(act.share_id, place)
    turn = set(first.values())
    return sorted(turn), [place for place in range(len(acts)) if place not in turn]


def _turn(engine: Engine, acts: Sequence[Act], *, known: Known, desk: Desk, at: datetime) -> list[Answer]:
    with looking(engine) as conn:
        seen = shares.read_many(conn, [act.share_id for act in acts])
    prepared = [_prepare(act, seen.get(act.share_id), known=known, desk=desk, at=at) for act in acts]
    ready = [one for one in prepared if isinstance(one, Ready)]
    written = iter(_write(engine, ready, known=known, at=at) if ready else [])
    outcome = [next(written) if isinstance(one, Ready) else one for one in prepared]
    return [_or_as_before(engine, desk, act, answer) for act, answer in zip(acts, outcome, strict=True)]


def _write(engine: Engine, group: Sequence[Ready], *, known: Known, at: datetime) -> list[Answer]:
    try:
        with engine.begin() as conn:
            return commit(conn, group, known=known, at=at)
    except IntegrityError:
        # A retry of an act that could be done twice (a challenge, say) meets its first try's note.
        if len(group) > 1:
            return [_write(engine, [one], known=known, at=at)[0] for one in group]
        return [errors.WrongState("this act was done before", next="read the share again")]


def _or_as_before(engine: Engine, desk: Desk, act: Act, answer: Answer) -> Answer:
    """A retry whose first try went through is told what that one did, not that it comes too late."""
    # Once the other side has moved on, the map may say "not yours" to what was this caller's when it was done.
    too_late = isinstance(answer, errors.Conflict | errors.Forbidden | errors.Invalid)
    if not too_late or (marked := act.marked(desk.records)) is None:
        return answer
    key, fingerprint = marked
    with looking(engine) as conn:
        before = notes.of_request(conn, act.share_id, act.caller.agency, key)
        if before is None:
            return answer
        share = shares.read_many(conn, [act.share_id])[act.share_id]
        after = audit.state_after(conn, share.message_id, before.id)
        owes = [row for row in owed.of_shares(conn, [share.id])[share.id] if row["note_id"] == before.id]
    if before.kind != act.event or bytes(before.request_fingerprint) != fingerprint:
        return errors.KeyReused(
            f"this Idempotency-Key was used for another act, of the kind {before.kind}",
            next="if this is a new act, send it with a new key; if it is a retry, send the first body again",
        )
    return wire.Moved(
        share=act.share_id,
        state=after or share.state,
        at=before.at,
        note=before.id,
        deadlines=tuple(
            wire.Deadline(
                what=row["what"], owed_by=row["owed_by"], limit=row["limit_text"], due_at=row["due_at"]
            )
            for row in owes
        ),
        redirected_to=share.redirected_to if act.caller.agency == share.sender else None,
    )


# -- before the transaction ---------------------------------------------------------------------------------


def _prepare(
    act: Act, share: Share | None, *, known: Known, desk: Desk, at: datetime
) -> Ready | errors.CheckbackError:
    if share is None or not concerns(share, act.caller.agency):
        return no_such_share()
    note_id = new_id()
    person = desk.records.hide(act.body.by.model_dump_json(), where=f"person {note_id}")
    actor = Actor(act.caller.agency, act.caller.credential, person, note_id)
    try:
        check(share, Wanted(share.id, act.event, actor))
        check_body(act, share, known, at)
        note = seal_note(act, share, note_id, known=known, desk=desk, at=at)
    except errors.CheckbackError as no:
        return no
    reference = act.body.case_reference if isinstance(act.body, wire.CheckBack) else None
    hidden = desk.records.hide(reference, where=f"case_reference {share.id}")
    return Ready(act, share, note, actor, hidden)
