"""Worked examples of who holds a child."""

from hub.web.examples.known import AT
from hub.web.examples.said import BY, MESSAGE_ID, SHARE_ID

CHILD_ID = "5a0c6d0e-2c51-4d0f-8a5e-1c1f6a9b7e21"
ALARM_ID = "0197f3c4-1000-7a11-8c3d-1a2b3c4d5e6f"
OWED_ID = "0197f3c4-2000-7b22-9d4e-2b3c4d5e6f70"

FIRST = {
    "child": CHILD_ID,
    "service": "health_visiting",
    "holder": "sandwell-0-19",
    "person": None,
    "since": "2026-04-15T12:00:00Z",
    "until": AT,
    "how": "handed_over",
    "message": MESSAGE_ID,
}
NOW = {
    **FIRST,
    "holder": "birmingham-0-19",
    "person": BY,
    "since": AT,
    "until": None,
    "how": "accepted",
    "share": SHARE_ID,
}
HELD_ALL = {"held": [NOW], "next": None}
CHILD_HELD = {"child": CHILD_ID, "now": [NOW], "history": [FIRST, NOW]}

ALARMS = {
    "alarms": [
        {
            "id": ALARM_ID,
            "service": "health_visiting",
            "why": "two_holders",
            "holder": "birmingham-0-19",
            "other": "sandwell-0-19",
            "message": MESSAGE_ID,
            "other_message": None,
            "raised_at": AT,
            "owed": OWED_ID,
            "due_at": "2099-07-06T16:00:00Z",
        }
    ],
    "next": None,
}
PLACE = {
    "by": BY,
    "holder": "birmingham-0-19",
    "because": "Both health visitors were rung: the family lives in Birmingham, and Birmingham visits them.",
}
PLACED = {"id": ALARM_ID, "holder": "birmingham-0-19", "at": AT}

STOOD_DOWN = {
    "by": {**BY, "role": "Safeguarding lead"},
    "reason": "Their embassy has told the police that they live abroad, with the children's grandmother.",
}
