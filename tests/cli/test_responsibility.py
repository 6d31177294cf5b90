"""`checkback responsibility`: who holds which child, who has held one, and what cannot be placed."""

import re
from uuid import UUID

import pytest
from sqlalchemy import text
from typer.testing import Result

from hub.cli import here
from hub.cli.app import run as command_line
from hub.errors import Conflict, NotFound
from hub.ids import new_id
from hub.store.connect import engine
from tests.cli.conftest import Run
from tests.journey.nursery import CAMDEN, SANDWELL, Nursery

OFFICE = "sandwell-partnership"


def said(result: Result) -> str:
    assert result.exception is None, result.exception
    return result.output


@pytest.fixture
def alarm(run: Run, database: str) -> str:
    """Two agencies say that they hold a child."""
    del run

    pool = engine(database)
    nursery = Nursery.with_agencies(pool)
    nursery.hand_over(SANDWELL, "birmingham-0-19", [None])
    nursery.hand_over(CAMDEN, "birmingham-0-19", [nursery.children[0]])
    pool.dispose()
    with here.database() as conn:
        found: str = str(conn.execute(text("SELECT id FROM unplaced")).scalar_one())
    return found


def test_it_lists_who_holds_and_who_has_held(run: Run, alarm: str) -> None:
    del alarm
    listed = said(run("responsibility", "list"))
    assert SANDWELL in listed
    assert "Nobody holds" in said(run("responsibility", "list", CAMDEN))
    [child] = re.findall(r"[0-9a-f-]{36}(?=\s+health_visiting)", listed)
    history = said(run("responsibility", "history", child))
    assert SANDWELL in history
    assert "now" in history
    assert isinstance(run("responsibility", "history", new_id()).exception, NotFound)


def test_what_cannot_be_placed_is_answered_by_whoever_is_asked(run: Run, alarm: str) -> None:
    assert "nobody yet" in said(run("responsibility", "alarms"))
    place = ["responsibility", "place", alarm, CAMDEN, "--by", "Test Practitioner", "--role", "operator"]
    place += ["--because", "both were rung", "--accepted-by", "Test Practitioner"]
    assert isinstance(run(*place).exception, NotFound), "nobody is asked yet, and then the office is"
    refused = run("tasks", "done", asked_of("hub")).exception
    assert isinstance(refused, Conflict)
    assert f"`checkback responsibility place {alarm} AGENCY" in refused.next
    assert f"{CAMDEN} holds the child" in said(run(*place))
    assert "None." in said(run("responsibility", "alarms"))
    assert CAMDEN in said(run("responsibility", "list"))


def asked_of(whom: str) -> UUID:
    with here.database() as conn:
        conn.execute(
            text(
                "INSERT INTO owed (id, what, owed_by, owed_to, message_id, started_at, about) SELECT id,"
                " 'place_responsibility', :whom, :whom, message_id, at, 'responsibility.' || id FROM unplaced"
            ),
            {"whom": whom},
        )
        task: UUID = conn.execute(
            text("SELECT id FROM owed WHERE what = 'place_responsibility'")
        ).scalar_one()
    return task


def test_what_an_office_is_asked_is_the_offices_to_answer(run: Run, alarm: str) -> None:
    refused = run("tasks", "done", asked_of(OFFICE)).exception
    assert isinstance(refused, Conflict)
    assert "whether two children are one" not in refused.detail
    assert f"{OFFICE} " in refused.next
    assert f"POST /v1/alarms/{alarm}/place" in refused.next
    assert "checkback children" not in refused.next


def test_the_command_line_says_what_is_wrong(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    del run
    with pytest.raises(SystemExit):
        command_line(["responsibility", "history", str(new_id())])
    assert "nobody holds a child of this id" in capsys.readouterr().err
