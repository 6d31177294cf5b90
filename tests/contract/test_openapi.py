"""The description of the API is true: valid, complete, its examples are taken, and a fuzzer finds no fault in it."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from pydantic import BaseModel

from agencies.wire import Problem
from hub import clock
from hub.cli.embedded import Postgres, Valkey
from hub.settings import WebSettings
from hub.web.api import OPERATIONS
from hub.web.openapi import document
from hub.web.operation import Operation
from protocols.messages import read
from tests.web.served import SENDER, Served, opened

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")

# Whether a message makes sense is more than a schema can say: an NHS number's check digit, "unknown, because …", a date
# that has passed. The rest of what the fuzzer can check is checked.
NOT_CHECKED = "positive_data_acceptance"


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return document(OPERATIONS, WebSettings())


def operations_of(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def test_every_operation_is_described_with_an_example(described: dict[str, Any]) -> None:
    found = {(path, method) for path, method, _ in operations_of(described)}
    assert found == {(one.path, one.method) for one in OPERATIONS}
    for path, method, one in operations_of(described):
        assert len(one["description"]) > len(one["summary"]), (method, path)
        assert one["description"].endswith("."), (method, path)
        for status, answer in one["responses"].items():
            (content,) = answer["content"].values()
            assert "example" in content, (method, path, status)
        if method == "POST":
            (content,) = one["requestBody"]["content"].values()
            assert "example" in content, (method, path)


def test_operations_have_names_of_their_own(described: dict[str, Any]) -> None:
    names = [one["operationId"] for _, _, one in operations_of(described)]
    assert len(names) == len(set(names))
    assert {one["tags"][0] for _, _, one in operations_of(described)} == {
        tag["name"] for tag in described["tags"]
    }


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_every_example_is_what_its_schema_says(described: dict[str, Any], operation: Operation) -> None:
    def check(model: type[BaseModel], example: object) -> None:
        schema = {"$ref": f"#/components/schemas/{model.__name__}", "components": described["components"]}
        jsonschema.Draft202012Validator(
            schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
        ).validate(example)
        model.model_validate(example)

    check(operation.answer, operation.example)
    if operation.body is not None:
        check(operation.body, operation.body_example)


def test_the_example_of_a_message_is_taken() -> None:
    send = next(one for one in OPERATIONS if one.name == "send")
    read(send.body_example["message"], now=clock.now())


def test_every_refusal_has_a_problem_as_its_example(described: dict[str, Any]) -> None:
    for _, _, one in operations_of(described):
        for status, answer in one["responses"].items():
            if status >= "400":
                Problem.model_validate(answer["content"]["application/problem+json"]["example"])


def test_nothing_of_the_frameworks_own_shows(described: dict[str, Any]) -> None:
    assert "HTTPValidationError" not in described["components"]["schemas"]
    assert described["openapi"].startswith("3.1")


@pytest.fixture(scope="module")
def open_hub(
    postgres_server: Postgres, template: str, redis_server: Valkey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("hub")
    # A fuzzer that waits for nothing to come in finds nothing: long polls are short here.
    with opened(postgres_server, template, redis_server, home, long_poll_seconds=0.05) as served:
        yield served


@pytest.fixture(scope="module")
def fuzzed(open_hub: Served) -> Iterator[Served]:
    """The hub with its line at work, so that what the fuzzer sends becomes shares that it can act on."""
    open_hub.sent("handover-within-sandwell")
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.2):
            open_hub.drain()

    thread = threading.Thread(target=work, name="line")
    thread.start()
    yield open_hub
    stop.set()
    thread.join()


def test_it_is_served(open_hub: Served) -> None:
    answer = httpx.get(f"{open_hub.url}/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == document(OPERATIONS, open_hub.web)


def test_a_fuzzer_finds_no_fault(fuzzed: Served, tmp_path: Path) -> None:
    run = subprocess.run(
        [
            SCHEMATHESIS,
            "--config-file",
            Path(__file__).with_name("schemathesis.toml"),
            "run",
            f"{fuzzed.url}/openapi.json",
            "-H",
            f"Authorization: Bearer {fuzzed.tokens[SENDER]}",
            "--phases=examples,coverage,fuzzing,stateful",
            "--max-examples=3",
            "--workers=2",
            "--seed=1",
            f"--exclude-checks={NOT_CHECKED}",
            "--suppress-health-check=all",
            "--no-color",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,  # a guard against one that never ends; on a busy machine it takes its time
    )
    assert run.returncode == 0, run.stdout[-8000:]
    unknown = fuzzed.rows("SELECT 1 FROM message WHERE sender != :sender LIMIT 1", sender=SENDER)
    assert not unknown, "nobody sends in another's name"
