"""A decision as rows: who hears, who does not and why, and from whom the sender withholds; and what may be counted."""

from datetime import datetime
from typing import Any

from hub.clock import LONDON
from hub.ids import new_id
from hub.known import Known
from hub.store.messages import Message
from hub.store.watches import Watched
from hub.understand import Reading
from protocols.decide import Refusal, WithheldDecision
from protocols.kept import KeptDecision
from workers.line import Line

_NOTHING: dict[str, Any] = {
    "share_id": None,
    "agency": None,
    "area": None,
    "protocol": None,
    "protocol_version": None,
    "digest": None,
    "clauses": [],
    "says": [],
    "reason": None,
    "explanation": None,
    "reason_hidden": None,
}


def to_share(share: dict[str, Any], area: str) -> dict[str, Any]:
    return {
        **_NOTHING,
        "message_id": share["message_id"],
        "outcome": "share",
        "share_id": share["id"],
        "agency": share["recipient"],
        "role": share["role"],
        "area": area,
        "protocol": share["protocol"],
        "protocol_version": share["protocol_version"],
        "digest": share["digest"],
        "clauses": share["terms"]["clauses"],
        "says": share["terms"]["says"],
    }


def to_refuse(message: Message, refusal: Refusal) -> dict[str, Any]:
    return {
        **_NOTHING,
        "message_id": message.id,
        "outcome": "refuse",
        "agency": refusal.agency,
        "role": refusal.terms()["role"],
        "area": refusal.area,
        "protocol": refusal.protocol_id,
        "protocol_version": refusal.version,
        "clauses": [refusal.clause] if refusal.clause else [],
        "reason": str(refusal.reason),
        "explanation": refusal.sentence,
    }


def to_withhold(line: Line, message: Message, withheld: WithheldDecision) -> dict[str, Any]:
    """The sender's own words are kept under the records key: they may say anything of anybody."""
    told = withheld.terms()
    where = f"withhold {message.id} {told['agency'] or told['role']}"
    return {
        **_NOTHING,
        "message_id": message.id,
        "outcome": "withhold",
        "agency": told["agency"],
        "role": told["role"],
        "area": told["area"],
        "protocol": told["protocol_id"],
        "protocol_version": told["version"],
        "clauses": told["clauses"],
        "says": told["says"],
        "reason_hidden": line.records.hide(withheld.reason, where=where),
    }


def to_keep(message: Message, kept: KeptDecision) -> dict[str, Any]:
    told = kept.terms()
    return {
        **_NOTHING,
        "message_id": message.id,
        "outcome": "keep",
        "role": "anyone",
        "area": told["area"],
        "protocol": told["protocol_id"],
        "protocol_version": told["version"],
        "digest": told["digest"],
        "clauses": told["clauses"],
        "says": told["says"],
    }


def watched(message: Message, reading: Reading, known: Known, *, at: datetime) -> list[Watched]:
    """What the watches of any protocol here may ever ask of this message, and no more than that."""
    kinds = {kind for protocol in known.protocols for rule in protocol.watches for kind in rule.kinds}
    if reading.facts.kind not in kinds:
        return []
    today = message.accepted_at.astimezone(LONDON).date()
    return [
        Watched(
            id=new_id(), message_id=message.id, place=one.child, kind=message.kind, day=one.day or today,
            of_role=one.of and str(one.of), plan=reading.facts.has_plan, area=reading.facts.home_area, look_at=at,
        )
        for one in reading.message.noted
    ]  # fmt: skip
