"""Both clients against a hub on real HTTP: the same calls, the same patience, the same errors."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from agencies import calls, talking, wire
from agencies.client import AsyncCheckback, Checkback, Refused, Unreachable
from tests.unit.fake_hub import FakeHub, Says
from tests.unit.waiting import TOKEN, Waiting

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
SHARE = UUID("0199a0c0-0000-7000-8000-000000000002")
MESSAGE = UUID("0199a0c0-0000-7000-8000-000000000001")
BY = wire.Person(name="Amina Yusuf", role="health visitor")

ACCEPTED = wire.Accepted(id=MESSAGE, accepted_at=NOON, follow=f"/v1/messages/{MESSAGE}")
PLACE = wire.Place(postcode="B70 8EN", known=True, area="E08000028", area_name="Sandwell")
PROBLEM = {
    "type": "https://checkback.example/problems/invalid",
    "title": "The message cannot be read",
    "status": 422,
    "detail": "1 field is wrong",
    "next": "correct the field and post it again",
    "errors": [{"field": "message.urgency", "says": "say immediate, urgent or routine"}],
}


@pytest.fixture
def fake() -> Iterator[FakeHub]:
    with FakeHub() as hub:
        yield hub


@pytest.fixture(params=[Checkback, AsyncCheckback])
def client(request: pytest.FixtureRequest, fake: FakeHub) -> Iterator[Waiting]:
    waiting = Waiting(request.param, fake.url)
    yield waiting
    waiting.close()


ACTION = wire.Action(what="Visit", who="A. Yusuf", by_when=date(2026, 10, 3))
CHECK_BACK = wire.CheckBack(
    by=BY,
    case_reference="HV-1",
    understanding="Mother is alone with the baby",
    significance="Weight must be seen this week",
    actions=(ACTION,),
    review_on=date(2026, 10, 8),
)
DECLINE = wire.Decline(by=BY, reason="not_registered_here", explanation="No such patient")
CALL = wire.Call(
    by=BY,
    spoke_to=wire.SpokeTo(name="n", role="r", at=datetime(2026, 7, 3, 9, 30, tzinfo=UTC), understood="u"),
)
EVERY_CALL: dict[str, tuple[talking.Ask[Any], str, str]] = {
    "send": (calls.send({"kind": "concern"}), "POST", "/v1/messages"),
    "preview": (calls.preview({"kind": "concern"}), "POST", "/v1/messages/preview"),
    "message": (calls.message(MESSAGE), "GET", f"/v1/messages/{MESSAGE}"),
    "withdraw": (
        calls.withdraw(MESSAGE, wire.Withdraw(by=BY, reason="sent twice")),
        "POST",
        f"/v1/messages/{MESSAGE}/withdraw",
    ),
    "inbox": (calls.inbox(after="a b", limit=5, wait=0.5), "GET", "/v1/inbox?after=a+b&limit=5&wait=0.5"),
    "ecomap": (calls.ecomap(SHARE), "GET", f"/v1/children/{SHARE}/ecomap"),
    "genogram": (calls.genogram(SHARE), "GET", f"/v1/children/{SHARE}/genogram"),
    "receive": (calls.receive(SHARE), "POST", "/v1/inbox/received"),
    "share": (calls.share(SHARE), "GET", f"/v1/shares/{SHARE}"),
    "events": (calls.events(), "GET", "/v1/events?limit=100"),
    "check_back": (calls.check_back(SHARE, CHECK_BACK), "POST", f"/v1/shares/{SHARE}/check-back"),
    "call": (calls.call(SHARE, CALL), "POST", f"/v1/shares/{SHARE}/call"),
    "agree": (calls.agree(SHARE, wire.Agree(by=BY)), "POST", f"/v1/shares/{SHARE}/agree"),
    "challenge": (
        calls.challenge(SHARE, wire.Challenge(by=BY, reason="r")),
        "POST",
        f"/v1/shares/{SHARE}/challenge",
    ),
    "answer": (calls.answer(SHARE, wire.Answer(by=BY, answer="a")), "POST", f"/v1/shares/{SHARE}/answer"),
    "escalate": (
        calls.escalate(SHARE, wire.Escalate(by=BY, reason="r")),
        "POST",
        f"/v1/shares/{SHARE}/escalate",
    ),
    "conclude": (
        calls.conclude(SHARE, wire.Conclude(by=BY, outcome="agreed", decision="d")),
        "POST",
        f"/v1/shares/{SHARE}/conclude",
    ),
    "decline": (calls.decline(SHARE, DECLINE), "POST", f"/v1/shares/{SHARE}/decline"),
    "redirect": (
        calls.redirect(SHARE, wire.Redirect(by=BY, to="camden-mash", reason="r")),
        "POST",
        f"/v1/shares/{SHARE}/redirect",
    ),
    "release": (calls.release(SHARE, wire.Release(by=BY, reason="r")), "POST", f"/v1/shares/{SHARE}/release"),
    "accept": (
        calls.accept(SHARE, wire.AcceptResponsibility(by=BY)),
        "POST",
        f"/v1/shares/{SHARE}/accept",
    ),
    "close": (
        calls.close(SHARE, wire.Close(by=BY, outcome="o", review_held_on=date(2026, 10, 8))),
        "POST",
        f"/v1/shares/{SHARE}/close",
    ),
    "read": (calls.read(SHARE, wire.Read(by=BY)), "POST", f"/v1/shares/{SHARE}/read"),
    "owed": (calls.owed(side="to", overdue=True), "GET", "/v1/owed?side=to&overdue=true&limit=100"),
    "one_owed": (calls.one_owed(SHARE), "GET", f"/v1/owed/{SHARE}"),
    "meet": (calls.meet(SHARE, wire.Met(by=BY, done="d")), "POST", f"/v1/owed/{SHARE}/met"),
    "stand_down": (
        calls.stand_down(SHARE, wire.StoodDown(by=BY, reason="r")),
        "POST",
        f"/v1/owed/{SHARE}/release",
    ),
    "responsibility": (
        calls.responsibility(side="given", child=SHARE),
        "GET",
        f"/v1/responsibility?side=given&child={SHARE}&limit=100",
    ),
    "child_responsibility": (calls.child_responsibility(SHARE), "GET", f"/v1/responsibility/{SHARE}"),
    "alarms": (calls.alarms(limit=5), "GET", "/v1/alarms?limit=5"),
    "place_child": (
        calls.place_child(SHARE, wire.PlaceChild(by=BY, holder="camden-mash", because="b")),
        "POST",
        f"/v1/alarms/{SHARE}/place",
    ),
    "child": (calls.child(SHARE), "GET", f"/v1/children/{SHARE}?limit=500"),
    "matches": (calls.matches(limit=5), "GET", "/v1/matches?limit=5"),
    "answer_match": (
        calls.answer_match(SHARE, wire.AnswerMatch(by=BY, answer="same", because="b")),
        "POST",
        f"/v1/matches/{SHARE}",
    ),
    "unmerge": (
        calls.unmerge(SHARE, wire.Unmerge(by=BY, because="b")),
        "POST",
        f"/v1/children/{SHARE}/unmerge",
    ),
    "reconciliation": (
        calls.reconciliation(side="received", standing="missing", since=NOON, limit=5),
        "GET",
        "/v1/reconciliation?side=received&standing=missing&since=2026-10-01T12%3A00%3A00%2B00%3A00&limit=5",
    ),
    "compare": (
        calls.compare(wire.Compare(shares=(wire.Mine(share=SHARE, case_reference="HV-1"),))),
        "POST",
        "/v1/reconciliation/compare",
    ),
    "statement": (calls.statement(date(2026, 9, 30)), "GET", "/v1/statements/2026-09-30?limit=100"),
    "agencies": (
        calls.agencies(role="mash", after="camden-mash", limit=5),
        "GET",
        "/v1/agencies?role=mash&after=camden-mash&limit=5",
    ),
    "agency": (calls.agency("camden-mash"), "GET", "/v1/agencies/camden-mash"),
    "hub_keys": (calls.hub_keys(), "GET", "/v1/keys"),
    "place": (calls.place("B70 8EN/../x?"), "GET", "/v1/places/B70%208EN%2F..%2Fx%3F"),
    "protocols": (calls.protocols(), "GET", "/v1/protocols"),
    "protocol": (calls.protocol("sandwell"), "GET", "/v1/protocols/sandwell"),
}


@pytest.mark.parametrize("name", EVERY_CALL)
def test_every_call_asks_for_what_it_says(client: Waiting, fake: FakeHub, name: str) -> None:
    ask, method, path = EVERY_CALL[name]
    fake.will_say.append(Says(404, PROBLEM | {"status": 404}))
    with pytest.raises(Refused):
        client.run(ask)
    (asked,) = fake.asked
    assert (asked.method, asked.path) == (method, path)
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert ("idempotency-key" in asked.headers) == (method == "POST")
    assert hasattr(Checkback, name)


def test_no_call_is_missing() -> None:
    """Whatever `agencies.calls` can ask for, both clients can, and the table above tests."""
    public = {name for name in vars(calls) if getattr(calls, name).__class__.__name__ == "function"}
    asks = {name for name in public if not name.startswith("_") and name not in {"talk", "quote", "uuid4"}}
    asks -= {"retry_after", "field", "dataclass"}
    assert asks == set(EVERY_CALL)
    assert all(hasattr(make, name) for make in (Checkback, AsyncCheckback) for name in asks)


def test_send_carries_the_message_and_the_key(client: Waiting, fake: FakeHub) -> None:
    fake.will_say.append(Says(202, ACCEPTED))
    withheld = wire.Withhold(agency="sandwell-school", reason="the parent works there")
    assert client.run(calls.send({"kind": "concern"}, withhold=[withheld], key="case-7")) == ACCEPTED
    (asked,) = fake.asked
    body = json.loads(asked.body)
    assert asked.headers["idempotency-key"] == "case-7"
    assert body["message"] == {"kind": "concern"}
    assert body["withhold"][0]["reason"] == "the parent works there"


@pytest.mark.parametrize("trouble", [Says(hang_up=True), Says(503), Says(429, headers={"retry-after": "0"})])
def test_trouble_is_met_with_the_same_key(client: Waiting, fake: FakeHub, trouble: Says) -> None:
    fake.will_say.extend([trouble, trouble, Says(202, ACCEPTED)])
    assert client.run(calls.send({"kind": "concern"})) == ACCEPTED
    assert len({asked.headers["idempotency-key"] for asked in fake.asked}) == 1
    assert len({asked.body for asked in fake.asked}) == 1
    assert len(fake.asked) == 3


def test_a_refusal_says_which_field_and_what_next(client: Waiting, fake: FakeHub) -> None:
    fake.will_say.append(Says(422, PROBLEM))
    with pytest.raises(Refused, match=r"message\.urgency.*correct the field") as caught:
        client.run(calls.send({}))
    assert caught.value.status == 422
    assert not caught.value.uncertain


def test_a_refusal_after_a_lost_answer_is_uncertain(client: Waiting, fake: FakeHub) -> None:
    """The first try may have been carried out; then the second is refused because of the first."""
    fake.will_say.extend([Says(hang_up=True), Says(409, PROBLEM | {"status": 409})])
    with pytest.raises(Refused, match="earlier try") as caught:
        client.run(calls.agree(SHARE, wire.Agree(by=BY)))
    assert caught.value.uncertain


@pytest.mark.parametrize("status", [302, 400, 502, 500, 299 + 300])
def test_what_is_not_a_problem_document(client: Waiting, fake: FakeHub, status: int) -> None:
    fake.will_say.extend([Says(status, b"<html>", {"retry-after": "3600"})])
    with pytest.raises(Refused, match="without a problem document"):
        client.run(calls.protocols())


def test_what_is_not_a_hub(client: Waiting, fake: FakeHub) -> None:
    fake.will_say.append(Says(200, b'{"secret": "contents"}'))
    with pytest.raises(Unreachable, match="check the address") as caught:
        client.run(calls.place("B70 8EN"))
    assert "contents" not in str(caught.value)


def test_a_newer_hub_may_say_more(client: Waiting, fake: FakeHub) -> None:
    fake.will_say.append(Says(200, PLACE.model_dump(mode="json") | {"new": 1}))
    assert client.run(calls.place("B70 8EN")) == PLACE


def test_every_agency_is_read_page_after_page(client: Waiting, fake: FakeHub) -> None:
    def page(*ids: str, more: str | None) -> Says:
        return Says(200, wire.Agencies(agencies=tuple(map(agency, ids)), next=more))

    fake.will_say.extend([page("a-mash", "b-mash", more="b-mash"), page("c-mash", more=None)])
    assert [one.id for one in client.every_agency(role="mash")] == ["a-mash", "b-mash", "c-mash"]
    assert [asked.path for asked in fake.asked] == [
        "/v1/agencies?role=mash&limit=100",
        "/v1/agencies?role=mash&after=b-mash&limit=100",
    ]


def agency(id_: str) -> wire.AgencyTold:
    return wire.AgencyTold(
        id=id_,
        name="A MASH",
        role="mash",
        area="E08000028",
        ods=None,
        opens=date(2024, 1, 1),
        closes=None,
        successor=None,
        hours="always",
        contacts=(),
        keys=(),
    )


# -- patience, without waiting ------------------------------------------------------------------------------


@dataclass
class Came:
    status_code: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""


def pauses(*came: Came | talking.Lost) -> tuple[list[float], Any]:
    """How long a call would pause before each try, and what it answers or raises."""
    asking = talking.talk(calls.place("x"), jitter=lambda: 1.0, now=lambda: NOON)
    found = [next(asking)]
    for one in came:
        try:
            found.append(asking.send(one))
        except StopIteration as end:
            return found, end.value
        except talking.CallFailed as failed:
            return found, failed
    raise AssertionError("it would go on")


def test_pauses_grow_and_end() -> None:
    lost = talking.Lost("ConnectError")
    found, failed = pauses(*[lost] * talking.ATTEMPTS)
    assert found == [0, 0.1, 0.2, 0.4, 0.8, 1.6]
    assert isinstance(failed, Unreachable)
    assert "ConnectError" in str(failed)


@pytest.mark.parametrize(
    ("told", "pause"),
    [
        ("3", 3.1),
        ("Thu, 01 Oct 2026 12:00:09 GMT", 9.1),
        ("Thu, 01 Oct 2020 12:00:09 GMT", 0.1),
        ("soon", 0.1),
        ("²", 0.1),
        ("", 0.1),
    ],
)
def test_a_hub_may_ask_for_patience(told: str, pause: float) -> None:
    answer = Came(200, content=PLACE.model_dump_json().encode())
    found, place = pauses(Came(headers={"retry-after": told}), answer)
    assert found == [0, pytest.approx(pause)]
    assert place == PLACE


def test_but_not_for_an_hour() -> None:
    found, failed = pauses(Came(headers={"retry-after": "3600"}))
    assert found == [0]
    assert isinstance(failed, Refused)
