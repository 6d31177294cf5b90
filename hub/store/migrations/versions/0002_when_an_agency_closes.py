"""when an agency closes: whose hands it held is found, and a note may have no copy for it

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_agency_key_agency", "agency_key", ["agency"])
    op.create_index(
        "ix_responsibility_holder",
        "responsibility",
        ["holder", "message_id"],
        postgresql_where=sa.text("until IS NULL"),
    )
    op.alter_column("note", "for_recipient", existing_type=sa.LargeBinary(), nullable=True)
