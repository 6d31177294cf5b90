"""The tables by which the hub can tell that two messages are about the same child, without knowing who it is.

No name, no number and no date stands here, and no plain hash of one: a mark is made under a key that only workers
hold (`hub.pseudonyms`). The id of a person is random through and through, as agencies are told it: one with a moment
in it would tell when somebody else first spoke of the child.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from hub.store.tables import message, metadata, moment

person = Table(
    "person",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("what", Text, nullable=False),
    Column("message_id", ForeignKey(message.c.id), nullable=False),  # that first spoke of them
    moment("at"),
    # Who stands for all that people found to be the same: themselves, if nobody else. It follows from the answers to
    # likenesses, and is kept so that nobody who reads has to follow them.
    Column("root", ForeignKey("person.id"), nullable=False),
    CheckConstraint("what IN ('child','adult')", name="what"),
    Index("ix_person_root", "root"),
)

# Every mark that was ever seen. Whoever writes persons locks the marks that tell of them here, in their order, so that
# two workers that meet a new child at once do not make two of it.
mark = Table("mark", metadata, Column("mark", LargeBinary, primary_key=True))

person_mark = Table(
    "person_mark",
    metadata,
    Column("mark", LargeBinary, primary_key=True),
    Column("person_id", ForeignKey(person.c.id), primary_key=True),
    Column("what", Text, nullable=False),  # hub.pseudonyms.What
    Index("ix_person_mark_person_id", "person_id"),
)

appearance = Table(
    "appearance",
    metadata,
    Column("message_id", ForeignKey(message.c.id), primary_key=True),
    Column("part", Text, primary_key=True),  # of the message
    Column("place", SmallInteger, primary_key=True),  # in that part, from 0
    Column(
        "person_id", ForeignKey(person.c.id), nullable=False
    ),  # whoever they were first taken for; it stays
    Column("certainty", Text, nullable=False),
    Column(
        "relation", Text
    ),  # of the household: what they are to the children, a word of protocols.messages.people
    CheckConstraint("part IN ('children','household','adults')", name="part"),
    CheckConstraint("certainty IN ('certain','likely','unknown')", name="certainty"),
    Index("ix_appearance_person_id", "person_id", "message_id"),
)

# The question whether two persons are one, asked once: what agrees, and what a person answered.
likeness = Table(
    "likeness",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("one", ForeignKey(person.c.id), nullable=False),
    Column("other", ForeignKey(person.c.id), nullable=False),
    Column("message_id", ForeignKey(message.c.id), nullable=False),  # that raised it
    Column("why", JSONB, nullable=False),  # codes: which marks agree, and which do not
    moment("asked_at"),
    moment("answered_at", nullable=True),
    Column("answer", Text),
    UniqueConstraint("one", "other"),
    CheckConstraint("one < other", name="once"),
    CheckConstraint("answer IN ('same','different')", name="answer"),
    CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered"),
    Index("ix_likeness_other", "other"),
    Index("ix_likeness_message_id", "message_id"),
)

# Every answer that was ever given to it, with its reason: one that was taken back stays.
likeness_answer = Table(
    "likeness_answer",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("likeness_id", ForeignKey(likeness.c.id), nullable=False),
    Column("answer", Text, nullable=False),
    moment("at"),
    Column("by_agency", Text, nullable=False),
    Column("because_hidden", LargeBinary, nullable=False),
    CheckConstraint("answer IN ('same','different')", name="answer"),
    Index("ix_likeness_answer_likeness_id", "likeness_id"),
)
