"""What one agency says to others, once: a concern or a handover.

`read` is the only door in. It checks a message once, in one pass, and either gives it back as a frozen object or
refuses it with every fault that it found. Time is an argument: what lies in the future depends on `now`.
"""

from protocols.messages.concern import Concern
from protocols.messages.faults import Fault, Invalid
from protocols.messages.handover import Handover
from protocols.messages.read import Message, read, schema, write

__all__ = ["Concern", "Fault", "Handover", "Invalid", "Message", "read", "schema", "write"]
