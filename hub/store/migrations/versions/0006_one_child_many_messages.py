"""one child, many messages: persons by their marks, where they appear, and the question whether two are one

Revision ID: 0006
Revises: 0005
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TASKS = (
    "what IN ('resolve_refusal', 'resolve_stuck', 'register_key', 'deliver_by_hand', 'find_successor',"
    " 'tell_by_telephone', 'same_child')"
)


def moment(name: str, *, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.drop_index("ix_owed_tasks", "owed")
    op.create_index(
        "ix_owed_tasks", "owed", ["due_at", "id"], postgresql_where=sa.text(f"met_at IS NULL AND {TASKS}")
    )
    _persons()
    _likenesses()


def _persons() -> None:
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        moment("at"),
        sa.Column("root", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_person_message_id"),
        sa.ForeignKeyConstraint(["root"], ["person.id"], name="fk_person_root"),
        sa.CheckConstraint("what IN ('child','adult')", name="ck_person_what"),
    )
    op.create_index("ix_person_root", "person", ["root"])
    op.create_table(
        "mark",
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("mark", name="pk_mark"),
    )
    op.create_table(
        "person_mark",
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mark", "person_id", name="pk_person_mark"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_person_mark_person_id"),
    )
    op.create_index("ix_person_mark_person_id", "person_mark", ["person_id"])
    op.create_table(
        "appearance",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("certainty", sa.Text(), nullable=False),
        sa.Column("relation", sa.Text()),
        sa.PrimaryKeyConstraint("message_id", "part", "place", name="pk_appearance"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_appearance_message_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_appearance_person_id"),
        sa.CheckConstraint("part IN ('children','household','adults')", name="ck_appearance_part"),
        sa.CheckConstraint("certainty IN ('certain','likely','unknown')", name="ck_appearance_certainty"),
    )
    op.create_index("ix_appearance_person_id", "appearance", ["person_id", "message_id"])


def _likenesses() -> None:
    op.create_table(
        "likeness",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("one", sa.Uuid(), nullable=False),
        sa.Column("other", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("why", JSONB(astext_type=sa.Text()), nullable=False),
        moment("asked_at"),
        moment("answered_at", nullable=True),
        sa.Column("answer", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_likeness"),
        sa.ForeignKeyConstraint(["one"], ["person.id"], name="fk_likeness_one"),
        sa.ForeignKeyConstraint(["other"], ["person.id"], name="fk_likeness_other"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_likeness_message_id"),
        sa.UniqueConstraint("one", "other", name="uq_likeness_one_other"),
        sa.CheckConstraint("one < other", name="ck_likeness_once"),
        sa.CheckConstraint("answer IN ('same','different')", name="ck_likeness_answer"),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="ck_likeness_answered"),
    )
    op.create_index("ix_likeness_other", "likeness", ["other"])
    op.create_index("ix_likeness_message_id", "likeness", ["message_id"])
    op.create_table(
        "likeness_answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("likeness_id", sa.Uuid(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        moment("at"),
        sa.Column("by_agency", sa.Text(), nullable=False),
        sa.Column("because_hidden", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_likeness_answer"),
        sa.ForeignKeyConstraint(["likeness_id"], ["likeness.id"], name="fk_likeness_answer_likeness_id"),
        sa.CheckConstraint("answer IN ('same','different')", name="ck_likeness_answer_answer"),
    )
    op.create_index("ix_likeness_answer_likeness_id", "likeness_answer", ["likeness_id"])
