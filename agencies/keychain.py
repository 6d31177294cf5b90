"""What one agency opens with, and whom it believes: its own seal keys, and the keys that its hub signs with.

The hub's workers sign shares and file copies; its web process signs notes. They are believed apart, so that
whoever takes the web process over still cannot make a share that an agency believes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self
from uuid import UUID

from agencies.keys import BadKey, NoKey, SealPrivate, SignPublic, b64, unb64
from agencies.seal import CannotOpen, Context, Purpose, Why, open_sealed
from agencies.wire import Grid, InboxItem, Keys, Note, Reading, Share


@dataclass(frozen=True)
class Keychain:
    """The keys of one agency at one hub. `own` may hold several: a rotated key still opens what is older."""

    agency: str
    own: tuple[SealPrivate, ...]
    share_signers: tuple[SignPublic, ...]
    note_signers: tuple[SignPublic, ...]
    hub: str | None = None  # the hub's name, when only envelopes of this one are to be believed

    @classmethod
    def of(cls, agency: str, own: Sequence[SealPrivate], hub: Keys) -> Self:
        """For an agency at a hub, which says itself what it signs with: compare the names once by another way."""
        signers = {
            key.kid: (key.signs, SignPublic(unb64(key.public))) for key in hub.keys if key.use == "sign"
        }
        return cls(
            agency,
            tuple(own),
            tuple(key for signs, key in signers.values() if signs == "shares"),
            tuple(key for signs, key in signers.values() if signs == "notes"),
            hub.hub,
        )

    def joined(self, newer: Self) -> Self:
        """The newer one, with this one's own keys as well: what was sealed to an older key is opened as before. Whom to
        believe says the newer one alone, as the hub tells every key that was not revoked.
        """
        if (self.agency, self.hub) != (newer.agency, newer.hub):
            raise BadKey(
                f"this keychain is of {self.agency} at {self.hub}, and not of {newer.agency} at {newer.hub}"
            )
        return replace(newer, own=tuple(dict.fromkeys((*newer.own, *self.own))))

    def open_share(self, item: InboxItem | Share) -> dict[str, Any]:
        """What this agency is told: in "message" exactly what the protocol's view grants, and why beside it."""
        share = item.share if isinstance(item, InboxItem) else item.id
        return self._open(item.envelope, "share", message=item.message, share=share)

    def open_copy(self, grid: Grid) -> dict[str, Any]:
        """The sender's own file copy of what it sent."""
        return self._open(grid.copy_envelope, "copy", message=grid.id)

    def open_note(self, note: Note, *, of: Share | Grid) -> dict[str, Any]:
        """One turn of the talk about a share, as the other side (or this one) wrote it; or, of a message of which
        nobody hears, what was said when it was looked at again.
        """
        if isinstance(of, Grid):
            return self._open(note.envelope, "note", message=of.id, note=note.id)
        return self._open(note.envelope, "note", message=of.message, share=of.id, note=note.id)

    def open_reading(self, reading: Reading) -> dict[str, Any]:
        """What another agency lends to this one, as the protocol shows it to a reader."""
        return self._open(reading.envelope, "reading", message=reading.of, share=reading.share)

    def _open(
        self,
        envelope: Mapping[str, Any] | None,
        purpose: Purpose,
        *,
        message: UUID,
        share: UUID | None = None,
        note: UUID | None = None,
    ) -> dict[str, Any]:
        if envelope is None:
            raise CannotOpen(Why.MALFORMED, "there is no envelope here for this agency to open")
        context = Context.read(envelope.get("context"))
        # The protocol and the view are the hub's to state; all else is known here, and must be what it says.
        expect = Context(
            hub=self.hub or context.hub,
            purpose=purpose,
            message=message,
            recipient=self.agency,
            share=share,
            note=note,
            protocol=context.protocol,
            view=context.view,
        )
        believed = self.note_signers if purpose == "note" else self.share_signers
        payload = open_sealed(
            envelope, key=self._key(envelope.get("to")), verify=_among(believed), expect=expect
        )
        return _contents(payload)

    def _key(self, kid: object) -> SealPrivate:
        for key in self.own:
            if key.kid == kid:
                return key
        raise CannotOpen(
            Why.WRONG_KEY,
            f"this keychain of {self.agency} has no key {kid}: make it again with the private file of that key",
        )

    def told(self) -> dict[str, Any]:
        """For a file. It holds private keys: mode 0600, and nowhere near a log."""
        return {
            "checkback_keychain": 1,
            "agency": self.agency,
            "hub": self.hub,
            "own": [b64(key.seed) for key in self.own],
            "share_signers": [b64(key.raw) for key in self.share_signers],
            "note_signers": [b64(key.raw) for key in self.note_signers],
        }

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        if told.get("checkback_keychain") != 1:
            raise BadKey('this is not a keychain of format 1: it has no "checkback_keychain": 1')
        try:
            return cls(
                agency=told["agency"],
                own=tuple(SealPrivate(unb64(key)) for key in told["own"]),
                share_signers=tuple(SignPublic(unb64(key)) for key in told["share_signers"]),
                note_signers=tuple(SignPublic(unb64(key)) for key in told["note_signers"]),
                hub=told.get("hub"),
            )
        except (KeyError, TypeError) as fault:
            raise BadKey(f"the keychain is incomplete: {fault} is missing or not what it should be") from None


def _contents(payload: bytes) -> dict[str, Any]:
    try:
        contents = json.loads(payload)
    except ValueError:
        contents = None
    if not isinstance(contents, dict):
        raise CannotOpen(Why.MALFORMED, "what was sealed is not a JSON object")
    return contents


def _among(signers: tuple[SignPublic, ...]) -> "_Believed":
    return _Believed({signer.kid: signer for signer in signers})


@dataclass(frozen=True)
class _Believed:
    by_kid: Mapping[str, SignPublic]

    def __call__(self, kid: str) -> SignPublic:
        if kid not in self.by_kid:
            raise NoKey(f"sign key {kid} is not among those believed: fetch the hub's current keys")
        return self.by_kid[kid]
