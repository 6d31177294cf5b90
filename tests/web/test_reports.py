"""A GP practice answers a conference in one step: one post, and what only a named person may say is said in it."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from hub.ids import new_id
from tests.web.served import Served, check_back, current

ASKED_BY, GP, ANOTHER = "sandwell-childrens-social-care", "sandwell-gp-1", "sandwell-gp-2"
REQUEST, REPORT = "report-request-review-conference", "report-from-a-gp-practice"


@pytest.fixture
def request_(hub: Served) -> UUID:
    answer = hub.send({"message": current(REQUEST)}, by=ASKED_BY)
    assert answer.status_code == 202, answer.text
    hub.drain()
    return UUID(answer.json()["id"])


def post(hub: Served, request: UUID, *, by: str = GP, key: str | None = None, **more: Any) -> httpx.Response:  # noqa: ANN401 - of the body
    return hub.send({"message": {**current(REPORT), "answers": str(request)}, **more}, by=by, key=key)


def share_of(hub: Served, request: UUID) -> dict[str, Any]:
    (row,) = hub.rows("SELECT id FROM share WHERE message_id = :m AND recipient = :g", m=request, g=GP)
    told: dict[str, Any] = hub.get(GP, f"/v1/shares/{row.id}").json()
    return told


def open_of(share: dict[str, Any]) -> set[str]:
    return {one["what"] for one in share["deadlines"] if one["met_at"] is None}


def test_one_post_and_the_practice_has_answered(hub: Served, request_: UUID) -> None:
    assert open_of(share_of(hub, request_)) == {"receipt", "check_back", "report"}
    answer = post(hub, request_, check_back=check_back())
    assert answer.status_code == 202, answer.text
    hub.drain()
    share = share_of(hub, request_)
    assert share["state"] == "checked_back"
    assert open_of(share) == {"agreement", "action", "review"}
    assert [note["kind"] for note in share["thread"]] == ["check_back"], "and nothing that nobody has said"
    inbox = hub.get(ASKED_BY, "/v1/inbox").json()["shares"]
    assert answer.json()["id"] in {item["message"] for item in inbox}
    events = [
        one["event"]
        for one in hub.get(ASKED_BY, "/v1/events").json()["events"]
        if one["message"] == str(request_)
    ]
    assert "share.reply" in events


def test_without_a_check_back_that_is_still_owed(hub: Served, request_: UUID) -> None:
    assert post(hub, request_).status_code == 202
    hub.drain()
    share = share_of(hub, request_)
    assert share["state"] == "received", "whoever answers has fetched it"
    assert open_of(share) == {"check_back"}


def test_the_same_post_again_says_nothing_twice(hub: Served, request_: UUID) -> None:
    key = str(new_id())
    first, second = (post(hub, request_, key=key, check_back=check_back()) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    hub.drain()
    assert [note["kind"] for note in share_of(hub, request_)["thread"]] == ["check_back"]


def test_a_key_of_another_message_says_nothing_at_all(hub: Served, request_: UUID) -> None:
    key = str(new_id())
    assert hub.send({"message": current("concern-below-threshold")}, by=GP, key=key).status_code == 202
    assert post(hub, request_, key=key, check_back=check_back()).status_code == 409
    assert share_of(hub, request_)["thread"] == []


def test_a_check_back_that_cannot_be_is_refused_and_nothing_is_recorded(hub: Served, request_: UUID) -> None:
    late = post(hub, request_, check_back=check_back(review_on="2020-01-01"))
    assert late.status_code == 422
    assert late.json()["errors"][0]["field"] == "check_back.review_on"
    twice = [post(hub, request_, check_back=check_back()) for _ in range(2)]
    assert [one.status_code for one in twice] == [202, 409], "it was checked back before: leave it out"
    hub.drain()
    sent = hub.rows("SELECT 1 FROM message WHERE kind = 'report'")
    assert len(sent) == 1


def test_a_check_back_goes_with_an_answer_only(hub: Served) -> None:
    answer = hub.send({"message": current(), "check_back": check_back()})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "check_back"


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/preview"])
def test_to_whoever_was_not_asked_there_is_no_request(hub: Served, request_: UUID, path: str) -> None:
    def told(request: UUID) -> dict[str, Any]:
        body = {"message": {**current(REPORT), "answers": str(request)}, "check_back": check_back()}
        with hub.as_(ANOTHER) as caller:
            answer = caller.post(path, json=body, headers={"idempotency-key": str(new_id())})
        assert answer.status_code == 422
        problem: dict[str, Any] = answer.json()
        return problem

    assert told(request_) == told(new_id())


def test_it_can_be_tried_before_it_is_sent(hub: Served, request_: UUID) -> None:
    with hub.as_(GP) as caller:
        body = {"message": {**current(REPORT), "answers": str(request_)}}
        answer = caller.post("/v1/messages/preview", json=body)
    assert [(one["agency"], one["outcome"]) for one in answer.json()["parties"]] == [(ASKED_BY, "share")]
