"""`checkback keys hub`: the hub's own keys are changed under messages that are on their way, and none is lost."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from agencies.client import Checkback
from agencies.keychain import Keychain
from agencies.keyfile import load_sign_public, save_key
from agencies.keys import SignPublic, generate_seal_key, unb64
from agencies.seal import CannotOpen, Why
from hub import clock, keyfiles, rotation
from hub.cli import here, trial
from hub.cli.app import app
from hub.cli.prepare import prepare
from hub.errors import Conflict, NotFound, NotReady
from hub.settings import WorkerSettings
from hub.store import messages, registry
from tests.cli.conftest import Run
from tests.web.served import PERSON, SEAL_KEYS, SENDER, TAKER, Served, check_back, serving

OWN = ("keys", "hub")


def said(result: Result) -> str:
    assert result.exception is None, result.exception
    return " ".join(result.output.split())


@dataclass
class Hub:
    """A hub whose processes are started again and again, and the command line beside it."""

    first: Served

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, [*OWN, *arguments])

    def processes(self) -> Served:
        """Web process and worker, not yet started: they read their keys when they are."""
        return Served(self.first.web, self.first.workers, self.first.tokens)

    @property
    def private(self) -> Path:
        return self.first.workers.hub_private_key_file

    @property
    def public(self) -> str:
        return keyfiles.hub_public_key(self.first.web).kid


@pytest.fixture
def hub(database: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    where = {"HOME": tmp_path, "DATABASE_URL": database, "REDIS_URL": redis_url, "HUB": "hub.test"}
    for name, value in where.items():
        monkeypatch.setenv(f"CHECKBACK_{name}", str(value))
    served = Served.on(database, redis_url, tmp_path)
    yield Hub(served)
    served.close()


def sealed() -> dict[str, int]:
    with here.database() as conn:
        return {kid: count for kid, (count, _) in messages.by_sealing_key(conn).items()}


def sent(served: Served) -> UUID:
    answer = served.send()
    assert answer.status_code == 202, answer.text
    return UUID(answer.json()["id"])


def believing(served: Served, agency: str, *, shares: set[str], notes: set[str]) -> Checkback:
    """An agency that believes these of the keys that the hub tells of itself."""
    told = {
        one["kid"]: SignPublic(unb64(one["public"])) for one in served.get(agency, "/v1/keys").json()["keys"]
    }
    keys = Keychain(
        agency,
        (SEAL_KEYS[agency],),
        tuple(told[kid] for kid in shares),
        tuple(told[kid] for kid in notes),
        hub="hub.test",
    )
    return Checkback(served.url, served.tokens[agency], keys)


# -- the key that seals -------------------------------------------------------------------------------------


def test_what_was_sealed_before_and_after_arrives_alike(hub: Hub) -> None:
    old = hub.public
    with serving(before := hub.processes()):
        messages = [sent(before)]
        new = said(hub("rotate", "seal")).split("next sealing key is ")[1].split(";")[0]
        assert set(keyfiles.hub_private_keys(hub.first.workers)) == {old, new}, (
            "workers know it before it is used"
        )
        messages.append(sent(before))
        assert hub.public == old, "it is not used before it takes over"
        assert f"sealing key is {new}" in said(hub("rotate", "seal", "--take-over"))
        messages.append(sent(before))  # by a process that was not restarted yet
    with serving(after := hub.processes()):
        messages.append(sent(after))
        assert sealed() == {old: 3, new: 1}
        assert str(messages[0]) not in said(hub("list"))
        after.drain()
        with believing(
            after, TAKER, shares={keyfiles.share_signer(hub.first.workers).kid}, notes=set()
        ) as taker:
            opened = {
                item.message: taker.keys.open_share(item)["message_id"] for item in taker.inbox().shares
            }
        assert opened == {message: str(message) for message in messages}


def test_an_older_key_is_retired_once_nothing_is_sealed_to_it(hub: Hub) -> None:
    old = hub.public
    with serving(running := hub.processes()):
        message = sent(running)
        said(hub("rotate", "seal"))
        said(hub("rotate", "seal", "--take-over"))
        running.drain()
        fault = hub("retire", old).exception
        assert isinstance(fault, Conflict), "it is delivered, and the hub keeps its copy until it is closed"
        assert f"1 of the messages that the hub holds are sealed to key {old}" in fault.detail
        with running.as_(SENDER) as sender:
            path = f"/v1/messages/{message}/withdraw"
            assert sender.post(path, json={"by": PERSON, "reason": "sent in error"}).status_code == 200
        running.drain()
    assert sealed() == {}
    assert "no message is sealed" in said(hub("retire", old))
    assert set(keyfiles.hub_private_keys(hub.first.workers)) == {hub.public}
    retired = hub.private.with_name(f"retired-hub-seal.private-{old}.json")
    assert retired.exists(), "a backup may need it yet"
    assert isinstance(hub("retire", old).exception, NotFound)


def test_only_an_older_one_is_retired(hub: Hub) -> None:
    following = said(hub("rotate", "seal")).split("next sealing key is ")[1].split(";")[0]
    for kid in (hub.public, following):
        assert isinstance(hub("retire", kid).exception, Conflict)
    assert len(keyfiles.hub_private_keys(hub.first.workers)) == 2


def test_what_waits_for_a_key_that_is_not_here_is_listed(hub: Hub) -> None:
    old = hub.public
    with serving(running := hub.processes()):
        sent(running)
    said(hub("rotate", "seal"))
    said(hub("rotate", "seal", "--take-over"))
    listed = hub("list").output.splitlines()
    assert [line.split()[-1] for line in listed if "hub-seal" in line] == ["0", "1"]
    hub.private.with_name(f"hub-seal.private-{old}.json").unlink()
    assert f"{old} opens what was sealed to it not here 1" in said(hub("list"))


# -- the keys that sign -------------------------------------------------------------------------------------


def test_what_the_older_and_the_newer_key_sign_is_believed(hub: Hub) -> None:
    share_key = keyfiles.share_signer(hub.first.workers).kid
    note_key = keyfiles.note_signer(hub.first.web).kid
    with serving(before := hub.processes()):
        first = talked_of(before)
        for which in ("shares", "notes"):
            assert "signs nothing yet" in said(hub("rotate", which))
        told = {one["kid"] for one in before.get(TAKER, "/v1/keys").json()["keys"]}
        next_share, next_note = _waiting(hub)
        assert told == {share_key, note_key, next_share, next_note}, (
            "agencies can believe them before they sign"
        )
        for which in ("shares", "notes"):
            assert "ends on" in said(hub("rotate", which, "--take-over"))
    with serving(after := hub.processes()):
        second = talked_of(after)
        at = clock.now()
        with here.database() as conn:
            held = {row.kid: row for row in registry.key_rows(conn, "hub.test")}
        assert {kid for kid, row in held.items() if row.valid_to} == {share_key, note_key}
        assert all(row.good(at) for row in held.values()), (
            "a process that was not restarted still signs with it"
        )
        assert read(after, first, {share_key}, {note_key})
        assert read(after, second, {next_share}, {next_note})
        for message, shares, notes in (
            (first, next_share, note_key),
            (first, share_key, next_note),
            (second, share_key, next_note),
            (second, next_share, note_key),
        ):
            with pytest.raises(CannotOpen) as fault:
                read(after, message, {shares}, {notes})
            assert fault.value.why is Why.UNKNOWN_SIGNER


def talked_of(served: Served) -> UUID:
    """A message that was delivered and checked back: signed by the worker, and by the web process."""
    message, shares = served.received()
    with served.as_(TAKER) as taker:
        assert taker.post(f"/v1/shares/{shares[TAKER]}/check-back", json=check_back()).status_code == 200
    return message


def read(served: Served, message: UUID, shares: set[str], notes: set[str]) -> bool:
    """Both as the recipient reads them, who believes these keys alone."""
    found = served.rows("SELECT id FROM share WHERE message_id = :m AND recipient = :r", m=message, r=TAKER)
    with believing(served, TAKER, shares=shares, notes=notes) as taker:
        share = taker.share(found[0].id)
        told = taker.keys.open_share(share)
        note = taker.keys.open_note(share.thread[0], of=share)
    return told["message_id"] == str(message) and "understanding" in str(note)


def _waiting(hub: Hub) -> tuple[str, str]:
    files = (hub.first.workers.share_signing_key_file, hub.first.web.note_signing_key_file)
    names = [load_sign_public(keyfiles.next_file(one)).kid for one in files]
    return names[0], names[1]


def test_a_key_signs_only_once_it_is_published(hub: Hub) -> None:
    """Killed after the file was written and before the database heard of it: the first step is done again."""
    path = hub.first.workers.share_signing_key_file
    before = path.read_bytes()
    key, _ = rotation.next_signer(path, agency="hub.test")
    fault = hub("rotate", "shares", "--take-over").exception
    assert isinstance(fault, Conflict)
    assert "not published" in fault.detail
    assert path.read_bytes() == before
    assert f"{key.kid} is published" in said(hub("rotate", "shares"))
    said(hub("rotate", "shares", "--take-over"))
    assert keyfiles.share_signer(hub.first.workers).kid == key.kid


def test_a_takeover_that_was_killed_is_ended_by_the_same_command(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the database knows of the older key's end, and before the files are changed."""

    class Killed(BaseException): ...

    def dies(_: Path) -> None:
        raise Killed

    old = keyfiles.note_signer(hub.first.web).kid
    said(hub("rotate", "notes"))
    with monkeypatch.context() as patch:
        patch.setattr(rotation, "signer_takes_over", dies)
        with pytest.raises(Killed):
            hub("rotate", "notes", "--take-over")
    end = _end_of(old)
    assert keyfiles.note_signer(hub.first.web).kid == old
    said(hub("rotate", "notes", "--take-over"))
    assert keyfiles.note_signer(hub.first.web).kid != old
    assert _end_of(old) == end, "its time does not begin anew"


