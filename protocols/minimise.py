"""What one recipient may see of a message, and nothing else.

It works from one table: every field of a message stands in exactly one section, and of what is attached every form.
What the table does not name is dropped, so that a field that is added tomorrow is seen by nobody until somebody
decides who may see it.

What is left out is said to be left out: a recipient must be able to tell "nobody knows" from "not shown to you".
What is written in free text cannot be withheld, and `protocols.messages` refuses texts that give away what a
message marks as restricted.
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any, Final

from protocols.messages import AtAnAddress, Message
from protocols.vocabulary import ATTACHED, KEPT, Section, View, Withheld

# What every recipient sees under every view: what it is, how soon, and whose case it is.
ALWAYS: Final = frozenset({"kind", "version", "urgency", "sender_reference"})

SECTION_OF: Final[dict[str, Section]] = {
    "children": Section.CHILD,
    "address": Section.ADDRESS,
    "household": Section.HOUSEHOLD,
    "as_of": Section.HOUSEHOLD,
    "supervised": Section.HOUSEHOLD,
    "involvement": Section.INVOLVEMENT,
    "work": Section.INVOLVEMENT_CONTENT,
    "adults": Section.ADULTS,
    "supervision": Section.ADULTS,
    "childs_voice": Section.CHILDS_VOICE,
    "categories": Section.SITUATION,
    "situation": Section.SITUATION,
    "plan": Section.SITUATION,
    "appointments": Section.SITUATION,
    "since": Section.SITUATION,
    "handed_over_because": Section.SITUATION,
    "assessment": Section.ASSESSMENT,
    "expected_response": Section.EXPECTED_RESPONSE,
    "open_work": Section.EXPECTED_RESPONSE,
    "says": Section.EXPECTED_RESPONSE,
    "asked_because": Section.EXPECTED_RESPONSE,
    "recording": Section.RECORDING,
    "signed_off": Section.RECORDING,
    "move": Section.MOVE,
    "change": Section.SITUATION,
    "holds_from": Section.SITUATION,
    "plan_before": Section.SITUATION,
    "why": Section.SITUATION,
    "no_core_group_because": Section.SITUATION,
    "next_meeting_not_set_because": Section.SITUATION,
    "lead_professional_not_named_because": Section.SITUATION,
    "transfer": Section.MOVE,
    "core_group": Section.SERVICES,
    "conference": Section.EXPECTED_RESPONSE,
    "reports_by": Section.EXPECTED_RESPONSE,
    "asked": Section.SERVICES,  # who else is asked is not for each of them to know
    "form": Section.EXPECTED_RESPONSE,
    "answers": Section.SITUATION,
    "asked_by": Section.SITUATION,
    "replies": Section.SITUATION,
    "contact_with_family": Section.SITUATION,
    "nothing_known_because": Section.SITUATION,
    "review": Section.SITUATION,
    "themes": Section.SITUATION,
    "actions": Section.EXPECTED_RESPONSE,
    "services": Section.SERVICES,
    "health": Section.HEALTH,
    "practitioner": Section.PRACTITIONER,
    "referrer": Section.PRACTITIONER,
    "of": Section.LEAVE,
    "to": Section.LEAVE,
    "purpose": Section.LEAVE,
    "until": Section.LEAVE,
    "thread": Section.THREAD,
    "pregnancy": Section.HEALTH,
    "to_be_born_at": Section.SERVICES,
    "network_on": Section.EXPECTED_RESPONSE,
    "assessment_by": Section.EXPECTED_RESPONSE,
    "born": Section.HEALTH,
    "born_at": Section.SERVICES,
    "due_date": Section.CHILD,
    "due_date_unknown_because": Section.CHILD,
    "goes_home": Section.HOUSEHOLD,
    "registration": Section.SERVICES,
    "about": Section.CHILD,
    "question": Section.EXPECTED_RESPONSE,
    "asked_of": Section.EXPECTED_RESPONSE,
}

# What is attached stands in one field, and each form of it in a section of the form's own name.
ATTACHMENTS: Final = "attachments"

# For the hub alone: an id would tell whoever does not hold that message that there is one.
FOR_THE_HUB: Final = frozenset({"follows", "advice"})

# What only a decision not to share says. No view shows any of it, nor what else such a message says.
FOR_NOBODY: Final = frozenset(
    {
        "decided_by",
        "decided_about",
        "not_shared",
        "kept_from",
        "ground",
        "reason",
        "considered",
        "advised",
        "review_on",
    }
)

Seen = dict[str, Any]


def minimise(message: Message, view: View) -> Seen:
    """The message as JSON, cut down to the view. Its `view` says what was granted and what was held back."""
    if message.kind in KEPT:
        return {"view": {"name": view.name, "sections": [], "withheld": []}}
    fields = {field for field, section in SECTION_OF.items() if section in view.sections}
    seen = message.model_dump(mode="json", include=fields | ALWAYS | {ATTACHMENTS}, exclude_none=True)
    _attached(seen, view)
    held_back = [thing.value for thing in sorted(view.withhold) if _WITHHOLD[thing](seen, message)]
    seen["view"] = {
        "name": view.name,
        "sections": sorted(section.value for section in view.sections),
        "withheld": held_back,
    }
    return seen


def _attached(seen: Seen, view: View) -> None:
    """Of what is attached, the forms that the view grants; of the others, not even that there are any."""
    forms = {section.value for section in ATTACHED & view.sections}
    given = seen.pop(ATTACHMENTS, {})
    granted = {form: filled_in for form, filled_in in given.items() if form in forms and filled_in}
    if granted:
        seen[ATTACHMENTS] = granted


# Each of these takes out of `seen` what it is named for, and says how many things it took. They count with `sum`
# and never ask with `any`, which would stop cutting at the first thing found.


# Whoever knows which school, practice or team a family has knows roughly where to look for it. So wherever in a
# message one of these fields stands, it leads to the address.
LEADS_TO_ADDRESS: Final = frozenset({"agency", "asked_by", "ods", "postcode", "from_postcode", "to_postcode"})
_SERVICES: Final = frozenset(
    {
        "services",
        "others",
        "born_at",
        "to_be_born_at",
        "photographs_kept_by",
        "core_group",
        "asked",
        "service",
        "involvement",
    }
)


def _restricted_address(seen: Seen, message: Message) -> int:
    """The address, and what leads to it, in every part: postcodes, school, practice, which agency a service is.

    The roles stay: that there is a school nurse leads nowhere.
    """
    if not isinstance(message, AtAnAddress) or not message.address.restricted:
        return 0
    return (
        _keep(seen, "address", {"area", "restricted"})
        + _cut(seen.get("services", {}), {"gp", "school"})
        + _cut_all(seen)
    )


def _cut_all(inside: Seen) -> int:
    """Every field that leads to the address, and every service's name, however deep."""
    taken = _cut(inside, LEADS_TO_ADDRESS)
    for field, value in inside.items():
        parts = value if isinstance(value, list) else (value,)
        for part in parts:
            if isinstance(part, dict):
                taken += _cut_all(part)
                taken += _cut(part, {"name"}) if field in _SERVICES else 0
    return taken


