"""leave to read: the copy that is lent, and until when

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reading_copy",
        sa.Column("share_id", sa.Uuid(), nullable=False),
        sa.Column("of_message", sa.Uuid(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("envelope", sa.LargeBinary()),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("of_share", sa.Uuid()),
        sa.PrimaryKeyConstraint("share_id", name="pk_reading_copy"),
        sa.ForeignKeyConstraint(["share_id"], ["share.id"], name="fk_reading_copy_share_id"),
        sa.ForeignKeyConstraint(["of_message"], ["message.id"], name="fk_reading_copy_of_message"),
    )
    op.create_index(
        "ix_reading_copy_expires_at",
        "reading_copy",
        ["expires_at"],
        postgresql_where=sa.text("envelope IS NOT NULL"),
    )
    op.create_index("ix_reading_copy_of_message", "reading_copy", ["of_message"])
