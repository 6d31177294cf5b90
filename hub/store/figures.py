"""What can be said of the whole at little cost, however much there is of it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

MOST = 2_500  # rows of each step that are looked at
STEPS = ("route", "seal", "deliver", "push")
BACKLOG = (
    "SELECT given.step, count(*) AS n, min(first_at) AS oldest FROM unnest(CAST(:steps AS text[])) AS given(step),"
    " LATERAL (SELECT first_at FROM outbox WHERE outbox.step = given.step ORDER BY due_at, id LIMIT :most) AS waiting"
    " GROUP BY given.step"
)


@dataclass(frozen=True, slots=True)
class Backlog:
    rows: dict[str, int]  # by step, up to MOST of each
    oldest: datetime | None  # when the oldest of these was first put in


def backlog(conn: Connection) -> Backlog:
    found = conn.execute(text(BACKLOG), {"steps": list(STEPS), "most": MOST}).all()
    return Backlog(
        rows={row.step: row.n for row in found}, oldest=min((row.oldest for row in found), default=None)
    )


def shares_by_state(conn: Connection) -> dict[str, int]:
    """PostgreSQL's own estimate, from its last ANALYZE: no row of a share is read."""
    found = conn.execute(
        text(
            "SELECT state, round(greatest(pg_class.reltuples, 0) * frequency)::bigint AS n"
            " FROM pg_stats, pg_class,"
            " unnest(most_common_vals::text::text[], most_common_freqs) AS given(state, frequency)"
            " WHERE pg_stats.schemaname = current_schema() AND pg_stats.tablename = 'share'"
            " AND pg_stats.attname = 'state' AND pg_class.oid = 'share'::regclass"
        )
    )
    return {row.state: row.n for row in found}
