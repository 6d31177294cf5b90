"""who holds a child, service by service: what each handover gives away, and what cannot be placed

Revision ID: 0012
Revises: 0011
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TASKS = (
    "what IN ('resolve_refusal', 'resolve_stuck', 'register_key', 'deliver_by_hand', 'find_successor',"
    " 'tell_by_telephone', 'same_child', 'place_responsibility', 'see_to_watch')"
)


def moment(name: str, *, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.drop_index("ix_owed_tasks", "owed")
    op.create_index(
        "ix_owed_tasks", "owed", ["due_at", "id"], postgresql_where=sa.text(f"met_at IS NULL AND {TASKS}")
    )
    op.create_index(
        "ix_owed_enquiry",
        "owed",
        ["message_id"],
        postgresql_where=sa.text("met_at IS NULL AND what IN ('enquiry', 'hand_on')"),
    )
    _handovers()
    _holdings()
    _alarms()


def _handovers() -> None:
    op.create_table(
        "handover",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("giver", sa.Text(), nullable=False),
        sa.Column("follows", sa.Uuid()),
        moment("at"),
        moment("ended_at", nullable=True),
        sa.Column("ended_how", sa.Text()),
        sa.PrimaryKeyConstraint("message_id", name="pk_handover"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_handover_message_id"),
        sa.ForeignKeyConstraint(["follows"], ["message.id"], name="fk_handover_follows"),
    )
    op.create_index(
        "ix_handover_follows", "handover", ["follows"], postgresql_where=sa.text("follows IS NOT NULL")
    )


def _holdings() -> None:
    op.create_table(
        "holding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("giver", sa.Text()),
        sa.Column("person_hidden", sa.LargeBinary()),
        sa.Column("person_ref", sa.Uuid()),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("share_id", sa.Uuid()),
        moment("since"),
        moment("until", nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("passed_to", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_holding"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_holding_person_id"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_holding_message_id"),
    )
    now = sa.text("until IS NULL")
    op.create_index("uq_holding_now", "holding", ["person_id", "service"], unique=True, postgresql_where=now)
    op.create_index("ix_holding_person", "holding", ["person_id", "service", "since"])
    op.create_index("ix_holding_holder", "holding", ["holder", "id"])
    op.create_index("ix_holding_now", "holding", ["holder", "id"], postgresql_where=now)


def _alarms() -> None:
    op.create_table(
        "unplaced",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("other", sa.Text()),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("other_message_id", sa.Uuid()),
        moment("at"),
        moment("ended_at", nullable=True),
        sa.Column("ended_how", sa.Text()),
        sa.Column("placed_with", sa.Text()),
        sa.Column("because_hidden", sa.LargeBinary()),
        sa.Column("person_hidden", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name="pk_unplaced"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_unplaced_person_id"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_unplaced_message_id"),
        sa.ForeignKeyConstraint(["other_message_id"], ["message.id"], name="fk_unplaced_other_message_id"),
    )
    still = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_unplaced_open",
        "unplaced",
        ["person_id", "service", "why", "message_id"],
        unique=True,
        postgresql_where=still,
    )
    op.create_index("ix_unplaced_open", "unplaced", ["id"], postgresql_where=still)
    op.create_index("ix_unplaced_message", "unplaced", ["message_id"], postgresql_where=still)
    op.create_index("ix_unplaced_other", "unplaced", ["other_message_id"], postgresql_where=still)
