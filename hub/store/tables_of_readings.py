"""What is lent to be read: a copy of a message, closed to its reader, for as long as the leave lasts."""

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Table, Text, Uuid, text

from hub.store.tables import message, metadata, moment, share

reading_copy = Table(
    "reading_copy",
    metadata,
    Column("share_id", ForeignKey(share.c.id), primary_key=True),  # of the leave
    Column("of_message", ForeignKey(message.c.id), nullable=False),
    Column("author", Text, nullable=False),  # who wrote what is lent
    Column("envelope", LargeBinary),  # gone once the leave has ended
    moment("expires_at"),
    Column("of_share", Uuid),  # the share of it that is lent on; none: its author lends it
    Index("ix_reading_copy_expires_at", "expires_at", postgresql_where=text("envelope IS NOT NULL")),
    Index("ix_reading_copy_of_message", "of_message"),
)
