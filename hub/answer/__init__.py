"""What the two ends of a share do with it: received, checked back, challenged, agreed, declined, closed."""

from hub.answer.acts import act_many
from hub.answer.commit import Answer
from hub.answer.desk import Act, Desk, no_such_share
from hub.answer.lent import read_lent
from hub.answer.own import OwnAct, meet_own
from hub.answer.place_child import place_child
from hub.answer.receive import receive_many
from hub.answer.withdraw import withdraw

__all__ = [
    "Act",
    "Answer",
    "Desk",
    "OwnAct",
    "act_many",
    "meet_own",
    "no_such_share",
    "place_child",
    "read_lent",
    "receive_many",
    "withdraw",
]
