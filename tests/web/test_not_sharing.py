"""A decision not to share over HTTP: the sender's alone. To everybody else it is not there."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from typer.testing import CliRunner

from agencies import calls
from agencies.client import Checkback
from agencies.keychain import Keychain
from hub.cli.app import app
from hub.ids import new_id
from tests.web.served import PERSON, SEAL_KEYS, SENDER, Served, current
from tests.web.test_owed import long_ago, owed
from workers.chase import chase
from workers.housekeep import Housekeeper

NAME = "not-sharing-a-place-in-a-refuge"
MET: dict[str, Any] = {"by": PERSON, "done": "Looked at again: it still holds, and a new decision was sent."}


def decided(hub: Served) -> tuple[UUID, dict[str, Any]]:
    """The message, and what its sender owes itself."""
    message, shares = hub.sent(NAME)
    assert shares == {}
    mine = [one for one in owed(hub, SENDER)["owed"] if one["message"] == str(message)]
    assert [(one["what"], one["owed_by"], one["owed_to"], one["share"]) for one in mine] == [
        ("look_again", SENDER, SENDER, None)
    ]
    return message, mine[0]


def test_the_sender_sees_before_sending_that_nobody_would_hear(open_hub: Served) -> None:
    with open_hub.as_(SENDER) as sender:
        told = sender.post("/v1/messages/preview", json={"message": current(NAME)})
    (line,) = told.json()["parties"]
    assert (line["outcome"], line["agency"], line["view"]) == ("keep", None, None)
    (look,) = line["deadlines"]
    assert (look["what"], look["owed_by"]) == ("look_again", SENDER)
    assert look["limit"].startswith("28 days, or by 20")


def test_it_is_met_by_a_named_person_and_read_by_the_sender_alone(open_hub: Served) -> None:
    message, look = decided(open_hub)
    where, headers = f"/v1/owed/{look['id']}/met", {"idempotency-key": str(new_id())}
    with open_hub.as_(SENDER) as sender:
        assert sender.post(where, json={"done": "yes"}).status_code == 422, "a named person"
        assert (
            sender.post(f"/v1/owed/{look['id']}/release", json={"by": PERSON, "reason": "r"}).status_code
            == 409
        )
        first = sender.post(where, json=MET, headers=headers)
        assert (first.status_code, first.json()["state"], first.json()["share"]) == (200, "closed", None)
        assert sender.post(where, json=MET, headers=headers).json() == first.json()
        assert sender.post(where, json=MET).status_code == 409
        assert sender.get(f"/v1/messages/{message}").json()["state"] == "closed"
    with Checkback(open_hub.url, open_hub.tokens[SENDER]) as client:
        grid, keys = client.message(message), client.run(calls.hub_keys())
    keychain = Keychain.of(SENDER, [SEAL_KEYS[SENDER]], keys)
    (note,) = grid.notes
    assert keychain.open_note(note, of=grid)["done"] == MET["done"]
    assert keychain.open_copy(grid)["message"]["ground"] == "would_put_someone_at_risk"


def test_the_command_line_shows_it_to_its_sender(
    open_hub: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHECKBACK_HOME", str(tmp_path))
    with Checkback(open_hub.url, open_hub.tokens[SENDER]) as client:
        keychain = Keychain.of(SENDER, [SEAL_KEYS[SENDER]], client.run(calls.hub_keys()))
    (tmp_path / "keychain").write_text(json.dumps(keychain.told()), encoding="utf-8")
    (tmp_path / "token").write_text(open_hub.tokens[SENDER], encoding="utf-8")
    whose = ["--url", open_hub.url, "--token-file", tmp_path / "token", "--keychain", tmp_path / "keychain"]

    def shown(*arguments: object) -> str:
        ran = CliRunner().invoke(app, [str(one) for one in (*arguments, *whose)])
        assert ran.exit_code == 0, ran.output
        return ran.stdout

    message, look = decided(open_hub)
    told = shown("show", message)
    assert "✓ nobody hears: it is kept, and yours to look at again" in told
    assert "(sandwell 2026.1, not-shared-because-of-harm)" in told
    assert f"owed next: look_again by {SENDER}" in told
    with open_hub.as_(SENDER) as sender:
        assert sender.post(f"/v1/owed/{look['id']}/met", json=MET).status_code == 200
    told = shown("show", message, "--open")
    assert f"meet by {SENDER}" in told
    assert MET["done"] in told


def everything_told(hub: Served, agency: str) -> str:
    """All that an agency can list; what only an office may list, an office does."""
    paths = [
        "/v1/inbox",
        "/v1/events",
        *(f"/v1/owed?side={side}" for side in ("by", "to", "told")),
        "/v1/responsibility",
        *(f"/v1/reconciliation?side={side}" for side in ("sent", "received")),
        *(["/v1/matches", "/v1/alarms"] if agency.endswith("-partnership") else ()),
    ]
    answers = [hub.get(agency, path) for path in paths]
    assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers]
    return "".join(answer.text for answer in answers)


def test_to_every_other_agency_it_is_not_there_neither_now_nor_when_it_lapses(hub: Served) -> None:
    message, look = decided(hub)
    long_ago(hub, message, days=200)
    chase(hub.line)
    Housekeeper(hub.line).round()
    others = [one for one in hub.tokens if one != SENDER]
    assert len(others) > 20
    for other in others:
        seen = everything_told(hub, other)
        assert str(message) not in seen, other
        assert look["id"] not in seen, other
        assert "look_again" not in seen, other
        assert "not_sharing" not in seen, other
        with hub.as_(other) as caller:
            for path, missing in (
                (f"/v1/messages/{message}", f"/v1/messages/{new_id()}"),
                (f"/v1/owed/{look['id']}", f"/v1/owed/{new_id()}"),
            ):
                answers = [caller.get(one) for one in (path, missing)]
                assert [one.status_code for one in answers] == [404, 404]
                assert answers[0].json() == answers[1].json()
            assert caller.post(f"/v1/owed/{look['id']}/met", json=MET).status_code == 404
            gone = caller.post(f"/v1/messages/{message}/withdraw", json={"by": PERSON, "reason": "r"})
            assert gone.status_code == 404
    mine = owed(hub, SENDER, overdue=True)["owed"]
    assert [(one["what"], one["told"]) for one in mine] == [("look_again", 4)]


def test_the_sender_does_not_find_it_among_what_is_missing_at_another_end(hub: Served) -> None:
    """It has no other end, so there is nothing that could be missing there."""
    decided(hub)
    concern = hub.send().json()["id"]
    told = hub.get(SENDER, "/v1/reconciliation?side=sent").json()["lines"]
    assert [one["message"] for one in told] == [concern]
