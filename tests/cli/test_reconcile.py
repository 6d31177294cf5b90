"""`checkback reconcile` against a hub that serves: what it prints, in which shape, and with which exit status."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from hub.cli.app import app
from hub.errors import Invalid
from hub.ids import new_id
from hub.store import days
from tests.web.served import SENDER, STRANGER, TAKER, Served, check_back, serving
from tests.web.test_reconciliation import YESTERDAY, yesterday

As = Callable[..., Result]


@pytest.fixture
def hub(database: str, redis_url: str, tmp_path: Path) -> Iterator[Served]:
    served = Served.on(database, redis_url, tmp_path)
    with serving(served):
        yield served


@pytest.fixture
def as_(hub: Served, tmp_path: Path) -> As:
    def run(agency: str, *arguments: object, said: str | None = None) -> Result:
        token = tmp_path / f"{agency}.token"
        token.write_text(hub.tokens[agency])
        told = ["reconcile", "--url", hub.url, "--token-file", str(token), *map(str, arguments)]
        return CliRunner().invoke(app, told, input=said)

    return run


def checked_back(hub: Served, share: UUID, case: str = "B-1") -> None:
    with hub.as_(TAKER) as taker:
        answer = taker.post(f"/v1/shares/{share}/check-back", json=check_back(case_reference=case))
        assert answer.status_code == 200, answer.text


def test_what_is_missing_is_printed_and_noticed(hub: Served, as_: As) -> None:
    nothing = as_(TAKER)
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert "Nothing is missing." in nothing.stderr
    _, shares = hub.received()
    told = as_(TAKER)
    assert told.exit_code == 1, "a job that runs every morning notices"
    assert str(shares[TAKER]) in told.stdout
    assert "your system has it; nobody has checked back" in told.stdout
    assert "their system has it; nobody has checked back" in as_(SENDER, "--side", "sent").stdout
    assert as_(TAKER, "--side", "sent").exit_code == 0
    assert as_(TAKER, "--overdue").exit_code == 0, "it is not due yet"
    unheard = hub.send().json()["id"]
    never_due = as_(SENDER, "--overdue")
    assert never_due.exit_code == 1
    assert f"message {unheard}" in never_due.stdout
    assert str(shares[TAKER]) not in never_due.stdout
    assert as_(TAKER, "--until", "2026-01-01").exit_code == 0
    assert as_(TAKER, "--since", "2026-01-01").exit_code == 1
    checked_back(hub, shares[TAKER])
    assert as_(TAKER).exit_code == 0
    whole = as_(TAKER, "--all")
    assert whole.exit_code == 0
    assert "checked back, as B-1" in whole.stdout
    assert as_(STRANGER, "--all").stdout == ""


def test_it_is_told_in_shapes_for_programs(hub: Served, as_: As) -> None:
    _, shares = hub.received()
    checked_back(hub, shares[TAKER], "=HYPERLINK(A1)")
    told = json.loads(as_(TAKER, "--all", "--json").stdout)
    assert [one["case_reference"] for one in told["received"]] == ["=HYPERLINK(A1)"]
    assert told["sent"] == []
    [row] = csv.DictReader(io.StringIO(as_(TAKER, "--all", "--csv").stdout))
    assert row["share"] == str(shares[TAKER])
    assert row["side"] == "received"
    assert row["case_reference"] == "'=HYPERLINK(A1)", "a spreadsheet takes it for no formula"


def test_the_statement_of_a_day(hub: Served, as_: As) -> None:
    _, shares = hub.received()
    yesterday(hub)
    told = as_(TAKER, "--day", YESTERDAY)
    assert told.exit_code == 1, "it left a share without a case"
    assert str(shares[TAKER]) in told.stdout
    whole: dict[str, Any] = json.loads(as_(TAKER, "--day", YESTERDAY, "--json").stdout)
    assert whole["digest"] in told.stdout
    assert whole["lines"][0]["share"] == str(shares[TAKER])
    theirs = json.loads(as_(SENDER, "--day", YESTERDAY, "--json").stdout)
    assert whole["digest"] in {one["digest"] for one in theirs["between"]}
    rows = list(csv.DictReader(io.StringIO(as_(SENDER, "--day", YESTERDAY, "--csv").stdout)))
    assert {row["share"] for row in rows} == {str(share) for share in shares.values()}
    assert as_(STRANGER, "--day", YESTERDAY).exit_code == 0


def test_a_long_statement_is_read_to_its_end(hub: Served, as_: As, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.cli.reconcile.PAGE", 2)
    for _ in range(2):
        hub.sent()
    listed = json.loads(as_(SENDER, "--json").stdout)["sent"]
    yesterday(hub)
    told = json.loads(as_(SENDER, "--day", YESTERDAY, "--json").stdout)
    assert len(told["lines"]) == told["count"] == len(listed) > 4
    assert [one["share"] for one in told["lines"]] == [one["share"] for one in listed]


def test_ones_own_records_are_compared(hub: Served, as_: As, tmp_path: Path) -> None:
    _, first = hub.received()
    checked_back(hub, first[TAKER])
    _, second = hub.received()
    unknown = new_id()
    file = tmp_path / "mine.csv"
    file.write_text(
        f"share,case_reference,open,owner\n{first[TAKER]},B-2,yes,amara\n{unknown},,,\n", encoding="utf-8-sig"
    )
    told = as_(TAKER, "--mine", file)
    assert told.exit_code == 1
    for says in (
        "is not the one that was checked back with",
        "not known here",
        "read it again, and register it",
    ):
        assert says in told.stdout, says
    found = json.loads(as_(TAKER, "--mine", file, "--json").stdout)["differences"]
    assert {one["share"]: one["differs"] for one in found} == {
        str(first[TAKER]): ["case_reference_differs"],
        str(unknown): ["not_known_here"],
        str(second[TAKER]): ["taken_and_dropped"],
    }
    told_in_csv = csv.DictReader(io.StringIO(as_(TAKER, "--mine", file, "--csv").stdout))
    assert [row["differs"] for row in told_in_csv] == [
        "case_reference_differs",
        "not_known_here",
        "taken_and_dropped",
    ]
    right = [{"share": str(first[TAKER]), "case_reference": "B-1"}, {"share": str(second[TAKER])}]
    for said in (json.dumps(right), json.dumps({"shares": right})):
        agrees = as_(TAKER, "--mine", "-", said=said)
        assert agrees.exit_code == 0, agrees.output
        assert "agree" in agrees.stderr


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[{", "is not JSON"),
        ("id,case\n1,2\n", "no column `share`"),
        ("share\nsecret\n", "no record of a share"),
        ('[{"share": "secret"}]', "no record of a share"),
        ("", "no column `share`"),
        ("share,open\n01981f00-0000-7000-8000-00000000000d,secret\n", "no record of a share"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_without_what_stands_in_it(
    as_: As, tmp_path: Path, text: str, says: str
) -> None:
    file = tmp_path / "mine"
    file.write_text(text)
    fault = as_(TAKER, "--mine", file).exception
    assert isinstance(fault, Invalid)
    assert says in fault.detail
    assert fault.next
    assert "secret" not in f"{fault.detail} {fault.faults}"


@pytest.mark.parametrize(
    "options",
    [
        ("--mine", "-", "--day", "2026-07-03"),
        ("--mine", "-", "--overdue"),
        ("--json", "--csv"),
        ("--day", "2026-07-03", "--since", "2026-07-01"),
        ("--day", "tomorrow"),
        ("--since", "03/07/2026"),
        ("--until", "0001-01-01"),
    ],
)
def test_what_does_not_go_together_is_said(as_: As, options: tuple[str, ...]) -> None:
    fault = as_(TAKER, *options, said="[]").exception
    assert isinstance(fault, Invalid)
    assert fault.next


def test_yesterday_may_be_said_in_a_word(hub: Served, as_: As) -> None:
    del hub
    told = as_(TAKER, "--day", "yesterday", "--json")
    assert told.exception is None or "not over" in str(told.exception), (
        "ten minutes after midnight, at the latest"
    )
    assert days.SETTLING.total_seconds() == 600
