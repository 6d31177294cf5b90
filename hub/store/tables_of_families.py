"""The tables from which the hub draws who is family and who is involved, after its own copy of a message is gone.

Ids, roles, relations and days only: never a name. People are places of messages here; which person that is stands in
`appearance`. A date of birth, which orders children and gives their age, is kept under the records key.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from hub.store.tables import message, metadata

# Each person of a message: the children, and whoever of the household it tells of.
kinship = Table(
    "kinship",
    metadata,
    Column("message_id", ForeignKey(message.c.id), primary_key=True),
    Column("part", Text, primary_key=True),
    Column("place", SmallInteger, primary_key=True),  # in that part, from 0
    Column(
        "relation", Text, nullable=False
    ),  # to the children, a word of protocols.messages.people; or child
    Column("lives_there", Text, nullable=False),
    Column("since", Date),
    Column("left_on", Date),
    Column("died_on", Date),
    Column("sex", Text),
    Column("unborn", Boolean, nullable=False),
    Column("nameless", Boolean, nullable=False),  # the sender did not know who this is
    Column("of_children", JSONB),  # places in children; none: of all of them
    Column("couple_with", SmallInteger),  # a place in the household
    Column("couple", Text),
    Column("born_hidden", LargeBinary),
    CheckConstraint("part IN ('children','household')", name="part"),
)

# Each service that a message says to be round somebody of the family.
involvement = Table(
    "involvement",
    metadata,
    Column("message_id", ForeignKey(message.c.id), primary_key=True),
    Column("place", Text, primary_key=True),  # in the message, as "involvement.0"
    Column("section", Text, nullable=False),  # that a view must grant for it to be seen
    Column("goes_section", Text, nullable=False),  # that a view must grant for `engages` to be seen
    Column("part", Text),  # with whom: children or household
    Column("person", SmallInteger),  # the place there
    Column("role", Text, nullable=False),
    Column("agency", Text),  # none: it is not said which
    Column("since", Date),
    Column("until", Date),
    Column("engages", Text),
    Column(
        "restricted", Boolean, nullable=False
    ),  # the agency leads to an address that somebody must not learn
)
