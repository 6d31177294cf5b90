"""What a wrong request gets: a problem document that names the field, says what to do, and repeats nothing."""

import json
import socket
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from hub import clock
from hub.ids import new_id
from tests.examples import GONE, spoilt
from tests.web.served import PERSON, SENDER, TAKER, Served, check_back, current

JSON = {"content-type": "application/json"}
SECRET = "Zebedee Quartermain"  # stands in for whatever somebody wrote: no answer may hold it


def post(hub: Served, body: bytes, *, path: str = "/v1/messages", **headers: str) -> httpx.Response:
    with hub.as_(SENDER) as sender:
        return sender.post(path, content=body, headers={**JSON, "idempotency-key": str(new_id()), **headers})


def send(hub: Served, message: Any, **more: Any) -> httpx.Response:  # noqa: ANN401 - what is no message, too
    return post(hub, json.dumps({"message": message, **more}).encode())


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert SECRET not in answer.text
    told: dict[str, Any] = answer.json()
    assert told["status"] == status
    assert told["type"].startswith("urn:checkback:problem:")
    assert told["title"]
    assert told["detail"]
    assert told["next"]
    return told


def fields(told: dict[str, Any]) -> dict[str, str]:
    return {one["field"]: one["says"] for one in told["errors"]}


# -- the body itself ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/preview", "/v1/inbox/received"])
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"message": }', b"\xff\xfe", b'{"message": {}} trailing', b'{"a":"\\ud800"}', b"NaN"],
    ids=["empty", "open", "no-value", "not-utf-8", "trailing", "half-a-surrogate", "nan"],
)
def test_what_is_not_json_says_where(open_hub: Served, path: str, body: bytes) -> None:
    told = problem(post(open_hub, body, path=path), 422)
    assert told["errors"], "it says where"


@pytest.mark.parametrize("body", [b"[]", b"null", b'"text"', b"1", b'{"message": 1}', b'{"message": []}'])
def test_what_is_no_post_says_so(open_hub: Served, body: bytes) -> None:
    assert problem(post(open_hub, body), 422)["errors"]


def test_a_field_that_is_not_known_is_refused_and_not_repeated(open_hub: Served) -> None:
    told = problem(send(open_hub, current(), **{SECRET: SECRET}), 422)
    assert told["errors"]


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_deep_json_is_refused(open_hub: Served, opening: bytes) -> None:
    closing = b"]" if opening == b"[" else b"}"
    body = b'{"message": ' + opening * 20_000 + b"1" + closing * 20_000 + b"}"
    told = problem(post(open_hub, body), 422)
    assert "deeper" in told["detail"]


def test_brackets_in_a_text_are_no_depth(open_hub: Served) -> None:
    message = current()
    message["situation"]["facts"][0]["fact"] = (
        'he wrote [[[[[[[[[[[[[[[[{{{{{{{{{{{{{{{{{{{{{{{{ \\" [ on the wall'
    )
    assert send(open_hub, message).status_code == 202


def test_a_large_body_is_refused(open_hub: Served) -> None:
    most = open_hub.web.max_body_bytes
    told = problem(post(open_hub, b'"' + b"x" * most + b'"'), 413)
    assert str(most) in told["detail"]


def test_a_large_body_without_a_length_is_refused_while_it_streams(open_hub: Served) -> None:
    def chunks() -> Any:  # noqa: ANN401 - a generator of bytes
        for _ in range(10):
            yield b"x" * 65_536

    with open_hub.as_(SENDER) as sender:
        answer = sender.post("/v1/messages", content=chunks(), headers={**JSON, "idempotency-key": "k"})
    problem(answer, 413)


def test_a_huge_body_is_refused_before_it_comes(open_hub: Served) -> None:
    with socket.create_connection(("127.0.0.1", open_hub.port)) as line:
        line.sendall(
            b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            b"idempotency-key: k\r\ncontent-length: 99999999999\r\n"
            b"authorization: Bearer " + open_hub.tokens[SENDER].encode() + b"\r\n\r\n{"
        )
        line.settimeout(5)
        assert b" 413 " in line.recv(4096)


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/xml",
        "application/json; charset=latin-1",
        "application/x-www-form-urlencoded",
        "",
    ],
)
def test_what_is_not_declared_as_json_is_refused(open_hub: Served, content_type: str) -> None:
    told = problem(post(open_hub, b"{}", **{"content-type": content_type}), 415)
    assert "application/json" in told["next"]


def test_a_compressed_body_is_refused(open_hub: Served) -> None:
    problem(post(open_hub, b"{}", **{"content-encoding": "gzip"}), 415)


def test_a_charset_may_be_said(open_hub: Served) -> None:
    body = json.dumps({"message": current()}).encode()
    assert post(open_hub, body, **{"content-type": "Application/JSON; Charset=UTF-8"}).status_code == 202


