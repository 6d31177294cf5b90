"""What one agency says to others, once: a concern, a handover, an appointment missed.

`read` is the only door in. It checks a message once, in one pass, and either gives it back as a frozen object or
refuses it with every fault that it found. Time is an argument: what lies in the future depends on `now`.
"""

from protocols.messages.birth import Birth
from protocols.messages.common import (
    AboutChild,
    AboutFamily,
    AtAnAddress,
    Attaching,
    Following,
    Message,
    Safer,
)
from protocols.messages.concern import Concern
from protocols.messages.faults import Fault, Invalid
from protocols.messages.handover import Handover
from protocols.messages.household import Household
from protocols.messages.involvement import Involvement
from protocols.messages.learning import Learning
from protocols.messages.not_sharing import NotSharing
from protocols.messages.plan_change import PlanChange
from protocols.messages.read import read, schema, write
from protocols.messages.registration import Registration
from protocols.messages.report import Report, ReportRequest
from protocols.messages.supervision import Supervision
from protocols.messages.unborn import Unborn
from protocols.messages.was_not_brought import WasNotBrought

__all__ = [
    "AboutChild",
    "AboutFamily",
    "AtAnAddress",
    "Attaching",
    "Birth",
    "Concern",
    "Fault",
    "Following",
    "Handover",
    "Household",
    "Invalid",
    "Involvement",
    "Learning",
    "Message",
    "NotSharing",
    "PlanChange",
    "Registration",
    "Report",
    "ReportRequest",
    "Safer",
    "Supervision",
    "Unborn",
    "WasNotBrought",
    "read",
    "schema",
    "write",
]
