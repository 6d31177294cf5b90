"""Who of the two ends of a share may make a move, and whose turn it is, as an error says it."""

from collections.abc import Iterable
from typing import Literal

from hub.store.shares import Share

HUB = "hub"  # who moves what no agency moves

By = Literal["hub", "sender", "recipient", "either", "other_side"]

WHO: dict[By, str] = {
    "hub": "hub itself",
    "sender": "agency that sent the message",
    "recipient": "agency that the share is for",
    "either": "two agencies of this share",
    "other_side": "agency that was challenged, not the one that challenged",
}


def is_of(by: By, share: Share, agency: str) -> bool:
    if by == "other_side":
        return agency in (share.sender, share.recipient) and agency != share.challenged_by
    return {
        "hub": agency == HUB,
        "sender": agency == share.sender,
        "recipient": agency == share.recipient,
        "either": agency in (share.sender, share.recipient),
    }[by]


# By which call somebody makes a move: those of an address of their own; the others are POST /v1/shares/{id}/…
_CALLS = {
    "receive": "receive it (POST /v1/inbox/received)",
    "meet": "say that a duty is met (POST /v1/owed/{id}/met)",
    "check_back": "check-back",
}
_BY_A_MESSAGE = {"reply", "unreply"}  # that a report was sent, or was withdrawn, makes these moves


def turns(moves: Iterable[tuple[str, By]], agency: str, share: Share) -> str:
    """`moves` are the events that lead on from where it stands, each with who may make it."""
    found: dict[str, list[str]] = {}
    for event, by in moves:
        if by != "hub" and event not in _BY_A_MESSAGE:
            whose = "your agency" if is_of(by, share, agency) else "the other"
            found.setdefault(whose, []).append(_CALLS.get(event, event))
    told = "; ".join(f"{who} can: {', '.join(acts)}" for who, acts in sorted(found.items(), reverse=True))
    return f"from {share.state}, {told}" if told else "nothing more can be done with it: send a new message"
