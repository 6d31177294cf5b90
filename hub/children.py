"""Whether two are one child, as people answer it: merged, told apart, or taken back. Nothing else merges anybody.

Persons are joined by the answers alone: all that are joined by a "same" stand for one, under the longest known of
them. An answer that is taken back parts them again, and every message is with the person whom it was first taken to be
about. Each answer stays with its reason, and the audit says who gave it, as ids.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection

from agencies import wire
from hub import asked, enquiry, errors, held_elsewhere, one_child, placing
from hub.ids import new_id
from hub.known import Known
from hub.records import Records
from hub.store import audit, children, enquiries, feed, handovers, likenesses, watches

Answer = Literal["same", "different"]
MERGE, DIFFER, UNMERGE = "child.merge", "child.differ", "child.unmerge"


@dataclass(frozen=True, slots=True)
class Said:
    """Who answers, for which agency, and why; what can be read of it stays under the records key."""

    by: wire.Person
    because: str
    agency: str
    records: Records
    credential: str | None = None


def answer(conn: Connection, likeness: UUID, said: Said, what: Answer, *, known: Known, at: datetime) -> None:
    """Answer whether two are one. The same answer again changes nothing."""
    likenesses.alone(conn)
    row = likenesses.find(conn, likeness)
    if row is None:
        raise no_such_match()
    if row.answer == what:
        return
    members = likenesses.members(conn, {row.one_root, row.other_root})
    if what == "same":
        _check_nobody_told_them_apart(conn, row, members)
    _answer(conn, [row], said, what, at=at)
    roots = _regroup(conn, members, at)
    if what == "different" and roots[row.one] == roots[row.other]:
        raise errors.Conflict(
            "other answers hold these two to be one",
            next="take back the one that was wrong: answer that match with different, or un-merge a person",
        )
    regrouped(conn, roots, row.message_id, known=known, at=at)
    event = MERGE if what == "same" else UNMERGE if row.answer == "same" else DIFFER
    about = {"one": str(row.one), "other": str(row.other), "about": str(row.id)}
    _record(conn, event, row.message_id, said, about, at=at)
    asked.answered(conn, row.id, row.message_id, by=said.agency, at=at)


def unmerge(conn: Connection, person: UUID, said: Said, *, known: Known, at: datetime) -> datetime:
    """Part one from all whom they were merged with: of each pair it is now said that they are different. Answers when
    that was done: now, or before.
    """
    likenesses.alone(conn)
    root = children.root_of(conn, [person]).get(person)
    if root is None:
        raise no_such_child()
    members = likenesses.members(conn, [root])
    asked_about = likenesses.of_persons(conn, [person])
    joins = [row for row in asked_about if row.answer == "same"]
    if not joins:
        return _parted_before(conn, [row.id for row in asked_about])
    _answer(conn, joins, said, "different", at=at)
    roots = _regroup(conn, members, at)
    first = next(row.message_id for row in members if row.id == person)
    regrouped(conn, roots, first, known=known, at=at)
    others = sorted({str(end) for row in joins for end in (row.one, row.other)} - {str(person)})
    _record(conn, UNMERGE, first, said, {"one": str(person), "others": others}, at=at)
    return at


def _parted_before(conn: Connection, asked_about: Sequence[UUID]) -> datetime:
    given = likenesses.answers(conn, asked_about)
    merged = {row.likeness_id for row in given if row.answer == "same"}
    parted: list[datetime] = [
        row.at for row in given if row.answer == "different" and row.likeness_id in merged
    ]
    if not parted:
        raise errors.Conflict(
            "nobody said that this child is the same as another",
            next="where another was merged with one whom this one is merged with, un-merge that other",
        )
    return max(parted)


def check_may_answer(conn: Connection, likeness: UUID, agency: str) -> None:
    if not likenesses.was_asked(conn, agency, [likeness]):
        raise no_such_match()


def check_may_unmerge(conn: Connection, person: UUID, agency: str) -> None:
    """An office that was asked about this child, or about one of those who are the same."""
    root = children.root_of(conn, [person]).get(person)
    members = [row.id for row in likenesses.members(conn, [root])] if root else []
    if not likenesses.was_asked(conn, agency, [row.id for row in likenesses.of_persons(conn, members)]):
        raise no_such_child()


def no_such_match() -> errors.NotFound:
    return errors.NotFound(
        "there is no such match, or it is not yours to answer", next="GET /v1/matches lists those that are"
    )


def no_such_child() -> errors.NotFound:
    return errors.NotFound(
        "there is no such child, or your agency knows of no message about them",
        next="take the id from GET /v1/messages/{id} or GET /v1/shares/{id} of a message that your agency knows",
    )


# -- what both do -----------------------------------------------------------------------------------------------


def _check_nobody_told_them_apart(conn: Connection, row: Any, members: Sequence[Any]) -> None:  # noqa: ANN401 - a row
    ends = {row.one_root, row.other_root}
    apart = [
        one
        for one in likenesses.of_persons(conn, [member.id for member in members])
        if one.answer == "different" and one.id != row.id and {one.one_root, one.other_root} == ends
    ]
    if apart:
        raise errors.Conflict(
            f"a person has said that two of these are different, in match {apart[0].id}",
            next="answer that one again first, if it was wrong",
        )


def _answer(conn: Connection, rows: Sequence[Any], said: Said, what: Answer, *, at: datetime) -> None:
    hidden: dict[UUID, tuple[UUID, bytes]] = {}
    for row in rows:
        ref = new_id()
        kept = said.records.hide(said.because, where=f"because {ref}")
        hidden[row.id] = (ref, kept or b"")
    likenesses.answered(conn, [row.id for row in rows], what, by=said.agency, hidden=hidden, at=at)


def _regroup(conn: Connection, members: Sequence[Any], at: datetime) -> Mapping[UUID, UUID]:
    """Who stands for each of these by the answers as they are now: the longest known of those who are joined. What was
    told of them may meet a protocol's watch only now.
    """
    ids = [member.id for member in members]
    joined = [(row.one, row.other) for row in likenesses.of_persons(conn, ids) if row.answer == "same"]
    roots = grouped(ids, joined)
    for root in set(roots.values()):
        likenesses.stand_for(conn, [one for one in ids if roots[one] == root], root)
    watches.look_again_at(conn, ids, at=at)
    return roots


def regrouped(
    conn: Connection, persons: Iterable[UUID], message_id: UUID, *, known: Known, at: datetime
) -> None:
    """Whose root may be another than before: who holds them, who is asked to, and whether they are found."""
    roots = sorted(set(one_child.regroup(conn, persons, message_id, at=at)))
    held_elsewhere.look_again(conn, roots, known=known, at=at)
    offered = [row.message_id for row in handovers.about(conn, roots) if row.ended_at is None]
    placing.offered(conn, offered, at=at)  # what was two children's, one place each, may be one child's
    enquiry.look_again(conn, enquiries.of_children(conn, roots), known=known, at=at)


def grouped(ids: Sequence[UUID], joined: Iterable[tuple[UUID, UUID]]) -> dict[UUID, UUID]:
    """The first of each group of those who are joined, by whatever way."""
    pairs = list(joined)
    roots: dict[UUID, UUID] = {}
    for one in ids:
        if one in roots:
            continue
        reached = [one]
        for here in reached:
            roots[here] = one
            beside = [other for pair in pairs if here in pair for other in pair]
            reached += [other for other in dict.fromkeys(beside) if other not in reached]
    return roots


def _record(
    conn: Connection, event: str, message: UUID, said: Said, detail: Mapping[str, Any], *, at: datetime
) -> None:
    """The agency that answered hears of it in its events, and no sender: not even that somebody was asked."""
    ref = new_id()
    audit.write(
        conn,
        [
            audit.Entry(
                at=at,
                event=event,
                message_id=message,
                sender=said.agency,
                by_agency=said.agency,
                credential=said.credential,
                person_hidden=said.records.hide(said.by.model_dump_json(), where=f"person {ref}"),
                detail={**detail, "person": str(ref)},
            )
        ],
    )
    feed.wake(conn, {feed.events_of(said.agency)})
