"""Worked examples of what is said: messages, shares, acts, events."""

from typing import Any

from hub.web.examples.known import AT
from hub.web.examples.message import MESSAGE

MESSAGE_ID = "0197f3a2-5c00-7c1e-9d35-4f7a10b2c3d4"
SHARE_ID = "0197f3a2-6a10-7d44-8b21-0a1b2c3d4e5f"
NOTE_ID = "0197f3b0-1f40-7e90-a0c4-5d6e7f809102"
CHILD_ID = "5f1c0f6e-3c1d-4b52-9a77-2f6f0f7a9a10"

POST = {"message": MESSAGE}
ACCEPTED = {"id": MESSAGE_ID, "state": "accepted", "accepted_at": AT, "follow": f"/v1/messages/{MESSAGE_ID}"}

BY = {"name": "Test Practitioner", "role": "Health visitor", "contact": "0121 496 0143"}

CHECK_BACK = {
    "by": BY,
    "case_reference": "MASH-2026-0931",
    "understanding": "A bruise on a baby of three months who does not roll, not explained.",
    "significance": "It may be an injury that somebody made; it is looked into today.",
    "actions": [{"what": "Strategy discussion", "who": "Duty social worker", "by_when": "2099-07-03"}],
    "review_on": "2099-07-10",
    "spoke_to": {
        "name": "Test Practitioner",
        "role": "Health visitor",
        "at": AT,
        "understood": "That we ring back within the hour.",
    },
}
CALL = {"by": BY, "spoke_to": CHECK_BACK["spoke_to"]}
AGREE = {"by": BY, "comment": "This is what I meant."}
CHALLENGE = {"by": BY, "reason": "The second bruise is not in what you understood."}
ANSWER = {"by": BY, "answer": "Both bruises are on the body map, and both will be examined."}
ESCALATE = {"by": BY, "reason": "No reply in two days, and he is seen by nobody.", "stage": "managers"}
CONCLUDE = {
    "by": BY,
    "outcome": "decision_stands",
    "decision": "No strategy meeting now; a visit within two days, and a meeting if he has lost weight.",
    "dissent": "The 0-19 service would hold the meeting today.",
    "chaired_by": None,
}
DECLINE = {
    "by": BY,
    "reason": "not_registered_here",
    "explanation": "The family left our list in March.",
    "suggests": "sandwell-mash",
}
REDIRECT = {"by": BY, "to": "sandwell-mash", "reason": "They hold the case now."}
RELEASE = {"by": BY, "reason": "Spoken to on the telephone; nobody there knows the family."}
ACCEPT = {"by": BY, "comment": "I visit on Friday."}
CLOSE = {"by": BY, "outcome": "Examined, a medical cause was found.", "review_held_on": "2026-07-03"}
READ = {"by": BY, "because": "An assessment of the mother's needs for care."}
MET = {
    "by": BY,
    "done": "The conference was held, and the plan is ours.",
    "evidence": "Minutes of 3 July 2026.",
}
STOOD_DOWN = {
    "by": {**BY, "role": "Safeguarding lead"},
    "reason": "Their embassy has told the police that they live abroad, with the children's grandmother.",
}
WITHDRAW = {"by": BY, "reason": "Sent for the wrong family."}
WITHDRAWN = {"id": MESSAGE_ID, "state": "withdrawn", "at": AT}

RECEIVED = {"shares": [SHARE_ID]}
RECEIVED_ALL = {"shares": [{"share": SHARE_ID, "state": "received", "moved": True, "explanation": None}]}

DEADLINE = {
    "what": "check_back",
    "owed_by": "sandwell-mash",
    "limit": "4 hours",
    "due_at": "2026-07-03T13:30:00Z",
    "met_at": None,
}

PARTY = {
    "outcome": "share",
    "agency": "sandwell-mash",
    "role": "mash",
    "area": "E08000028",
    "protocol": "sandwell",
    "protocol_version": "2026.1",
    "clauses": ["bruise-non-mobile"],
    "says": ["A bruise on a baby who cannot move on their own goes to the MASH at once."],
    "reason": None,
    "explanation": None,
    "view": "full",
    "sections": ["child", "household", "situation", "assessment", "expected_response"],
    "withheld": [],
    "call_first": True,
    "takes_responsibility": False,
    "lawful_basis": ["Children Act 2004 s.16LA"],
    "deadlines": [{**DEADLINE, "due_at": None}],
}
REFUSED = {
    "outcome": "refuse",
    "agency": None,
    "role": "school",
    "protocol": "sandwell",
    "protocol_version": "2026.1",
    "clauses": ["bruise-non-mobile"],
    "reason": "nobody",
    "explanation": "the message names no school: name it, if there is one",
}
PREVIEW = {"parties": [PARTY, REFUSED]}

