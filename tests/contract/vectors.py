"""Makes docs/envelope-vectors.json: envelopes with all that is needed to open them, and some that must not open.

    python -m tests.contract.vectors > docs/envelope-vectors.json

Sealing draws at random, so every run makes other envelopes; those that are published are kept as they are, and
the tests open them. Run it again only when the format has a new version.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any
from uuid import UUID

from agencies.keys import SealPrivate, SignPrivate, b64, unb64
from agencies.seal import SUITE, Context, _hpke, bound, seal, seal_bytes

Changed = Callable[[dict[str, Any]], dict[str, Any]]


def _seed(name: str) -> bytes:
    return sha256(f"checkback test vector: {name}".encode()).digest()


AGENCY, OTHER = SealPrivate(_seed("an agency")), SealPrivate(_seed("another agency"))
HUB, STRANGER = SignPrivate(_seed("the hub")), SignPrivate(_seed("a stranger"))
SHARE = Context(
    hub="checkback.example",
    purpose="share",
    message=UUID("0199a0c0-0000-7000-8000-000000000001"),
    share=UUID("0199a0c0-0000-7000-8000-000000000002"),
    recipient="birmingham-0-19",
    protocol=sha256(b"a protocol").hexdigest(),
    view="handover",
)
PAYLOADS = {
    "share": '{"child":{"name":"Zoë O\'Neill-Kowalska"},"situation":"Weight fell by two centiles ⤵"}',
    "copy": '{"kind":"handover","version":1}',
    "note": '{"kind":"check_back","understanding":"…","review_on":"2026-10-08"}',
    "message": "",
}
CONTEXTS = {
    "share": SHARE,
    "copy": replace(SHARE, purpose="copy", share=None, recipient="sandwell-0-19", view=None),
    "note": replace(SHARE, purpose="note", note=UUID("0199a0c0-0000-7000-8000-000000000003"), view=None),
    "message": replace(
        SHARE, purpose="message", share=None, recipient="checkback.example", protocol=None, view=None
    ),
}
WRONG: dict[str, tuple[str, Changed]] = {
    "another view is written on the outside": (
        "bad_seal",
        lambda e: {**e, "context": {**e["context"], "view": "full"}},
    ),
    "another signer is written on the outside": (
        "unknown_signer",
        lambda e: {**e, "signed_by": STRANGER.kid},
    ),
    "the signer is struck out": ("not_signed", lambda e: {**e, "signed_by": None}),
    "the last byte is another": ("bad_seal", lambda e: {**e, "sealed": _last_byte(e["sealed"])}),
    "the last byte is missing": ("bad_seal", lambda e: {**e, "sealed": b64(unb64(e["sealed"])[:-1])}),
    "the version is another": ("unknown_version", lambda e: {**e, "checkback": 2}),
    "it is sealed to somebody else": (
        "wrong_key",
        lambda _: _sealed("share", to=OTHER),
    ),
    "the signature is for another envelope": ("bad_signature", lambda _: _moved_signature()),
}


def _last_byte(sealed: str) -> str:
    raw = unb64(sealed)
    return b64(raw[:-1] + bytes([raw[-1] ^ 1]))


def _sealed(name: str, *, to: SealPrivate = AGENCY) -> dict[str, Any]:
    signer = None if name == "message" else HUB
    return seal(PAYLOADS[name].encode(), to=to.public, signer=signer, context=CONTEXTS[name])


def _moved_signature() -> dict[str, Any]:
    """As if somebody had opened one envelope of the hub's and put what it held into another."""
    payload = PAYLOADS["share"].encode()
    theirs = seal(payload, to=AGENCY.public, signer=HUB, context=SHARE)
    inside = HUB.sign(bound(_sealed("note")) + payload) + payload
    return {**theirs, "sealed": b64(_hpke.encrypt(inside, AGENCY.public.hpke, bound(theirs)))}


def _opens(name: str) -> dict[str, Any]:
    envelope, payload = _sealed(name), PAYLOADS[name].encode()
    info = bound(envelope)
    signature = None if envelope["signed_by"] is None else b64(HUB.sign(info + payload))
    return {
        "name": f"a {name}",
        "envelope": envelope,
        "info": b64(info),
        "signature": signature,
        "payload": b64(payload),
    }


def vectors() -> dict[str, Any]:
    record_info = b"message 0199a0c0-0000-7000-8000-000000000001"
    record = seal_bytes(PAYLOADS["copy"].encode(), to=AGENCY.public, info=record_info)
    return {
        "about": "Test vectors of docs/envelope.md. All bytes are base64url without padding.",
        "suite": SUITE,
        "seal_key": {"kid": AGENCY.kid, "public": b64(AGENCY.public.raw), "private": b64(AGENCY.seed)},
        "sign_key": {"kid": HUB.kid, "public": b64(HUB.public.raw), "private": b64(HUB.seed)},
        "opens": [_opens(name) for name in PAYLOADS],
        "does_not_open": [
            {"name": name, "why": why, "envelope": change(_sealed("share"))}
            for name, (why, change) in WRONG.items()
        ],
        "record": {
            "record": b64(record),
            "info": b64(record_info),
            "payload": b64(PAYLOADS["copy"].encode()),
        },
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(vectors(), indent=1, ensure_ascii=False) + "\n")
