"""`checkback keys keychain`, as an agency's own people make one: with their key, their token, and the hub's word."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from agencies.client import Checkback, Keychain
from agencies.keyfile import save_key
from agencies.keys import BadKey, generate_seal_key
from hub import keyfiles
from hub.cli.app import app
from tests.web.served import SEAL_KEYS, SENDER, TAKER, Served


def make(hub: Served, into: Path, *own: Path) -> str:
    token = into.parent / "token"
    token.write_text(hub.tokens[TAKER])
    command = [
        "keys",
        "keychain",
        *map(str, own),
        "--url",
        hub.url,
        "--token-file",
        str(token),
        "--into",
        str(into),
    ]
    done = CliRunner().invoke(app, command)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def test_it_opens_what_comes_and_tells_whom_it_believes(hub: Served, tmp_path: Path) -> None:
    own, into = tmp_path / "own.json", tmp_path / "keychain.json"
    save_key(own, SEAL_KEYS[TAKER], agency=TAKER)
    said = make(hub, into, own)
    assert into.stat().st_mode & 0o077 == 0
    for key in hub.get(TAKER, "/v1/keys").json()["keys"]:
        assert f"{key['kid']}  signs {key['signs']}" in said
    hub.received()
    with Checkback(hub.url, hub.tokens[TAKER], Keychain.read(json.loads(into.read_text()))) as taker:
        share = next(one.share for one in taker.events().events if one.event == "share.send")
        assert share is not None
        assert taker.keys.open_share(taker.share(share))["message"]["children"]


def test_made_again_it_keeps_the_older_keys(hub: Served, tmp_path: Path) -> None:
    old, new, into = tmp_path / "old.json", tmp_path / "new.json", tmp_path / "keychain.json"
    save_key(old, SEAL_KEYS[TAKER], agency=TAKER)
    make(hub, into, old)
    newer = generate_seal_key()
    save_key(new, newer, agency=TAKER)
    make(hub, into, new)
    held = Keychain.read(json.loads(into.read_text()))
    assert held.own == (newer, SEAL_KEYS[TAKER])
    assert len(held.share_signers) == len(held.note_signers) == 1
    signer = keyfiles.share_signer(hub.workers).kid
    with hub.engine.begin() as conn:
        conn.execute(text("UPDATE agency_key SET revoked_at = now() WHERE kid = :k"), {"k": signer})
    make(hub, into, new)
    assert Keychain.read(json.loads(into.read_text())).share_signers == (), "what was revoked is not believed"
    held = Keychain.read(json.loads(into.read_text()))
    other = tmp_path / "other.json"
    save_key(other, SEAL_KEYS[SENDER], agency=SENDER)
    with pytest.raises(BadKey, match=SENDER):
        make(hub, into, other)
    assert Keychain.read(json.loads(into.read_text())) == held


def test_what_the_keychain_does_not_open_is_not_received(hub: Served, tmp_path: Path) -> None:
    """The sender's grid would say that it arrived, and nobody there could read it."""
    own, into = tmp_path / "own.json", tmp_path / "keychain.json"
    save_key(own, generate_seal_key(), agency=TAKER)  # not the one that is registered
    make(hub, into, own)
    hub.sent()
    command = ["inbox", "--receive", "--url", hub.url, "--token-file", str(tmp_path / "token")]
    blind = CliRunner().invoke(app, [*command, "--keychain", str(into)])
    assert blind.exit_code == 1
    assert "0 received" in blind.output
    assert "not received" in blind.stderr
    assert len(hub.get(TAKER, "/v1/inbox").json()["shares"]) == 1
    save_key(tmp_path / "right.json", SEAL_KEYS[TAKER], agency=TAKER)
    make(hub, into, tmp_path / "right.json")
    assert "1 received" in CliRunner().invoke(app, [*command, "--keychain", str(into)]).output