# -- what a message says ------------------------------------------------------------------------------------


def test_the_example_is_taken_as_it_is(open_hub: Served) -> None:
    assert send(open_hub, current()).status_code == 202


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"children__0__nhs_number": "9990000019"}, "message.children.0.nhs_number", "NHS number"),
        ({"kind": "rumour"}, "message.kind", "handover"),
        ({"version": 99}, "message.version", "1"),
        ({"kind": GONE}, "message.kind", "handover"),
        ({"children__0__name": ""}, "message.children.0.name", "empty"),
        ({"surprise": SECRET}, "message", "has a field that is not one of these"),
    ],
    ids=["nhs-number", "kind", "version", "no-kind", "no-name", "unknown-field"],
)
def test_a_message_that_cannot_be_names_the_field(
    open_hub: Served, change: dict[str, Any], field: str, says: str
) -> None:
    raw = current()
    message = {**raw, **change} if "surprise" in change else spoilt(raw, **change)
    told = problem(send(open_hub, message), 422)
    assert says in fields(told)[field], told
    assert "9990000019" not in json.dumps(told)


def test_dates_in_the_future_are_refused(open_hub: Served) -> None:
    tomorrow = (clock.now() + timedelta(days=2)).date().isoformat()
    told = problem(send(open_hub, spoilt(current(), situation__facts__0__on=tomorrow)), 422)
    assert "message.situation.facts.0.on" in fields(told)


def test_all_faults_are_told_at_once(open_hub: Served) -> None:
    broken = spoilt(current(), children__0__nhs_number="1", urgency="whenever", household=GONE)
    told = fields(problem(send(open_hub, broken), 422))
    assert {"message.children.0.nhs_number", "message.urgency", "message.household"} <= set(told)


def test_a_closed_agency_names_its_successor(open_hub: Served) -> None:
    message = current()
    closed, successor = open_hub.closed_agency()
    message["services"]["others"] = [{"role": "probation", "agency": closed}]
    told = problem(send(open_hub, message), 422)
    assert any(successor in says for says in fields(told).values()), told


def test_an_agency_that_is_not_there_is_told(open_hub: Served) -> None:
    told = problem(send(open_hub, current(), withhold=[{"agency": "no-such-agency", "reason": "r"}]), 422)
    assert {"withhold.0.agency", "withhold.0.reason"} <= fields(told).keys()


@pytest.mark.parametrize(
    ("where", "area", "postcode"), [("address", "area", "postcode"), ("move", "to_area", "to_postcode")]
)
def test_a_postcode_that_lies_elsewhere_than_its_area_is_the_senders_to_mend(
    open_hub: Served, where: str, area: str, postcode: str
) -> None:
    """Either could be the slip of the pen, and the wrong MASH would hear."""
    message = current()
    message[where] |= {area: "E08000025", postcode: "B66 3PX"}  # Birmingham's code, a postcode of Sandwell
    told = problem(send(open_hub, message), 422)
    assert "E08000028" in fields(told)[f"message.{where}.{area}"]
    assert "B66" not in json.dumps(told)


def test_two_codes_of_one_area_are_no_contradiction(open_hub: Served) -> None:
    """A merger gives an area another code, and a postcode file is older than the law."""
    places = open_hub.app.state.parts.known().places
    old = next(area for area in places.areas if area.replaced_by)
    known = open_hub.app.state.parts.known()
    assert known.same_area(old.code, old.replaced_by)
    assert not known.same_area(old.code, "E08000028")


def test_a_withheld_party_has_one_name_and_a_reason(open_hub: Served) -> None:
    told = problem(send(open_hub, current(), withhold=[{"reason": SECRET}]), 422)
    assert any("agency" in says for says in fields(told).values())


# -- keys ---------------------------------------------------------------------------------------------------


def test_a_message_needs_an_idempotency_key(open_hub: Served) -> None:
    with open_hub.as_(SENDER) as sender:
        told = problem(sender.post("/v1/messages", json={"message": current()}), 422)
    assert "Idempotency-Key" in fields(told)


@pytest.mark.parametrize("key", ["k" * 201, "a\tb"], ids=["long", "tab"])
def test_a_key_that_is_none_is_refused(open_hub: Served, key: str) -> None:
    told = problem(
        post(open_hub, json.dumps({"message": current()}).encode(), **{"idempotency-key": key}), 422
    )
    assert "Idempotency-Key" in fields(told)


# -- acts ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def share(open_hub: Served) -> str:
    _, shares = open_hub.received()
    return str(shares[TAKER])


