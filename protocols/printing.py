"""From a `Protocol` back to its TOML text: the inverse of `protocols.parse`, with nothing left to include."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from protocols.conditions import When
from protocols.deadlines import Limit
from protocols.owing import NOBODY, By
from protocols.protocol import Clause, Direction, Grant, Ladder, Owed, Protocol, Stage
from protocols.vocabulary import View


def print_(protocol: Protocol) -> str:
    return "\n".join(_lines(protocol)) + "\n"


def _lines(protocol: Protocol) -> Iterator[str]:
    for key in ("id", "title", "version", "area", "effective", "review_by"):
        yield f"{key} = {_value(getattr(protocol, key))}"
    yield "lawful_basis = ["
    yield from (f"  {_value(basis)}," for basis in protocol.lawful_basis)
    yield "]"
    yield f"parties = {_value(protocol.parties)}"
    yield from ("", "[usual]")
    yield from _pairs({**_limits(protocol.limits), "ladder": protocol.ladder})
    for view in protocol.views.values():
        yield from _view(view)
    for ladder in protocol.ladders.values():
        yield from _ladder(ladder)
    for stage in protocol.stages:
        yield from _stage(stage)
    for clause in protocol.clauses:
        yield from _clause(clause)
    for watch in protocol.watches:
        yield from ("", "[[watch]]", *_pairs(watch.plain()))


def _view(view: View) -> Iterator[str]:
    yield from ("", f"[views.{view.name}]", f"sections = {_value(sorted(view.sections))}")
    if view.withhold:
        yield f"withhold = {_value(sorted(view.withhold))}"


def _ladder(ladder: Ladder) -> Iterator[str]:
    yield from ("", f"[ladders.{ladder.name}]", "steps = [")
    for step in ladder.steps:
        yield f"  {_inline({'after': str(step.after), 'tell': step.tell})},"
    yield "]"


def _stage(stage: Stage) -> Iterator[str]:
    yield from ("", "[[stage]]")
    yield from _pairs(
        {
            "name": stage.name,
            "between": stage.between,
            "answer": str(stage.answer),
            **({"ladder": stage.ladder} if stage.ladder else {}),
            **({"binds": True} if stage.binds else {}),
        }
    )


def _clause(clause: Clause) -> Iterator[str]:
    yield from ("", "[[clause]]", f"id = {_value(clause.id)}", f"says = {_value(clause.says)}")
    if clause.direction is not Direction.WITHIN:
        yield f"direction = {_value(clause.direction)}"
    yield f"when = {_inline(_when(clause.when))}"
    if clause.kept:
        yield f'share = "{NOBODY}"'
        yield from _pairs({"owes": _owes(clause.kept.owes), "ladder": clause.kept.ladder})
        return
    yield "share = ["
    yield from (f"  {_inline(_grant(grant))}," for grant in clause.share)
    yield "]"


def _when(when: When) -> dict[str, object]:
    return {name: value for name, value in vars(when).items() if value is not None and value != ()}


def _grant(grant: Grant) -> dict[str, object]:
    flags = ("call_first", "takes_responsibility", "if_named")
    return {
        "with": grant.role,
        "area": grant.area,
        "view": grant.view,
        **{flag: True for flag in flags if getattr(grant, flag)},
        **_limits(grant.limits),
        **({"owes": _owes(grant.owes)} if grant.owes else {}),
        **({"ladder": grant.ladder} if grant.ladder else {}),
        **({"reads": grant.reads, "read_for": str(grant.read_for)} if grant.reads else {}),
    }


def _owes(owes: Mapping[str, By]) -> dict[str, str]:
    return {what: str(by) for what, by in owes.items()}


def _limits(limits: Mapping[Owed, Limit]) -> dict[str, object]:
    return {owed.value: str(limits[owed]) for owed in Owed if owed in limits}


def _pairs(values: Mapping[str, object]) -> Iterable[str]:
    return (f"{key} = {_value(value)}" for key, value in values.items())


def _inline(values: Mapping[str, object]) -> str:
    return "{ " + ", ".join(_pairs(values)) + " }"


def _value(value: object) -> str:
    if isinstance(value, dict):
        return _inline(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_value(entry) for entry in value) + "]"
    # A JSON string is a TOML basic string, but for DEL, which TOML wants escaped and JSON leaves as it is.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
