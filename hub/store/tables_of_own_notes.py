"""What a sender says to itself about a message of which nobody hears: sealed to it, and to nobody else."""

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Table, Text, Uuid

from hub.store.tables import message, metadata, moment

own_note = Table(
    "own_note",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("message_id", ForeignKey(message.c.id), nullable=False),
    Column("kind", Text, nullable=False),  # meet, withdraw
    Column("by_agency", Text, nullable=False),
    moment("at"),
    Column("envelope", LargeBinary, nullable=False),
    Column("request_key", Text),  # the act's Idempotency-Key, marked: a retry finds its first try by it
    Column("request_fingerprint", LargeBinary),  # and tells by this that it is the same act
    # Serves reading the notes of a message as well.
    Index("uq_own_note_request", "message_id", "request_key", unique=True),
)
