"""What pydantic finds wrong with a body, in plain words and without a word of what was sent."""

from pydantic import BaseModel, ValidationError

from protocols.messages.faults import translate

OTHERWISE = "is not written as it should be: /openapi.json says how"


def faults(
    found: ValidationError, model: type[BaseModel] = BaseModel, *, whole: str = "body"
) -> tuple[tuple[str, str], ...]:
    """(field, what is wrong with it) of each, in a body (or another whole) that is read as this model."""
    told = translate(found, model, whole=whole, otherwise=OTHERWISE)
    return tuple((one.path, one.says) for one in told.faults)
