"""Every call of the API as a value. `agencies.talking` says what such a value is and how one is carried out."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import UUID, uuid4

from pydantic import BaseModel

from agencies import wire
from agencies.talking import Ask

T = TypeVar("T", bound=BaseModel)

# -- sending ------------------------------------------------------------------------------------------------


def send(
    message: Mapping[str, Any],
    *,
    withhold: Sequence[wire.Withhold] = (),
    check_back: wire.CheckBack | None = None,
    key: str | None = None,
) -> Ask[wire.Accepted]:
    """Post a message. Give a `key` of your own (a case note's id, say) and a restart cannot send it twice. With a
    message that answers a request, a named person can check back on that request in the same step.
    """
    body = wire.Post(message=dict(message), check_back=check_back, withhold=tuple(withhold))
    return _post("/v1/messages", body, wire.Accepted, key=key)


def preview(message: Mapping[str, Any], *, withhold: Sequence[wire.Withhold] = ()) -> Ask[wire.Preview]:
    """Who would hear what, by which clause, and who would not. Nothing is stored."""
    body = wire.Post(message=dict(message), withhold=tuple(withhold))
    return _post("/v1/messages/preview", body, wire.Preview)


def message(message: UUID) -> Ask[wire.Grid]:
    """The sender's grid: every share, its state, what is owed, and who holds the responsibility now."""
    return _get(f"/v1/messages/{message}", wire.Grid)


def withdraw(message: UUID, act: wire.Withdraw, *, key: str | None = None) -> Ask[wire.Withdrawn]:
    """Take a message back, with a reason. What was opened stays opened; everybody is told."""
    return _post(f"/v1/messages/{message}/withdraw", act, wire.Withdrawn, key=key)


# -- receiving ----------------------------------------------------------------------------------------------


def inbox(*, after: str | None = None, limit: int = 100, wait: float = 0.0) -> Ask[wire.Inbox]:
    """Sealed envelopes, oldest first. Reading moves nothing. `wait` holds the request open for a first one."""
    return _get("/v1/inbox", wire.Inbox, wait=wait, after=after, limit=limit)


def receive(*shares: UUID) -> Ask[wire.ReceivedAll]:
    """Say that these shares are safely in your own system. It is not reading, and not checking back."""
    return _post("/v1/inbox/received", wire.Received(shares=shares), wire.ReceivedAll)


def share(share: UUID) -> Ask[wire.Share]:
    """One share, with its thread of sealed notes."""
    return _get(f"/v1/shares/{share}", wire.Share)


def events(*, after: str | None = None, limit: int = 100, wait: float = 0.0) -> Ask[wire.Events]:
    """The moves that concern you, in order, none skipped."""
    return _get("/v1/events", wire.Events, wait=wait, after=after, limit=limit)


# -- acts of people -----------------------------------------------------------------------------------------
# Each takes a `key` of your own: after `Unreachable`, the same act with the same key is safe, even after a restart.


def check_back(share: UUID, act: wire.CheckBack, *, key: str | None = None) -> Ask[wire.Moved]:
    """A named person says what they understood, what it means, who does what by when, and when it is reviewed."""
    return _act(share, "check-back", act, key)


def call(share: UUID, act: wire.Call, *, key: str | None = None) -> Ask[wire.Moved]:
    """One end logs a call with the other: who, when, and what was understood. The other owes its own account of it."""
    return _act(share, "call", act, key)


def agree(share: UUID, act: wire.Agree, *, key: str | None = None) -> Ask[wire.Moved]:
    """A named person of the sender has read the check-back and agrees with it."""
    return _act(share, "agree", act, key)


def challenge(share: UUID, act: wire.Challenge, *, key: str | None = None) -> Ask[wire.Moved]:
    """Either side disagrees, with a reason; the other owes an answer."""
    return _act(share, "challenge", act, key)


def answer(share: UUID, act: wire.Answer, *, key: str | None = None) -> Ask[wire.Moved]:
    """The side that was challenged answers."""
    return _act(share, "answer", act, key)


def escalate(share: UUID, act: wire.Escalate, *, key: str | None = None) -> Ask[wire.Moved]:
    """Either side takes a challenge to the next stage, or to a later one: no reply, or it cannot wait."""
    return _act(share, "escalate", act, key)


def conclude(share: UUID, act: wire.Conclude, *, key: str | None = None) -> Ask[wire.Moved]:
    """A disagreement ends, with the decision in words and the dissent beside it."""
    return _act(share, "conclude", act, key)


def decline(share: UUID, act: wire.Decline, *, key: str | None = None) -> Ask[wire.Moved]:
    """Not our child, not our area, moved on: the share goes back to its sender, who owes what comes next."""
    return _act(share, "decline", act, key)


def redirect(share: UUID, act: wire.Redirect, *, key: str | None = None) -> Ask[wire.Moved]:
    """The sender sends a declined share to another agency, as far as the protocol lets it."""
    return _act(share, "redirect", act, key)


def release(share: UUID, act: wire.Release, *, key: str | None = None) -> Ask[wire.Moved]:
    """The sender ends a declined share, with a reason."""
    return _act(share, "release", act, key)


def accept(share: UUID, act: wire.AcceptResponsibility, *, key: str | None = None) -> Ask[wire.Moved]:
    """A named practitioner of the receiving agency takes the responsibility over."""
    return _act(share, "accept", act, key)


def close(share: UUID, act: wire.Close, *, key: str | None = None) -> Ask[wire.Moved]:
    """The actions are done and the review was held."""
    return _act(share, "close", act, key)


def read(share: UUID, act: wire.Read, *, key: str | None = None) -> Ask[wire.Reading]:
    """Read what leave to read opens; it is recorded, with the reader's name. `keys.open_reading` opens it."""
    return _post(f"/v1/shares/{share}/read", act, wire.Reading, key=key)


# -- what is owed -------------------------------------------------------------------------------------------


def owed(
    *, side: str = "by", overdue: bool = False, after: str | None = None, limit: int = 100
) -> Ask[wire.OwedAll]:
    """Open duties, the first due first: `by` your agency, `to` it, or `told` to it because they lapsed elsewhere."""
    return _get("/v1/owed", wire.OwedAll, side=side, overdue=str(overdue).lower(), after=after, limit=limit)


def one_owed(owed: UUID) -> Ask[wire.OwedTold]:
    """One duty, open or done: where a notice leads."""
    return _get(f"/v1/owed/{owed}", wire.OwedTold)


def meet(owed: UUID, said: wire.Met, *, key: str | None = None) -> Ask[wire.Moved]:
    """Say that a duty of your agency's is met: what was done, and what shows it."""
    return _post(f"/v1/owed/{owed}/met", said, wire.Moved, key=key)


def stand_down(owed: UUID, said: wire.StoodDown, *, key: str | None = None) -> Ask[wire.Moved]:
    """A safeguarding lead says that nobody needs to enquire after the family any more, and why."""
    return _post(f"/v1/owed/{owed}/release", said, wire.Moved, key=key)


# -- who holds a child --------------------------------------------------------------------------------------


def responsibility(
    *, side: str = "held", child: UUID | None = None, after: str | None = None, limit: int = 100
) -> Ask[wire.HeldAll]:
    """The children whom your agency holds, gave away, or is offered (`side`: held, given, offered)."""
    told = None if child is None else str(child)
    return _get("/v1/responsibility", wire.HeldAll, side=side, child=told, after=after, limit=limit)


def child_responsibility(child: UUID) -> Ask[wire.ChildHeld]:
    """Who holds one child and who has held it, service by service."""
    return _get(f"/v1/responsibility/{child}", wire.ChildHeld)


def alarms(*, after: UUID | None = None, limit: int = 100) -> Ask[wire.Alarms]:
    """What cannot be placed, for the partnership's office that is asked."""
    return _get("/v1/alarms", wire.Alarms, after=None if after is None else str(after), limit=limit)


def place_child(alarm: UUID, said: wire.PlaceChild, *, key: str | None = None) -> Ask[wire.Placed]:
    """A named person of the office says who holds, and why."""
    return _post(f"/v1/alarms/{alarm}/place", said, wire.Placed, key=key)


# -- one child in many messages -----------------------------------------------------------------------------


def child(child: UUID, *, after: UUID | None = None, limit: int = 500) -> Ask[wire.ChildTold]:
    """One child: the messages about them that your agency sent, or was sent a share of."""
    return _get(
        f"/v1/children/{child}", wire.ChildTold, after=None if after is None else str(after), limit=limit
    )


def matches(*, after: str | None = None, limit: int = 100) -> Ask[wire.Matches]:
    """What your partnership's office is asked: whether two persons are one."""
    return _get("/v1/matches", wire.Matches, after=after, limit=limit)


def answer_match(match: UUID, said: wire.AnswerMatch, *, key: str | None = None) -> Ask[wire.Match]:
    """A named person answers it, and says why; answering it again takes the older answer back."""
    return _post(f"/v1/matches/{match}", said, wire.Match, key=key)


def unmerge(child: UUID, said: wire.Unmerge, *, key: str | None = None) -> Ask[wire.Unmerged]:
    """Part one person from all whom they were merged with."""
    return _post(f"/v1/children/{child}/unmerge", said, wire.Unmerged, key=key)


# -- what both ends have ------------------------------------------------------------------------------------


def reconciliation(
    *,
    side: wire.Side = "sent",
    standing: wire.Sought | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
    after: str | None = None,
    limit: int = 100,
) -> Ask[wire.Lines]:
    """What you sent, or received, and whether a case is registered: all of it, or of one `standing`, or `missing`."""
    return _get(
        "/v1/reconciliation",
        wire.Lines,
        side=side,
        standing=standing,
        since=None if since is None else since.isoformat(),
        before=None if before is None else before.isoformat(),
        after=after,
        limit=limit,
    )


def compare(own: wire.Compare) -> Ask[wire.Compared]:
    """What your own records say otherwise than the hub."""
    return _post("/v1/reconciliation/compare", own, wire.Compared)


def statement(day: date, *, after: str | None = None, limit: int = 100) -> Ask[wire.Statement]:
    """How a day left things: the same whenever it is asked for."""
    return _get(f"/v1/statements/{day.isoformat()}", wire.Statement, after=after, limit=limit)


# -- one child ----------------------------------------------------------------------------------------------


def ecomap(child: UUID) -> Ask[wire.Ecomap]:
    """Who is involved with a child, as far as you may know it. `agencies.pictures` draws it, and puts names in."""
    return _get(f"/v1/children/{child}/ecomap", wire.Ecomap)


def genogram(child: UUID) -> Ask[wire.Genogram]:
    """Who is family to a child, as far as you may know it. `agencies.pictures` draws it, and puts names in."""
    return _get(f"/v1/children/{child}/genogram", wire.Genogram)


# -- who and where ------------------------------------------------------------------------------------------


def agencies(
    *, role: str | None = None, area: str | None = None, after: str | None = None, limit: int = 100
) -> Ask[wire.Agencies]:
    """A page of the directory, or of the part of it with one role or area, in the order of ids."""
    return _get("/v1/agencies", wire.Agencies, role=role, area=area, after=after, limit=limit)


def agency(agency: str) -> Ask[wire.AgencyTold]:
    """One agency: its hours, its contacts, its keys."""
    return _get(f"/v1/agencies/{_part(agency)}", wire.AgencyTold)


def hub_keys() -> Ask[wire.Keys]:
    """The hub's own public keys, to compare with those in your keychain."""
    return _get("/v1/keys", wire.Keys)


def place(postcode: str) -> Ask[wire.Place]:
    """Which local authority a postcode lies in, or why that is not known."""
    return _get(f"/v1/places/{_part(postcode)}", wire.Place)


def protocols() -> Ask[wire.Protocols]:
    """The information sharing protocols in force."""
    return _get("/v1/protocols", wire.Protocols)


def protocol(protocol: str) -> Ask[wire.ProtocolTold]:
    """One protocol, explained: who gets what, when and why."""
    return _get(f"/v1/protocols/{_part(protocol)}", wire.ProtocolTold)


def _part(text: str) -> str:
    return quote(text, safe="")


def _get(path: str, answer: type[T], *, wait: float = 0.0, **params: str | int | None) -> Ask[T]:
    told = {name: str(value) for name, value in params.items() if value is not None}
    return Ask("GET", path, answer, params=told | ({"wait": f"{wait:g}"} if wait else {}), wait=wait)


def _post(path: str, body: BaseModel, answer: type[T], *, key: str | None = None) -> Ask[T]:
    return Ask("POST", path, answer, body=body.model_dump_json().encode(), key=key or str(uuid4()))


def _act(share: UUID, verb: str, act: wire.Act, key: str | None) -> Ask[wire.Moved]:
    return _post(f"/v1/shares/{share}/{verb}", act, wire.Moved, key=key)
