"""A sealed envelope opens for one recipient and one purpose, and for nothing else."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agencies.keys import NoKey, SignPublic, b64, generate_seal_key, generate_sign_key, unb64
from agencies.seal import (
    CannotOpen,
    Context,
    Why,
    _hpke,
    bound,
    open_bytes,
    open_sealed,
    seal,
    seal_bytes,
    sealed_to,
)

MASH = generate_seal_key()
SOMEBODY_ELSE = generate_seal_key()
HUB = generate_sign_key()
CONTEXT = Context(
    hub="checkback.example",
    purpose="share",
    message=UUID("0199a0c0-0000-7000-8000-000000000001"),
    share=UUID("0199a0c0-0000-7000-8000-000000000002"),
    recipient="sandwell-mash",
    protocol="ab" * 32,
    view="full",
)
PAYLOAD = '{"situation": "Zoë: weight fallen two centiles"}'.encode()


def hub_key(kid: str) -> SignPublic:
    if kid != HUB.kid:
        raise NoKey("not the hub's")
    return HUB.public


def sealed(context: Context = CONTEXT) -> dict[str, Any]:
    return seal(PAYLOAD, to=MASH.public, signer=HUB, context=context)


def opened(envelope: dict[str, Any], expect: Context | None = CONTEXT) -> bytes:
    return open_sealed(envelope, key=MASH, verify=hub_key, expect=expect)


def why(envelope: Any, expect: Context | None = None) -> Why:  # noqa: ANN401 - anything may come
    with pytest.raises(CannotOpen) as caught:
        opened(envelope, expect)
    assert "weight" not in str(caught.value)
    return caught.value.why


def test_it_opens() -> None:
    assert opened(sealed()) == PAYLOAD
    assert opened(sealed(), None) == PAYLOAD


def test_two_seals_have_nothing_in_common() -> None:
    assert sealed()["sealed"] != sealed()["sealed"]


def test_the_contents_do_not_show() -> None:
    assert PAYLOAD not in unb64(sealed()["sealed"])


def test_nobody_else_opens_it() -> None:
    envelope = sealed()
    with pytest.raises(CannotOpen) as caught:
        open_sealed(envelope, key=SOMEBODY_ELSE, verify=hub_key)
    assert caught.value.why == Why.WRONG_KEY
    # Nor under their own name.
    with pytest.raises(CannotOpen) as caught:
        open_sealed({**envelope, "to": SOMEBODY_ELSE.kid}, key=SOMEBODY_ELSE, verify=hub_key)
    assert caught.value.why == Why.BAD_SEAL


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hub", "another.example"),
        ("purpose", "copy"),
        ("message", "0199a0c0-0000-7000-8000-000000000009"),
        ("share", None),
        ("note", "0199a0c0-0000-7000-8000-000000000009"),
        ("recipient", "camden-mash"),
        ("protocol", "cd" * 32),
        ("view", "first_contact"),
    ],
)
def test_every_field_of_the_context_is_bound(field: str, value: str | None) -> None:
    envelope = sealed()
    changed = {**envelope, "context": {**envelope["context"], field: value}}
    assert why(changed, CONTEXT) == Why.WRONG_CONTEXT
    assert why(changed) == Why.BAD_SEAL  # also when the reader expects nothing


def test_the_wrong_context_is_named() -> None:
    with pytest.raises(CannotOpen, match="its recipient, view is not"):
        opened(sealed(), replace(CONTEXT, recipient="camden-mash", view="first_contact"))


def test_anybody_can_seal_but_not_sign() -> None:
    unsigned = seal(PAYLOAD, to=MASH.public, signer=None, context=CONTEXT)
    assert why(unsigned) == Why.NOT_SIGNED
    assert (
        why(seal(PAYLOAD, to=MASH.public, signer=generate_sign_key(), context=CONTEXT)) == Why.UNKNOWN_SIGNER
    )
    assert why({**unsigned, "signed_by": HUB.kid}) == Why.BAD_SEAL
    stranger = generate_sign_key()
    forged = seal(PAYLOAD, to=MASH.public, signer=stranger, context=CONTEXT)
    with pytest.raises(CannotOpen) as caught:
        open_sealed(forged, key=MASH, verify=lambda _: HUB.public)
    assert caught.value.why == Why.BAD_SIGNATURE


def test_unsigned_opens_only_for_who_asks_for_unsigned() -> None:
    at_rest = seal(PAYLOAD, to=MASH.public, signer=None, context=CONTEXT)
    assert open_sealed(at_rest, key=MASH, verify=None) == PAYLOAD
    with pytest.raises(CannotOpen) as caught:
        open_sealed(sealed(), key=MASH, verify=None)
    assert caught.value.why == Why.SIGNED


def test_a_signature_does_not_move_to_another_envelope() -> None:
    """A recipient who forwards what it opened cannot make it look as if it had been sealed for the other."""
    envelope = sealed()
    with_signature = _hpke.decrypt(unb64(envelope["sealed"]), MASH.hpke, bound(envelope))
    outside = {**envelope, "to": SOMEBODY_ELSE.kid}
    forwarded = _hpke.encrypt(with_signature, SOMEBODY_ELSE.public.hpke, bound(outside))
    with pytest.raises(CannotOpen) as caught:
        open_sealed({**outside, "sealed": b64(forwarded)}, key=SOMEBODY_ELSE, verify=hub_key)
    assert caught.value.why == Why.BAD_SIGNATURE


CHANGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no envelope": lambda _: "sealed",
    "nothing": lambda _: {},
    "one field less": lambda e: {name: e[name] for name in e if name != "signed_by"},
    "one field more": lambda e: {**e, "priority": "high"},
    "context of a list": lambda e: {**e, "context": []},
    "context with a figure": lambda e: {**e, "context": {**e["context"], "view": 1}},
    "context with more": lambda e: {**e, "context": {**e["context"], "more": None}},
    "context without message": lambda e: {**e, "context": {**e["context"], "message": None}},
    "context with no UUID": lambda e: {**e, "context": {**e["context"], "share": "42"}},
    "context without recipient": lambda e: {**e, "context": {**e["context"], "recipient": None}},
    "context of no purpose": lambda e: {**e, "context": {**e["context"], "purpose": "gossip"}},
    "text that is not Unicode": lambda e: {**e, "context": {**e["context"], "view": "\ud800"}},
    "sealed of a figure": lambda e: {**e, "sealed": 7},
    "sealed of spaces": lambda e: {**e, "sealed": "a b"},
}


@pytest.mark.parametrize("change", CHANGES)
def test_malformed(change: str) -> None:
    assert why(CHANGES[change](sealed())) == Why.MALFORMED


def test_another_version_or_suite() -> None:
    assert why({**sealed(), "checkback": 2}) == Why.UNKNOWN_VERSION
    assert why({**sealed(), "suite": "ROT13"}) == Why.UNKNOWN_VERSION


@given(at=st.integers(min_value=0), bit=st.integers(min_value=0, max_value=7))
def test_one_bit_is_enough(at: int, bit: int) -> None:
    envelope = sealed()
    raw = bytearray(unb64(envelope["sealed"]))
    raw[at % len(raw)] ^= 1 << bit
    assert why({**envelope, "sealed": b64(bytes(raw))}) == Why.BAD_SEAL


@given(length=st.integers(min_value=0, max_value=1300))
def test_cut_short(length: int) -> None:
    envelope = sealed()
    raw = unb64(envelope["sealed"])[:length]
    if len(raw) < len(unb64(envelope["sealed"])):
        assert why({**envelope, "sealed": b64(raw)}) == Why.BAD_SEAL


@given(payload=st.binary(max_size=3000), info=st.binary(max_size=100))
def test_records_at_rest(payload: bytes, info: bytes) -> None:
    record = seal_bytes(payload, to=MASH.public, info=info)
    assert sealed_to(record) == MASH.kid
    assert open_bytes(record, key=MASH, info=info) == payload
    for key, told, expected in (
        (MASH, info + b"!", Why.BAD_SEAL),
        (SOMEBODY_ELSE, info, Why.WRONG_KEY),
    ):
        with pytest.raises(CannotOpen) as caught:
            open_bytes(record, key=key, info=told)
        assert caught.value.why == expected


@pytest.mark.parametrize("record", [b"", b"cb1", b"cb2\x00aaaaaaaa", b"\x00" * 40])
def test_no_record(record: bytes) -> None:
    with pytest.raises(CannotOpen) as caught:
        open_bytes(record, key=MASH, info=b"")
    assert caught.value.why == Why.MALFORMED


def test_a_record_and_an_envelope_are_not_each_other() -> None:
    """Both are sealed to keys of one kind: what one sort says is never opened as the other."""
    envelope = seal(PAYLOAD, to=MASH.public, signer=None, context=CONTEXT)
    record = b"cb1\x00" + bytes.fromhex(MASH.kid) + unb64(envelope["sealed"])
    with pytest.raises(CannotOpen):
        open_bytes(record, key=MASH, info=b"")
