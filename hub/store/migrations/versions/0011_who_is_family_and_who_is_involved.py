"""who is family and who is involved: what the hub keeps of it once its own copy of a message is destroyed

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kinship",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("lives_there", sa.Text(), nullable=False),
        sa.Column("since", sa.Date()),
        sa.Column("left_on", sa.Date()),
        sa.Column("died_on", sa.Date()),
        sa.Column("sex", sa.Text()),
        sa.Column("unborn", sa.Boolean(), nullable=False),
        sa.Column("nameless", sa.Boolean(), nullable=False),
        sa.Column("of_children", JSONB()),
        sa.Column("couple_with", sa.SmallInteger()),
        sa.Column("couple", sa.Text()),
        sa.Column("born_hidden", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("message_id", "part", "place", name="pk_kinship"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_kinship_message_id"),
        sa.CheckConstraint("part IN ('children','household')", name=op.f("ck_kinship_part")),
    )
    op.create_table(
        "involvement",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("goes_section", sa.Text(), nullable=False),
        sa.Column("part", sa.Text()),
        sa.Column("person", sa.SmallInteger()),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text()),
        sa.Column("since", sa.Date()),
        sa.Column("until", sa.Date()),
        sa.Column("engages", sa.Text()),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", "place", name="pk_involvement"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_involvement_message_id"),
    )
