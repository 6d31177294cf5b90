"""Changing the hub's own keys: the next one is made and made known; then it takes over; at last the older one goes.

    hub-seal.private-next.json     workers open with it already, and nothing is sealed to it yet
    hub-seal.private-….json        an older one: workers go on opening what was sealed to it
    retired-hub-seal.private-….json  nothing is sealed to it any more; no process reads it
    share-sign-next.json           published to agencies, and signs nothing yet; note-sign-next.json likewise

Each step may be killed at any moment and done again. At every moment the private half of whatever the public file
names is among those that a worker reads, and a key is gone from its old name only when it has its new one. Nothing
here looks into the database: what must be known or proved there, `hub.cli.hub_keys` sees to.
"""

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from agencies.keyfile import (
    Owner,
    keep_names,
    load_seal_private,
    load_sign_private,
    replace_public,
    save_key,
    unfinished,
)
from agencies.keys import SealPrivate, SealPublic, SignPrivate, generate_seal_key, generate_sign_key
from hub.errors import Conflict, NotFound, NotReady
from hub.keyfiles import hub_private_key, hub_public_key, next_file, private_files, read
from hub.settings import WebSettings, WorkerSettings

NOT_OURS_TO_CHANGE = (errno.EROFS, errno.EACCES, errno.EPERM, errno.EBUSY)
RETIRED = "retired-"
Private = TypeVar("Private", SealPrivate, SignPrivate)


# -- the key that seals what is accepted ----------------------------------------------------------------------


def next_seal_key(workers: WorkerSettings, *, agency: str) -> tuple[SealPrivate, bool]:
    """The key that is to take over, and whether it was made just now."""
    return _next(workers.hub_private_key_file, load_seal_private, generate_seal_key, agency=agency)


def seal_key_takes_over(web: WebSettings, workers: WorkerSettings) -> tuple[SealPublic, SealPublic]:
    """The older one and the new one, after the change. Where it was begun and not ended, it is ended."""
    path, agency = workers.hub_private_key_file, web.hub
    with _alone(path):
        held = read(load_seal_private, path)
        if next_file(path).exists():
            new = read(load_seal_private, next_file(path))
            older = path.with_name(f"{path.stem}-{held.kid}{path.suffix}")
            if not older.exists():
                save_key(older, held, agency=agency, owner=_owner(path))
            _take_place(path)
            old = held.public
        else:
            new, old = held, _left_behind(web, workers)
        public = web.hub_public_key_file
        with _changing(public):
            _clear_away(public)
            replace_public(
                public, new.public, agency=agency, owner=_owner(public if public.exists() else path)
            )
    return old, new.public


def is_half_done(web: WebSettings, workers: WorkerSettings) -> bool:
    """Whether a new private key is in place, and the public half is still that of an older one."""
    return hub_public_key(web).kid in older_seal_keys(workers)


def older_seal_keys(workers: WorkerSettings) -> dict[str, Path]:
    """Their files, by name of the key."""
    newest = newest_seal_keys(workers)
    beside = [one for one in private_files(workers) if one not in newest.values()]
    found = {read(load_seal_private, one).kid: one for one in beside}
    return {kid: file for kid, file in found.items() if kid not in newest}


def newest_seal_keys(workers: WorkerSettings) -> dict[str, Path]:
    """The file of the one in use, and of the one that is to take over if there is one, by name of the key."""
    path = workers.hub_private_key_file
    files = [path, next_file(path)] if next_file(path).exists() else [path]
    return {read(load_seal_private, file).kid: file for file in files}


def retire(web: WebSettings, workers: WorkerSettings, kid: str) -> Path:
    """Take an older key, which nothing needs any more, out of the workers' sight; answers with where it is now."""
    path = workers.hub_private_key_file
    with _alone(path):
        check_is_older(web, workers, kid)
        file = older_seal_keys(workers)[kid]
        retired = path.with_name(RETIRED + file.name)
        file.rename(retired)
        keep_names(path.parent)
    return retired


