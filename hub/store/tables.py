"""Every table of the hub. The migrations are held to this by `alembic check`.

No column here shows a name, an NHS number or a word of a message: what must be readable by its owner is
sealed (`envelope`, `for_sender`, `for_recipient`, `sealed`) or kept under the records key (`*_hidden`).
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from protocols.vocabulary import KEPT

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def moment(name: str, *, nullable: bool = False) -> "Column[Any]":
    return Column(name, DateTime(timezone=True), nullable=nullable)


# Whether two children are one: asked about the children, so that it outlives the message that raised it; and of nobody
# but whoever owes the answer.
SAME_CHILD = "same_child"
SEE_TO_WATCH = (
    "see_to_watch"  # a protocol's watch is met, and nobody whom it names was told of enough to owe it
)
PLACE_RESPONSIBILITY = "place_responsibility"  # and who holds them
ABOUT_A_CHILD = (SAME_CHILD, PLACE_RESPONSIBILITY)
IS_ABOUT_A_CHILD = f"what IN ({', '.join(repr(one) for one in ABOUT_A_CHILD)})"
# To ring somebody about what no sender may know: it may be about a child, so that it outlives the message as well.
IS_CALL_UNHEARD = "what = 'tell_by_telephone' AND owed_to = 'hub'"

# What people are asked to do where the hub cannot go on by itself, among all that is owed.
TASKS = (
    "resolve_refusal",
    "resolve_stuck",
    "register_key",
    "deliver_by_hand",
    "find_successor",
    "tell_by_telephone",
    *ABOUT_A_CHILD,
    SEE_TO_WATCH,
)
IS_TASK = f"what IN ({', '.join(repr(one) for one in TASKS)})"

IS_OFFERED = "met_at IS NULL AND what = 'acceptance'"

# What a clause of which nobody hears asks of the sender: owed to nobody else, on the message itself.
IS_OWN = f"owed_by = owed_to AND share_id IS NULL AND NOT ({IS_TASK})"
IS_KEPT = f"kind IN ({', '.join(repr(one.value) for one in sorted(KEPT))})"

# -- what was said ------------------------------------------------------------------------------------------

message = Table(
    "message",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("sender", Text, nullable=False),
    Column("idempotency_key", Text, nullable=False),  # as hub.records marks it
    Column("fingerprint", LargeBinary, nullable=False),
    Column("kind", Text, nullable=False),
    Column("version", SmallInteger, nullable=False),
    Column("state", Text, nullable=False),
    moment("state_at"),
    moment("accepted_at"),
    Column("copy_envelope", LargeBinary),  # the sender's file copy, sealed to the sender
    moment("shredded_at", nullable=True),  # when the hub's own copy was destroyed
    UniqueConstraint("sender", "idempotency_key"),
    CheckConstraint("state IN ('accepted','routed','closed','withdrawn')", name="state"),
    Index(
        "ix_message_unshredded",
        "state_at",
        postgresql_where=text("state IN ('closed','withdrawn') AND shredded_at IS NULL"),
    ),
    Index("ix_message_open", "id", postgresql_where=text("state = 'routed'")),
    Index(
        "ix_message_open_of",
        "sender",
        "accepted_at",
        "id",
        postgresql_where=text("state IN ('accepted','routed')"),
    ),
)

# The hub's own copy lives apart: a state can move without rewriting it, and it can be destroyed whole.
message_body = Table(
    "message_body",
    metadata,
    Column("message_id", ForeignKey(message.c.id), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

decision = Table(
    "decision",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("message_id", ForeignKey(message.c.id), nullable=False),
    Column("outcome", Text, nullable=False),  # share, refuse, withhold; keep: nobody hears, as a clause says
    Column("share_id", Uuid),
    Column("agency", Text),
    Column("role", Text, nullable=False),
    Column("area", Text),
    Column("protocol", Text),
    Column("protocol_version", Text),
    Column("digest", Text),
    Column("clauses", JSONB, nullable=False, server_default="[]"),
    Column("says", JSONB, nullable=False, server_default="[]"),
    Column("reason", Text),  # a code
    Column("explanation", Text),  # a sentence of the protocol's making, never the sender's words
    Column("reason_hidden", LargeBinary),  # the sender's words, for a withheld party
    moment("at"),
    Index("ix_decision_message_id", "message_id"),
)

_NO_CASE = "'planned','sealed','sent','received','declined'"

share = Table(
    "share",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("message_id", ForeignKey(message.c.id), nullable=False),
    Column("kind", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("state", Text, nullable=False),
    moment("state_at"),
    Column("protocol", Text, nullable=False),
    Column("protocol_version", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("terms", JSONB, nullable=False),  # what the clause grants and asks: view, limits, ladder, basis
    Column("takes_responsibility", Boolean, nullable=False),
    Column("envelope", LargeBinary),
    Column("sent_tx", BigInteger),  # orders the inbox; see hub.store.order
    moment("sent_at", nullable=True),
    Column("case_reference_hidden", LargeBinary),
    Column("challenged_by", Text),
    Column("redirected_to", Uuid),
    UniqueConstraint("message_id", "recipient"),
    CheckConstraint(
        "state IN ('planned','sealed','sent','received','checked_back','challenged','agreed','closed',"
        "'declined','redirected','released')",
        name="state",
    ),
    Index("ix_share_inbox", "recipient", "sent_tx", "id", postgresql_where=text("state = 'sent'")),
    # What has no registered case, by either end: it is asked for every morning, and is little of all there is.
    Index("ix_share_open_of", "sender", "sent_at", "id", postgresql_where=text(f"state IN ({_NO_CASE})")),
    Index("ix_share_open_to", "recipient", "sent_at", "id", postgresql_where=text(f"state IN ({_NO_CASE})")),
    postgresql_with={"fillfactor": 85},
)

note = Table(
    "note",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("share_id", ForeignKey(share.c.id), nullable=False),
    Column("kind", Text, nullable=False),
    Column("by_agency", Text, nullable=False),
    moment("at"),
    Column("for_sender", LargeBinary, nullable=False),
    Column("for_recipient", LargeBinary),  # none for a recipient that has closed and has no key any more
    Column("request_key", Text),  # the act's Idempotency-Key, marked: a retry finds its first try by it
    Column("request_fingerprint", LargeBinary),  # and tells by this that it is the same act
    UniqueConstraint(
        "share_id", "by_agency", "request_key"
    ),  # its index serves reading a share's notes as well
)

# How a disagreement about a share has climbed: a row for each stage. What was said there are the notes.
disagreement = Table(
    "disagreement",
    metadata,
    Column("id", Uuid, primary_key=True),  # the note of the act that opened this stage
    Column("begun", Uuid, nullable=False),  # the note of the challenge that began it all
    Column("share_id", ForeignKey(share.c.id), nullable=False),
    Column("stage", SmallInteger, nullable=False),  # its place among the stages of the share's terms
    Column("name", Text, nullable=False),
    Column("opened_by", Text, nullable=False),
    moment("opened_at"),
    moment("answered_at", nullable=True),
    moment("ended_at", nullable=True),
    Column("outcome", Text),
    CheckConstraint(
        "outcome IN ('answered','escalated','no_reply','agreed','decision_stands','void')", name="outcome"
    ),
    # one stage at a time
    Index("uq_disagreement_now", "share_id", unique=True, postgresql_where=text("ended_at IS NULL")),
    Index("ix_disagreement_share_id", "share_id"),
)

# -- what is owed, and by whom it is held -------------------------------------------------------------------

owed = Table(
    "owed",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("what", Text, nullable=False),
    Column("owed_by", Text, nullable=False),
    Column("owed_to", Text, nullable=False),
    Column("message_id", ForeignKey(message.c.id), nullable=False),
    Column("share_id", Uuid),
    Column("note_id", Uuid),
    Column("limit_text", Text),
    moment("started_at"),
    moment("due_at", nullable=True),
    Column("protocol", Text),
    Column("clause", Text),
    Column("ladder", Text),
    Column("stage", SmallInteger),  # of an answer: at which stage of a disagreement, whose ladder it climbs
    Column("step", SmallInteger, nullable=False, server_default="0"),  # how many of its ladder's were told
    # of a task: whom it is to reach, as an agency's id and a contact's role; of an action that a message asks for: its
    # place in the message
    Column("about", Text),
    moment("next_at", nullable=True),  # when the next is told, if it is still owed then; none: all were
    moment("met_at", nullable=True),
    Column("met_by", Text),
    Column("met_how", Text),  # done; void: no longer asked for; again: it is owed anew
    Index("ix_owed_message_id", "message_id"),
    Index("ix_owed_share_id", "share_id"),
    Index("ix_owed_due", "due_at", postgresql_where=text("met_at IS NULL")),
    Index("ix_owed_next", "next_at", "id", postgresql_where=text("met_at IS NULL AND next_at IS NOT NULL")),
    Index("ix_owed_tasks", "due_at", "id", postgresql_where=text(f"met_at IS NULL AND {IS_TASK}")),
    Index(
        "ix_owed_enquiry",
        "message_id",
        postgresql_where=text("met_at IS NULL AND what IN ('enquiry', 'hand_on')"),
    ),
    Index("ix_owed_acceptance", "message_id", postgresql_where=text(IS_OFFERED)),
    Index("ix_owed_offered", "owed_by", "id", postgresql_where=text(IS_OFFERED)),
    Index("ix_owed_to", "owed_to", "due_at", "id", postgresql_where=text("met_at IS NULL")),
    Index("ix_owed_by", "owed_by", "due_at", "id", postgresql_where=text("met_at IS NULL")),
)

notice = Table(
    "notice",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("owed_id", Uuid, nullable=False),  # what has lapsed
    Column("step", SmallInteger, nullable=False),  # of its ladder, from 1
    Column("agency", Text, nullable=False),
    Column("contact", Text, nullable=False),  # the role of whoever is told
    moment("at"),
    moment("due_at"),  # not before; a lease moves it into the future
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("last_fault", Text),
    moment("sent_at", nullable=True),
    Column(
        "how", Text
    ),  # email, notify, or feed: nobody there can be written to, and it stands in their events
    UniqueConstraint("owed_id", "step", "agency", "contact"),  # told once a step
    Index("ix_notice_due", "due_at", postgresql_where=text("sent_at IS NULL")),
    Index("ix_notice_agency", "agency", "owed_id"),
)

# Messages that answer another: a report, and the share of the request for it that its sender holds.
reply = Table(
    "reply",
    metadata,
    Column("message_id", ForeignKey(message.c.id), primary_key=True),
    Column("share_id", ForeignKey(share.c.id), nullable=False),
    Index("ix_reply_share_id", "share_id"),
)

responsibility = Table(
    "responsibility",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("message_id", ForeignKey(message.c.id), nullable=False),
    Column("holder", Text, nullable=False),
    Column("person_hidden", LargeBinary),
    Column("share_id", Uuid),
    moment("since"),
    moment("until", nullable=True),
    # exactly one holder at a time
    Index("uq_responsibility_now", "message_id", unique=True, postgresql_where=text("until IS NULL")),
    Index("ix_responsibility_message_id", "message_id"),
    Index("ix_responsibility_holder", "holder", "message_id", postgresql_where=text("until IS NULL")),
)

# -- the work, and the record of it -------------------------------------------------------------------------

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("step", Text, nullable=False),  # route, seal, deliver, push
    Column("message_id", Uuid, nullable=False),
    Column("share_id", Uuid),
    moment("first_at"),
    moment("due_at"),  # not before; a lease moves it into the future
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("last_fault", Text),  # a code of ours, never a message of somebody else's
    Index("ix_outbox_due", "step", "due_at", "id"),
    Index("ix_outbox_stuck", "first_at", postgresql_where=text("attempts >= 5")),
    postgresql_with={"fillfactor": 70},
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("tx", BigInteger, nullable=False),  # orders the events; see hub.store.order
    moment("at"),
    Column("event", Text, nullable=False),
    Column("message_id", Uuid, nullable=False),
    Column("share_id", Uuid),
    Column("sender", Text, nullable=False),
    Column("recipient", Text),
    Column("by_agency", Text, nullable=False),
    Column("credential", Text),
    Column("person_hidden", LargeBinary),
    Column("state_from", Text),
    Column("state_to", Text),
    Column("detail", JSONB),  # ids, codes and clauses only
    Index("ix_audit_message_id", "message_id", "id"),
    Index("ix_audit_sender", "sender", "tx", "id"),
    Index("ix_audit_recipient", "recipient", "tx", "id", postgresql_where=text("recipient IS NOT NULL")),
    # One row a share, which never changes: by these the shares of a period are read, of either end.
    Index("ix_audit_sent_of", "sender", "at", "share_id", postgresql_where=text("event = 'share.send'")),
    Index("ix_audit_sent_to", "recipient", "at", "share_id", postgresql_where=text("event = 'share.send'")),
)

# -- who, how and where -------------------------------------------------------------------------------------

agency = Table(
    "agency",
    metadata,
    Column("id", Text, primary_key=True),
    Column("opens", Date, primary_key=True),
    Column("entry", JSONB, nullable=False),  # agencies.directory.to_rows()
)

agency_key = Table(
    "agency_key",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("agency", Text, nullable=False),
    Column("use", Text, nullable=False),
    Column("public", LargeBinary, nullable=False),
    moment("valid_from"),
    moment("valid_to", nullable=True),
    moment("revoked_at", nullable=True),
    Column("signs", Text),  # shares or notes, where it is one that the hub signs with
    Index("ix_agency_key_agency", "agency"),
)

credential = Table(
    "credential",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agency", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("label", Text),
    moment("issued_at"),
    moment("expires_at", nullable=True),
    moment("revoked_at", nullable=True),
)

webhook_secret = Table(
    "webhook_secret",
    metadata,
    Column("agency", Text, primary_key=True),
    Column("secret_hidden", LargeBinary, nullable=False),
    moment("set_at"),
)

protocol = Table(
    "protocol",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("area", Text, nullable=False),
    Column("effective", Date, nullable=False),
    Column("source", Text, nullable=False),
    moment("loaded_at"),
)

# One row: its number rises with every change to who, how and where, so that a process knows to read again.
known_version = Table(
    "known_version",
    metadata,
    Column("single", Boolean, primary_key=True, server_default="true"),
    Column("number", BigInteger, nullable=False),
    CheckConstraint("single", name="one_row"),
)

# One row: what is added to PostgreSQL's count of transactions, and the cluster whose count it is.
tx_base = Table(
    "tx_base",
    metadata,
    Column("single", Boolean, primary_key=True, server_default="true"),
    Column("base", BigInteger, nullable=False),
    Column("cluster", BigInteger, nullable=False),
    CheckConstraint("single", name="one_row"),
)
