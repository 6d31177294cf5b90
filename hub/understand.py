"""A post, understood: read as a message, with every fault of it at once, and what can be refused at the door.

Nothing here touches the database: a preview and an acceptance ask the same, and a worker that opens what was accepted
reads it again as of its acceptance.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from agencies.agency import has_closed
from agencies.callers import Caller
from agencies.directory import ClosedAgency, NotYetOpen, UnknownAgency
from agencies.wire import CheckBack, Post, Withhold
from hub import errors, plain
from hub.known import Known
from hub.replying import Answers
from protocols.decide import decide
from protocols.decision import Gone, Party, Reason, Refusal
from protocols.facts import Facts, contradictions, facts
from protocols.governing import governing, in_force, places_of
from protocols.keeping import KEEP_IT
from protocols.messages import Invalid as InvalidMessage
from protocols.messages import Message, NotSharing, Report, read
from protocols.messages.fields import is_reason
from protocols.vocabulary import KEPT


@dataclass(frozen=True, slots=True)
class Reading:
    """A post, understood: what preview decides upon, and what acceptance seals."""

    message: Message
    facts: Facts
    withhold: tuple[Withhold, ...]
    check_back: CheckBack | None = None

    @property
    def answers(self) -> Answers | None:
        """Which request it answers, if it is of a kind that answers one."""
        told = self.message
        return Answers(told.request, told.asked_by) if isinstance(told, Report) else None


def understand(body: bytes, caller: Caller, *, known: Known, at: datetime) -> Reading:
    """Read a post, or say every fault of it at once."""
    try:
        post = Post.model_validate_json(body)
    except ValidationError as fault:
        raise errors.Invalid(
            "the body is not a post: an object with a message, and perhaps withhold",
            next="mend the fields named in errors; /openapi.json has an example",
            faults=plain.faults(fault, Post),
        ) from None
    try:
        message = read(post.message, now=at)
    except InvalidMessage as fault:
        raise errors.Invalid(
            "the message cannot be accepted as it is",
            next="nothing was recorded: mend the fields named in errors and send it again",
            faults=tuple(
                ("message" if one.path == "message" else f"message.{one.path}", one.says)
                for one in fault.faults
            ),
        ) from None
    known_facts = facts(message, area_of=known.area_of, as_of=at)
    faults = [
        *(
            (f"message.{path}", says)
            for path, says in contradictions(message, known.area_of, known.same_area)
        ),
        *_closed_or_unknown(known_facts, post.withhold, known, at),
        *_not_your_practice(message, caller, known, at),
        *_without_reason(post.withhold),
        *_out_of_place(post, message),
        *_nobody_to_withhold_from(post, message),
        *_kept_from_nobody_there(message, known, at),
    ]
    if faults:
        raise errors.Invalid(
            "the message says something on which nobody could decide who hears",
            next="nothing was recorded: mend the fields named in errors; /v1/agencies and /v1/places/{postcode} help",
            faults=tuple(faults),
        )
    _sender_is_open(caller, known, at)
    _can_be_decided(caller, known_facts, known, at)
    _can_be_kept(caller, known_facts, known, at)
    return Reading(message, known_facts, post.withhold, post.check_back)


def open_post(body: bytes, *, now: datetime, known: Known) -> Reading:
    """For a worker that has opened the hub's own copy: what was accepted is read again, as of its acceptance."""
    post = Post.model_validate(json.loads(body))
    message = read(post.message, now=now)
    return Reading(message, facts(message, area_of=known.area_of, as_of=now), post.withhold)


# -- what can be refused at the door ------------------------------------------------------------------------


def _sender_is_open(caller: Caller, known: Known, at: datetime) -> None:
    fault = _gone(caller.agency, known, at)
    if fault is not None:
        raise errors.Forbidden(
            f"{caller.agency} cannot send: {fault}",
            next="ask the hub's operator for a credential of the successor",
        )


def _gone(agency: str, known: Known, at: datetime) -> str | None:
    try:
        known.directory.get(agency, at)
    except ClosedAgency as closed:
        return has_closed("agency", closed.successor)
    except NotYetOpen:
        return "this agency is not open yet"
    except UnknownAgency:
        return "no agency of this id is in the directory"
    return None


