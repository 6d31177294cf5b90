"""Keys in files: one key a file, JSON, readable by its owner alone.

A private key that is overwritten is lost, with all that was sealed to it, so nothing here overwrites a private half.
A file appears whole or not at all, whenever its writer is killed. A public half can be read from either sort of file;
a private half only from a private one.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agencies.keys import BadKey, SealPrivate, SealPublic, SignPrivate, SignPublic, Use, b64, unb64

FORMAT = 1
Key = SealPrivate | SealPublic | SignPrivate | SignPublic
Owner = tuple[int, int]  # user and group


def save_key(path: Path, key: Key, *, agency: str, owner: Owner | None = None) -> None:
    """Write `key` to a new file: a private half with mode 0600, a public half with 0644."""
    private = isinstance(key, SealPrivate | SignPrivate)
    write_new(path, _text(key, agency), mode=0o600 if private else 0o644, owner=owner)


def replace_public(path: Path, key: SealPublic, *, agency: str, owner: Owner | None = None) -> None:
    """Put a public half in the place of another, which can always be made again from its private one."""
    _write(path, _text(key, agency), os.replace, mode=0o644, owner=owner)


def write_new(path: Path, text: str, *, mode: int = 0o600, owner: Owner | None = None) -> None:
    """Write a file that is not there yet; FileExistsError if it is."""
    _write(path, text, os.link, mode=mode, owner=owner)


def write_over(path: Path, text: str) -> None:
    """Write a file for its owner alone, in the place of one that may be there."""
    _write(path, text, os.replace, mode=0o600, owner=None)


def keep_names(folder: Path) -> None:
    """Have the disk keep which files are there: what is sealed to a key must not outlive its name."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unfinished(path: Path) -> list[Path]:
    """What a writer that was killed left of this file, or of one whose name begins like it."""
    return list(path.parent.glob(f".{path.stem}*.new"))


def _write(
    path: Path, text: str, put: Callable[[Path, Path], None], *, mode: int, owner: Owner | None
) -> None:
    new = path.with_name(f".{path.name}.{os.getpid()}.new")  # hidden: whoever looks for keys does not see it
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            if owner is not None:
                os.fchown(descriptor, *owner)
            os.fsync(descriptor)  # what is sealed to a key must not outlive it
        put(new, path)
    finally:
        new.unlink(missing_ok=True)
    keep_names(path.parent)


def _text(key: Key, agency: str) -> str:
    public = key.public if isinstance(key, SealPrivate | SignPrivate) else key
    told: dict[str, Any] = {
        "checkback_key": FORMAT,
        "agency": agency,
        "use": "seal" if isinstance(public, SealPublic) else "sign",
        "kid": public.kid,
        "public": b64(public.raw),
    }
    if isinstance(key, SealPrivate | SignPrivate):
        told["private"] = b64(key.seed)
    return json.dumps(told, indent=2) + "\n"


def load_seal_private(path: Path) -> SealPrivate:
    key = SealPrivate(_half(path, "seal", "private"))
    _agrees(path, key.public.raw)
    return key


def load_sign_private(path: Path) -> SignPrivate:
    key = SignPrivate(_half(path, "sign", "private"))
    _agrees(path, key.public.raw)
    return key


def load_seal_public(path: Path) -> SealPublic:
    return SealPublic(_half(path, "seal", "public"))


def load_sign_public(path: Path) -> SignPublic:
    return SignPublic(_half(path, "sign", "public"))


def agency_of(path: Path) -> str:
    """Whose key the file holds."""
    agency = _read(path).get("agency")
    if not isinstance(agency, str):
        raise BadKey(f'{path} does not say whose key it is: it needs an "agency"')
    return agency


def _half(path: Path, use: Use, half: str) -> bytes:
    told = _read(path)
    if told.get("use") != use:
        raise BadKey(f"{path} holds a key to {told.get('use')} with, and a key to {use} with is needed")
    text = told.get(half)
    if not isinstance(text, str):
        raise BadKey(f"{path} has no {half} half: give the file that was written when the key was generated")
    return unb64(text)


def _agrees(path: Path, public: bytes) -> None:
    if _half(path, _read(path)["use"], "public") != public:
        raise BadKey(f"{path} is damaged: its public half does not belong to its private half")


def _read(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise BadKey(f"{path} is not a key file: it is not JSON") from None
    if not isinstance(told, dict) or told.get("checkback_key") != FORMAT:
        raise BadKey(f'{path} is not a key file of format {FORMAT}: it has no "checkback_key": {FORMAT}')
    return told
