"""What one agency says to others, once: a concern, a handover, an appointment missed.

`read` is the only door in. It checks a message once, in one pass, and either gives it back as a frozen object or
refuses it with every fault that it found. Time is an argument: what lies in the future depends on `now`.
"""

from protocols.messages.birth import Birth
from protocols.messages.common import AboutChild, AboutFamily, Attaching, Following, Message, Safer
from protocols.messages.concern import Concern
from protocols.messages.faults import Fault, Invalid
from protocols.messages.handover import Handover
from protocols.messages.learning import Learning
from protocols.messages.plan_change import PlanChange
from protocols.messages.read import read, schema, write
from protocols.messages.registration import Registration
from protocols.messages.report import Report, ReportRequest
from protocols.messages.unborn import Unborn
from protocols.messages.was_not_brought import WasNotBrought

__all__ = [
    "AboutChild",
    "AboutFamily",
    "Attaching",
    "Birth",
    "Concern",
    "Fault",
    "Following",
    "Handover",
    "Invalid",
    "Learning",
    "Message",
    "PlanChange",
    "Registration",
    "Report",
    "ReportRequest",
    "Safer",
    "Unborn",
    "WasNotBrought",
    "read",
    "schema",
    "write",
]
