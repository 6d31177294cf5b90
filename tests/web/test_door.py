"""Nobody comes in without a credential: every route under /v1, whatever it is for."""

import time
from datetime import timedelta

import httpx
import pytest

from agencies.callers import issue
from hub import clock
from hub.store import registry
from hub.web.api import OPERATIONS
from hub.web.operation import Operation
from tests.web.served import SENDER, STRANGER, Served

PUBLIC = {"/health/live", "/health/ready", "/metrics", "/openapi.json"}
PARTS = {"{id}": "0197f3a2-5c00-7c1e-9d35-4f7a10b2c3d4", "{postcode}": "B66 3PX"}


def address(operation: Operation) -> str:
    path = operation.path
    for part, value in PARTS.items():
        path = path.replace(part, value)
    return path


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer nonsense", "Basic dTpw", f"Bearer cbk_{'0' * 16}_{'A' * 43}"],
    ids=["none", "empty", "no-token", "nonsense", "basic", "unknown"],
)
def test_every_route_asks_who_is_calling(
    open_hub: Served, operation: Operation, authorization: str | None
) -> None:
    with open_hub.with_token(None) as nobody:
        headers = {} if authorization is None else {"authorization": authorization}
        answer = nobody.request(operation.method, address(operation), headers=headers)
    assert answer.status_code == 401, answer.text
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "checkback credentials issue" in answer.json()["next"]


def test_every_route_is_an_operation_or_public(open_hub: Served) -> None:
    """A route that somebody adds beside the operations would have no door: this test finds it."""
    described = open_hub.app.router.routes
    paths = {getattr(route, "path", None) for route in described}
    known = {one.path for one in OPERATIONS} | {one.path.replace("{id}", "{id:uuid}") for one in OPERATIONS}
    assert paths <= known | PUBLIC
    assert all(one.path.startswith("/v1/") for one in OPERATIONS)


def test_a_credential_that_ended_is_no_credential(hub: Served) -> None:
    now = clock.now()
    expired, late = issue(SENDER, now=now - timedelta(days=2), expires=now - timedelta(days=1))
    revoked, lost = issue(SENDER, now=now - timedelta(days=2))
    early, soon = issue(SENDER, now=now + timedelta(days=1))
    with hub.engine.begin() as conn:
        for one in (expired, revoked.revoked(now), early):
            registry.save_credential(conn, one)
    for token in (late, lost, soon):
        with hub.with_token(token) as caller:
            assert caller.get("/v1/inbox").status_code == 401


def test_a_credential_is_dead_within_seconds_of_its_revocation(hub: Served) -> None:
    credential, token = issue(STRANGER, now=clock.now() - timedelta(days=1))
    with hub.engine.begin() as conn:
        registry.save_credential(conn, credential)
    with hub.with_token(token) as caller:
        _until(caller, 200)
        with hub.engine.begin() as conn:
            registry.save_credential(conn, credential.revoked(clock.now()))
        _until(caller, 401)


def _until(caller: httpx.Client, status: int) -> None:
    end = time.monotonic() + 4
    while caller.get("/v1/inbox").status_code != status:
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_changed_secret_is_refused(open_hub: Served) -> None:
    token = open_hub.tokens[SENDER]
    changed = token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]
    with open_hub.with_token(changed) as caller:
        assert caller.get("/v1/inbox").status_code == 401


def test_wrong_credentials_in_number_are_told_to_wait(hub_with_few_tries: Served) -> None:
    hub = hub_with_few_tries
    with hub.with_token(f"cbk_{'0' * 16}_{'A' * 43}") as guesser:
        statuses = [guesser.get("/v1/inbox").status_code for _ in range(8)]
        refused = guesser.get("/v1/inbox")
    assert statuses[:5] == [401] * 5
    assert statuses[-1] == 429
    assert int(refused.headers["retry-after"]) >= 1
    with hub.as_(SENDER) as honest:
        assert honest.get("/v1/inbox").status_code == 200, "a good credential is not refused for its address"


def test_a_caller_who_asks_too_often_is_told_to_wait(hub_with_few_tries: Served) -> None:
    with hub_with_few_tries.as_(STRANGER) as hasty:
        answers = [hasty.get("/v1/inbox") for _ in range(40)]
    told = answers[-1]
    assert told.status_code == 429
    assert told.json()["type"].endswith("too-many")
    assert int(told.headers["retry-after"]) >= 1
    with hub_with_few_tries.as_(SENDER) as other:
        assert other.get("/v1/inbox").status_code == 200, "each credential has a bucket of its own"