def check_is_older(web: WebSettings, workers: WorkerSettings, kid: str) -> None:
    """That this is an older sealing key, and neither the one in use nor the next."""
    path = workers.hub_private_key_file
    in_use = {hub_private_key(workers).kid}
    if web.hub_public_key_file.exists():
        in_use.add(hub_public_key(web).kid)
    if kid in in_use:
        raise Conflict(
            f"key {kid} is the hub's sealing key: what is accepted is sealed to it",
            next="`checkback keys hub rotate seal` lets another take over first",
        )
    if next_file(path).exists() and read(load_seal_private, next_file(path)).kid == kid:
        raise Conflict(
            f"key {kid} has not taken over yet, so it cannot be retired",
            next="`checkback keys hub rotate seal --take-over`",
        )
    if kid not in older_seal_keys(workers):
        raise NotFound(
            f"no older sealing key {kid} is in {path.parent}",
            next="`checkback keys hub list` shows those that are there",
        )


def _left_behind(web: WebSettings, workers: WorkerSettings) -> SealPublic:
    """The older key that the public file still names, after a change that was killed before its end."""
    if web.hub_public_key_file.exists() and is_half_done(web, workers):
        return hub_public_key(web)
    raise _none_waits("seal", workers.hub_private_key_file)


# -- the keys that sign -----------------------------------------------------------------------------------------


def next_signer(path: Path, *, agency: str) -> tuple[SignPrivate, bool]:
    """As `next_seal_key`, for a key that signs."""
    return _next(path, load_sign_private, generate_sign_key, agency=agency)


def waiting_signer(path: Path, *, which: str) -> tuple[SignPrivate, SignPrivate]:
    """The key that signs, and the one that is to take over."""
    _check_here(path)
    old = read(load_sign_private, path)
    if not next_file(path).exists():
        raise _none_waits(which, path)
    return old, read(load_sign_private, next_file(path))


def signer_takes_over(path: Path) -> None:
    """The older private half is no more: what it has signed is proved by its public half."""
    with _alone(path):
        _take_place(path)


# -- what both do -----------------------------------------------------------------------------------------------


def _next(
    path: Path, load: Callable[[Path], Private], make: Callable[[], Private], *, agency: str
) -> tuple[Private, bool]:
    with _alone(path):
        read(load, path)  # one that cannot be read is not to be followed by another: it must be restored
        if next_file(path).exists():
            return read(load, next_file(path)), False
        key = make()
        save_key(next_file(path), key, agency=agency, owner=_owner(path))
        return key, True


def _check_here(path: Path) -> None:
    if not path.exists():
        raise NotReady(
            f"the hub's key file {path} is not here",
            next="a key is changed where its private half is: give this command the directory in CHECKBACK_KEYS",
        )


def _take_place(path: Path) -> None:
    next_file(path).replace(path)
    keep_names(path.parent)


def _clear_away(path: Path) -> None:
    """What a step that was killed left half written."""
    for stray in unfinished(path):
        stray.unlink(missing_ok=True)


def _none_waits(which: str, path: Path) -> Conflict:
    return Conflict(
        f"no key waits to take over from {path}: it has, or none was made",
        next=f"`checkback keys hub list` shows the one in use; `checkback keys hub rotate {which}` makes the next",
    )


def _owner(path: Path) -> Owner | None:
    """Root leaves a file to whoever has the one beside it: the process that reads it does not run as root."""
    if os.geteuid() != 0:
        return None
    held = path.stat()
    return held.st_uid, held.st_gid


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Nobody else changes keys in this directory meanwhile."""
    _check_here(path)
    with _changing(path):
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _clear_away(path)
            yield
        except BlockingIOError:
            raise Conflict(
                f"somebody else changes a key in {path.parent} at this moment",
                next="wait until they are done, and look at `checkback keys hub list`",
            ) from None
        finally:
            os.close(descriptor)


@contextmanager
def _changing(path: Path) -> Iterator[None]:
    """A file that is only lent to this machine or container is changed where it is kept."""
    next_ = "change it where it is kept, and give each process the new files: docs/operations.md says in which order"
    if path.is_symlink():
        raise NotReady(f"{path} is only a link to where the key is kept", next=next_)
    try:
        yield
    except OSError as fault:
        if fault.errno not in NOT_OURS_TO_CHANGE:
            raise
        raise NotReady(
            f"this process may not change the keys in {path.parent} ({os.strerror(fault.errno)})", next=next_
        ) from None