def _end_of(kid: str) -> object:
    with here.database() as conn:
        return next(row.valid_to for row in registry.key_rows(conn, "hub.test") if row.kid == kid)


def test_a_key_that_is_made_where_no_database_is_is_published_by_migrate(hub: Hub) -> None:
    key, _ = rotation.next_signer(hub.first.web.note_signing_key_file, agency="hub.test")
    assert f"{key.kid} is published" in said(CliRunner().invoke(app, ["migrate"]))


# -- what it refuses, and what it leaves alone --------------------------------------------------------------


@pytest.mark.parametrize("which", ["seal", "shares", "notes"])
def test_doing_a_step_again_does_no_more(hub: Hub, which: str) -> None:
    none = hub("rotate", which, "--take-over").exception
    assert isinstance(none, Conflict)
    assert "no key waits" in none.detail
    said(hub("rotate", which))
    files = {path: path.read_bytes() for path in hub.private.parent.iterdir()}
    assert "is there already" in said(hub("rotate", which))
    assert {path: path.read_bytes() for path in hub.private.parent.iterdir()} == files
    said(hub("rotate", which, "--take-over"))
    files = {path: path.read_bytes() for path in hub.private.parent.iterdir()}
    assert isinstance(hub("rotate", which, "--take-over").exception, Conflict)
    assert {path: path.read_bytes() for path in hub.private.parent.iterdir()} == files
    assert "All is well." in said(CliRunner().invoke(app, ["doctor", "--only", "keys"]))


