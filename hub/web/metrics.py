"""Figures for Prometheus, one registry a process. Labels are route templates, states and steps: nobody's data.

What is counted in the database is either bounded (the outbox, up to a number) or PostgreSQL's own estimate (shares
by state): a scrape must not cost more on the day that the hub has a million shares.
"""

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector
from sqlalchemy import Connection

from hub.store import figures

SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
SIZES = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "checkback_requests_total",
            "Requests answered, by route template and status.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "checkback_request_seconds",
            "How long an answer took; a long poll takes as long as it waits.",
            ("route",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.groups = Histogram(
            "checkback_group_size",
            "Requests that went into one commit.",
            ("kind",),
            buckets=SIZES,
            registry=self.registry,
        )
        self._waiting = Gauge(
            "checkback_outbox_rows",
            f"Rows of work that wait, by step; counted up to {figures.MOST}.",
            ("step",),
            registry=self.registry,
        )
        self._oldest = Gauge(
            "checkback_outbox_oldest_seconds", "Age of the oldest row of work.", registry=self.registry
        )
        self._shares = Gauge(
            "checkback_shares_estimate",
            "Shares by state, as PostgreSQL last estimated them.",
            ("state",),
            registry=self.registry,
        )
        self._up = Gauge("checkback_database_up", "Whether the database answers.", registry=self.registry)

    def count(self, conn: Connection, *, at: datetime) -> None:
        """Read what the database can say cheaply."""
        backlog = figures.backlog(conn)
        self._waiting.clear()
        for step, rows in backlog.rows.items():
            self._waiting.labels(step).set(rows)
        self._oldest.set(0.0 if backlog.oldest is None else max(0.0, (at - backlog.oldest).total_seconds()))
        self._shares.clear()
        for state, rows in figures.shares_by_state(conn).items():
            self._shares.labels(state).set(rows)
        self._up.set(1)

    def uncounted(self) -> None:
        """The database does not answer: what is shown must not look like news."""
        self._waiting.clear()
        self._shares.clear()
        self._up.set(0)

    def text(self) -> bytes:
        return generate_latest(self.registry)
