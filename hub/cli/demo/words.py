"""What codes and moments are called in a story: every story says them in the same words."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from agencies.wire import Deadline
from hub import clock
from protocols.vocabulary import Section, Withheld

IN_WORDS = {
    Section.CHILD: "the children",
    Section.ADDRESS: "where they live",
    Section.HOUSEHOLD: "who lives there",
    Section.ADULTS: "what is known of the adults",
    Section.CHILDS_VOICE: "the children's voice",
    Section.SITUATION: "the facts",
    Section.ASSESSMENT: "the opinion on them",
    Section.EXPECTED_RESPONSE: "what is asked for",
    Section.RECORDING: "what the family was told",
    Section.MOVE: "the move",
    Section.SERVICES: "GP, school and services",
    Section.HEALTH: "health",
    Section.PRACTITIONER: "who writes",
    Section.INVOLVEMENT: "which services are involved",
    Section.INVOLVEMENT_CONTENT: "what those services do and know",
    Section.LEAVE: "what the leave is for",
    Section.THREAD: "what was said since",
    Section.SAFE_SLEEP: "safe-sleep assessments",
    Section.ICON: "ICON conversations",
    Section.RED_BOOK: "red-book entries",
    Section.GCP2: "the Graded Care Profile 2",
    Section.BODY_MAP: "body maps",
}
WITHHELD_IN_WORDS = {
    Withheld.RESTRICTED_ADDRESS: "an address, where it is restricted",
    Withheld.REFERRER_IDENTITY: "who raised a concern",
    Withheld.CONNECTED_PEOPLE: "numbers and dates of birth of the adults",
}


def sections(names: Collection[str]) -> str:
    return "; ".join(words for section, words in IN_WORDS.items() if section in names)


def withheld(names: Collection[str]) -> str:
    return "; ".join(words for thing, words in WITHHELD_IN_WORDS.items() if thing in names) or "nothing"


def limit(one: Deadline) -> str:
    what = one.what.replace("_", "-")
    return f"{what} within {one.limit}" if one.limit else what


def children(message: dict[str, Any]) -> str:
    return ", ".join(f"{child['name']} (NHS {child['nhs_number']})" for child in message["children"])


def moment(at: datetime | None) -> str:
    return "a moment not set" if at is None else f"{at.astimezone(clock.LONDON):%a %-d %b, %H:%M}"