def _closed_or_unknown(
    seen: Facts, withhold: Sequence[Withhold], known: Known, at: datetime
) -> list[tuple[str, str]]:
    involved = {agency for _, agency in seen.involved}
    named = [
        ("message.involvement" if agency in involved else "message.services", agency)
        for _, agency in seen.services
        if agency
    ]
    named += [(f"message.{one.where}", one.agency) for one in seen.addressed if one.agency]
    named += [(f"message.{one.where}", one.agency) for one in seen.own_actions if one.agency]
    named += [(f"withhold.{place}.agency", one.agency) for place, one in enumerate(withhold) if one.agency]
    faults = [(path, fault) for path, agency in named if (fault := _gone(agency, known, at)) is not None]
    for ods in seen.gp_ods:
        practice = known.directory.gp(ods, at)
        if isinstance(practice, Gone):
            faults.append(("message.services.gp.ods", has_closed("practice", practice.successor)))
    for one in seen.addressed:
        practice = known.directory.gp(one.ods, at) if one.ods and one.agency is None else None
        if isinstance(practice, Gone):
            faults.append((f"message.{one.where}", has_closed("practice", practice.successor)))
    return faults


def _not_your_practice(message: Message, caller: Caller, known: Known, at: datetime) -> list[tuple[str, str]]:
    """A practice says of itself whom it has registered, and nobody says it for them."""
    if message.own_practice is None:
        return []
    practice = known.directory.gp(message.own_practice, at)
    if isinstance(practice, Party) and practice.agency == caller.agency:
        return []
    return [
        ("message.services.gp.ods", "must be your own: only the practice itself says whom it has registered")
    ]


def _without_reason(withhold: Sequence[Withhold]) -> list[tuple[str, str]]:
    """A decision not to share is recorded like any other, with what a reviewer would ask for first."""
    says = "must say in a few words why they must not hear"
    return [
        (f"withhold.{place}.reason", says) for place, one in enumerate(withhold) if not is_reason(one.reason)
    ]


def _out_of_place(post: Post, message: Message) -> list[tuple[str, str]]:
    if post.check_back is None or isinstance(message, Report):
        return []
    says = "is for a message that answers a request, to check back on that: POST /v1/shares/{id}/check-back otherwise"
    return [("check_back", says)]


def _nobody_to_withhold_from(post: Post, message: Message) -> list[tuple[str, str]]:
    if not post.withhold or message.kind not in KEPT:
        return []
    return [
        ("withhold", "is for what is shared, and nobody hears of this: say in kept_from from whom it is kept")
    ]


def _kept_from_nobody_there(message: Message, known: Known, at: datetime) -> list[tuple[str, str]]:
    parties = message.kept_from.parties if isinstance(message, NotSharing) else ()
    return [
        (f"message.kept_from.parties.{place}.agency", fault)
        for place, one in enumerate(parties)
        if one.agency and (fault := _gone(one.agency, known, at)) is not None
    ]


def _can_be_kept(caller: Caller, seen: Facts, known: Known, at: datetime) -> None:
    """Without a clause for it somebody would have to be asked, and so would hear: better that the sender hears now."""
    if seen.kind not in KEPT:
        return
    decision = decide(
        seen,
        sender=known.party(caller.agency, at),
        protocols=known.protocols,
        directory=known.directory,
        at=at,
    )
    if decision.kept is None:
        raise errors.Invalid(
            "no protocol says that a decision not to share may be kept here",
            next=f"nothing was recorded: {KEEP_IT}",
            faults=tuple(("message", refusal.sentence) for refusal in decision.refusals),
        )


# What the sender can mend, or must know before the telephone is put down. A refusal that only the partnership can
# mend (no clause, two protocols for one area) is recorded with the message, and opens a task for them.
_AT_THE_DOOR = {Reason.AREA_UNKNOWN, Reason.NOT_FROM_HERE, Reason.PROTOCOL_EXPIRED, Reason.PROTOCOL_NOT_YET}


def _can_be_decided(caller: Caller, seen: Facts, known: Known, at: datetime) -> None:
    """A protocol past its review date decides nothing: better a refusal now than a share under dead terms."""
    sender = known.party(caller.agency, at)
    places = places_of(seen, sender)
    if isinstance(places, Refusal):
        refusals = [places]
    else:
        sides = [in_force(area, known.protocols, at) for _, area, _ in governing(places)]
        refusals = [side for side in sides if isinstance(side, Refusal)]
    told = [refusal for refusal in refusals if refusal.reason in _AT_THE_DOOR]
    if told:
        raise errors.Invalid(
            "no protocol can decide who hears of this message",
            next="nothing was recorded: mend the message and send it again, or telephone as the sentence says",
            faults=tuple(("message", refusal.sentence) for refusal in told),
        )
