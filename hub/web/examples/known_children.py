"""Worked examples of one child in many messages. Nobody here is real."""

from hub.web.examples.known import AT
from hub.web.examples.said import BY, CHILD_ID, MESSAGE_ID, SHARE_ID

OTHER_ID = "c2a1a8d4-70b4-4b0e-8a35-6d2f8c1e4b77"
OTHER_MESSAGE_ID = "0197f3a1-0c00-7b1e-8d35-1f7a10b2c3d4"
MATCH_ID = "0197f3a3-1c00-7c1e-9d35-4f7a10b2c3d5"

CHILD = {
    "id": CHILD_ID,
    "messages": [
        {
            "message": MESSAGE_ID,
            "share": SHARE_ID,
            "kind": "concern",
            "sender": "sandwell-0-19",
            "sent_at": AT,
            "state": "received",
        }
    ],
    "next": None,
}
MATCH = {
    "id": MATCH_ID,
    "why": ["name_and_birth"],
    "raised_by": MESSAGE_ID,
    "asked_at": AT,
    "due_at": None,
    "one": {
        "child": CHILD_ID,
        "messages": [{"message": MESSAGE_ID, "sender": "sandwell-0-19", "kind": "concern", "sent_at": AT}],
    },
    "other": {
        "child": OTHER_ID,
        "messages": [
            {"message": OTHER_MESSAGE_ID, "sender": "sandwell-school-1", "kind": "concern", "sent_at": AT}
        ],
    },
    "are_one": True,
    "answer": "same",
    "answered_at": AT,
}
OPEN_MATCH = {
    **MATCH,
    "due_at": "2026-07-06T09:30:00Z",
    "are_one": False,
    "answer": None,
    "answered_at": None,
}
MATCHES = {"matches": [OPEN_MATCH], "next": None}
ANSWER = {"by": BY, "answer": "same", "because": "Both schools read me the same address and the same mother."}
UNMERGE = {"by": BY, "because": "They are cousins of one name, born on one day."}
UNMERGED = {"child": CHILD_ID, "at": AT}
