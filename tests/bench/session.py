"""One session of measuring: the limits, an empty hub, a full one, and what to make of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.bench import (
    accept,
    database,
    duties,
    latency,
    life,
    limits,
    million,
    processes,
    profile,
    report,
    statements,
)
from tests.bench.figures import Figures, medians, ratios
from tests.bench.plan import Plan
from tests.bench.posts import FAMILIES, Posting, postings
from tests.bench.report import rounded
from tests.bench.stand import Stand, running

SEALS_A_MESSAGE = (
    1 + 3 + 1 + 3 * 3 * 2
)  # the hub's copy, three shares, the file copy, three notes a share for two ends
TRACED = 40  # messages whose statements are looked at
DEAREST = 12  # statements that are shown


@dataclass
class Session:
    plan: Plan
    parts: frozenset[str]
    profile: bool = False
    told: dict[str, Any] = field(default_factory=dict)

    def run(self) -> bool:
        """All that was asked for. Whether every goal was reached."""
        with running() as stand:
            self._limits(stand)
            base = self._all_of(stand, "empty")
            self._memory(stand)
            if "chase" in self.parts:
                self._chase(stand)
        if "flat" in self.parts:
            with running() as stand:
                self._flat(stand, base)
        self._against_the_limits(base)
        reached = self._goals(base)
        report.write(self.told, mode=self.plan.mode)
        return reached

    # -- the parts ----------------------------------------------------------------------------------------

    def _limits(self, stand: Stand) -> None:
        report.say("limits: durable commits by pgbench, and HPKE seals on one core …")
        found = limits.commits(stand.postgres, seconds=self.plan.commit_seconds)
        found |= limits.seals(seconds=self.plan.seal_seconds)
        self.told["limits"] = rounded(found)
        report.table("Limits of this machine", found)

    def _all_of(self, stand: Stand, name: str) -> dict[str, Figures]:
        """The measurements that were asked for. Accepting comes last: nobody fetches what it leaves behind."""
        posts = postings(stand)
        life.measure(stand, posts, count=len(FAMILIES) * 2)  # to warm up
        measures: dict[str, Callable[[], Figures]] = {
            "life": lambda: life.measure(stand, posts, count=self.plan.life_messages),
            "latency": lambda: latency.measure(stand, posts, seconds=self.plan.latency_seconds),
            "accept": lambda: self._accept(stand, posts),
        }
        flat = "flat" in self.parts
        found = {
            part: self._runs(stand, part, name, measure)
            for part, measure in measures.items()
            if flat or part in self.parts
        }
        if name == "empty":
            self.told |= {part: rounded(figures) for part, figures in found.items()}
        return found

    def _runs(self, stand: Stand, part: str, name: str, measure: Callable[[], Figures]) -> Figures:
        report.say(f"{part}, {name} database …")
        with profile.of(stand, part) if self.profile else profile.nothing():
            runs = [measure() for _ in range(self.plan.runs)]
        found = medians(runs)
        report.table(f"{part}, {name} database", found, medians_of=len(runs))
        return found

    def _accept(self, stand: Stand, posts: Sequence[Posting]) -> Figures:
        """And what the workers then need to route, seal and deliver all that was accepted."""
        found = accept.measure(stand, posts, seconds=self.plan.accept_seconds)
        marked = database.waiting(stand)
        lasted = database.wait_until_idle(stand)
        behind = {"rows of work left": float(marked), "seconds to work them off": lasted}
        return found | behind

    def _memory(self, stand: Stand) -> None:
        found = processes.memory_of(stand.parts())
        self.told["memory"] = {part: rounded(one) for part, one in found.items()}
        rows = {
            f"{part} {sort}": f"{value:.0f} MB" for part, one in found.items() for sort, value in one.items()
        }
        report.table("Memory after the load", rows or {"memory": "not measured: no /proc"})

    def _chase(self, stand: Stand) -> None:
        found: dict[str, Figures] = {}
        with duties.prepared(stand) as url:
            for name, count in (("few", duties.FEW), ("many", self.plan.duties)):
                report.say(f"chase, {count:,} things open …")
                duties.fill(url, open_rows=count)
                found[name] = medians([duties.measure(url) for _ in range(self.plan.runs)])
                report.table(f"chase, {count:,} things open", found[name], medians_of=self.plan.runs)
        change = ratios(found["many"], found["few"])
        self.told["chase"] = {
            **{name: rounded(one) for name, one in found.items()},
            "many over few": rounded(change),
        }

    def _flat(self, stand: Stand, base: dict[str, Figures]) -> None:
        report.say(f"filling a database with {self.plan.shares:,} shares …")
        shares = million.fill(stand, FAMILIES, shares=self.plan.shares)
        report.say(f"it holds {shares:,} shares")
        before = database.sequential_reads(stand)
        # Before anything is accepted for the sake of accepting, which stays in the inboxes.
        with statements.traced(stand) as sent:
            life.measure(stand, postings(stand), count=TRACED)
        full = self._all_of(stand, "full")
        read_whole = database.read_whole(before, database.sequential_reads(stand))
        report.table("Dearest statements, ms for each message", {
            one.text[:110]: one.milliseconds / TRACED
            for one in sorted(sent.values(), key=lambda one: -one.milliseconds)[:DEAREST]
        })  # fmt: skip
        culprits = statements.reading_whole_tables(stand, sent)
        changes = {part: ratios(figures, base[part]) for part, figures in full.items()}
        for part, change in changes.items():
            report.table(f"{part}: full database over empty", change)
        report.table("Large tables read from end to end", {
            **{f"{table} (rows)": float(rows) for table, rows in read_whole.items()},
            **{f"{table}, by": "; ".join(texts)[:200] for table, texts in culprits.items()},
        } or {"none": ""})  # fmt: skip
        self.told["flat"] = {
            "shares": shares,
            "figures": {part: rounded(figures) for part, figures in full.items()},
            "ratios": {part: rounded(figures) for part, figures in changes.items()},
            "rows read without an index": read_whole,
            "statements that would": culprits,
        }

    # -- what to make of it -------------------------------------------------------------------------------

    def _against_the_limits(self, base: dict[str, Figures]) -> None:
        bounds = self.told["limits"]
        found: Figures = {}
        if "accept" in base:
            commits = bounds[f"commits/s, {accept.CLIENTS} clients"]
            found["accepted messages for each commit that pgbench makes"] = (
                base["accept"]["messages/s"] / commits
            )
        if "life" in base:
            possible = bounds["seals/s"] / SEALS_A_MESSAGE
            found["whole lives for each that one core could seal"] = base["life"]["messages/s"] / possible
        self.told["of the limit"] = rounded(found)
        report.table("Of the limit", found)

    def _goals(self, base: dict[str, Figures]) -> bool:
        rows: list[tuple[str, float, str, float]] = []
        if "accept" in base:
            rows.append(("accept: messages/s", base["accept"]["messages/s"], "≥", 600))
            rows.append(("accept: p99 ms", base["accept"]["p99 ms"], "≤", 200))
        if "life" in base:
            rows.append(("life: messages/s", base["life"]["messages/s"], "≥", 80))
        if "latency" in base:
            rows.append(("latency: p50 ms", base["latency"]["p50 ms"], "≤", 150))
            rows.append(("latency: p99 ms", base["latency"]["p99 ms"], "≤", 600))
        for part, one in self.told.get("memory", {}).items():
            if part == "web" or part.startswith("worker"):
                rows.append((f"memory: {part} PSS MB", one["pss"], "≤", 200))
        if "chase" in self.told:
            rows.append(("chase: lapses/s with many open", self.told["chase"]["many"]["lapses/s"], "≥", 500))
            rows.append(
                (
                    "chase: ms a lapse, many over few",
                    self.told["chase"]["many over few"]["ms a lapse"],
                    "≤",
                    1.2,
                )
            )
        rows += self._flat_goals()
        met = report.goals(rows)
        self.told["goals"] = {"reached": met}
        return all(met.values())

    def _flat_goals(self) -> list[tuple[str, float, str, float]]:
        if "flat" not in self.told:
            return []
        change = self.told["flat"]["ratios"]
        read = float(sum(self.told["flat"]["rows read without an index"].values()))
        return [
            ("flat: accept, messages/s, full over empty", change["accept"]["messages/s"], "≥", 0.8),
            ("flat: life, messages/s, full over empty", change["life"]["messages/s"], "≥", 0.8),
            ("flat: latency, p50, full over empty", change["latency"]["p50 ms"], "≤", 1.2),
            ("flat: latency, p99, full over empty", change["latency"]["p99 ms"], "≤", 1.2),
            ("flat: rows read without an index", read, "≤", 0.0),
        ]
