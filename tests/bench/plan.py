"""How much is measured: enough to believe it, or just enough to iterate."""

from dataclasses import dataclass

PARTS = ("accept", "life", "latency", "chase", "flat")


@dataclass(frozen=True)
class Plan:
    mode: str
    runs: int  # of each measurement; the median is told
    commit_seconds: int  # of pgbench, at each number of clients
    seal_seconds: float
    accept_seconds: int
    life_messages: int
    latency_seconds: int
    shares: int  # in the large database
    duties: int  # open, where few are compared with many


FULL = Plan("full", 3, 5, 2.0, 10, 1200, 30, 1_000_000, 1_000_000)
QUICK = Plan("quick", 1, 2, 0.5, 4, 300, 10, 100_000, 100_000)
