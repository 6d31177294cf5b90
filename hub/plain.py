"""What pydantic finds wrong with a body, in plain words and without a word of what was sent."""

from typing import Any

from pydantic import ValidationError

from protocols.messages.fields import PATTERNS

MOST = 50  # faults told at once: nobody mends more in one go

_PLAIN = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "json_invalid": "is not JSON that can be read",
    "string_type": "must be a text",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "is not written as it should be: /openapi.json says how",
    "model_attributes_type": "must be an object with named fields",
    "model_type": "must be an object with named fields",
    "dict_type": "must be an object with named fields",
    "uuid_parsing": "must be an id in the form of a UUID",
    "uuid_type": "must be an id in the form of a UUID",
}


def faults(found: ValidationError) -> tuple[tuple[str, str], ...]:
    """(field, what is wrong with it) of each."""
    return tuple(
        (".".join(map(str, one["loc"])), _says(one["type"], one["msg"], one.get("ctx", {})))
        for one in found.errors(include_input=False, include_url=False)[:MOST]
    )


def _says(kind: str, message: str, context: dict[str, Any]) -> str:
    """Pydantic's own words hold the rule, not the value. What begins a custom one is only its kind."""
    plain = message.removeprefix("Value error, ").replace("Tuple should", "the list should")
    rule = PATTERNS.get(context.get("pattern", ""))
    return rule or _PLAIN.get(kind) or plain.replace(" after validation", "")
