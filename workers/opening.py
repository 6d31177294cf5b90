"""The one place where a message in transit is opened: in a worker, with a key that no other process holds."""

from agencies.seal import open_bytes, sealed_to
from hub.accept import Reading, at_rest, open_post
from hub.known import Known
from hub.store.messages import Message
from workers.line import Line
from workers.telling import CannotYet


def read_back(line: Line, known: Known, message: Message, body: bytes | None) -> Reading:
    """What was accepted, read again as of its acceptance: a date that was today then is no fault now."""
    if body is None:
        raise CannotYet("no_body")
    key = line.openers.get(sealed_to(body))
    if key is None:
        raise CannotYet("no_private_key")  # an older key of the hub's own: put its file beside the newest
    opened = open_bytes(body, key=key, info=at_rest(message.id))
    return open_post(opened, now=message.accepted_at, known=known)
