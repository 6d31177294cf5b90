"""The operator's nouns: agencies, keys, credentials, audit, doctor, settings. Each does its work and says so."""

import json
import re
from datetime import date
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from typer.testing import CliRunner, Result

from agencies.agency import ClosedAgency, UnknownAgency
from agencies.agree import DirectoryFaults
from agencies.callers import matches, parse_token
from agencies.directory import shipped
from hub import clock, keyfiles
from hub.cli import here, trial
from hub.cli.app import app
from hub.cli.app import run as command_line
from hub.cli.prepare import prepare
from hub.errors import Conflict, Invalid, NotFound
from hub.settings import WebSettings
from hub.store import registry
from protocols.messages import read
from protocols.messages.examples import brought_to
from tests.cli.conftest import Run
from tests.examples import NAMES, example
from tests.workers.looking import words

MASH = "sandwell-mash"


def said(result: Result) -> str:
    assert result.exception is None, result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_help_reads_like_a_product(run: Run) -> None:
    text = said(run("--help"))
    for command in (
        "up", "serve", "migrate", "settings", "agencies", "keys", "credentials", "protocols",
        "example", "send", "inbox", "show", "reconcile", "tasks", "children", "audit", "doctor",
    ):  # fmt: skip
        assert re.search(rf"^│ {command} ", text, flags=re.MULTILINE), command
        assert "Usage" in said(run(command, "--help"))


