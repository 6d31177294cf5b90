"""Keys name themselves, are dated, rotate with an overlap and can be revoked."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agencies.keyfile import (
    agency_of,
    load_seal_private,
    load_seal_public,
    load_sign_private,
    load_sign_public,
    save_key,
)
from agencies.keys import (
    BadKey,
    KeyRing,
    KeyRow,
    NoKey,
    SealPrivate,
    SealPublic,
    SignPrivate,
    SignPublic,
    b64,
    generate_seal_key,
    generate_sign_key,
    rotate,
    unb64,
)

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MASH = "sandwell-mash"


def row(*, since: datetime = NOON, agency: str = MASH) -> KeyRow:
    return KeyRow.of(generate_seal_key().public, agency=agency, since=since)


def test_a_key_names_itself() -> None:
    key = generate_seal_key()
    assert key.kid == SealPublic(key.public.raw).kid
    assert len(key.kid) == 16
    with pytest.raises(BadKey):
        KeyRow("0" * 16, MASH, "seal", key.public.raw, NOON)


def test_a_seed_is_all_of_a_key() -> None:
    seal, sign = generate_seal_key(), generate_sign_key()
    assert SealPrivate(seal.seed).public == seal.public
    assert SignPrivate(sign.seed).public == sign.public


def test_a_private_key_does_not_print_itself() -> None:
    for key in (generate_seal_key(), generate_sign_key()):
        assert b64(key.seed) not in repr(key)
        assert str(key.seed) not in repr(key)


@pytest.mark.parametrize("make", [SealPrivate, SignPrivate, SealPublic, SignPublic])
@pytest.mark.parametrize("length", [0, 31, 33, 1215])
def test_bytes_of_another_length_are_no_key(
    make: type[SealPrivate | SignPrivate | SealPublic | SignPublic], length: int
) -> None:
    with pytest.raises(BadKey, match="bytes"):
        make(bytes(length))


def test_a_public_seal_key_that_no_lattice_has() -> None:
    with pytest.raises(BadKey, match="ML-KEM"):
        _ = SealPublic(b"\xff" * 1216).hpke


@pytest.mark.parametrize("text", ["a b", "a+b/", "é", "a", "====", "ab\n"])
def test_base64url_is_strict(text: str) -> None:
    with pytest.raises(BadKey):
        unb64(text)


def test_signing() -> None:
    key = generate_sign_key()
    signature = key.sign(b"said")
    assert key.public.verifies(signature, b"said")
    assert not key.public.verifies(signature, b"unsaid")
    assert not generate_sign_key().public.verifies(signature, b"said")


def test_the_newest_valid_key_receives() -> None:
    old, new = row(since=NOON - 10 * DAY), row(since=NOON)
    ring = KeyRing([old, new, row(since=NOON - DAY, agency="camden-mash")])
    assert ring.seal_key(MASH, NOON - DAY).kid == old.kid
    assert ring.seal_key(MASH, NOON).kid == new.kid
    with pytest.raises(NoKey, match=r"sandwell-mash.*register"):
        ring.seal_key(MASH, NOON - 11 * DAY)
    with pytest.raises(NoKey):
        ring.seal_key("birmingham-mash", NOON)


def test_rotation_overlaps() -> None:
    old, new = row(since=NOON - 10 * DAY), row(since=NOON)
    other = row(since=NOON - 10 * DAY, agency="camden-mash")
    speaks = KeyRow.of(generate_sign_key().public, agency=MASH, since=NOON - 10 * DAY)
    first, ended = rotate([old, other, speaks], new, overlap=7 * DAY)
    assert first == new
    assert ended.kid == old.kid
    assert ended.valid_to == NOON + 7 * DAY
    assert ended.good(NOON + 6 * DAY)
    assert not ended.good(NOON + 7 * DAY)
    # An end that comes sooner stands.
    assert rotate([ended], row(since=NOON + DAY), overlap=30 * DAY)[1:] == ()


def test_revoked_from_that_moment() -> None:
    old, new = row(since=NOON - 10 * DAY), row(since=NOON - DAY)
    revoked = new.revoke(NOON)
    assert revoked.revoke(NOON + DAY) == revoked
    assert KeyRing([old, revoked]).seal_key(MASH, NOON - timedelta(seconds=1)).kid == new.kid
    assert KeyRing([old, revoked]).seal_key(MASH, NOON).kid == old.kid


def test_who_may_have_signed() -> None:
    key = generate_sign_key()
    begun = KeyRow.of(key.public, agency="hub", since=NOON)
    ring = KeyRing([begun])
    assert ring.verify_key(key.kid, NOON) == key.public
    for moment in (NOON - DAY, NOON + 2 * DAY):
        with pytest.raises(NoKey, match=key.kid):
            KeyRing([begun.revoke(NOON + DAY)]).verify_key(key.kid, moment)
    with pytest.raises(NoKey):
        ring.verify_key(row().kid, NOON)


def test_key_files(tmp_path: Path) -> None:
    seal, sign = generate_seal_key(), generate_sign_key()
    save_key(tmp_path / "seal.json", seal, agency=MASH)
    save_key(tmp_path / "sign.json", sign, agency=MASH)
    save_key(tmp_path / "seal.public.json", seal.public, agency=MASH)
    save_key(tmp_path / "sign.public.json", sign.public, agency=MASH)
    assert load_seal_private(tmp_path / "seal.json") == seal
    assert load_sign_private(tmp_path / "sign.json") == sign
    assert load_seal_public(tmp_path / "seal.public.json") == seal.public
    assert load_sign_public(tmp_path / "sign.json") == sign.public
    assert agency_of(tmp_path / "seal.json") == MASH
    assert stat.S_IMODE((tmp_path / "seal.json").stat().st_mode) == 0o600
    assert b64(seal.seed) not in (tmp_path / "seal.public.json").read_text()


def test_a_key_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "seal.json"
    save_key(path, generate_seal_key(), agency=MASH)
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        save_key(path, generate_seal_key(), agency=MASH)
    assert path.read_bytes() == before


def test_what_is_wrong_with_a_key_file(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    save_key(path, generate_seal_key(), agency=MASH)
    told = json.loads(path.read_text())
    other = b64(generate_seal_key().public.raw)
    with pytest.raises(BadKey, match="to sign with is needed"):
        load_sign_private(path)
    for change, says in (
        ({"private": None}, "no private half"),
        ({"public": other}, "damaged"),
        ({"checkback_key": 9}, "format 1"),
    ):
        path.write_text(json.dumps(told | change))
        with pytest.raises(BadKey, match=says):
            load_seal_private(path)
    path.write_text("not JSON")
    with pytest.raises(BadKey, match="not JSON"):
        load_seal_private(path)
    path.write_text(json.dumps({"checkback_key": 1}))
    with pytest.raises(BadKey, match="whose key"):
        agency_of(path)
