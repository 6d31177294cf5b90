"""`checkback children`: whoever runs the hub sees who may be one, as ids, and records what people say."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from hub import keyfiles
from hub.cli import here
from hub.errors import Conflict, NotFound
from hub.ids import new_id
from hub.settings import WebSettings
from tests.cli.conftest import Run
from tests.cli.test_nouns import said
from tests.workers.test_people import child, of, sent, without_number
from tests.workers.town import Town

BY = ("--by", "Test Practitioner", "--role", "duty officer", "--why", "Both were rung.")


@pytest.fixture
def town(home: Path, database: str) -> Iterator[Town]:
    del home
    made = Town.on(database)
    yield made
    made.engine.dispose()


@pytest.fixture
def two(town: Town) -> tuple[UUID, UUID, UUID]:
    """Two persons who are likely one, and the match about them."""
    first, second = sent(town, of()), sent(town, without_number())
    [row] = town.rows("SELECT id FROM likeness")
    return child(town, first), child(town, second), row.id


def test_who_may_be_one_is_listed_as_ids(run: Run, two: tuple[UUID, UUID, UUID]) -> None:
    one, other, match = two
    listed = said(run("children", "list"))
    for told in (one, other, match, "name_and_birth", "sandwell-0-19"):
        assert str(told) in listed
    assert "Brandt" not in listed
    assert "9990000042" not in listed


def test_an_answer_merges_and_another_parts_them(run: Run, town: Town, two: tuple[UUID, UUID, UUID]) -> None:
    one, other, match = two
    assert "are one child" in said(run("children", "same", match, *BY))
    assert "None." in said(run("children", "list"))
    shown = said(run("children", "show", other))
    assert str(one) in shown
    assert "same" in shown
    assert "are different" in said(run("children", "different", match, *BY))
    said(run("children", "same", match, *BY))
    assert "stands alone" in said(run("children", "unmerge", other, *BY))
    records = keyfiles.records(here.settings(WebSettings))
    kept = town.rows("SELECT id, answer, by_agency, because_hidden FROM likeness_answer ORDER BY at, id")
    assert [(row.answer, row.by_agency) for row in kept] == [
        ("same", "hub"), ("different", "hub"), ("same", "hub"), ("different", "hub"),
    ]  # fmt: skip
    assert records.show(kept[0].because_hidden, where=f"because {kept[0].id}") == "Both were rung."


def test_what_cannot_be_is_said(run: Run, two: tuple[UUID, UUID, UUID]) -> None:
    one, _, _ = two
    assert isinstance(run("children", "same", new_id(), *BY).exception, NotFound)
    assert isinstance(run("children", "show", new_id()).exception, NotFound)
    assert isinstance(run("children", "unmerge", one, *BY).exception, Conflict)
    assert run("children", "same", new_id()).exit_code == 2  # without who says so, and why


def test_a_question_is_no_task_to_be_ticked_off(run: Run, town: Town, two: tuple[UUID, UUID, UUID]) -> None:
    del two
    assert "same_child" in said(run("tasks", "list"))
    [row] = town.rows("SELECT id FROM owed WHERE what = 'same_child'")
    refused = run("tasks", "done", row.id).exception
    assert isinstance(refused, Conflict)
    assert "checkback children same" in refused.next