@pytest.mark.parametrize("which", ["seal", "shares", "notes"])
def test_where_the_private_half_is_not_nothing_is_changed(hub: Hub, which: str, tmp_path: Path) -> None:
    for name in ("hub-seal.private.json", "share-sign.json", "note-sign.json"):
        (tmp_path / "keys" / name).unlink()
    for arguments in ((which,), (which, "--take-over")):
        fault = hub("rotate", *arguments).exception
        assert isinstance(fault, NotReady)
        assert "CHECKBACK_KEYS" in fault.next
    assert hub.public in said(hub("list"))


def test_the_doctor_says_how_a_change_is_ended(hub: Hub) -> None:
    said(hub("rotate", "seal"))
    older = hub.private.with_name(f"hub-seal.private-{hub.public}.json")
    older.write_bytes(hub.private.read_bytes())
    keyfiles.next_file(hub.private).replace(hub.private)  # and there it was killed
    doctor = CliRunner().invoke(app, ["doctor", "--only", "keys"])
    assert "keys hub rotate seal --take-over" in doctor.output
    said(hub("rotate", "seal", "--take-over"))
    assert "All is well." in said(CliRunner().invoke(app, ["doctor", "--only", "keys"]))


def test_the_doctor_still_knows_a_stray_key(hub: Hub) -> None:
    hub.first.web.hub_public_key_file.unlink()
    save_key(hub.first.web.hub_public_key_file, generate_seal_key().public, agency="hub.test")
    assert "stray" in CliRunner().invoke(app, ["doctor", "--only", "keys"]).output


# -- a hub to try -------------------------------------------------------------------------------------------


def test_the_agencies_to_try_with_learn_of_a_new_key(run: Run, home: Path) -> None:
    old = keyfiles.share_signer(here.settings(WorkerSettings)).public
    run(*OWN, "rotate", "shares")
    run(*OWN, "rotate", "shares", "--take-over")
    prepare(examples=True)  # as the next `checkback up` does
    keychain = trial.get(home, TAKER).keychain
    assert keychain.share_signers == (old, keyfiles.share_signer(here.settings(WorkerSettings)).public)


def test_a_worker_that_starts_reads_all_of_them(hub: Hub) -> None:
    said(hub("rotate", "seal"))
    assert len(hub.first.line.openers) == 2