def test_where_no_hub_is_kept_that_is_said_and_not_that_there_is_no_such_agency(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no hub with agencies to try is kept in"):
        trial.get(tmp_path, MASH)


# -- agencies -----------------------------------------------------------------------------------------------


def test_agencies_are_listed_and_found(run: Run) -> None:
    assert MASH in said(run("agencies", "list"))
    found = said(run("agencies", "list", "mash", "--area", "E08000028"))
    assert MASH in found
    assert "birmingham" not in found
    assert "None." in said(run("agencies", "list", "no such words"))


def test_an_agency_is_shown_with_who_follows_it(run: Run) -> None:
    assert "duty_lead" in said(run("agencies", "show", MASH))
    closed = next(row for row in shipped().rows if row.closes and row.successor)
    assert str(closed.successor) in said(run("agencies", "show", closed.id))
    assert isinstance(run("agencies", "show", "nobody-at-all").exception, NotFound)


def test_a_directory_is_checked_and_loaded_whole(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "one.toml"
    file.write_text(
        '[[agency]]\nid = "one-mash"\nname = "One MASH"\nrole = "mash"\narea = "E08000028"\n'
        'hours = "always"\nopens = 2024-01-01\n'
        '[[agency.contact]]\nrole = "duty_lead"\nphone = "0121 496 0000"\n'
        '[[agency]]\nid = "one-office"\nname = "One partnership"\nrole = "partnership"\narea = "E08000028"\n'
        'hours = "always"\nopens = 2024-01-01\n'
        '[[agency.contact]]\nrole = "safeguarding_lead"\nphone = "0121 496 0001"\n'
    )
    assert "2 agencies" in said(run("agencies", "check", file))
    assert "No longer in it" in said(run("agencies", "load", file))
    listed = said(run("agencies", "list"))
    assert "one-mash" in listed
    assert MASH not in listed


def test_every_fault_of_a_directory_is_said(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text('[[agency]]\nid = "X"\nrole = "nothing"\n')
    fault = run("agencies", "check", file).exception
    assert isinstance(fault, DirectoryFaults)
    assert len(fault.faults) > 2


# -- keys ---------------------------------------------------------------------------------------------------


def test_a_key_is_made_registered_rotated_and_revoked(run: Run, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for into in (first, second):
        said(run("keys", "generate", MASH, "--into", into))
    public = first / f"{MASH}.public.json"
    assert (first / f"{MASH}.private.json").stat().st_mode & 0o077 == 0
    assert isinstance(run("keys", "register", public).exception, Conflict), "it has one: rotate"
    assert "ends on" in said(run("keys", "rotate", public, "--overlap", 7))
    with here.database() as conn:
        kid = registry.keys(conn).seal_key(MASH, clock.now()).kid
    assert kid == json.loads(public.read_text())["kid"]
    assert kid in said(run("keys", "list", MASH))
    assert "is revoked" in said(run("keys", "revoke", kid))
    assert "revoked" in said(run("keys", "list", MASH))
    assert isinstance(run("keys", "revoke", "0" * 16).exception, NotFound)


def test_a_first_key_is_registered(run: Run, tmp_path: Path) -> None:
    with here.database() as conn:
        rows = registry.key_rows(conn, MASH)
        registry.save_keys(conn, [row.revoke(clock.now()) for row in rows])
    said(run("keys", "generate", MASH, "--into", tmp_path))
    assert "is sealed to with key" in said(run("keys", "register", tmp_path / f"{MASH}.public.json"))


def test_a_key_is_never_overwritten_or_given_to_nobody(run: Run, tmp_path: Path) -> None:
    said(run("keys", "generate", "nobody-at-all", "--into", tmp_path))
    assert isinstance(run("keys", "generate", "nobody-at-all", "--into", tmp_path).exception, Conflict)
    assert isinstance(run("keys", "register", tmp_path / "nobody-at-all.public.json").exception, NotFound)


def test_the_hubs_own_keys_are_made_once(run: Run, home: Path) -> None:
    assert "all of the hub's keys are there" in said(run("keys", "hub"))
    (home / "keys" / "hub-seal.public.json").unlink()
    assert "made" in said(run("keys", "hub"))


# -- credentials --------------------------------------------------------------------------------------------


def test_a_token_is_shown_once_and_its_hash_is_kept(run: Run) -> None:
    result = run("credentials", "issue", MASH, "--label", "case system", "--days", 30)
    said(result)
    token = result.stdout.strip()
    id_, secret = parse_token(token)
    with here.database() as conn:
        kept = registry.credentials(conn)[id_]
    assert matches(kept.hash, secret)
    assert kept.label == "case system"
    listed = said(run("credentials", "list", MASH))
    assert id_ in listed
    assert secret not in listed
    said(run("credentials", "revoke", token))
    assert "revoked" in said(run("credentials", "list", MASH))
    assert isinstance(run("credentials", "revoke", "0" * 16).exception, NotFound)


def test_a_webhook_secret_is_shown_once_and_kept_under_the_records_key(run: Run) -> None:
    result = run("credentials", "webhook", MASH)
    said(result)
    secret = result.stdout.strip()
    assert secret.startswith("whsec_")
    with here.database() as conn:
        hidden = registry.webhook_secret_of(conn, MASH)
    assert hidden is not None
    assert secret.encode() not in hidden
    records = keyfiles.records(here.settings(WebSettings))
    assert records.show(hidden, where=registry.webhook_place(MASH)) == secret


def test_no_credential_for_who_is_not_there(run: Run) -> None:
    assert isinstance(run("credentials", "issue", "nobody-at-all").exception, UnknownAgency)
    closed = next(row for row in shipped().rows if row.closes and row.successor)
    assert isinstance(run("credentials", "issue", closed.id).exception, ClosedAgency)


# -- watching over it ---------------------------------------------------------------------------------------


def test_an_empty_audit_says_so(run: Run) -> None:
    assert "Nothing yet" in said(run("audit"))
    assert "No such message" in said(run("audit", UUID(int=1)))


def test_the_doctor_finds_a_sound_hub_sound(run: Run) -> None:
    sound = ("python", "keys", "database", "known", "work", "redis")
    text = said(run("doctor", *(part for name in sound for part in ("--only", name))))
    assert "✗" not in text
    assert "All is well." in text


def test_a_restored_database_is_found_and_mended(run: Run, database: str) -> None:
    with psycopg.connect(database) as conn:
        conn.execute("UPDATE tx_base SET cluster = 1")  # as it stands in a dump of another cluster
    result = run("doctor", "--only", "database")
    assert result.exit_code == 1
    assert "checkback migrate --restored" in " ".join(result.output.split())
    assert "it was restored" in said(run("migrate", "--restored"))
    assert "All is well." in said(run("doctor", "--only", "database"))


def test_the_doctor_says_what_is_wrong_and_what_to_do(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "keys" / "records.json").unlink()
    (home / "keys" / "hub-seal.public.json").unlink()
    with here.database() as conn:
        rows = registry.key_rows(conn, MASH)
        registry.save_keys(conn, [row.revoke(clock.now()) for row in rows])
    monkeypatch.setenv("CHECKBACK_REDIS_URL", "redis://127.0.0.1:1/0")
    result = run("doctor")
    assert result.exit_code == 1
    for ill in (
        "records.json is missing",
        f"no key that is good today: {MASH}",
        "Redis does not answer",
        "no web",
    ):
        assert ill in result.output, ill
    assert result.output.count("→") == result.output.count("✗")
    monkeypatch.setenv("CHECKBACK_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert "the database does not answer" in run("doctor", "--only", "work").output


def test_the_settings_in_force_are_shown(run: Run, home: Path) -> None:
    assert f"CHECKBACK_HOME={home}" in said(run("settings"))
    assert said(run("settings", "--markdown")).startswith("# Settings")


# -- making it ready ----------------------------------------------------------------------------------------


def test_making_ready_again_changes_nothing(home: Path) -> None:
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    with here.database() as conn:
        number = registry.number(conn)
    prepare(examples=True)
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before
    with here.database() as conn:
        assert registry.number(conn) == number


def test_trial_agencies_that_the_database_forgot_are_made_anew(home: Path) -> None:
    token = trial.get(home, MASH).token
    with here.database() as conn:
        found = registry.credentials(conn)[parse_token(token)[0]]
        registry.save_credential(conn, found.revoked(clock.now()))
    prepare(examples=True)
    assert trial.get(home, MASH).token != token, "a revoked one is of no use"
    assert all(path.stat().st_mode & 0o077 == 0 for path in (home / "demo").iterdir())
    with pytest.raises(NotFound):
        trial.get(home, "nobody-at-all")


# -- an agency's side, without a hub ------------------------------------------------------------------------


def test_every_example_can_be_had_as_of_today(run: Run) -> None:
    now = clock.now()
    names = said(run("example")).split()
    assert len(names) == len(NAMES)
    for name in names:
        read(json.loads(said(run("example", name))), now=now)
    assert isinstance(run("example", "no-such-one").exception, NotFound)


def test_which_version_it_is(run: Run) -> None:
    assert re.fullmatch(r"checkback \d+\.\d+\S*\n", said(run("--version")))


@pytest.mark.parametrize(
    ("text", "says"),
    [("{", "line 1, column 2"), ("[]", "no message"), ("\x00", "not JSON")],
    ids=["open", "list", "nul"],
)
def test_a_file_that_is_no_message_is_said_with_its_place(
    run: Run, tmp_path: Path, text: str, says: str
) -> None:
    file = tmp_path / "message.json"
    file.write_text(text)
    fault = run("send", file, "--as", MASH).exception
    assert isinstance(fault, Invalid)
    assert says in fault.detail
    assert fault.next


def test_what_an_agency_owes_is_asked_of_one_that_is_there(run: Run) -> None:
    assert "Nothing is owed." in said(run("owed", MASH))
    assert isinstance(run("owed", "no-such-agency").exception, NotFound), (
        "a typing slip must not look like good news"
    )


def test_an_example_keeps_the_time_on_the_clock_in_winter_as_in_summer() -> None:
    raw = example("concern-bruise-non-mobile-baby")
    for today, offset in ((date(2026, 12, 3), "+00:00"), (date(2027, 6, 3), "+01:00")):
        moments = [text for text in words(brought_to(raw, today)) if "T10:40:00" in text]
        assert [one[-6:] for one in moments] == [offset]


def test_a_message_may_come_from_standard_input(home: Path, run: Run) -> None:
    del home
    fault = CliRunner().invoke(app, ["send", "-", "--as", MASH], input="[]").exception
    assert isinstance(fault, Invalid)
    assert "no message" in fault.detail
    missing = run("send", "no-such-file.json", "--as", MASH).exception
    assert isinstance(missing, Invalid)
    assert "cannot be read" in missing.detail


def test_a_setting_that_cannot_be_is_named_without_its_value(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    del home
    monkeypatch.setenv("CHECKBACK_PORT", "s3cret")
    with pytest.raises(SystemExit):
        command_line(["inbox", "--as", MASH])
    said_of_it = capsys.readouterr().err
    assert "CHECKBACK_PORT: " in said_of_it
    assert "Next: " in said_of_it
    assert "s3cret" not in said_of_it


def test_an_address_that_is_none_is_said(run: Run, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("cbk_0123456789abcdef_x")
    fault = run("inbox", "--url", "http://[bad", "--token-file", token).exception
    assert isinstance(fault, Invalid)
    assert fault.next


def test_a_hub_that_is_not_there_is_said_with_what_to_do(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del home
    with pytest.raises(SystemExit):
        command_line(["inbox", "--as", MASH])
    assert "Next: " in capsys.readouterr().err
