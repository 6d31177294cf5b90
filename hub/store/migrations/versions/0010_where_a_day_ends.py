"""where a day ends, and how what has no registered case is found

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

NO_CASE = "state IN ('planned','sealed','sent','received','declined')"
SENT = "event = 'share.send'"


def upgrade() -> None:
    op.create_table(
        "day_end",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("tx", sa.BigInteger(), nullable=False),
        sa.Column("base", sa.BigInteger(), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_day_end"),
    )
    for name, table, columns, where in (
        ("ix_message_open_of", "message", ["sender", "accepted_at", "id"], "state IN ('accepted','routed')"),
        ("ix_share_open_of", "share", ["sender", "sent_at", "id"], NO_CASE),
        ("ix_share_open_to", "share", ["recipient", "sent_at", "id"], NO_CASE),
        ("ix_audit_sent_of", "audit", ["sender", "at", "share_id"], SENT),
        ("ix_audit_sent_to", "audit", ["recipient", "at", "share_id"], SENT),
    ):
        op.create_index(name, table, columns, postgresql_where=sa.text(where))
