"""Notes: what a person says about a share, sealed for both ends and for nobody else."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from agencies import wire
from agencies.keys import NoKey
from agencies.seal import Context, seal
from hub import errors
from hub.answer.desk import Act, Desk
from hub.known import Known
from hub.store import notes
from hub.store.shares import Share


def seal_note(act: Act, share: Share, note_id: UUID, *, known: Known, desk: Desk, at: datetime) -> notes.Note:
    said = {
        "kind": act.event,
        "share": str(share.id),
        "by_agency": act.caller.agency,
        "at": at.isoformat(),
        **act.body.model_dump(mode="json"),
    }
    # Whoever declined is told that it was redirected. To whom, and why there, is between the sender and the other.
    for_recipient = {
        name: said[name] for name in said if not isinstance(act.body, wire.Redirect) or name in _PLAIN
    }
    marked = act.marked(desk.records) or (None, None)
    return notes.Note(
        note_id,
        share.id,
        act.event,
        act.caller.agency,
        at,
        _sealed_to(share.sender, said, share, note_id, known=known, desk=desk, at=at),
        _for_recipient(for_recipient, share, note_id, known=known, desk=desk, at=at),
        *marked,
    )


def _for_recipient(
    said: Mapping[str, Any], share: Share, note_id: UUID, *, known: Known, desk: Desk, at: datetime
) -> bytes | None:
    """None: it has closed and has no key any more. What it left open must be placed elsewhere all the same."""
    try:
        return _sealed_to(share.recipient, said, share, note_id, known=known, desk=desk, at=at)
    except errors.NoKeyYet:
        if known.directory.is_closed(share.recipient, at):
            return None
        raise


_PLAIN = {"kind", "share", "by_agency", "at", "by"}


def _sealed_to(
    agency: str,
    said: Mapping[str, Any],
    share: Share,
    note_id: UUID,
    *,
    known: Known,
    desk: Desk,
    at: datetime,
) -> bytes:
    try:
        key = known.keys.seal_key(agency, at)
    except NoKey:
        raise errors.NoKeyYet(
            f"{agency} has no key that a note could be sealed to",
            next="telephone them, and try again when their key is registered",
        ) from None
    context = Context(
        hub=desk.hub, purpose="note", message=share.message_id, share=share.id, note=note_id, recipient=agency,
        protocol=share.digest,
    )  # fmt: skip
    return to_json(seal(to_json(said), to=key, signer=desk.signer, context=context))
