"""who is asked to accept a child, found by the agency and by the handover; and what an office has said, told again

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

OFFERED = "met_at IS NULL AND what = 'acceptance'"


def upgrade() -> None:
    op.add_column("unplaced", sa.Column("fingerprint", sa.LargeBinary()))
    op.create_index("ix_owed_acceptance", "owed", ["message_id"], postgresql_where=sa.text(OFFERED))
    op.create_index("ix_owed_offered", "owed", ["owed_by", "id"], postgresql_where=sa.text(OFFERED))
    op.create_index(
        "ix_handover_elsewhere",
        "handover",
        ["message_id"],
        postgresql_where=sa.text("ended_how = 'elsewhere'"),
    )