def past() -> str:
    return str((clock.now() - timedelta(days=3)).date())


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (lambda: check_back(by=None), "by"),
        (lambda: check_back(by={"name": SECRET}), "by.role"),
        (lambda: check_back(understanding=""), "understanding"),
        (lambda: check_back(actions=[]), "body"),
        (lambda: check_back(review_on="soon"), "review_on"),
        (lambda: check_back(review_on=past()), "review_on"),
        (lambda: check_back(actions=[{"what": "w", "who": "p", "by_when": past()}]), "actions.0.by_when"),
        (lambda: check_back(case_reference="x" * 65), "case_reference"),
        (lambda: check_back(score=7), "body"),
    ],
    ids=[
        "nobody",
        "no-role",
        "nothing",
        "no-actions",
        "no-date",
        "past-review",
        "past-action",
        "long",
        "unknown",
    ],
)
def test_a_check_back_that_cannot_be_names_the_field(
    open_hub: Served, share: str, body: Callable[[], dict[str, Any]], field: str
) -> None:
    with open_hub.as_(TAKER) as taker:
        told = problem(taker.post(f"/v1/shares/{share}/check-back", json=body()), 422)
    assert field in fields(told), told


def test_a_move_that_the_journey_has_not_says_what_can_be_done(open_hub: Served, share: str) -> None:
    with open_hub.as_(SENDER) as sender:
        told = problem(sender.post(f"/v1/shares/{share}/agree", json={"by": PERSON}), 409)
    assert told["type"].endswith("wrong-state")
    assert "check-back" in told["next"]


def test_the_other_sides_act_is_forbidden(open_hub: Served, share: str) -> None:
    with open_hub.as_(SENDER) as sender:
        problem(sender.post(f"/v1/shares/{share}/check-back", json=check_back()), 403)


def test_more_than_a_hundred_at_once_is_refused(open_hub: Served) -> None:
    with open_hub.as_(TAKER) as taker:
        ids = [str(new_id()) for _ in range(101)]
        assert "shares" in fields(problem(taker.post("/v1/inbox/received", json={"shares": ids}), 422))
        assert "shares" in fields(problem(taker.post("/v1/inbox/received", json={"shares": []}), 422))
        told = problem(taker.post("/v1/inbox/received", json={"shares": [SECRET]}), 422)
        assert "shares.0" in fields(told)


# -- addresses and queries ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/nothing", "/v1/shares", "/v1/inbox/", "/v1/shares/not-an-id", "/docs"]
)
def test_nothing_here(open_hub: Served, path: str) -> None:
    with open_hub.as_(SENDER) as sender:
        assert "/openapi.json" in problem(sender.get(path), 404)["next"]


def test_another_method_is_refused_with_those_that_are_taken(open_hub: Served) -> None:
    with open_hub.as_(SENDER) as sender:
        answer = sender.delete("/v1/messages")
        problem(answer, 405)
        assert answer.headers["allow"] == "POST"
        options = sender.options("/v1/inbox")
        assert options.status_code == 204
        assert options.headers["allow"] == "GET, HEAD, OPTIONS"
        assert sender.options("/v1/nothing").status_code == 404
        head = sender.head("/v1/inbox")
        assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/inbox?limit=0", "limit"),
        ("/v1/inbox?limit=101", "limit"),
        ("/v1/inbox?limit=many", "limit"),
        ("/v1/inbox?wait=-1", "wait"),
        ("/v1/inbox?wait=nan", "wait"),
        ("/v1/inbox?wait=inf", "wait"),
        ("/v1/inbox?after=nonsense", "after"),
        ("/v1/inbox?after=1.2", "after"),
        ("/v1/inbox?after=", "after"),
        ("/v1/inbox?page=2", "query"),
        ("/v1/inbox?limit=1&limit=2", "limit"),
        ("/v1/events?after=99999999999999999999.1", "after"),
        ("/v1/events?after=-1.1", "after"),
        ("/v1/agencies?role=wizard", "role"),
        ("/v1/agencies?area=Sandwell", "area"),
        ("/v1/agencies?limit=0", "limit"),
        ("/v1/agencies?limit=501", "limit"),
        ("/v1/agencies?after=", "after"),
        ("/v1/agencies?after=Sandwell", "after"),
        ("/v1/agencies?wait=1", "query"),
    ],
)
def test_a_query_that_cannot_be_names_the_parameter(open_hub: Served, path: str, field: str) -> None:
    with open_hub.as_(SENDER) as sender:
        told = problem(sender.get(path), 422)
    assert field in fields(told), told


def test_headers_that_keep_browsers_careful(open_hub: Served) -> None:
    with open_hub.as_(SENDER) as sender:
        asked = "0197f3a2-5c00-7c1e-9d35-4f7a10b2c3d4"
        answer = sender.get("/v1/inbox", headers={"x-request-id": asked, "origin": "https://evil.example"})
        other = sender.get("/v1/inbox", headers={"x-request-id": f"{SECRET}"})
    assert answer.headers["x-request-id"] == asked
    assert other.headers["x-request-id"] != SECRET
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in answer.headers
    assert "server" not in answer.headers
