"""The pictures over HTTP and on the command line: each sees by its own shares, and names are put in at home."""

import json
import stat
from pathlib import Path
from uuid import UUID
from xml.dom import minidom

import pytest
from typer.testing import CliRunner

from agencies.client import Checkback
from agencies.keychain import Keychain
from agencies.talking import Refused
from hub import keyfiles
from hub.cli.app import app
from hub.ids import new_id
from tests.web.served import SEAL_KEYS, STRANGER, Served, current

GP, HV, HELP, SCHOOL = "sandwell-gp-1", "sandwell-0-19", "sandwell-early-help", "sandwell-school-1"
PICTURES = ("ecomap", "genogram", "ecomap.svg", "genogram.svg")


@pytest.fixture
def child(hub: Served) -> UUID:
    """Of whose family a practice and early help have told."""
    for name, sender in (("household-two-fathers", GP), ("involvement-early-help", HELP)):
        assert hub.send({"message": current(name)}, by=sender).status_code == 202
    hub.drain()
    sql = "SELECT person_id FROM appearance JOIN message ON message.id = message_id WHERE kind = 'household'"
    found: UUID = hub.rows(f"{sql} AND part = 'children' AND place = 2")[0].person_id
    return found


def keychain(hub: Served, agency: str) -> Keychain:
    return Keychain(
        agency=agency,
        own=(SEAL_KEYS[agency],),
        share_signers=(keyfiles.share_signer(hub.workers).public,),
        note_signers=(keyfiles.note_signer(hub.web).public,),
        hub=hub.web.hub,
    )


def test_each_sees_by_its_own_shares_and_a_stranger_nothing(hub: Served, child: UUID) -> None:
    with Checkback(hub.url, hub.tokens[HV]) as nurse, Checkback(hub.url, hub.tokens[SCHOOL]) as school:
        assert "Mother" in {one.label for one in nurse.genogram(child).people}
        assert {one.relation for one in school.genogram(child).people} == {"child", "other_child"}
        (early,) = [one for one in nurse.ecomap(child).agencies if one.agency == HELP]
        assert early.name == "Sandwell Early Help and Strengthening Families"
        assert {tie.line for tie in early.ties} == {"working", "ended"}
        (seen,) = [one for one in school.ecomap(child).agencies if one.agency == HELP]
        assert all(tie.engages is None for tie in seen.ties)
    for picture in PICTURES:
        told = [hub.get(STRANGER, f"/v1/children/{one}/{picture}") for one in (child, new_id())]
        assert [one.status_code for one in told] == [404, 404]
        assert told[0].json() == told[1].json()


def test_a_picture_is_svg_that_a_browser_runs_nothing_of(hub: Served, child: UUID) -> None:
    for path in ("ecomap.svg", "genogram.svg", "ecomap.svg?width=360"):
        answer = hub.get(HV, f"/v1/children/{child}/{path}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("image/svg+xml")
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert minidom.parseString(answer.text).getElementsByTagName("svg")  # noqa: S318 - our own picture
    assert 'width="360"' in answer.text
    for width in ("10", "3000", "wide"):
        assert hub.get(HV, f"/v1/children/{child}/ecomap.svg?width={width}").status_code == 422


def test_no_name_is_in_a_picture_of_the_hubs(hub: Served, child: UUID) -> None:
    told = "".join(hub.get(HV, f"/v1/children/{child}/{picture}").text for picture in PICTURES)
    for name in ("Corbett", "Hodge", "Marsh", "Leanne", "Craig", "2014-09-03", "9990000263"):
        assert name not in told
    assert "half-sibling" in told, "else the test looks for nothing"


def draw(hub: Served, agency: str, folder: Path, command: str, child: UUID) -> str:
    token, keys = folder / "token", folder / "keys.json"
    token.write_text(hub.tokens[agency], encoding="utf-8")
    keys.write_text(json.dumps(keychain(hub, agency).told()), encoding="utf-8")
    who = ["--url", hub.url, "--token-file", str(token), "--keychain", str(keys)]
    file = folder / f"{command}.svg"
    ran = CliRunner().invoke(app, [command, str(child), "--out", str(file), *who])
    assert ran.exit_code == 0, ran.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600, "names stand in it"
    return file.read_text(encoding="utf-8")


def test_names_are_put_in_where_the_copies_are_opened(hub: Served, child: UUID, tmp_path: Path) -> None:
    for agency in (GP, HV):  # the sender by its file copy, the recipient by its share
        told = draw(hub, agency, tmp_path, "genogram", child)
        for name in ("Leanne Corbett", "Craig Hodge", "Alfie Hodge", "Kayleigh Marsh"):
            assert name in told
    assert "Leanne Corbett" in draw(hub, HV, tmp_path, "ecomap", child)
    school = draw(hub, SCHOOL, tmp_path, "ecomap", child)
    assert "Ruby Corbett" in school
    assert "Leanne" not in school, "no share of the school's names her"


def test_without_a_keychain_there_are_no_names(hub: Served, child: UUID, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(hub.tokens[HV], encoding="utf-8")
    file = tmp_path / "out.svg"
    ran = CliRunner().invoke(
        app, ["genogram", str(child), "--out", str(file), "--url", hub.url, "--token-file", str(token)]
    )
    assert "0 of 8 have their names" in " ".join(ran.output.split())
    assert "Leanne" not in file.read_text(encoding="utf-8")


def test_a_child_that_is_not_there_is_said(hub: Served, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(hub.tokens[HV], encoding="utf-8")
    ran = CliRunner().invoke(app, ["ecomap", str(new_id()), "--url", hub.url, "--token-file", str(token)])
    assert isinstance(ran.exception, Refused)
    assert ran.exception.status == 404
