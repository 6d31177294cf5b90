"""The hub's own keys, as files: made once, read by the process that may.

    hub-seal.public.json    web       seals what is accepted
    hub-seal.private.json   workers   open it again                     (never on a web machine)
    share-sign.json         workers   sign shares and file copies       (never on a web machine)
    note-sign.json          web       signs notes
    records.json            both      names of people in the hub's records
    pseudonyms.json         workers   tell that two messages are about one child    (never on a web machine)

Losing `hub-seal.private.json` loses every message that is not delivered yet, losing `records.json` every name in the
records, and losing `pseudonyms.json` whom older messages are about: back them up, apart from the database. Nothing
here overwrites a file.

While one is being changed, the next stands beside it (`hub-seal.private-next.json`, `share-sign-next.json`), and the
older sealing keys after it (`hub-seal.private-….json`): see `hub.rotation`.
"""

import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from agencies.keyfile import (
    load_seal_private,
    load_seal_public,
    load_sign_private,
    load_sign_public,
    save_key,
    write_new,
)
from agencies.keys import (
    BadKey,
    KeyRow,
    SealPrivate,
    SealPublic,
    SignPrivate,
    Signs,
    b64,
    generate_seal_key,
    generate_sign_key,
    unb64,
)
from hub.errors import NotReady
from hub.pseudonyms import Pseudonyms
from hub.records import Records
from hub.settings import Settings, WebSettings, WorkerSettings

PLAIN_KEY = 32  # bytes of a key that is a secret and nothing else

Loaded = TypeVar("Loaded")


def hub_public_key(settings: Settings) -> SealPublic:
    return read(load_seal_public, settings.hub_public_key_file)


def records(settings: Settings) -> Records:
    return Records(read(_plain_key_of("records"), settings.records_key_file))


def pseudonyms(settings: WorkerSettings) -> Pseudonyms:
    return Pseudonyms(read(_plain_key_of("pseudonyms"), settings.pseudonym_key_file))


def note_signer(settings: WebSettings) -> SignPrivate:
    return read(load_sign_private, settings.note_signing_key_file)


def hub_private_key(settings: WorkerSettings) -> SealPrivate:
    return read(load_seal_private, settings.hub_private_key_file)


def hub_private_keys(settings: WorkerSettings) -> dict[str, SealPrivate]:
    """The hub's private key, and those beside it: the next one, and the older ones.

    What was accepted before a rotation is sealed to an older key, and waits in the outbox or for a redirect. The next
    one is there before anything is sealed to it, so that no worker meets a message that it cannot open.
    """
    newest = hub_private_key(settings)
    beside = [read(load_seal_private, path) for path in private_files(settings)]
    return {key.kid: key for key in (*beside, newest)}


def private_files(settings: WorkerSettings) -> list[Path]:
    path = settings.hub_private_key_file
    return sorted(path.parent.glob(f"{path.stem}*{path.suffix}"))


def share_signer(settings: WorkerSettings) -> SignPrivate:
    return read(load_sign_private, settings.share_signing_key_file)


def next_file(path: Path) -> Path:
    """Where the key waits that is to take over from the one in `path`."""
    return path.with_name(f"{path.stem}-next{path.suffix}")


def read(how: Callable[[Path], Loaded], path: Path) -> Loaded:
    """Read a file of the hub's own; or say what is wrong with it, and what to do."""
    try:
        return how(path)
    except FileNotFoundError:
        raise NotReady(
            f"the hub's key file {path} is missing",
            next="restore it from the backup of the keys; for a new hub, make all with `checkback keys hub`",
        ) from None
    except PermissionError:
        raise NotReady(
            f"this process may not read {path}", next="give the file to the account that the process runs as"
        ) from None
    except BadKey as fault:
        raise NotReady(str(fault), next="restore the file from the backup of the keys") from None


def make_missing(web: WebSettings, workers: WorkerSettings) -> list[Path]:
    """Make those of the hub's keys that are not there yet; answers with the files made."""
    made: list[Path] = []
    if not workers.hub_private_key_file.exists():
        if workers.hub_public_key_file.exists():
            raise NotReady(
                f"{workers.hub_public_key_file} is there but {workers.hub_private_key_file} is not",
                next="restore the private key from the backup: what is sealed to it opens with nothing else",
            )
        _make(made, workers.hub_private_key_file, generate_seal_key(), agency=web.hub)
    if not web.hub_public_key_file.exists():
        public = load_seal_private(workers.hub_private_key_file).public
        _make(made, web.hub_public_key_file, public, agency=web.hub)
    for path in (workers.share_signing_key_file, web.note_signing_key_file):
        if not path.exists():
            _make(made, path, generate_sign_key(), agency=web.hub)
    for path, use in ((web.records_key_file, "records"), (workers.pseudonym_key_file, "pseudonyms")):
        if not path.exists():
            _write_plain_key(path, use)
            made.append(path)
    return made


def public_rows(web: WebSettings, workers: WorkerSettings, *, since: datetime) -> list[KeyRow]:
    """What agencies must know to believe the hub: the public halves of its signing keys, as far as they are here.

    Those that are to take over are told as well: an agency believes them before they sign.
    """
    signers: dict[Path, Signs] = {
        workers.share_signing_key_file: "shares",
        web.note_signing_key_file: "notes",
    }
    return [
        KeyRow.of(read(load_sign_public, path), agency=web.hub, since=since, signs=signs)
        for file, signs in signers.items()
        for path in (file, next_file(file))
        if path.exists()
    ]


def _make(made: list[Path], path: Path, key: SealPrivate | SealPublic | SignPrivate, *, agency: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    save_key(path, key, agency=agency)
    made.append(path)


def _write_plain_key(path: Path, use: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    told = {"checkback_key": 1, "use": use, "key": b64(os.urandom(PLAIN_KEY))}
    write_new(path, json.dumps(told, indent=2) + "\n")


def _plain_key_of(use: str) -> Callable[[Path], bytes]:
    def load(path: Path) -> bytes:
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            key = unb64(told["key"]) if told["use"] == use else b""
        except (ValueError, KeyError, TypeError):
            key = b""
        if len(key) != PLAIN_KEY:
            raise BadKey(
                f"{path} is not a {use} key: a JSON file with use `{use}` and a key of {PLAIN_KEY} bytes"
            )
        return key

    return load
