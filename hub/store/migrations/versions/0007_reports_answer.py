"""a report answers a request: which share of it

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reply",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("share_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_reply"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_reply_message_id"),
        sa.ForeignKeyConstraint(["share_id"], ["share.id"], name="fk_reply_share_id"),
    )
    op.create_index("ix_reply_share_id", "reply", ["share_id"])
