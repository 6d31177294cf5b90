"""From JSON to a message and back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from protocols.messages.advice import Advice
from protocols.messages.birth import Birth
from protocols.messages.common import Message
from protocols.messages.concern import Concern
from protocols.messages.faults import Fault, Invalid, translate
from protocols.messages.fields import At
from protocols.messages.handover import Handover
from protocols.messages.household import Household
from protocols.messages.involvement import Involvement
from protocols.messages.learning import Learning
from protocols.messages.not_sharing import NotSharing
from protocols.messages.plan_change import PlanChange
from protocols.messages.read_grant import ReadGrant
from protocols.messages.registration import Registration
from protocols.messages.report import Report, ReportRequest
from protocols.messages.supervision import Supervision
from protocols.messages.unborn import Unborn
from protocols.messages.was_not_brought import WasNotBrought

# Every kind and version that is read. A version stays here as long as somebody sends it.
KINDS: dict[str, dict[int, type[Message]]] = {
    "concern": {1: Concern},
    "handover": {1: Handover},
    "advice": {1: Advice},
    "not_sharing": {1: NotSharing},
    "read_grant": {1: ReadGrant},
    "unborn": {1: Unborn},
    "birth": {1: Birth},
    "registration": {1: Registration},
    "plan_change": {1: PlanChange},
    "report_request": {1: ReportRequest},
    "report": {1: Report},
    "learning": {1: Learning},
    "was_not_brought": {1: WasNotBrought},
    "involvement": {1: Involvement},
    "household": {1: Household},
    "supervision": {1: Supervision},
}

NEWEST = {kind: versions[max(versions)] for kind, versions in KINDS.items()}

_MOST_FIELDS = 64  # more than any message has; so that a body of a million names is refused unread


def read(raw: Mapping[str, Any], *, now: datetime) -> Message:
    """The message, or `Invalid` with all of its faults."""
    model = _model_for(raw)
    try:
        return model.model_validate(raw, context=At.of(now))
    except ValidationError as error:
        refusal = translate(error, model)
    # Raised out here, so that pydantic's own error, which holds what was written, is not chained to ours.
    raise refusal


def write(message: Message) -> bytes:
    """The message as JSON. `read` of it gives an equal message."""
    return message.model_dump_json(exclude_none=True).encode()


def schema(kind: str, version: int) -> dict[str, Any]:
    """The JSON Schema of one kind and version, for those who write messages."""
    return KINDS[kind][version].model_json_schema()


def _model_for(raw: Mapping[str, Any]) -> type[Message]:
    if not isinstance(raw, Mapping):
        raise Invalid([Fault("message", "must be an object with named fields")])
    if len(raw) > _MOST_FIELDS:
        raise Invalid([Fault("message", f"has too many fields: at most {_MOST_FIELDS}")])
    kind = raw.get("kind")
    versions = KINDS.get(kind) if isinstance(kind, str) else None
    if versions is None:
        raise Invalid([Fault("kind", f"must be one of the kinds known here: {', '.join(KINDS)}")])
    version = raw.get("version")
    model = versions.get(version) if isinstance(version, int) and not isinstance(version, bool) else None
    if model is None:
        known = ", ".join(str(number) for number in versions)
        raise Invalid([Fault("version", f"must be a version known here of this kind: {known}")])
    return model
