"""Worked examples of what stands at both ends."""

from hub.web.examples.known import AT
from hub.web.examples.said import MESSAGE_ID, SHARE_ID

LINE = {
    "share": SHARE_ID,
    "message": MESSAGE_ID,
    "sender": "sandwell-0-19",
    "recipient": "sandwell-mash",
    "kind": "concern",
    "accepted_at": None,
    "sent_at": AT,
    "standing": "not_registered",
    "state": "received",
    "case_reference": None,
    "due_at": "2026-07-03T13:30:00Z",
    "overdue": True,
}
LINES = {"lines": [LINE], "next": None}
COMPARE = {
    "side": "received",
    "since": "2026-07-01T00:00:00+01:00",
    "before": "2026-07-04T00:00:00+01:00",
    "shares": [
        {"share": "0197f3a2-6a10-7d44-8b21-0a1b2c3d4e60", "case_reference": "MASH-2026-0931", "open": True}
    ],
}
COMPARED = {
    "compared": 1,
    "differences": [
        {
            "share": SHARE_ID,
            "differs": ["taken_and_dropped"],
            "says": [
                "your system said that it has it, and your records have not: read it again, and register it"
            ],
            "here": LINE,
        }
    ],
}
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
STATEMENT = {
    "agency": "sandwell-mash",
    "day": "2026-07-03",
    "ends_at": "2026-07-03T23:00:00Z",
    "count": 1,
    "digest": DIGEST,
    "between": [{"side": "received", "agency": "sandwell-0-19", "lines": 1, "digest": DIGEST}],
    "lines": [LINE],
    "next": None,
}
