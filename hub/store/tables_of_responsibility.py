"""The tables of who holds a child: beside those of `hub.store.tables`, under the same rules."""

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Table, Text, Uuid, text

from hub.store.tables import message, metadata, moment
from hub.store.tables_of_children import person

# What one handover gives away: whose responsibility, and of which service. One that the family has outrun is followed
# by another.
handover = Table(
    "handover",
    metadata,
    Column("message_id", ForeignKey(message.c.id), primary_key=True),
    Column("service", Text, nullable=False),  # the role of whoever gives
    Column("giver", Text, nullable=False),  # who held when it was sent; of one that follows, the first's
    Column("follows", ForeignKey(message.c.id)),  # the one before it, that nobody had accepted
    moment("at"),
    moment("ended_at", nullable=True),
    Column(
        "ended_how", Text
    ),  # accepted, followed, withdrawn, released, elsewhere: somebody else holds the children
    Index("ix_handover_follows", "follows", postgresql_where=text("follows IS NOT NULL")),
    Index("ix_handover_elsewhere", "message_id", postgresql_where=text("ended_how = 'elsewhere'")),
)

# Who holds a child, service by service: never two at once, and never nobody once somebody has.
holding = Table(
    "holding",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("person_id", ForeignKey(person.c.id), nullable=False),
    Column("service", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("giver", Text),  # from whose hands; none: it was the first to hand the child over
    Column("person_hidden", LargeBinary),  # the practitioner who accepted
    Column("person_ref", Uuid),  # what the hidden name is bound to: "person <ref>"
    Column("message_id", ForeignKey(message.c.id), nullable=False),
    Column("share_id", Uuid),
    moment("since"),
    moment("until", nullable=True),
    Column("why", Text, nullable=False),  # handed_over, accepted, fell_back, placed, as_before
    Column("passed_to", Text),  # the service that went on from here, where it was another
    Index("uq_holding_now", "person_id", "service", unique=True, postgresql_where=text("until IS NULL")),
    Index("ix_holding_person", "person_id", "service", "since"),
    Index("ix_holding_holder", "holder", "id"),
    Index("ix_holding_now", "holder", "id", postgresql_where=text("until IS NULL")),
)

# What cannot be placed, for a partnership to answer. Its task is among all that is owed.
unplaced = Table(
    "unplaced",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("person_id", ForeignKey(person.c.id), nullable=False),
    Column("service", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("holder", Text, nullable=False),  # of record, when it arose
    Column("other", Text),  # the agency that claims it as well, or that has closed
    Column("message_id", ForeignKey(message.c.id), nullable=False),
    Column("other_message_id", ForeignKey(message.c.id)),
    moment("at"),
    moment("ended_at", nullable=True),
    Column("ended_how", Text),  # placed, accepted, withdrawn, same_child
    Column("placed_with", Text),
    Column("because_hidden", LargeBinary),  # the words of whoever answered it
    Column("person_hidden", LargeBinary),  # and their name
    Column("fingerprint", LargeBinary),  # of all that they said: the same again is no second answer
    Index(
        "uq_unplaced_open",
        "person_id",
        "service",
        "why",
        "message_id",
        unique=True,
        postgresql_where=text("ended_at IS NULL"),
    ),
    Index("ix_unplaced_open", "id", postgresql_where=text("ended_at IS NULL")),
    Index("ix_unplaced_message", "message_id", postgresql_where=text("ended_at IS NULL")),
    Index("ix_unplaced_other", "other_message_id", postgresql_where=text("ended_at IS NULL")),
)
