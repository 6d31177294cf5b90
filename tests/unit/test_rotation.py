"""Changing the hub's own key files: killed at any moment, no key is lost, and the same step done again ends it."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from agencies.keyfile import load_seal_private, load_sign_private
from hub import keyfiles, rotation
from hub.errors import CheckbackError, Conflict, NotReady
from hub.settings import WebSettings, WorkerSettings

ROOT = Path(__file__).parents[2]
HUB = "hub.test"
TOUCHES = ("open", "os.rename", "os.link", "os.remove")  # Python tells of each before it is done
SILENT = (
    "fdopen",
    "fsync",
)  # of these it does not: a file is there and empty, or full and not yet on the disk


def both(home: Path) -> tuple[WebSettings, WorkerSettings]:
    return WebSettings(home=home), WorkerSettings(home=home)


def made(home: Path) -> tuple[WebSettings, WorkerSettings]:
    web, workers = both(home)
    keyfiles.make_missing(web, workers)
    return web, workers


def seal_next(home: Path) -> object:
    return rotation.next_seal_key(both(home)[1], agency=HUB)


def seal_takes_over(home: Path) -> object:
    return rotation.seal_key_takes_over(*both(home))


def signer_next(home: Path) -> object:
    return rotation.next_signer(both(home)[1].share_signing_key_file, agency=HUB)


def signer_takes_over(home: Path) -> None:
    rotation.signer_takes_over(both(home)[1].share_signing_key_file)


STEPS: dict[str, tuple[Callable[[Path], object], ...]] = {
    "seal": (seal_next, seal_takes_over),
    "shares": (signer_next, signer_takes_over),
}


def names(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "keys").iterdir())


def kinds(home: Path) -> list[str]:
    """The names of the files, without that of any key."""
    found = names(home)
    for kid in keyfiles.hub_private_keys(both(home)[1]):
        found = [name.replace(kid, "KID") for name in found]
    return found


# -- killed -------------------------------------------------------------------------------------------------


def killed(home: Path, step: Callable[[Path], object], after: int) -> bool:
    """Do a step in a child that is killed once it has touched so many files. Whether it was, or had done by then."""
    child = os.fork()
    if not child:
        watched(home, after)
        step(home)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def watched(home: Path, after: int) -> None:
    """From now on this process dies once it has touched so many files in this home."""
    touched = count(1)

    def touch() -> None:
        if next(touched) > after:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event in TOUCHES and str(home) in str(arguments[0]):
            touch()

    def telling(do: Callable[..., object]) -> Callable[..., object]:
        def told(*given: object, **more: object) -> object:
            touch()
            return do(*given, **more)

        return told

    for name in SILENT:
        setattr(os, name, telling(getattr(os, name)))
    sys.addaudithook(watch)


def sweep(home: Path, which: str) -> None:
    """Every step of a change, killed at every touch of a file."""
    for number in range(len(STEPS[which])):
        *before, step = STEPS[which][: number + 1]
        after = 0
        while strike(home / f"{which}-{number}-{after}", before, step, after):
            after += 1
        assert after > 2, "it touches files"


def strike(
    home: Path, before: list[Callable[[Path], object]], step: Callable[[Path], object], after: int
) -> bool:
    web, workers = made(home)
    for one in before:
        one(home)
    held = set(keyfiles.hub_private_keys(workers))
    was_killed = killed(home, step, after)
    # Whatever the web process seals to, and all that was sealed before, a worker that starts now can open.
    opens = set(keyfiles.hub_private_keys(workers))
    assert held | {keyfiles.hub_public_key(web).kid} <= opens
    keyfiles.share_signer(workers)
    # Done again it is ended; if it was ended already, it says so.
    with suppress(Conflict, FileNotFoundError):
        step(home)
    assert held <= set(keyfiles.hub_private_keys(workers))
    whole = made_whole(home.with_name(f"{home.name}-whole"), [*before, step])
    assert kinds(home) == whole, (kinds(home), whole)
    assert keyfiles.hub_private_key(workers).public == keyfiles.hub_public_key(web)
    return was_killed


def made_whole(home: Path, steps: list[Callable[[Path], object]]) -> list[str]:
    """What is there when nothing goes wrong."""
    made(home)
    for step in steps:
        step(home)
    return kinds(home)


@pytest.mark.parametrize("which", STEPS)
def test_killed_at_any_moment_no_key_is_lost(tmp_path: Path, which: str) -> None:
    """In a process of its own: this one may have threads, which a child would lack."""
    code = "import sys; from pathlib import Path; from tests.unit.test_rotation import sweep; "
    code += "sweep(Path(sys.argv[1]), sys.argv[2])"
    run = subprocess.run(
        [sys.executable, "-c", code, tmp_path, which], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


# -- what is there afterwards -------------------------------------------------------------------------------


def test_the_older_key_stays_and_only_its_owner_reads_any(tmp_path: Path) -> None:
    web, workers = made(tmp_path)
    old = keyfiles.hub_private_key(workers)
    seal_next(tmp_path)
    seal_takes_over(tmp_path)
    new = keyfiles.hub_private_key(workers)
    assert keyfiles.hub_private_keys(workers) == {old.kid: old, new.kid: new}
    assert rotation.older_seal_keys(workers) == {
        old.kid: tmp_path / "keys" / f"hub-seal.private-{old.kid}.json"
    }
    files = [path for path in (tmp_path / "keys").iterdir() if "public" not in path.name]
    assert len(files) == 6
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)
    assert web.hub_public_key_file.stat().st_mode & 0o044, "web processes of another account read it"


def test_keys_of_the_year_are_older_ones_too(tmp_path: Path) -> None:
    """As they were named by hand."""
    _, workers = made(tmp_path)
    older = {}
    for year in ("2024", "2025"):
        held = keyfiles.hub_private_key(workers).kid
        seal_next(tmp_path)
        seal_takes_over(tmp_path)
        older[held] = tmp_path / "keys" / f"hub-seal.private-{year}.json"
        rotation.older_seal_keys(workers)[held].rename(older[held])
    assert rotation.older_seal_keys(workers) == older


def test_a_signing_key_that_was_followed_is_gone(tmp_path: Path) -> None:
    _, workers = made(tmp_path)
    path, before = workers.share_signing_key_file, names(tmp_path)
    old = load_sign_private(path)
    signer_next(tmp_path)
    new = load_sign_private(keyfiles.next_file(path))
    assert rotation.waiting_signer(path, which="shares") == (old, new)
    signer_takes_over(tmp_path)
    assert load_sign_private(path) == new
    assert names(tmp_path) == before


@pytest.mark.parametrize("uid", [0, 1])
def test_root_leaves_a_key_to_whoever_had_it(
    tmp_path: Path, uid: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that reads it does not run as root."""
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "fchown", lambda _, user, group: given.append((user, group)))
    made(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    seal_next(tmp_path)
    seal_takes_over(tmp_path)
    held = (tmp_path / "keys").stat()
    assert given == ([] if uid else [(held.st_uid, held.st_gid)] * 3)


# -- what it refuses ----------------------------------------------------------------------------------------


def refused(step: Callable[[Path], object], home: Path) -> CheckbackError:
    before = {path: path.read_bytes() for path in (home / "keys").iterdir()}
    with pytest.raises(CheckbackError) as fault:
        step(home)
    assert {path: path.read_bytes() for path in (home / "keys").iterdir()} == before
    return fault.value


@pytest.mark.parametrize("step", [seal_next, seal_takes_over, signer_next, signer_takes_over])
def test_keys_that_are_only_lent_are_changed_where_they_are_kept(
    tmp_path: Path, step: Callable[[Path], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As containers mount them: nothing in there can be written."""
    made(tmp_path)
    if step in (seal_takes_over, signer_takes_over):
        (seal_next if step is seal_takes_over else signer_next)(tmp_path)

    def lent(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    for name in ("link", "replace", "rename"):
        monkeypatch.setattr(os, name, lent)
    fault = refused(step, tmp_path)
    assert isinstance(fault, NotReady)
    assert "Read-only file system" in fault.detail
    assert "docs/operations.md" in fault.next


def test_a_link_to_a_key_is_not_put_in_its_place(tmp_path: Path) -> None:
    _, workers = made(tmp_path)
    kept = tmp_path / "kept.json"
    workers.hub_private_key_file.rename(kept)
    workers.hub_private_key_file.symlink_to(kept)
    assert "only a link" in refused(seal_next, tmp_path).detail
    assert workers.hub_private_key_file.is_symlink()


def test_two_people_do_not_change_keys_at_once(tmp_path: Path) -> None:
    made(tmp_path)
    descriptor = os.open(tmp_path / "keys", os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    assert "somebody else" in refused(seal_next, tmp_path).detail
    os.close(descriptor)
    seal_next(tmp_path)


def test_a_key_that_is_damaged_is_restored_and_not_followed(tmp_path: Path) -> None:
    _, workers = made(tmp_path)
    workers.hub_private_key_file.write_text("{")
    assert "backup" in refused(seal_next, tmp_path).next


def test_a_stray_public_half_is_no_change_that_was_begun(tmp_path: Path) -> None:
    web, _ = made(tmp_path)
    made(tmp_path / "other")
    (tmp_path / "other" / "keys" / "hub-seal.public.json").replace(web.hub_public_key_file)
    assert isinstance(refused(seal_takes_over, tmp_path), Conflict)


def test_what_a_killed_writer_left_is_cleared_away(tmp_path: Path) -> None:
    """It may hold a copy of a key that is to be destroyed one day."""
    _, workers = made(tmp_path)
    left = workers.hub_private_key_file.with_name(".hub-seal.private-0.json.1.new")
    left.write_bytes(workers.hub_private_key_file.read_bytes())
    assert load_seal_private(left)
    seal_next(tmp_path)
    assert not left.exists()