# Cut short here: a real one holds 1.1 kB and the message.
ENVELOPE = {
    "checkback": 1,
    "suite": "MLKEM768-X25519/HKDF-SHA256/AES-256-GCM",
    "to": "0123456789abcdef",
    "signed_by": "fedcba9876543210",
    "context": {
        "hub": "checkback.example",
        "purpose": "share",
        "message": MESSAGE_ID,
        "recipient": "sandwell-mash",
        "share": SHARE_ID,
        "note": None,
        "protocol": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "view": "full",
    },
    "sealed": "qg3h…",
}

GRID = {
    "id": MESSAGE_ID,
    "kind": "concern",
    "version": 1,
    "state": "routed",
    "accepted_at": AT,
    "closed_at": None,
    "protocol": "sandwell",
    "shares": [
        {
            "id": SHARE_ID,
            "recipient": "sandwell-mash",
            "role": "mash",
            "state": "received",
            "since": AT,
            "view": "full",
            "clauses": ["bruise-non-mobile"],
            "deadlines": [DEADLINE],
            "redirected_to": None,
        }
    ],
    "decisions": [PARTY, REFUSED],
    "children": [{"place": 0, "child": CHILD_ID}],
    "responsibility": None,
    "owed": [],
    "copy_envelope": ENVELOPE,
}

INBOX = {
    "shares": [
        {
            "share": SHARE_ID,
            "message": MESSAGE_ID,
            "sender": "sandwell-0-19",
            "kind": "concern",
            "sent_at": AT,
            "deadlines": [DEADLINE],
            "envelope": ENVELOPE,
        }
    ],
    "next": f"48211.{SHARE_ID}",
    "overdue": 0,
}

SHARE = {
    "id": SHARE_ID,
    "message": MESSAGE_ID,
    "sender": "sandwell-0-19",
    "recipient": "sandwell-mash",
    "kind": "concern",
    "state": "checked_back",
    "since": AT,
    "view": "full",
    "protocol": "sandwell",
    "protocol_version": "2026.1",
    "clauses": ["bruise-non-mobile"],
    "call_first": True,
    "takes_responsibility": False,
    "deadlines": [DEADLINE],
    "case_reference": "MASH-2026-0931",
    "redirected_to": None,
    "children": [{"place": 0, "child": CHILD_ID}],
    "envelope": ENVELOPE,
    "thread": [{"id": NOTE_ID, "kind": "check_back", "by": "sandwell-mash", "at": AT, "envelope": ENVELOPE}],
    "disagreements": [],
}


def moved(state: str) -> dict[str, Any]:
    return {
        "share": SHARE_ID,
        "state": state,
        "at": AT,
        "note": NOTE_ID,
        "deadlines": [
            {**DEADLINE, "what": "agreement", "owed_by": "sandwell-0-19", "limit": "1 working day"}
        ],
        "redirected_to": None,
    }


ONE_OWED = {
    "id": "01981f00-0000-7000-8000-00000000000d",
    "what": "check_back",
    "owed_by": "sandwell-mash",
    "owed_to": "sandwell-0-19",
    "message": MESSAGE_ID,
    "share": SHARE_ID,
    "started_at": AT,
    "due_at": "2026-07-03T13:30:00Z",
    "limit": "4 hours",
    "protocol": "sandwell",
    "clause": "bruise-non-mobile",
    "ladder": "urgent",
    "overdue": True,
    "told": 1,
    "next_at": "2026-07-03T15:30:00Z",
    "met_at": None,
    "met_how": None,
    "about": None,
}
OWED = {"owed": [ONE_OWED], "next": None}
EVENTS = {
    "events": [
        {
            "id": "48211.90417",
            "at": AT,
            "event": "share.send",
            "message": MESSAGE_ID,
            "share": SHARE_ID,
            "by": "hub",
            "state": "sent",
        }
    ],
    "next": "48211.90417",
}

READING = {
    "share": SHARE_ID,
    "of": MESSAGE_ID,
    "author": "sandwell-childrens-social-care",
    "lent_by": "sandwell-childrens-social-care",
    "until": "2026-07-31T23:00:00Z",
    "read_at": AT,
    "envelope": ENVELOPE,
}
