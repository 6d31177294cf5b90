"""Logs hold ids, codes and figures. What could be a person's is withheld, whoever logs it."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from hub import logs
from hub.settings import Settings

ID = UUID("018f0000-0000-7000-8000-000000000001")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    kept = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    logs.configure(Settings(log_format="json"), process="test", stream=kept)
    yield kept
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_ids_codes_and_figures_pass(written: io.StringIO) -> None:
    structlog.get_logger("hub.test").info(
        "moved", share=ID, state="checked_back", rows=3, at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    (line,) = lines(written)
    assert line["event"] == "moved"
    assert line["share"] == str(ID)
    assert (line["state"], line["rows"], line["process"], line["level"]) == (
        "checked_back",
        3,
        "test",
        "info",
    )


def test_names_sentences_numbers_and_bodies_do_not(written: io.StringIO) -> None:
    structlog.get_logger("hub.test").info(
        "odd", who="Amy Smith", nhs="9990000018", body={"name": "Amy"}, said=["ok", "was bruised"]
    )
    (line,) = lines(written)
    assert line["who"] == line["nhs"] == line["body"] == logs.WITHHELD
    assert line["said"] == ["ok", logs.WITHHELD]
    assert "Amy" not in written.getvalue()


def about_amy() -> None:
    raise ValueError("Amy was bruised")


def test_an_exception_is_its_kind_and_its_path_without_its_words(written: io.StringIO) -> None:
    try:
        try:
            about_amy()
        except ValueError as fault:
            raise RuntimeError("about Amy") from fault
    except RuntimeError:
        structlog.get_logger("hub.test").exception("step failed", share=ID)
    (line,) = lines(written)
    assert line["failed"] == "RuntimeError from ValueError"
    assert "test_logs.py" in line["where"][0]
    assert "Amy" not in written.getvalue()


def test_libraries_go_through_the_same_net(written: io.StringIO) -> None:
    try:
        about_amy()
    except ValueError:
        logging.getLogger("a.library").exception("job failed\nTraceback: Amy")
    (line,) = lines(written)
    assert line["event"] == "job failed"
    assert line["failed"] == "ValueError"
    assert "Amy" not in written.getvalue()


def test_an_exception_can_be_handed_over(written: io.StringIO) -> None:
    structlog.get_logger("hub.test").warning("retry", exc_info=OSError("Amy"))
    (line,) = lines(written)
    assert line["failed"] == "OSError"


words = st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1)


@given(st.lists(words, min_size=2).map(" ".join))
def test_no_text_of_several_words_passes(text: str) -> None:
    fields = logs.ids_only(None, "info", {"event": "x", "said": text})
    assert fields["said"] == logs.WITHHELD


def test_text_for_people(written: io.StringIO) -> None:
    structlog.reset_defaults()
    logs.configure(Settings(log_format="text"), process="test", stream=written)
    structlog.get_logger("hub.test").info("moved", share=ID)
    assert "moved" in written.getvalue()
    assert str(ID) in written.getvalue()
