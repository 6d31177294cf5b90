"""`checkback keys hub`: the hub's own keys. Made once; changed in two steps, of which the first makes the next one
known to whoever must know it before it is used; and an older one retired once nothing is sealed to it.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from agencies.keyfile import load_sign_public
from agencies.keys import KeyRow, Signs
from hub import clock, keyfiles, rotation
from hub.cli import here, say
from hub.errors import Conflict
from hub.settings import WebSettings, WorkerSettings
from hub.store import messages, registry

app = typer.Typer()

OVERLAP = timedelta(days=14)  # so long may a process that was not restarted go on signing with the older key


class Which(StrEnum):
    """Those of the hub's own keys that can be changed."""

    SEAL = "seal"
    SHARES = "shares"
    NOTES = "notes"


USED_FOR = {
    Which.SEAL: "seals what is accepted",
    Which.SHARES: "signs shares",
    Which.NOTES: "signs notes",
}
SIGNS: dict[Which, Signs] = {Which.SHARES: "shares", Which.NOTES: "notes"}
LATER = ", once it takes over"
READ_BY = {Which.SHARES: "workers", Which.NOTES: "web processes"}


def both() -> tuple[WebSettings, WorkerSettings]:
    return here.settings(WebSettings), here.settings(WorkerSettings)


@app.callback(invoke_without_command=True)
def hub(context: typer.Context) -> None:
    """The hub's own keys. Without a command: make the files that are missing; what is there is never touched."""
    if context.invoked_subcommand is not None:
        return
    made = keyfiles.make_missing(*both())
    for path in made:
        say.done(f"made {path}: back it up, nothing can make it again")
    if not made:
        say.done("all of the hub's keys are there")


# -- list ---------------------------------------------------------------------------------------------------


@app.command("list")
def list_() -> None:
    """List the hub's own keys: what each is for, and how many messages are sealed to it."""
    web, workers = both()
    with here.database() as conn:
        sealed = {kid: count for kid, (count, _) in messages.by_sealing_key(conn).items()}
    rows = [(kid, what, str(file), str(sealed.pop(kid, 0))) for kid, what, file in _seal_files(web, workers)]
    rows += [(kid, "opens what was sealed to it", "not here", str(count)) for kid, count in sealed.items()]
    rows += [(kid, what, str(file), "") for kid, what, file in _sign_files(web, workers)]
    say.table(("key", "what it does", "file", "messages sealed to it"), rows)


def _seal_files(web: WebSettings, workers: WorkerSettings) -> Iterator[tuple[str, str, Path]]:
    path, public, used_for = workers.hub_private_key_file, web.hub_public_key_file, USED_FOR[Which.SEAL]
    in_use = keyfiles.hub_public_key(web).kid if public.exists() else ""
    if not path.exists():  # a machine of web processes
        if in_use:
            yield in_use, used_for, public
        return
    yield from (
        (kid, used_for if in_use in (kid, "") else used_for + LATER, file)
        for kid, file in rotation.newest_seal_keys(workers).items()
    )
    for kid, file in rotation.older_seal_keys(workers).items():
        yield kid, used_for if kid == in_use else "opens what was sealed to it", file


def _sign_files(web: WebSettings, workers: WorkerSettings) -> Iterator[tuple[str, str, Path]]:
    files = {Which.SHARES: workers.share_signing_key_file, Which.NOTES: web.note_signing_key_file}
    for which, path in files.items():
        for file, what in ((path, ""), (keyfiles.next_file(path), LATER)):
            if file.exists():
                yield keyfiles.read(load_sign_public, file).kid, USED_FOR[which] + what, file


# -- rotate -------------------------------------------------------------------------------------------------


@app.command()
def rotate(
    which: Annotated[Which, typer.Argument(help="Which key: what it seals or signs.")],
    take_over: Annotated[
        bool, typer.Option("--take-over", help="The second step: have the next key used from now on.")
    ] = False,
) -> None:
    """Change a key in two steps: make the next one and make it known; then, with --take-over, have it used.

    Each step says what to restart. One that was killed half way is done again by the same command.
    """
    web, workers = both()
    if which is Which.SEAL:
        _seal_takes_over(web, workers) if take_over else _next_seal(web, workers)
        return
    path = workers.share_signing_key_file if which is Which.SHARES else web.note_signing_key_file
    _signer_takes_over(which, path, web.hub) if take_over else _next_signer(which, path, web.hub)


