"""The tables of a protocol's watches: what they may count, and what they have opened.

A message is destroyed once it is done, and a watch looks back over months: so that much of it is kept as ids, days and
roles. Who the child is stands in `tables_of_children`, as a person whose name nobody can read here.
"""

from sqlalchemy import Column, Date, ForeignKey, Index, SmallInteger, Table, Text, Uuid, text

from hub.store.tables import message, metadata, moment, owed

# One child of one message, on one day: written when the message is routed.
watched = Table(
    "watched",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("message_id", ForeignKey(message.c.id), nullable=False),
    Column("place", SmallInteger, nullable=False),  # of the child, among the message's children
    Column("kind", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("of_role", Text),  # whose appointment it was
    Column("plan", Text),  # that the child was on, as the message says
    Column("area", Text),  # where the child lives: whose protocol watches
    moment("look_at", nullable=True),  # when it is looked at next; none: when something new comes
    Index("ix_watched_message_id", "message_id"),
    Index("ix_watched_look_at", "look_at", "id", postgresql_where=text("look_at IS NOT NULL")),
)

# A watch that was met, and whom it asks now.
crossing = Table(
    "crossing",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("protocol", Text, nullable=False),
    Column("watch", Text, nullable=False),
    Column("message_id", ForeignKey(message.c.id), nullable=False),  # that set it off
    moment("at"),
    Column(
        "turn", SmallInteger, nullable=False
    ),  # who of those whom the watch names, from 0; after them the office
    moment("look_at", nullable=True),  # when the next in turn is asked, if it is still owed then
    moment("ended_at", nullable=True),
    Index("ix_crossing_open", "at", "id", postgresql_where=text("ended_at IS NULL")),
)

# What each counted. Nothing is counted twice by one watch: this key is what two watchers at once would meet on.
crossing_counts = Table(
    "crossing_counts",
    metadata,
    Column("watched_id", ForeignKey(watched.c.id), primary_key=True),
    Column("protocol", Text, primary_key=True),
    Column("watch", Text, primary_key=True),
    Column("crossing_id", ForeignKey(crossing.c.id), nullable=False),
    Index("ix_crossing_counts_crossing_id", "crossing_id"),
)

# What each opened.
crossing_owes = Table(
    "crossing_owes",
    metadata,
    Column("owed_id", ForeignKey(owed.c.id), primary_key=True),
    Column("crossing_id", ForeignKey(crossing.c.id), nullable=False),
    Index("ix_crossing_owes_crossing_id", "crossing_id"),
)
