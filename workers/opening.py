"""The one place where a message in transit is opened: in a worker, with a key that no other process holds."""

from datetime import UTC, datetime, time, timedelta

from agencies.seal import open_bytes, sealed_to
from hub.accept import at_rest
from hub.clock import LONDON
from hub.known import Known
from hub.store.messages import Message
from hub.understand import Reading, open_post
from protocols.messages import Invalid
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
    try:
        return open_post(opened, now=message.accepted_at, known=known)
    except Invalid:
        return open_post(opened, now=_the_evening_before(message.accepted_at), known=known)


def _the_evening_before(accepted_at: datetime) -> datetime:
    """A message is checked when it comes and recorded a moment later, perhaps on the other side of midnight.

    What it may say of times depends on the day, but for what must not lie in the future, which a later moment of
    the day only makes easier. So whatever passed before midnight passes at the last moment before midnight.
    """
    midnight = datetime.combine(accepted_at.astimezone(LONDON).date(), time(), LONDON)
    return midnight.astimezone(UTC) - timedelta(microseconds=1)
