"""The stages that a disagreement climbs, as one share holds them: practitioners, managers, leads, an independent chair.

A clause that wants a challenge answered sooner than usual wants it sooner at every stage. Across a border the stages
are those of the side that the message comes from, each by the earlier of the two limits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from protocols.deadlines import Limit, both
from protocols.ladders import steps_of
from protocols.protocol import Ladder, Owed, Protocol


@dataclass(frozen=True, slots=True)
class Held:
    """A stage, with the ladder that is climbed when nobody answers there."""

    name: str
    between: tuple[str, ...]
    answer: Limit
    binds: bool
    ladder: Ladder

    def terms(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "between": list(self.between),
            "answer": str(self.answer),
            "binds": self.binds,
            "ladder": self.ladder.name,
            "ladder_steps": self.ladder.terms(),
        }


def held(protocol: Protocol, limits: Mapping[Owed, Limit], ladder: str | None) -> tuple[Held, ...]:
    """The stages of a share: `limits` and `ladder` are those that its clause gives of its own, if it gives any."""
    return tuple(
        Held(
            stage.name,
            stage.between,
            _earlier(stage.answer, limits.get(Owed.ANSWER)),
            stage.binds,
            protocol.ladders[stage.ladder or ladder or protocol.ladder],
        )
        for stage in protocol.stages
    )


def earlier(ours: Sequence[Held], theirs: Sequence[Held]) -> tuple[Held, ...]:
    """Ours, each by whichever limit comes first; theirs, where we have none."""
    of_theirs = {one.name: one.answer for one in theirs}
    return tuple(replace(one, answer=_earlier(one.answer, of_theirs.get(one.name))) for one in ours) or tuple(
        theirs
    )


def _earlier(a: Limit, b: Limit | None) -> Limit:
    return a if b is None else both(a, b)


def stages_of(terms: Mapping[str, Any]) -> tuple[Held, ...]:
    """As a share's terms hold them. Without any there is one, which holds nobody to what is concluded there."""
    found = terms.get("stages")
    if not found:
        ladder = Ladder(terms["ladder"], steps_of(terms.get("ladder_steps")))
        answer = Limit.parse(terms["limits"]["answer"])
        return (Held("practitioners", (), answer, binds=False, ladder=ladder),)
    return tuple(
        Held(
            one["name"],
            tuple(one["between"]),
            Limit.parse(one["answer"]),
            one["binds"],
            Ladder(one["ladder"], steps_of(one["ladder_steps"])),
        )
        for one in found
    )


def place_of(stages: Sequence[Held], name: str) -> int | None:
    """Counted from nought; None: there is no stage of this name."""
    return next((place for place, one in enumerate(stages) if one.name == name), None)
