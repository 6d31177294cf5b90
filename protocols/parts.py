"""What one file of a protocol gives to the whole, and how one stands on another."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from protocols.deadlines import Limit
from protocols.parse_clause import ReadClause
from protocols.parse_watch import ReadWatches
from protocols.protocol import Ladder, Owed, Stage
from protocols.reading import Table
from protocols.vocabulary import View


@dataclass
class Parts:
    """What one file gives to the whole."""

    limits: dict[Owed, Limit] = field(default_factory=dict)
    ladder: str = ""
    views: dict[str, View] = field(default_factory=dict)
    ladders: dict[str, Ladder] = field(default_factory=dict)
    stages: tuple[tuple[Stage, Table], ...] = ()
    clauses: dict[str, ReadClause] = field(default_factory=dict)
    watches: ReadWatches = field(default_factory=dict)

    def names(self) -> set[tuple[str, str]]:
        """What it gives under a name: another part's of the same name would be lost unseen."""
        given: dict[str, Mapping[str, object]] = {
            "view": self.views,
            "ladder": self.ladders,
            "clause": self.clauses,
            "watch": self.watches,
        }
        return {(what, name) for what, some in given.items() for name in some}

    def over(self, under: "Parts") -> "Parts":
        """What the file says on top of what it includes: new clauses first, others where they replace."""
        return Parts(
            limits={**under.limits, **self.limits},
            ladder=self.ladder or under.ladder,
            views={**under.views, **self.views},
            ladders={**under.ladders, **self.ladders},
            stages=self.stages or under.stages,
            clauses={
                **{id_: read for id_, read in self.clauses.items() if id_ not in under.clauses},
                **{id_: self.clauses.get(id_, read) for id_, read in under.clauses.items()},
            },
            watches={**under.watches, **self.watches},
        )
