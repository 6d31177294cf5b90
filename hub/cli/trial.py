"""Agencies to try a hub with: each of the example directory gets a key and a credential, kept in `var/demo`.

Only an embedded hub makes them. `agencies.json` holds private keys and tokens, so it is readable by its owner alone;
beside it each agency's token stands in a file of its own, for curl.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection

from agencies.callers import NotAToken, issue, parse_token
from agencies.client import Checkback
from agencies.keychain import Keychain
from agencies.keyfile import write_over
from agencies.keys import KeyRow, SignPublic, generate_seal_key
from hub.errors import NotFound
from hub.store import registry

FILE = "agencies.json"


@dataclass(frozen=True)
class Trial:
    """One agency to try with: its token, and its keys."""

    agency: str
    token: str
    keychain: Keychain

    def client(self, url: str) -> Checkback:
        return Checkback(url, self.token, self.keychain)

    def believing(self, share_signer: SignPublic, note_signer: SignPublic) -> Self:
        """The same, which also believes these: what older ones have signed is believed as before."""
        keys = self.keychain
        shares = dict.fromkeys((*keys.share_signers, share_signer))
        notes = dict.fromkeys((*keys.note_signers, note_signer))
        return replace(self, keychain=replace(keys, share_signers=tuple(shares), note_signers=tuple(notes)))

    def told(self) -> dict[str, Any]:
        return {"token": self.token, "keychain": self.keychain.told()}

    @classmethod
    def read(cls, agency: str, told: Mapping[str, Any]) -> Self:
        return cls(agency, told["token"], Keychain.read(told["keychain"]))


def directory_of(home: Path) -> Path:
    return home / "demo"


def load(home: Path) -> dict[str, Trial]:
    """All of them, by agency; none when this hub has none."""
    try:
        told = json.loads((directory_of(home) / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {agency: Trial.read(agency, one) for agency, one in told["agencies"].items()}


def get(home: Path, agency: str) -> Trial:
    found = load(home)
    if not found:
        raise NotFound(
            f"no hub with agencies to try is kept in {home.resolve()}",
            next="go to the directory where `checkback up` (or make run) was started, or set CHECKBACK_HOME; with a hub"
            " of others, give --token-file and --keychain",
        )
    if agency not in found:
        raise NotFound(
            f"{directory_of(home) / FILE} has no agency {agency}",
            next="`checkback agencies list` shows the ids; with a hub of others, give --token-file and --keychain",
        )
    return found[agency]


def make_missing(
    conn: Connection,
    home: Path,
    agencies: list[str],
    *,
    hub: str,
    share_signer: SignPublic,
    note_signer: SignPublic,
    at: datetime,
) -> int:
    """Give every agency a key and a credential, unless it has them already. Answers with how many are new.

    Those that have them learn of the keys that the hub signs with now, as an agency's own people would see to it.

    The file is written before the database hears: a kill in between leaves tokens that no hub knows, and the next
    start makes others in their place.
    """
    found = load(home)
    known = {id_ for id_, one in registry.credentials(conn).items() if one.is_good(at)}
    kids = {row.kid for row in registry.key_rows(conn) if row.good(at)}
    held = {
        name: one.believing(share_signer, note_signer)
        for name, one in found.items()
        if _is_known(one, known, kids)
    }
    new: dict[str, Trial] = {}
    rows, credentials = [], []
    for agency in agencies:
        if agency in held:
            continue
        key = generate_seal_key()
        credential, token = issue(agency, now=at, label="trial")
        rows.append(KeyRow.of(key.public, agency=agency, since=at))
        credentials.append(credential)
        keychain = Keychain(agency, (key,), (share_signer,), (note_signer,), hub=hub)
        new[agency] = Trial(agency, token, keychain)
    if {**held, **new} != found:
        _write(home, {**held, **new})
    if new:
        registry.save_keys(conn, rows)
        for credential in credentials:
            registry.save_credential(conn, credential)
    return len(new)


def _is_known(one: Trial, credentials: set[str], kids: set[str]) -> bool:
    try:
        return parse_token(one.token)[0] in credentials and one.keychain.own[0].kid in kids
    except NotAToken:
        return False


def _write(home: Path, trials: Mapping[str, Trial]) -> None:
    where = directory_of(home)
    where.mkdir(mode=0o700, parents=True, exist_ok=True)
    told = {"agencies": {name: one.told() for name, one in sorted(trials.items())}}
    write_over(where / FILE, json.dumps(told, indent=1) + "\n")
    for name, one in trials.items():
        write_over(where / f"{name}.token", one.token + "\n")
