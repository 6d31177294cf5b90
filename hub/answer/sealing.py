"""Notes: what a person says about a share, sealed for both ends and for nobody else."""

import json
from datetime import datetime
from uuid import UUID

from agencies.keys import NoKey
from agencies.seal import Context, seal
from hub import errors
from hub.answer.desk import Act, Desk
from hub.known import Known
from hub.store import notes
from hub.store.shares import Share


def seal_note(act: Act, share: Share, note_id: UUID, *, known: Known, desk: Desk, at: datetime) -> notes.Note:
    said = json.dumps(
        {
            "kind": act.event,
            "share": str(share.id),
            "by_agency": act.caller.agency,
            "at": at.isoformat(),
            **act.body.model_dump(mode="json"),
        },
        ensure_ascii=False,
    ).encode()
    sealed = [
        _sealed_to(end, said, share, note_id, known=known, desk=desk, at=at)
        for end in (share.sender, share.recipient)
    ]
    return notes.Note(
        note_id, share.id, act.event, act.caller.agency, at, sealed[0], sealed[1], act.request_key
    )


def _sealed_to(
    agency: str, said: bytes, share: Share, note_id: UUID, *, known: Known, desk: Desk, at: datetime
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
    return json.dumps(seal(said, to=key, signer=desk.signer, context=context), separators=(",", ":")).encode()
