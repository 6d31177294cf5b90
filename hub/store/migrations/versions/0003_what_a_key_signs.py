"""which of the hub's keys signs shares and which signs notes is told with the key

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("agency_key", sa.Column("signs", sa.Text()))
