"""What an agency may read of the hub: its inbox, its events, a share with its thread, the grid of a message it sent,
and what stands at both ends of all of it.

Somebody else's share or message, and one that is not there, are the same answer. A recipient hears of a share when
it is sent, and never of another's. All here take a connection or plain values, and change nothing.
"""

from hub.reading.children import child, children_in, match, matches
from hub.reading.feeds import events, inbox
from hub.reading.grid import grid
from hub.reading.holding import alarms, child_held, held_all
from hub.reading.lines import preview
from hub.reading.owed import overdue, owed_all, owed_one
from hub.reading.reconcile import compared, reconciled, statement
from hub.reading.shares import share

__all__ = [
    "alarms",
    "child",
    "child_held",
    "children_in",
    "compared",
    "events",
    "grid",
    "held_all",
    "inbox",
    "match",
    "matches",
    "overdue",
    "owed_all",
    "owed_one",
    "preview",
    "reconciled",
    "share",
    "statement",
]
