"""What is wrong with a message: which field, and what to do about it.

A fault never repeats what the sender wrote. Faults end up in answers, screens and logs, and what was written is
about a child. Even the name of an unknown field is repeated only where it is nearly the name of a known one: a
form that was filled in the wrong way has children's names for its fields.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, NoReturn, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from protocols.messages.fields import PATTERNS

MOST = 50  # faults told at once: enough to mend a form by, and a bound on what a hostile body can make us say


@dataclass(frozen=True, slots=True)
class Fault:
    path: str  # "children.0.nhs_number"
    says: str


class Invalid(ValueError):
    """A message that is refused, with every fault that was found."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults[:MOST])
        super().__init__("; ".join(f"{fault.path}: {fault.says}" for fault in self.faults))


class Findings(list[tuple[str, str]]):
    """Collects what one part of a message finds wrong with itself: (path below the part, what to do)."""

    def end(self) -> None:
        if self:
            raise PydanticCustomError("findings", "several faults", {"findings": tuple(self)})


def refuse_at(path: str, says: str) -> NoReturn:
    """For a part that finds one thing wrong with itself: where, and what to do."""
    raise PydanticCustomError("findings", "one fault", {"findings": ((path, says),)})


SCHEMA = "is not valid; compare it with the schema of this kind of message"


def translate(
    error: ValidationError, model: type[BaseModel], *, whole: str = "message", otherwise: str = SCHEMA
) -> Invalid:
    """Pydantic's findings, in our words: of a message, or of whatever else is read so strictly. `whole` is its name,
    and `otherwise` is said where there are no words for a fault.
    """
    faults: dict[Fault, None] = {}  # in the order found, and each once
    details = error.errors(include_url=False, include_input=False)
    parents = {detail["loc"][:depth] for detail in details for depth in range(len(detail["loc"]))}
    for detail in details:
        # A list whose only entry is faulty is also counted as empty: the entry's own fault says enough.
        if detail["type"] == "too_short" and detail["loc"] in parents:
            continue
        faults.update(dict.fromkeys(_told(detail, model, otherwise)))
        if len(faults) >= MOST:
            break
    return Invalid(tuple(replace(one, path=one.path or whole) for one in faults))


def _told(detail: ErrorDetails, model: type[BaseModel], otherwise: str) -> list[Fault]:
    loc = detail["loc"]
    ctx = detail.get("ctx", {})
    if detail["type"] == "findings":
        return [Fault(_path(loc, below), says) for below, says in ctx["findings"]]
    if detail["type"] == "extra_forbidden":
        return [_unknown_field(loc, model)]
    if detail["type"] == "missing":
        return [Fault(_path(loc), f"is missing. {_meaning(loc, model)}".rstrip())]
    return [Fault(_path(loc), _says(detail["type"], ctx) or otherwise)]


def _path(loc: tuple[int | str, ...], below: str = "") -> str:
    return ".".join([*(str(step) for step in loc), *([below] if below else [])])


_SAYS: dict[str, Callable[[dict[str, Any]], str]] = {
    "says": lambda ctx: str(ctx["says"]),
    "string_type": lambda _: "must be text",
    "string_unicode": lambda _: "holds characters that are not text; write it again",
    "string_too_short": lambda _: "must not be empty",
    "string_too_long": lambda ctx: f"is too long: at most {ctx['max_length']} characters",
    "string_pattern_mismatch": lambda ctx: PATTERNS.get(ctx["pattern"], "is not written as it must be"),
    "enum": lambda ctx: f"must be one of {ctx['expected']}",
    "literal_error": lambda ctx: f"must be {ctx['expected']}",
    "too_long": lambda ctx: f"has too many entries: at most {ctx['max_length']}",
    "too_short": lambda ctx: f"needs at least {ctx['min_length']}",
    "tuple_type": lambda _: "must be a list",
    "bool_type": lambda _: "must be true or false",
    "int_type": lambda _: "must be a whole number",
    "greater_than_equal": lambda ctx: f"must be at least {ctx['ge']}",
    "less_than_equal": lambda ctx: f"must be at most {ctx['le']}",
    "model_type": lambda _: "must be an object with named fields",
    "date_from_datetime_parsing": lambda _: "is not a day of the calendar",
    "date_parsing": lambda _: "is not a day of the calendar",
    "datetime_from_date_parsing": lambda _: "is not a moment of the calendar",
    "datetime_parsing": lambda _: "is not a moment of the calendar",
    "value_error": lambda ctx: str(ctx["error"]),  # of ours
    "uuid_parsing": lambda _: "must be an id in the form of a UUID",
    "uuid_type": lambda _: "must be an id in the form of a UUID",
    "int_parsing": lambda _: "must be a whole number",
    "int_from_float": lambda _: "must be a whole number",
    "bool_parsing": lambda _: "must be true or false",
    "float_type": lambda _: "must be a number",
    "float_parsing": lambda _: "must be a number",
    "finite_number": lambda _: "must be a number",
    "list_type": lambda _: "must be a list",
    "dict_type": lambda _: "must be an object with named fields",
    "model_attributes_type": lambda _: "must be an object with named fields",
    "json_invalid": lambda ctx: f"is not JSON that can be read: {ctx['error']}",
    "timezone_aware": lambda _: "needs its time zone, as in 2026-04-01T09:30:00+01:00",
}


def _says(kind: str, ctx: dict[str, Any]) -> str | None:
    known = _SAYS.get(kind)
    return known(ctx) if known else None


def _unknown_field(loc: tuple[int | str, ...], model: type[BaseModel]) -> Fault:
    here = _model_at(loc[:-1], model)
    known = sorted(here.model_fields) if here else []
    near = get_close_matches(_snake(str(loc[-1])), known, n=1, cutoff=0.8)
    if near:
        return Fault(_path(loc), f'is not a field here; perhaps "{near[0]}"')
    if not known:
        return Fault(_path(loc[:-1]), "has a field that is not known here")
    return Fault(_path(loc[:-1]), f"has a field that is not one of these: {', '.join(known)}")


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name[:40]).lower()


def _meaning(loc: tuple[int | str, ...], model: type[BaseModel]) -> str:
    here = _model_at(loc[:-1], model)
    field = here.model_fields.get(str(loc[-1])) if here else None
    return (field.description or "") if field else ""


def _model_at(loc: tuple[int | str, ...], model: type[BaseModel]) -> type[BaseModel] | None:
    here: type[BaseModel] | None = model
    for step in loc:
        if isinstance(step, str) and here is not None:
            field = here.model_fields.get(step)
            here = _part_in(field.annotation) if field else None
    return here


def _part_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((part for inner in get_args(annotation) if (part := _part_in(inner))), None)
