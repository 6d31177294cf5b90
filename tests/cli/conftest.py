"""A hub's database with the example directory, protocols and agencies, and the command line on it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hub.cli.app import app
from hub.cli.prepare import prepare

Run = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path, database: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hub that is ready to run, and does not run."""
    monkeypatch.setenv("CHECKBACK_HOME", str(tmp_path))
    monkeypatch.setenv("CHECKBACK_DATABASE_URL", database)
    monkeypatch.setenv("CHECKBACK_REDIS_URL", redis_url)
    monkeypatch.setenv("CHECKBACK_PORT", "1")  # where nothing listens
    prepare(examples=True)
    return tmp_path


@pytest.fixture
def run(home: Path) -> Run:
    del home
    runner = CliRunner()

    def run(*arguments: object) -> Result:
        return runner.invoke(app, [str(one) for one in arguments])

    return run