def _next_seal(web: WebSettings, workers: WorkerSettings) -> None:
    key, made = rotation.next_seal_key(workers, agency=web.hub)
    _tell_of_next(keyfiles.next_file(workers.hub_private_key_file), made=made)
    say.done(f"the hub's next sealing key is {key.kid}; nothing is sealed to it yet")
    _then(
        "restart the workers, so that they can open what will be sealed to it. Workers that read their keys"
        " elsewhere need this file first",
        "checkback keys hub rotate seal --take-over",
    )


def _seal_takes_over(web: WebSettings, workers: WorkerSettings) -> None:
    old, new = rotation.seal_key_takes_over(web, workers)
    say.done(f"the hub's sealing key is {new.kid}")
    say.done(
        f"workers go on opening what was sealed to {old.kid}: {rotation.older_seal_keys(workers)[old.kid]}"
    )
    _then(
        f"restart the web processes: until then they seal to the older key. Those that read their keys elsewhere"
        f" need {web.hub_public_key_file} first",
        "back up the key files",
        f"once `checkback keys hub list` counts no message sealed to it: checkback keys hub retire {old.kid}",
    )


def _next_signer(which: Which, path: Path, agency: str) -> None:
    key, made = rotation.next_signer(path, agency=agency)
    _tell_of_next(keyfiles.next_file(path), made=made)
    with here.database() as conn:
        registry.add_keys(conn, [KeyRow.of(key.public, agency=agency, since=clock.now(), signs=SIGNS[which])])
    say.done(f"key {key.kid} is published to agencies; it signs nothing yet")
    _then(
        f"tell the agencies by another way that {key.kid} {USED_FOR[which]} from some day on, and give them time to"
        " add it to those that they believe",
        f"checkback keys hub rotate {which} --take-over",
    )


def _signer_takes_over(which: Which, path: Path, agency: str) -> None:
    """The database first: an older key that has an end and still signs for a while does no harm."""
    now = clock.now()
    old, new = rotation.waiting_signer(path, which=which)
    with here.database() as conn:
        rows = {row.kid: row for row in registry.key_rows(conn, agency)}
        if new.kid not in rows or not rows[new.kid].good(now):
            raise Conflict(
                f"the next key, {new.kid}, is not published, or was revoked",
                next=f"`checkback keys hub rotate {which}` publishes it; of one that was revoked, remove"
                f" {keyfiles.next_file(path)} first",
            )
        held = rows.get(old.kid)
        if held is not None and held.valid_to is None:
            registry.save_keys(conn, [replace(held, valid_to=now + OVERLAP)])
    rotation.signer_takes_over(path)
    say.done(f"the key that {USED_FOR[which]} is {new.kid}")
    say.done(f"key {old.kid} ends on {now + OVERLAP:%Y-%m-%d}; what it has signed is still proved by it")
    _then(
        f"restart the {READ_BY[which]}: until then they sign with the older key. Those that read their keys elsewhere"
        f" need {path} first",
        "back up the key files",
        f"if the older key has leaked: checkback keys revoke {old.kid}",
    )


def _tell_of_next(path: Path, *, made: bool) -> None:
    say.done(f"made {path}: back it up, nothing can make it again" if made else f"{path} is there already")


def _then(*steps: str) -> None:
    say.say("What to do next:")
    for number, step in enumerate(steps, 1):
        say.say(f"  {number}. {step}")


# -- retire -------------------------------------------------------------------------------------------------


@app.command()
def retire(
    kid: Annotated[str, typer.Argument(help="The key's name, as `keys hub list` shows it.")],
) -> None:
    """Retire an older sealing key, once no message is sealed to it any more; refused while one is."""
    web, workers = both()
    rotation.check_is_older(web, workers, kid)
    with here.database() as conn:
        count, first = messages.by_sealing_key(conn).get(kid, (0, None))
    if first is not None:
        raise Conflict(
            f"{count} of the messages that the hub holds are sealed to key {kid}, the oldest accepted on"
            f" {say.moment(first)}",
            next="keep the key until they are closed or withdrawn and the hub's own copies are destroyed",
        )
    retired = rotation.retire(web, workers, kid)
    say.done(f"no message is sealed to key {kid}; workers that start from now on do not read it")
    _then(
        f"delete {retired} once you would restore no backup of the database from the time when it was used",
        "if the workers' log says no_private_key before that: give it back the name that it had,"
        f" {retired.name.removeprefix(rotation.RETIRED)}, and restart the workers",
    )
