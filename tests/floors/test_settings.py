"""Every setting is documented, used, and read from where it is said to be read from."""

import re
from pathlib import Path

import pytest

from hub.cli import settings as command
from hub.settings import Settings, WebSettings, WorkerSettings
from tests.floors.tree import ROOT, texts


def test_the_page_is_what_the_classes_say() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert page == command.page(), "run `make docs`"


@pytest.mark.parametrize("kind", [Settings, WebSettings, WorkerSettings])
def test_every_setting_says_what_it_is_for(kind: type[Settings]) -> None:
    for name, field in kind.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name


def test_every_setting_is_used() -> None:
    code = "\n".join(
        text
        for name, text in texts()
        if name.endswith(".py") and not name.startswith("tests/") and name != "hub/settings.py"
    )
    named = {name for kind, _ in command.KINDS for name in command.own_fields(kind)} - {"keys"}
    assert not {name for name in named if not re.search(rf"\.{name}\b", code)}, "use them, or remove them"


def test_the_environment_wins_over_a_file_and_a_file_over_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CHECKBACK_DATABASE_URL", "DATABASE_URL", "CHECKBACK_LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CHECKBACK_SECRETS_DIR", str(tmp_path))
    assert Settings().log_level == "info"
    (tmp_path / "checkback_log_level").write_text("warning\n")
    (tmp_path / "checkback_database_url").write_text("postgresql://from-a-file/hub\n")
    assert Settings().log_level == "warning"
    assert Settings().database_url == "postgresql://from-a-file/hub"
    monkeypatch.setenv("CHECKBACK_LOG_LEVEL", "error")
    monkeypatch.setenv("DATABASE_URL", "postgresql://from-the-environment/hub")
    assert Settings().log_level == "error"
    assert Settings().database_url == "postgresql://from-the-environment/hub"


def test_a_password_is_not_shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("CHECKBACK_DATABASE_URL", "postgresql://hub:hunter2@db.example/hub")
    assert "hunter2" not in repr(Settings())
    command.settings(markdown=False)
    shown = capsys.readouterr().out
    assert "hunter2" not in shown
    assert "db.example/hub" in shown


def test_key_files_follow_the_keys_directory(tmp_path: Path) -> None:
    settings = WorkerSettings(home=tmp_path)
    assert settings.hub_private_key_file == tmp_path / "keys" / "hub-seal.private.json"
    assert WorkerSettings(keys=tmp_path / "x").records_key_file == tmp_path / "x" / "records.json"