def _referrer_identity(seen: Seen, message: Message) -> int:
    """Who raised it, the practitioner's name, wherever it stands, and whom a fact that the referrer told comes from.

    Nobody raises a handover: its practitioner holds the family, and is the one whom everybody who hears must ring.
    """
    facts = seen.get("situation", {}).get("facts", ())
    raised = message.kind == "concern"
    filled_in = [one for forms in seen.get(ATTACHMENTS, {}).values() for one in forms] if raised else []
    return (
        _keep(seen, "referrer", {"wants_anonymity"})
        + (_cut(seen.get("practitioner", {}), {"name", "phone", "email"}) if raised else 0)
        + sum(_cut(one, {"by"}) for one in filled_in)
        + sum(_cut(fact, {"source_detail"}) for fact in facts if fact["source"] == "referrer")
    )


def _connected_people(seen: Seen, _: Message) -> int:
    """NHS numbers, dates of birth and telephone numbers of everybody but the children."""
    return sum(_cut(person, {"nhs_number", "date_of_birth", "phone"}) for person in seen.get("household", ()))


_WITHHOLD: Final[dict[Withheld, Callable[[Seen, Message], int]]] = {
    Withheld.RESTRICTED_ADDRESS: _restricted_address,
    Withheld.REFERRER_IDENTITY: _referrer_identity,
    Withheld.CONNECTED_PEOPLE: _connected_people,
}


def _keep(seen: Seen, part: str, names: set[str]) -> int:
    inside = seen.get(part, {})
    return _cut(inside, inside.keys() - names)


def _cut(inside: Seen, names: AbstractSet[str]) -> int:
    found = names & inside.keys()
    for name in found:
        del inside[name]
    return len(found)
