"""The envelope as it is published: its vectors, its document, and another implementation of both.

The vectors in docs/ are opened by our code and by JavaScript on another HPKE; each also opens what the other
seals today. A change that breaks one of these breaks every agency that wrote its own.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from agencies.keys import (
    NoKey,
    SealPrivate,
    SignPrivate,
    SignPublic,
    b64,
    generate_seal_key,
    generate_sign_key,
    unb64,
)
from agencies.seal import CannotOpen, Context, Why, bound, open_bytes, open_sealed, seal, seal_bytes
from tests.contract import peer
from tests.contract.vectors import CONTEXTS, PAYLOADS, WRONG

DOCS = Path(__file__).parents[2] / "docs"
PUBLISHED: dict[str, Any] = json.loads((DOCS / "envelope-vectors.json").read_text(encoding="utf-8"))
AGENCY = SealPrivate(unb64(PUBLISHED["seal_key"]["private"]))
HUB = SignPrivate(unb64(PUBLISHED["sign_key"]["private"]))
SIGNERS = {HUB.kid: b64(HUB.public.raw)}


def the_hub(kid: str) -> SignPublic:
    if kid != HUB.kid:
        raise NoKey("not the hub")
    return HUB.public


def verify_for(envelope: dict[str, Any]) -> Any:  # noqa: ANN401 - a function or None
    return None if envelope["context"]["purpose"] == "message" else the_hub


def signers_for(envelope: dict[str, Any]) -> dict[str, str] | None:
    return None if envelope["context"]["purpose"] == "message" else SIGNERS


def named(vectors: list[dict[str, Any]]) -> Any:  # noqa: ANN401 - pytest's own
    return [pytest.param(vector, id=vector["name"]) for vector in vectors]


def test_the_keys_of_the_vectors() -> None:
    assert b64(AGENCY.public.raw) == PUBLISHED["seal_key"]["public"]
    assert b64(HUB.public.raw) == PUBLISHED["sign_key"]["public"]
    assert (AGENCY.kid, HUB.kid) == (PUBLISHED["seal_key"]["kid"], PUBLISHED["sign_key"]["kid"])
    assert {vector["name"] for vector in PUBLISHED["does_not_open"]} == set(WRONG)


@pytest.mark.parametrize("vector", named(PUBLISHED["opens"]))
def test_ours_opens(vector: dict[str, Any]) -> None:
    envelope, payload = vector["envelope"], unb64(vector["payload"])
    assert open_sealed(envelope, key=AGENCY, verify=verify_for(envelope)) == payload
    info = unb64(vector["info"])
    assert bound(envelope) == info
    if vector["signature"] is not None:
        assert HUB.sign(info + payload) == unb64(vector["signature"])


@pytest.mark.parametrize("vector", named(PUBLISHED["does_not_open"]))
def test_ours_does_not_open(vector: dict[str, Any]) -> None:
    with pytest.raises(CannotOpen) as caught:
        open_sealed(vector["envelope"], key=AGENCY, verify=the_hub)
    assert caught.value.why == Why(vector["why"])


def test_ours_opens_the_record() -> None:
    record = PUBLISHED["record"]
    opened = open_bytes(unb64(record["record"]), key=AGENCY, info=unb64(record["info"]))
    assert opened == unb64(record["payload"])


# -- another implementation ---------------------------------------------------------------------------------


@cache
def theirs() -> dict[str, dict[str, Any]]:
    """What the other implementation makes of every vector."""
    vectors = PUBLISHED["opens"] + PUBLISHED["does_not_open"]
    asked = [
        {
            "act": "open",
            "envelope": one["envelope"],
            "seed": b64(AGENCY.seed),
            "signers": signers_for(one["envelope"]),
        }
        for one in vectors
    ]
    return dict(zip((one["name"] for one in vectors), peer.ask(*asked), strict=True))


@pytest.mark.parametrize("vector", named(PUBLISHED["opens"]))
def test_theirs_opens(vector: dict[str, Any]) -> None:
    assert theirs()[vector["name"]] == {"done": vector["payload"]}


@pytest.mark.parametrize("vector", named(PUBLISHED["does_not_open"]))
def test_theirs_does_not_open(vector: dict[str, Any]) -> None:
    assert "failed" in theirs()[vector["name"]]


@pytest.mark.parametrize("name", PAYLOADS)
def test_theirs_opens_what_ours_seals_today(name: str) -> None:
    key, signer = generate_seal_key(), generate_sign_key()
    payload = PAYLOADS[name].encode() * 50
    envelope = seal(payload, to=key.public, signer=signer, context=CONTEXTS[name])
    (came,) = peer.ask(
        {
            "act": "open",
            "envelope": envelope,
            "seed": b64(key.seed),
            "signers": {signer.kid: b64(signer.public.raw)},
        }
    )
    assert came == {"done": b64(payload)}


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("name", PAYLOADS)
def test_ours_opens_what_theirs_seals_today(name: str, *, signed: bool) -> None:
    key, signer = generate_seal_key(), generate_sign_key()
    context: Context = CONTEXTS[name]
    theirs = {"kid": signer.kid, "private": b64(signer.seed), "public": b64(signer.public.raw)}
    (came,) = peer.ask(
        {
            "act": "seal",
            "payload": b64(PAYLOADS[name].encode()),
            "to": b64(key.public.raw),
            "to_kid": key.kid,
            "signer": theirs if signed else None,
            "context": context.told(),
        }
    )
    verify = (lambda _: signer.public) if signed else None
    opened = open_sealed(came["done"], key=key, verify=verify, expect=context)
    assert opened == PAYLOADS[name].encode()


def test_theirs_opens_a_record() -> None:
    key = generate_seal_key()
    record = seal_bytes(b"kept", to=key.public, info=b"what it is")
    asked = {"act": "open_record", "record": b64(record), "seed": b64(key.seed), "info": b64(b"what it is")}
    published = {
        "act": "open_record",
        "record": PUBLISHED["record"]["record"],
        "seed": b64(AGENCY.seed),
        "info": PUBLISHED["record"]["info"],
    }
    assert peer.ask(asked, published) == [{"done": b64(b"kept")}, {"done": PUBLISHED["record"]["payload"]}]


# -- the document -------------------------------------------------------------------------------------------


def test_the_document_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every Python block of docs/envelope.md, in order, as one program."""
    monkeypatch.chdir(DOCS.parent)
    text = (DOCS / "envelope.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    assert blocks
    exec(compile("\n".join(blocks), "docs/envelope.md", "exec"), {})  # noqa: S102 - our own document


@pytest.mark.parametrize("word", [*Why, *Context.__dataclass_fields__, "share", "copy", "note", "message"])
def test_the_document_names_everything(word: str) -> None:
    assert f"`{word}`" in (DOCS / "envelope.md").read_text(encoding="utf-8")
