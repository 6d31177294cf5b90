"""Names for a picture: put in by the one who opened the copies, on their own machine. The hub never knows them.

`told` of each person says in which message, and at which place of it, they stand; the opened contents of that message
have the name there. What was not shown, or was opened by somebody else, stays without one.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from agencies.wire.pictures import Ecomap, Genogram


def named(picture: Ecomap | Genogram, opened: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """By ref, the name of everybody whom these opened contents name. Contents are as `Keychain.open_share` and
    `open_copy` give them; where several name somebody, the newest message does.
    """
    messages = {UUID(str(one["message_id"])): one["message"] for one in opened}
    found = {}
    for person in picture.people:
        for told in reversed(person.told):
            name = _name(messages.get(told.message), told.place)
            if name is not None:
                found[person.ref] = name
                break
    return found


def _name(message: Any, place: str) -> str | None:  # noqa: ANN401 - JSON
    inside = message
    for step in place.split("."):
        if isinstance(inside, Mapping):
            inside = inside.get(step)
        elif isinstance(inside, list) and step.isdigit() and int(step) < len(inside):
            inside = inside[int(step)]
        else:
            return None
    name = inside.get("name") if isinstance(inside, Mapping) else None
    return name if isinstance(name, str) else None
