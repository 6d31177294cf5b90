"""The hub's own key files: made once, never overwritten, and each read by the process that may."""

import json
from pathlib import Path

import pytest

from hub import keyfiles
from hub.errors import NotReady
from hub.settings import WebSettings, WorkerSettings


def both(home: Path) -> tuple[WebSettings, WorkerSettings]:
    return WebSettings(home=home), WorkerSettings(home=home)


def test_all_are_made_once_and_only_for_their_owner(tmp_path: Path) -> None:
    web, workers = both(tmp_path)
    made = keyfiles.make_missing(web, workers)
    assert {path.name for path in made} == {
        "hub-seal.private.json",
        "hub-seal.public.json",
        "share-sign.json",
        "note-sign.json",
        "records.json",
        "pseudonyms.json",
    }
    assert all(path.stat().st_mode & 0o077 == 0 for path in made if "public" not in path.name)
    before = {path: path.read_bytes() for path in made}
    assert keyfiles.make_missing(web, workers) == []
    assert {path: path.read_bytes() for path in made} == before


def test_they_belong_together(tmp_path: Path) -> None:
    web, workers = both(tmp_path)
    keyfiles.make_missing(web, workers)
    assert keyfiles.hub_private_key(workers).public == keyfiles.hub_public_key(web)
    assert keyfiles.note_signer(web) != keyfiles.share_signer(workers)
    hidden = keyfiles.records(web).hide("a name", where="here")
    assert keyfiles.records(workers).show(hidden, where="here") == "a name"


def test_a_lost_public_half_is_made_again_from_the_private(tmp_path: Path) -> None:
    web, workers = both(tmp_path)
    keyfiles.make_missing(web, workers)
    public = keyfiles.hub_public_key(web)
    web.hub_public_key_file.unlink()
    keyfiles.make_missing(web, workers)
    assert keyfiles.hub_public_key(web) == public


def test_a_lost_private_key_is_never_replaced_in_silence(tmp_path: Path) -> None:
    web, workers = both(tmp_path)
    keyfiles.make_missing(web, workers)
    workers.hub_private_key_file.unlink()
    with pytest.raises(NotReady, match="is not") as fault:
        keyfiles.make_missing(web, workers)
    assert "backup" in fault.value.next


def test_what_is_missing_or_damaged_is_said_with_what_to_do(tmp_path: Path) -> None:
    web, workers = both(tmp_path)
    with pytest.raises(NotReady, match="missing"):
        keyfiles.hub_public_key(web)
    keyfiles.make_missing(web, workers)
    for text in (
        "not JSON",
        json.dumps({"use": "seal"}),
        json.dumps({"use": "records", "key": "AAAA"}),
        "[]",
    ):
        web.records_key_file.write_text(text)
        with pytest.raises(NotReady, match="not a records key"):
            keyfiles.records(web)


def test_the_web_process_has_no_name_for_the_private_key(tmp_path: Path) -> None:
    web, workers = both(tmp_path)
    named = {
        name for name in type(web).model_fields if {"private", "share", "pseudonym"} & set(name.split("_"))
    }
    assert named == set()
    assert workers.hub_private_key_file.parent == tmp_path / "keys"
