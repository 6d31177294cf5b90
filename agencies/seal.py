"""Sealing: a document closed to everybody but one recipient, and what it is for written on the outside.

Hybrid public key encryption (RFC 9180) with X-Wing, HKDF-SHA256 and AES-256-GCM. A child's record must stay
secret for longer than today's curves may last, so the key exchange is post-quantum and classical at once: an
attacker must break both. HPKE says nothing of who sealed, so what is sealed begins with an Ed25519 signature.

Everything that can be read on the outside of an envelope is bound to the inside: change one character of it
and neither the seal nor the signature fits. `docs/envelope.md` describes the format for those who write it in
another language, and has test vectors.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Literal, Self, get_args
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from agencies.keys import (
    SIGNATURE,
    BadKey,
    NoKey,
    SealPrivate,
    SealPublic,
    SignPrivate,
    SignPublic,
    b64,
    unb64,
)

VERSION = 1
SUITE = "MLKEM768-X25519/HKDF-SHA256/AES-256-GCM"
ENVELOPE_LABEL = b"checkback envelope v1\x00"
AT_REST_LABEL = b"checkback at rest v1\x00"
AT_REST_MARK = b"cb1\x00"  # how a sealed record begins; the key's name follows
KID = 8  # bytes of a key's name
FIELDS = frozenset({"checkback", "suite", "to", "signed_by", "context", "sealed"})

_hpke = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)

Purpose = Literal["message", "share", "copy", "note", "reading"]


class Why(StrEnum):
    """Why an envelope was not opened: a word that a program can read."""

    MALFORMED = "malformed"
    UNKNOWN_VERSION = "unknown_version"
    WRONG_KEY = "wrong_key"
    WRONG_CONTEXT = "wrong_context"
    NOT_SIGNED = "not_signed"
    SIGNED = "signed"
    UNKNOWN_SIGNER = "unknown_signer"
    BAD_SEAL = "bad_seal"
    BAD_SIGNATURE = "bad_signature"


class CannotOpen(Exception):
    """The one way in which opening fails. Nothing of the contents is ever in the text."""

    def __init__(self, why: Why, says: str) -> None:
        super().__init__(says)
        self.why = why
        self.reason = says


@dataclass(frozen=True)
class Context:
    """What an envelope is for, readable on its outside and bound to its inside."""

    hub: str
    purpose: Purpose
    message: UUID
    recipient: str
    share: UUID | None = None
    note: UUID | None = None
    protocol: str | None = None  # the digest of the protocol that allowed it
    view: str | None = None

    def told(self) -> dict[str, str | None]:
        return {name: None if (value := getattr(self, name)) is None else str(value) for name in CONTEXT}

    @classmethod
    def read(cls, told: object) -> Self:
        if not isinstance(told, Mapping) or set(told) != set(CONTEXT):
            raise CannotOpen(Why.MALFORMED, 'the "context" of the envelope has not the fields of version 1')
        if not all(value is None or isinstance(value, str) for value in told.values()):
            raise CannotOpen(Why.MALFORMED, 'every field of the "context" is a text or null')
        if told["purpose"] not in get_args(Purpose) or not told["hub"] or not told["recipient"]:
            raise CannotOpen(Why.MALFORMED, 'the "context" names its hub, its recipient and a known purpose')
        try:
            ids = {name: told[name] and UUID(told[name]) for name in ("message", "share", "note")}
        except ValueError:
            raise CannotOpen(Why.MALFORMED, 'an id in the "context" is not a UUID') from None
        if ids["message"] is None:
            raise CannotOpen(Why.MALFORMED, 'the "context" names its message')
        return cls(**{**told, **ids})


CONTEXT = tuple(field.name for field in fields(Context))


# -- envelopes, which travel --------------------------------------------------------------------------------


def seal(payload: bytes, *, to: SealPublic, signer: SignPrivate | None, context: Context) -> dict[str, Any]:
    """Close `payload` to the holder of `to`. Only what nobody vouches for goes without a signer."""
    outside = {
        "checkback": VERSION,
        "suite": SUITE,
        "to": to.kid,
        "signed_by": signer.kid if signer else None,
        "context": context.told(),
    }
    info = bound(outside)
    signature = signer.sign(info + payload) if signer else b""
    return {**outside, "sealed": b64(_hpke.encrypt(signature + payload, to.hpke, info))}


def open_sealed(
    envelope: Mapping[str, Any],
    *,
    key: SealPrivate,
    verify: Callable[[str], SignPublic] | None,
    expect: Context | None = None,
) -> bytes:
    """The payload, or CannotOpen.

    `verify` gives the public key for a signer's name, or raises NoKey: it decides who may vouch. Without it
    the envelope must be unsigned, so that neither sort passes for the other.
    """
    # 1. It is an envelope that we know.
    _check_shape(envelope)
    # 2. It is for this key, and for the purpose that the caller has in mind.
    if envelope["to"] != key.kid:
        raise CannotOpen(Why.WRONG_KEY, _other_key(envelope["to"], key))
    context = Context.read(envelope["context"])
    if expect is not None and context != expect:
        raise CannotOpen(Why.WRONG_CONTEXT, _differences(context, expect))
    # 3. Somebody may vouch for it, and we know them.
    signer = _signer(envelope["signed_by"], verify)
    # 4. The seal fits, with everything that is written outside.
    info = bound(envelope)
    inside = _decrypt(_sealed_bytes(envelope["sealed"]), key, info)
    # 5. The signature fits.
    if signer is None:
        return inside
    signature, payload = inside[:SIGNATURE], inside[SIGNATURE:]
    if not signer.verifies(signature, info + payload):
        raise CannotOpen(Why.BAD_SIGNATURE, f"the signature is not by key {signer.kid}: do not trust it")
    return payload


def bound(envelope: Mapping[str, Any]) -> bytes:
    """All that is outside, in canonical JSON (RFC 8785): HPKE's `info`, and the head of what is signed."""
    outside = {name: value for name, value in envelope.items() if name != "sealed"}
    text = json.dumps(outside, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        return ENVELOPE_LABEL + text.encode()
    except UnicodeEncodeError:
        raise CannotOpen(Why.MALFORMED, "the envelope has a text that is not Unicode") from None


def _check_shape(envelope: Mapping[str, Any]) -> None:
    if not isinstance(envelope, Mapping) or set(envelope) != FIELDS:
        raise CannotOpen(Why.MALFORMED, f"an envelope has exactly the fields {', '.join(sorted(FIELDS))}")
    if envelope["checkback"] != VERSION or envelope["suite"] != SUITE:
        raise CannotOpen(Why.UNKNOWN_VERSION, f"this opens version {VERSION} with {SUITE}, and no other")


def _signer(kid: object, verify: Callable[[str], SignPublic] | None) -> SignPublic | None:
    if verify is None:
        if kid is not None:
            raise CannotOpen(Why.SIGNED, "the envelope is signed, and nobody was named who may sign it")
        return None
    if not isinstance(kid, str):
        raise CannotOpen(Why.NOT_SIGNED, "the envelope is not signed: nobody vouches for it, do not trust it")
    try:
        return verify(kid)
    except NoKey as no:
        raise CannotOpen(Why.UNKNOWN_SIGNER, str(no)) from no


def _other_key(kid: object, key: SealPrivate) -> str:
    return f"sealed to key {kid}, not to {key.kid}: use the key that it names"


def _differences(context: Context, expect: Context) -> str:
    told, expected = context.told(), expect.told()
    names = [name for name in told if told[name] != expected[name]]
    return f"the envelope was sealed for something else: its {', '.join(names)} is not what was asked for"


def _sealed_bytes(sealed: object) -> bytes:
    if not isinstance(sealed, str):
        raise CannotOpen(Why.MALFORMED, '"sealed" is not a text')
    try:
        return unb64(sealed)
    except BadKey:
        raise CannotOpen(Why.MALFORMED, '"sealed" is not base64url without padding') from None


def _decrypt(sealed: bytes, key: SealPrivate, info: bytes) -> bytes:
    try:
        return _hpke.decrypt(sealed, key.hpke, info)
    except (InvalidTag, ValueError):
        raise CannotOpen(Why.BAD_SEAL, "the seal does not fit: it was changed or cut short") from None


# -- records, which stay ------------------------------------------------------------------------------------


def seal_bytes(payload: bytes, *, to: SealPublic, info: bytes) -> bytes:
    """The hub's own copy, as bytes for a column. `info` says what it is, and is needed to open it."""
    return AT_REST_MARK + bytes.fromhex(to.kid) + _hpke.encrypt(payload, to.hpke, AT_REST_LABEL + info)


def sealed_to(record: bytes) -> str:
    """The name of the key that opens this record: after a rotation, older records name the older key."""
    if record[: len(AT_REST_MARK)] != AT_REST_MARK:
        raise CannotOpen(Why.MALFORMED, "these bytes are not a sealed record of version 1")
    return record[len(AT_REST_MARK) : len(AT_REST_MARK) + KID].hex()


def open_bytes(record: bytes, *, key: SealPrivate, info: bytes) -> bytes:
    kid = sealed_to(record)
    if kid != key.kid:
        raise CannotOpen(Why.WRONG_KEY, _other_key(kid, key))
    return _decrypt(record[len(AT_REST_MARK) + KID :], key, AT_REST_LABEL + info)
