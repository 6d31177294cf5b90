"""what is owed is chased: when the next step of its ladder is due, and who was told

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OPEN = "met_at IS NULL"
TASKS = (
    "what IN ('resolve_refusal', 'resolve_stuck', 'register_key', 'deliver_by_hand', 'find_successor',"
    " 'tell_by_telephone')"
)


def upgrade() -> None:
    op.add_column("owed", sa.Column("next_at", sa.DateTime(timezone=True)))
    op.add_column("owed", sa.Column("about", sa.Text()))
    # What is open already is chased from its moment on: its first step is told when it lapses, or now if it has.
    op.execute(f"UPDATE owed SET next_at = due_at WHERE {OPEN}")
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owed_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.SmallInteger(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("last_fault", sa.Text()),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.Column("how", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
        sa.UniqueConstraint(
            "owed_id", "step", "agency", "contact", name="uq_notice_owed_id_step_agency_contact"
        ),
    )
    op.create_index("ix_notice_due", "notice", ["due_at"], postgresql_where=sa.text("sent_at IS NULL"))
    op.create_index("ix_notice_agency", "notice", ["agency", "owed_id"])
    op.drop_index("ix_owed_by", "owed")
    for name, columns, where in (
        ("ix_owed_next", ["next_at", "id"], f"{OPEN} AND next_at IS NOT NULL"),
        ("ix_owed_tasks", ["due_at", "id"], f"{OPEN} AND {TASKS}"),
        ("ix_owed_to", ["owed_to", "due_at", "id"], OPEN),
        ("ix_owed_by", ["owed_by", "due_at", "id"], OPEN),
    ):
        op.create_index(name, "owed", columns, postgresql_where=sa.text(where))
