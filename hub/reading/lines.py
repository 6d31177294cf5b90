"""Decisions as lines that a person can read: before a message is sent (preview) and after (the grid)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from agencies import wire
from agencies.directory import AgencyError
from hub import errors
from hub.duties import ACTION
from hub.known import Known
from hub.records import Records
from protocols.decide import Refusal, ShareDecision, WithheldDecision, WithheldParty, decide
from protocols.facts import Facts
from protocols.kept import KeptDecision
from protocols.owing import Start, from_start

NOBODY_HEARS = "nobody hears of it, neither now nor when it is looked at again: that is yours alone to do"
ANYONE = "anyone"  # where a decision is about the whole message, and not about one role

# Who owes what is due once a share is sent, and in which order it is told.
OWED_BY = {
    "receipt": "recipient",
    "check_back": "recipient",
    "agreement": "sender",
    "answer": "either",
    "acceptance": "recipient",
    "redirect": "sender",
    "call": "sender",
    "call_account": "either",
}


def preview(
    facts: Facts, withhold: Sequence[wire.Withhold], sender: str, *, known: Known, at: datetime
) -> wire.Preview:
    """What would be decided now. Nothing is kept."""
    try:
        party = known.party(sender, at)
    except AgencyError as gone:
        raise errors.Forbidden(str(gone), next="ask the hub's operator which agency you send for") from None
    decision = decide(
        facts,
        sender=party,
        protocols=known.protocols,
        directory=known.directory,
        at=at,
        withhold=[WithheldParty(one.reason, one.agency, one.role) for one in withhold],
    )
    return wire.Preview(
        parties=(
            *(_share(one, sender, known, at) for one in decision.shares),
            *(_refusal(one) for one in decision.refusals),
            *(_withheld(one) for one in decision.withheld),
            *([_kept(decision.kept, sender)] if decision.kept else ()),
        )
    )


def _share(one: ShareDecision, sender: str, known: Known, at: datetime) -> wire.Party:
    return wire.Party(
        outcome="share",
        agency=one.recipient.agency,
        role=one.recipient.role,
        area=one.recipient.area,
        protocol=one.protocol_id,
        protocol_version=one.version,
        clauses=one.clauses,
        says=one.says,
        **granted(one.terms(), sender),
        waits_for_key=not known.keys.can_seal_to(one.recipient.agency, at),
    )


def granted(terms: Mapping[str, Any], sender: str) -> dict[str, Any]:
    """What the terms of a share let its recipient see, and ask of both ends."""
    return {
        "view": terms["view"],
        "sections": tuple(terms["sections"]),
        "withheld": tuple(terms["withhold"]),
        "call_first": terms["call_first"],
        "takes_responsibility": terms["takes_responsibility"],
        "lawful_basis": tuple(terms["lawful_basis"]),
        "also": cited(terms),
        "deadlines": _limits(terms, sender),
        "reads_for": terms["reads"]["at_most"] if "reads" in terms else None,
    }


def cited(terms: Mapping[str, Any]) -> tuple[wire.Cited, ...]:
    """Across a border: the other side's protocol, which allows it too."""
    return tuple(
        wire.Cited(
            protocol=one["protocol_id"],
            protocol_version=one["version"],
            clauses=tuple(one["clauses"]),
            says=tuple(one["says"]),
        )
        for one in terms["also"]
    )


def _limits(terms: Mapping[str, Any], sender: str) -> tuple[wire.Deadline, ...]:
    """The clause's limits as it states them: when each falls due is known once the share is sent."""
    ends = {"recipient": terms["agency"], "sender": sender, "either": "either"}
    return (
        tuple(
            wire.Deadline(what=what, owed_by=ends[side], limit=terms["limits"][what], due_at=None)
            for what, side in OWED_BY.items()
            if what in terms["limits"] and _is_asked(what, terms)
        )
        + tuple(
            wire.Deadline(what=what, owed_by=terms["agency"], limit=_asked_by(by), due_at=None)
            for what, by in terms.get("owes", {}).items()
        )
        + tuple(
            wire.Deadline(what=ACTION, owed_by=terms["agency"], limit=f"by {one['day']}", due_at=None)
            for one in terms.get("actions", ())
        )
    )


def _is_asked(what: str, terms: Mapping[str, Any]) -> bool:
    """As `hub.duties` has it: a call that the message tells of is not owed any more, only the other's account of it."""
    if what == "acceptance":
        return bool(terms["takes_responsibility"])
    if what == "call":
        return bool(terms["call_first"]) and not terms.get("called")
    return what != "call_account" or bool(terms["call_first"])


def _asked_by(by: Mapping[str, str]) -> str:
    if "limit" not in by:
        return by["day"]
    limit = from_start(by["limit"], by.get("from", Start.SENDING))
    return f"{limit}, or by {by['day']}" if "day" in by else limit


def _refusal(one: Refusal) -> wire.Party:
    return wire.Party(
        outcome="refuse",
        agency=one.agency,
        role=one.role or ANYONE,
        area=one.area,
        protocol=one.protocol_id,
        protocol_version=one.version,
        clauses=(one.clause,) if one.clause else (),
        reason=one.reason,
        explanation=one.sentence,
    )


def _withheld(one: WithheldDecision) -> wire.Party:
    return wire.Party(
        outcome="withhold",
        agency=one.agency,
        role=one.role or ANYONE,
        area=one.area,
        protocol=one.protocol_id,
        protocol_version=one.version,
        clauses=one.clauses,
        says=one.says,
        reason="withheld",
        explanation=one.reason,
    )


def _kept(one: KeptDecision, sender: str) -> wire.Party:
    """Nobody hears: what is left is what the sender owes itself."""
    told = one.terms()
    return wire.Party(
        outcome="keep",
        agency=None,
        role=ANYONE,
        area=one.area,
        protocol=one.cited.protocol_id,
        protocol_version=one.cited.version,
        clauses=one.cited.clauses,
        says=one.cited.says,
        explanation=NOBODY_HEARS,
        deadlines=tuple(
            wire.Deadline(what=what, owed_by=sender, limit=_asked_by(by), due_at=None)
            for what, by in told["owes"].items()
        ),
    )


def decided(
    line: Any,  # noqa: ANN401 - a row
    terms: Mapping[str, Any] | None,
    sender: str,
    *,
    records: Records,
) -> wire.Party:
    """A decision as it was kept. The reason for withholding is the sender's own words, for the sender alone."""
    words = records.show(line.reason_hidden, where=f"withhold {line.message_id} {line.agency or line.role}")
    return wire.Party(
        outcome=line.outcome,
        agency=line.agency,
        role=line.role,
        area=line.area,
        protocol=line.protocol,
        protocol_version=line.protocol_version,
        clauses=tuple(line.clauses),
        says=tuple(line.says),
        reason=line.reason,
        explanation=NOBODY_HEARS if line.outcome == "keep" else line.explanation if words is None else words,
        **({} if terms is None else granted(terms, sender)),
    )
