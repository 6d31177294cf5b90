"""what a sender says to itself about a message of which nobody hears

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "own_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("by_agency", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("request_key", sa.Text()),
        sa.Column("request_fingerprint", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name="pk_own_note"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_own_note_message_id"),
    )
    op.create_index("uq_own_note_request", "own_note", ["message_id", "request_key"], unique=True)
