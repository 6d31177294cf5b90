"""Every error becomes a problem document: the right status, what to do next, and nothing of what was sent."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy.exc import IntegrityError, OperationalError
from starlette.exceptions import HTTPException

from hub import errors
from hub.web import problems

WORDS = "the words of a letter"


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    count: int


def kinds(of: type[errors.CheckbackError]) -> list[type[errors.CheckbackError]]:
    return [of, *(below for one in of.__subclasses__() for below in kinds(one))]


def document(fault: Exception) -> tuple[int, dict[str, str], dict[str, Any]]:
    answer = problems.answer(fault)
    return answer.status_code, dict(answer.headers), json.loads(bytes(answer.body))


@pytest.mark.parametrize(
    "kind",
    [
        one
        for one in kinds(errors.CheckbackError)
        # The command line has errors of its own, which never go over HTTP.
        if one not in (errors.CheckbackError, problems.Refusal) and not one.__module__.startswith("hub.cli")
    ],
    ids=lambda one: one.__name__,
)
def test_every_error_of_the_tree_has_a_status_and_a_title(kind: type[errors.CheckbackError]) -> None:
    status, headers, told = document(kind("what is wrong", next="what to do", faults=(("field", "says"),)))
    assert status == told["status"] >= 400
    assert headers["content-type"] == problems.MEDIA_TYPE
    assert told["title"] == problems.TITLES[kind.code]
    assert (told["detail"], told["next"]) == ("what is wrong", "what to do")
    assert told["errors"] == [{"field": "field", "says": "says"}]
    assert ("www-authenticate" in headers) == (status == 401)
    assert ("retry-after" in headers) == (status == 503)


def test_what_nobody_foresaw_is_told_without_a_word_of_it() -> None:
    status, _, told = document(RuntimeError(WORDS))
    assert status == 500
    assert WORDS not in json.dumps(told)


class Driver(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        super().__init__(WORDS)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (OperationalError("SELECT", None, Driver(None)), 503),
        (OperationalError("SELECT", None, Driver("57P01")), 503),
        (OperationalError("SELECT", None, Driver("40P01")), 503),
        (OperationalError("SELECT", None, Driver("53300")), 503),
        (IntegrityError("INSERT", None, Driver("23505")), 500),
    ],
    ids=["no-answer", "ended", "deadlock", "full", "duplicate"],
)
def test_a_database_that_may_come_back_is_worth_another_try(fault: Exception, status: int) -> None:
    found, _, told = document(fault)
    assert found == status
    assert WORDS not in json.dumps(told)


@given(value=st.text(min_size=1) | st.floats(allow_nan=False) | st.lists(st.text(), max_size=2))
def test_no_value_is_repeated(value: object) -> None:
    marked = {"count": ["Zebedee", value], "Zebedee": value}
    with pytest.raises(ValidationError) as found:
        Body.model_validate(marked)
    _, _, told = document(found.value)
    assert "Zebedee" not in json.dumps(told)
    assert {one["field"] for one in told["errors"]} == {"count", "body"}


@given(path=st.text())
def test_a_field_is_repeated_only_if_it_looks_like_one(path: str) -> None:
    for step in problems.field_name(path).split("."):
        assert (
            step == "…" or (step.isascii() and step.isidentifier() and step == step.lower()) or step.isdigit()
        )


def test_other_statuses_of_the_framework_are_problems_too() -> None:
    status, headers, told = document(HTTPException(405, headers={"allow": "GET"}))
    assert (status, headers["allow"], told["type"]) == (405, "GET", f"{problems.TYPE}method-not-allowed")
    assert document(HTTPException(400))[2]["status"] == 400
