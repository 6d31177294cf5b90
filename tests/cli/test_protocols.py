"""`checkback protocols`: written, checked, read out, tried and loaded, on a real database."""

import json
from pathlib import Path

import pytest
from typer.testing import Result

from hub.cli import here
from hub.errors import Invalid, NotFound
from hub.store import registry
from protocols.parse import parse
from protocols.shipped import shipped, text_of
from tests.cli.conftest import Run
from tests.examples import FOLDER
from tests.signed import text

HANDOVER = FOLDER / "handover-sandwell-to-birmingham.json"
DAY = "2026-04-15T12:00:00"


def said(result: Result) -> str:
    assert result.exception is None, result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(text(), encoding="utf-8")
    return path


def test_what_is_loaded_is_listed(run: Run) -> None:
    listed = said(run("protocols", "list"))
    for protocol in shipped():
        assert protocol.id in listed
        assert protocol.digest[:12] in listed


def test_a_sound_protocol_is_said_to_be(run: Run, mine: Path) -> None:
    assert f"sandwell 1, 1 clause, digest {parse(text(), file='').digest}" in said(
        run("protocols", "check", mine)
    )


def test_every_fault_of_every_file_is_said_and_the_exit_says_so_too(
    run: Run, mine: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(text(title='""', version='"two words"'), encoding="utf-8")
    result = run("protocols", "check", bad, mine)
    assert result.exit_code == 1
    assert f"{bad}:2: " in result.output
    assert f"{bad}:3: " in result.output
    assert f"✓ {mine}" in result.output


def test_a_part_beside_a_file_is_included(run: Run, tmp_path: Path) -> None:
    whole = tmp_path / "whole.toml"
    own, rest = text().split("[usual]", 1)
    whole.write_text('include = ["ours"]\n' + own, encoding="utf-8")
    (tmp_path / "ours.toml").write_text("[usual]" + rest, encoding="utf-8")
    assert "1 clause," in said(run("protocols", "check", whole))


def test_a_protocol_is_read_out_by_id_and_by_file(run: Run, mine: Path) -> None:
    told = said(run("protocols", "explain", "birmingham"))
    assert told.startswith("Birmingham multi-agency information sharing protocol\n====")
    assert "A bruise is told to the MASH." in said(run("protocols", "explain", mine))
    assert isinstance(run("protocols", "explain", "nowhere").exception, NotFound)


def test_a_message_is_tried_and_nothing_is_sent(run: Run) -> None:
    told = said(run("protocols", "try", HANDOVER, "--as", "sandwell-0-19", "--at", DAY))
    assert "✓ birmingham-0-19 hears; telephone first; takes the responsibility once a named" in told
    assert "(birmingham 2026.2, new-baby-who-moves-in, move-in)" not in told
    assert "(birmingham 2026.2, move-in)" in told
    assert "3 would hear; 0 would not. Nothing was sent." in told


def test_a_decision_can_be_had_as_json(run: Run) -> None:
    told = json.loads(said(run("protocols", "try", HANDOVER, "--as", "sandwell-0-19", "--at", DAY, "--json")))
    assert [share["agency"] for share in told["shares"]] == [
        "birmingham-0-19", "birmingham-gp-1", "birmingham-probation"
    ]  # fmt: skip


def test_a_draft_takes_the_place_of_what_is_loaded(run: Run, mine: Path) -> None:
    told = said(run("protocols", "try", HANDOVER, "--as", "sandwell-0-19", "--at", DAY, "--with", mine))
    assert "0 would hear" in told
    assert "✗ birmingham-0-19 does not hear (other_side_silent)" in told
    assert "would tell birmingham-0-19, but no clause of sandwell allows it" in told


def test_a_draft_that_had_no_part_in_it_is_said(run: Run, mine: Path) -> None:
    elsewhere = FOLDER / "concern-below-threshold.json"
    told = said(run("protocols", "try", elsewhere, "--as", "birmingham-gp-1", "--at", DAY, "--with", mine))
    assert "sandwell had no part in this: it is for E08000028" in told
    here = said(run("protocols", "try", HANDOVER, "--as", "sandwell-0-19", "--at", DAY, "--with", mine))
    assert "had no part" not in here


def test_a_message_for_nobody_says_so(run: Run, mine: Path) -> None:
    neglect = FOLDER / "concern-neglect.json"
    told = said(run("protocols", "try", neglect, "--as", "sandwell-0-19", "--at", DAY, "--with", mine))
    assert "✗ nobody hears (no_clause)" in told


def test_what_cannot_be_tried_says_what_to_do(run: Run, tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{", encoding="utf-8")
    fault = run("protocols", "try", broken, "--as", "sandwell-0-19").exception
    assert isinstance(fault, Invalid)
    assert "is not JSON (line 1)" in fault.detail
    broken.write_text('{"kind": "concern", "version": 1}', encoding="utf-8")
    fault = run("protocols", "try", broken, "--as", "sandwell-0-19").exception
    assert isinstance(fault, Invalid)
    assert "children" in dict(fault.faults)
    fault = run("protocols", "try", HANDOVER, "--as", "nobody-here").exception
    assert isinstance(fault, NotFound)


def test_loading_keeps_the_whole_text_with_nothing_left_to_include(run: Run, tmp_path: Path) -> None:
    next_one = tmp_path / "sandwell.toml"
    next_one.write_text(text_of("sandwell").replace('"2026.1"', '"2026.9"'), encoding="utf-8")
    assert "sandwell 2026.9 is loaded; it holds from 2026-04-01" in said(run("protocols", "load", next_one))
    with here.database() as conn:
        held = {(one.id, one.version): one for one in registry.protocols(conn)}
    assert len(held) == len(shipped()) + 1
    (clauses,) = {len(one.clauses) for key, one in held.items() if key[0] == "sandwell"}
    assert clauses > 60


def test_one_fault_and_none_is_loaded(run: Run, mine: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(text(title='""'), encoding="utf-8")
    fault = run("protocols", "load", mine, bad).exception
    assert isinstance(fault, Invalid)
    assert fault.faults == ((f"{bad}:2", '"title" must be text in quotes'),)
    with here.database() as conn:
        assert len(registry.protocols(conn)) == len(shipped())


def test_the_same_version_never_says_two_things(run: Run, tmp_path: Path) -> None:
    other = tmp_path / "sandwell.toml"
    other.write_text(text_of("sandwell").replace("Sandwell multi", "Sandwell's multi"), encoding="utf-8")
    assert "raise its version number" in str(run("protocols", "load", other).exception)


def test_a_decision_not_to_share_is_heard_by_nobody_and_looked_at_again(run: Run) -> None:
    decision = FOLDER / "not-sharing-a-place-in-a-refuge.json"
    told = said(run("protocols", "try", decision, "--as", "sandwell-0-19", "--at", DAY))
    assert "✓ nobody hears, and the sender owes itself: look again by 28 days, or the day it names" in told
    assert "(sandwell 2026.1, not-shared-because-of-harm)" in told
    assert "0 would hear; 0 would not. Nothing was sent." in told
