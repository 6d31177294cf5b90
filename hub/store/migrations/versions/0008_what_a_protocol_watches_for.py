"""what a protocol watches for: what may count, what was met, and what it opened

Revision ID: 0008
Revises: 0007
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TASKS = (
    "what IN ('resolve_refusal', 'resolve_stuck', 'register_key', 'deliver_by_hand', 'find_successor',"
    " 'tell_by_telephone', 'same_child', 'see_to_watch')"
)


def moment(name: str, *, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.drop_index("ix_owed_tasks", "owed")
    op.create_index(
        "ix_owed_tasks", "owed", ["due_at", "id"], postgresql_where=sa.text(f"met_at IS NULL AND {TASKS}")
    )
    op.create_table(
        "watched",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("of_role", sa.Text()),
        sa.Column("plan", sa.Text()),
        sa.Column("area", sa.Text()),
        moment("look_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_watched"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_watched_message_id"),
    )
    op.create_index("ix_watched_message_id", "watched", ["message_id"])
    op.create_index(
        "ix_watched_look_at", "watched", ["look_at", "id"], postgresql_where=sa.text("look_at IS NOT NULL")
    )
    _crossings()


def _crossings() -> None:
    op.create_table(
        "crossing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("watch", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        moment("at"),
        sa.Column("turn", sa.SmallInteger(), nullable=False),
        moment("look_at", nullable=True),
        moment("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_crossing"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_crossing_message_id"),
    )
    op.create_index(
        "ix_crossing_open", "crossing", ["at", "id"], postgresql_where=sa.text("ended_at IS NULL")
    )
    op.create_table(
        "crossing_counts",
        sa.Column("watched_id", sa.Uuid(), nullable=False),
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("watch", sa.Text(), nullable=False),
        sa.Column("crossing_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("watched_id", "protocol", "watch", name="pk_crossing_counts"),
        sa.ForeignKeyConstraint(["watched_id"], ["watched.id"], name="fk_crossing_counts_watched_id"),
        sa.ForeignKeyConstraint(["crossing_id"], ["crossing.id"], name="fk_crossing_counts_crossing_id"),
    )
    op.create_index("ix_crossing_counts_crossing_id", "crossing_counts", ["crossing_id"])
    op.create_table(
        "crossing_owes",
        sa.Column("owed_id", sa.Uuid(), nullable=False),
        sa.Column("crossing_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("owed_id", name="pk_crossing_owes"),
        sa.ForeignKeyConstraint(["owed_id"], ["owed.id"], name="fk_crossing_owes_owed_id"),
        sa.ForeignKeyConstraint(["crossing_id"], ["crossing.id"], name="fk_crossing_owes_crossing_id"),
    )
    op.create_index("ix_crossing_owes_crossing_id", "crossing_owes", ["crossing_id"])
