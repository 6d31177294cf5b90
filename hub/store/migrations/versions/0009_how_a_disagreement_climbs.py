"""how a disagreement climbs: its stages, and at which of them an answer is owed

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OUTCOMES = "'answered','escalated','no_reply','agreed','decision_stands','void'"


def upgrade() -> None:
    op.add_column("owed", sa.Column("stage", sa.SmallInteger()))
    op.create_table(
        "disagreement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("begun", sa.Uuid(), nullable=False),
        sa.Column("share_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("outcome", sa.Text()),
        sa.CheckConstraint(f"outcome IN ({OUTCOMES})", name="ck_disagreement_outcome"),
        sa.ForeignKeyConstraint(["share_id"], ["share.id"], name="fk_disagreement_share_id"),
        sa.PrimaryKeyConstraint("id", name="pk_disagreement"),
    )
    op.create_index(
        "uq_disagreement_now",
        "disagreement",
        ["share_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_disagreement_share_id", "disagreement", ["share_id"])
    # What is challenged already stands at the one stage that its terms know.
    op.execute(
        "INSERT INTO disagreement (id, begun, share_id, stage, name, opened_by, opened_at)"
        " SELECT DISTINCT ON (share.id) note.id, note.id, share.id, 0, 'practitioners', note.by_agency, note.at"
        " FROM share JOIN note ON note.share_id = share.id AND note.kind = 'challenge'"
        " WHERE share.state = 'challenged' ORDER BY share.id, note.at DESC, note.id DESC"
    )
