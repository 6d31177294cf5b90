"""GET /v1/responsibility: whoever may know of a child sees who holds it; nobody else learns that it is there."""

from copy import deepcopy
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.ids import new_id
from tests.web.served import HANDOVER, PERSON, SENDER, STRANGER, TAKER, Served, check_back, current
from workers.place import keep_placed

GP, SCHOOL, PROBATION = "birmingham-gp-1", "birmingham-school-1", "birmingham-probation"
OFFICE = "sandwell-partnership"


def held(hub: Served, agency: str, **asked: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - a query
    with hub.as_(agency) as caller:
        answer = caller.get("/v1/responsibility", params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["held"]
    return found


def child_of(hub: Served, agency: str, child: str) -> Any:  # noqa: ANN401 - JSON, or None
    answer = hub.get(agency, f"/v1/responsibility/{child}")
    assert answer.status_code in (200, 404), answer.text
    return answer.json() if answer.status_code == 200 else None


def accepted(hub: Served, share: UUID, agency: str = TAKER) -> None:
    with hub.as_(agency) as caller:
        caller.post("/v1/inbox/received", json={"shares": [str(share)]})
        answer = caller.post(f"/v1/shares/{share}/check-back", json=check_back(accepts_responsibility=True))
    assert answer.status_code == 200, answer.text


def test_it_is_held_offered_and_given(hub: Served) -> None:
    message, shares = hub.sent()
    mine = held(hub, SENDER)
    assert {one["holder"] for one in mine} == {SENDER}
    assert {one["how"] for one in mine} == {"handed_over"}
    assert held(hub, TAKER) == held(hub, STRANGER) == held(hub, STRANGER, side="offered") == []
    offered = held(hub, TAKER, side="offered")
    assert len(offered) == len(mine)
    assert {(one["holder"], one["share"], one["message"]) for one in offered} == {
        (SENDER, str(shares[TAKER]), str(message))
    }
    assert all(one["accept_by"] for one in offered)
    accepted(hub, shares[TAKER])
    assert held(hub, TAKER, side="offered") == held(hub, SENDER) == []
    assert {one["child"] for one in held(hub, TAKER)} == {one["child"] for one in offered}
    given = held(hub, SENDER, side="given")
    assert {(one["child"], one["until"] is not None) for one in given} == {
        (one["child"], True) for one in mine
    }


def test_both_ends_see_the_names_and_others_who_may_know_of_the_child_do_not(hub: Served) -> None:
    _, shares = hub.sent()
    child = held(hub, SENDER)[0]["child"]
    accepted(hub, shares[TAKER])
    for agency in (SENDER, TAKER):
        told = child_of(hub, agency, child)
        [now] = told["now"]
        assert (now["holder"], now["person"]["name"]) == (TAKER, PERSON["name"])
        assert [one["holder"] for one in told["history"]] == [SENDER, TAKER]
        first, second = told["history"]
        assert first["until"] == second["since"]
    told = child_of(hub, PROBATION, child)
    assert [one["person"] for one in told["history"]] == [None, None]
    assert child_of(hub, STRANGER, child) is child_of(hub, OFFICE, child) is None
    assert child_of(hub, SENDER, str(new_id())) is None


def test_where_a_view_holds_a_restricted_address_back_it_holds_back_whose_the_child_is(hub: Served) -> None:
    _, shares = hub.sent()
    child = held(hub, SENDER)[0]["child"]
    terms = hub.rows(
        "SELECT recipient, terms -> 'withhold' AS withheld FROM share WHERE id = ANY(:s)",
        s=list(shares.values()),
    )
    blind = {row.recipient for row in terms if "restricted_address" in row.withheld}
    assert blind, "somebody's view does"
    for agency in blind:
        assert [one["holder"] for one in child_of(hub, agency, child)["now"]] == [None]


def by_others(hub: Served) -> UUID:
    """A message of which none of these hears."""
    answer = hub.send({"message": current("handover-camden-to-sandwell")}, by="camden-childrens-social-care")
    return UUID(answer.json()["id"])


def change(hub: Served, sql: str, **given: object) -> None:
    with hub.engine.begin() as conn:
        conn.execute(text(sql), given)


def test_a_service_that_no_message_told_somebody_of_is_not_there_for_them(hub: Served) -> None:
    hub.sent()
    child = held(hub, SENDER)[0]["child"]
    change(
        hub,
        "INSERT INTO holding (id, person_id, service, holder, message_id, since, why)"
        " SELECT :id, root, 'substance_misuse', 'birmingham-substance-misuse', :message, now(), 'handed_over'"
        " FROM person WHERE id = :child",
        id=new_id(),
        message=by_others(hub),
        child=UUID(child),
    )
    for agency in (SENDER, TAKER, PROBATION):
        told = child_of(hub, agency, child)
        assert {one["service"] for one in told["history"]} == {"health_visiting"}, agency
    change(
        hub,
        "UPDATE involvement SET role = 'substance_misuse' WHERE message_id ="
        " (SELECT message_id FROM holding WHERE holder = :sender LIMIT 1)",
        sender=SENDER,
    )
    [other] = [one for one in child_of(hub, TAKER, child)["now"] if one["service"] == "substance_misuse"]
    assert (other["holder"], other["message"], other["person"]) == (None, None, None), (
        "that it is, and no more"
    )


def test_who_holds_is_told_by_the_message_by_which_it_came(hub: Served) -> None:
    _, shares = hub.sent()
    child = held(hub, SENDER)[0]["child"]
    accepted(hub, shares[TAKER])
    change(
        hub,
        "UPDATE share SET terms = jsonb_set(terms, '{withhold}', '[]') WHERE id = :share",
        share=shares[PROBATION],
    )
    assert [one["holder"] for one in child_of(hub, PROBATION, child)["history"]] == [SENDER, TAKER]
    change(hub, "UPDATE holding SET message_id = :other WHERE until IS NULL", other=by_others(hub))
    assert child_of(hub, PROBATION, child)["now"] == []
    change(hub, "UPDATE involvement SET role = 'health_visiting'")
    told = child_of(hub, PROBATION, child)["history"]
    assert [one["holder"] for one in told] == [SENDER, None], "an older message shows where they were"


def test_a_cursor_says_nothing_of_who_the_child_is(hub: Served) -> None:
    hub.sent()
    persons = {str(row.id) for row in hub.rows("SELECT id FROM person")}
    for agency, side in ((SENDER, "held"), (TAKER, "offered")):
        after = ""
        seen = []
        while True:
            page = hub.get(agency, f"/v1/responsibility?side={side}&limit=1{after}").json()
            seen += page["held"]
            if page["next"] is None:
                break
            assert not any(person in page["next"] for person in persons)
            after = f"&after={page['next']}"
        assert seen == held(hub, agency, side=side)
        assert len(seen) > 1


def test_whoever_declined_hears_no_more_of_the_child(hub: Served) -> None:
    _, shares = hub.sent()
    child = held(hub, SENDER)[0]["child"]
    assert child_of(hub, TAKER, child)
    with hub.as_(TAKER) as taker:
        taker.post("/v1/inbox/received", json={"shares": [str(shares[TAKER])]})
        declined = {"by": PERSON, "reason": "not_our_child", "explanation": "another family of that name"}
        assert taker.post(f"/v1/shares/{shares[TAKER]}/decline", json=declined).status_code == 200
    assert child_of(hub, TAKER, child) is None
    assert held(hub, TAKER, side="offered") == []
    assert hub.get(TAKER, f"/v1/children/{child}/genogram").status_code == 404, "nor is it drawn for them"
    assert hub.get(TAKER, f"/v1/shares/{shares[TAKER]}").json()["envelope"] is None, "nor handed out"


def test_it_is_read_in_pages_and_by_child(hub: Served) -> None:
    hub.sent()
    hub.sent("handover-within-sandwell")
    whole = held(hub, SENDER)
    assert len(whole) > 2
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        with hub.as_(SENDER) as caller:
            page = caller.get("/v1/responsibility", params={"limit": 1, **after}).json()
        found += page["held"]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert found == whole
    child = whole[0]["child"]
    assert held(hub, SENDER, child=child) == [one for one in whole if one["child"] == child]
    assert held(hub, STRANGER, child=child) == []
    assert hub.get(SENDER, "/v1/responsibility?after=x").status_code == 422


def test_a_family_that_moves_again_is_followed_and_the_first_is_refused_with_what_they_may_know(
    hub: Served,
) -> None:
    message, shares = hub.sent()
    onward = deepcopy(current())
    onward["move"]["to_area"], onward["move"]["to_postcode"] = "E09000007", None
    onward["move"] = {key: value for key, value in onward["move"].items() if value is not None}
    onward["move"]["moved_again"] = {"follows": str(message)}
    onward["address"] = {
        "unknown_because": "They moved on before anybody saw them; the landlord says Camden.",
        "restricted": False,
    }
    answer = hub.send({"message": onward})
    assert answer.status_code == 202, answer.text
    hub.drain()
    later = answer.json()["id"]
    with hub.as_(TAKER) as taker:
        taker.post("/v1/inbox/received", json={"shares": [str(shares[TAKER])]})
        refused = taker.post(
            f"/v1/shares/{shares[TAKER]}/check-back", json=check_back(accepts_responsibility=True)
        )
    assert refused.status_code == 409
    assert "moved on again" in refused.json()["detail"]
    assert later not in refused.text
    assert "camden" not in refused.text.lower()
    assert "message.moved_again" in {one["event"] for one in hub.get(TAKER, "/v1/events").json()["events"]}
    assert held(hub, TAKER, side="offered") == []
    [share] = hub.rows(
        "SELECT id FROM share WHERE message_id = :m AND recipient = 'camden-0-19'", m=UUID(later)
    )
    accepted(hub, share.id, "camden-0-19")
    grid = hub.get(SENDER, f"/v1/messages/{message}").json()
    assert grid["responsibility"]["agency"] == "camden-0-19"
    assert {one["holder"] for one in held(hub, "camden-0-19")} == {"camden-0-19"}


def test_a_handover_follows_only_one_that_its_sender_knows(hub: Served) -> None:
    message, _ = hub.sent()
    body = deepcopy(current("handover-camden-to-sandwell"))
    body["move"]["moved_again"] = {"follows": str(message)}
    answer = hub.send({"message": body}, by="camden-childrens-social-care")
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == ["message.move.moved_again.follows"]


def test_what_cannot_be_placed_is_its_offices_and_nobody_elses(hub: Served) -> None:
    hub.sent()
    claim = deepcopy(current())
    claim["move"]["from_area"], claim["move"]["from_postcode"] = "E09000007", None
    claim["move"] = {key: value for key, value in claim["move"].items() if value is not None}
    answer = hub.send({"message": claim}, by=STRANGER)
    assert answer.status_code == 202, answer.text
    hub.drain()
    keep_placed(hub.line, hub.line.known())
    found = hub.get(OFFICE, "/v1/alarms").json()["alarms"]
    assert {(one["why"], one["holder"], one["other"]) for one in found} == {("two_holders", SENDER, STRANGER)}
    claimed = {
        one["holder"] for one in held(hub, TAKER, side="offered") if one["message"] == answer.json()["id"]
    }
    assert claimed == {None}, "whoever offers it does not hold it by the record"
    assert "child" not in found[0], "which child it is, those who hold it can say"
    assert set().union(*(one["alarms"] for one in held(hub, SENDER))) == {one["id"] for one in found}
    for agency in (SENDER, TAKER, STRANGER, "birmingham-partnership"):
        assert hub.get(agency, "/v1/alarms").json()["alarms"] == []
        assert "message.task" not in {one["event"] for one in hub.get(agency, "/v1/events").json()["events"]}
    [mine, *_] = [one["child"] for one in held(hub, SENDER) if found[0]["id"] in one["alarms"]]
    path, body = (
        f"/v1/alarms/{found[0]['id']}/place",
        {"by": PERSON, "holder": STRANGER, "because": "both were rung"},
    )
    for agency in (SENDER, STRANGER):
        with hub.as_(agency) as caller:
            assert caller.post(path, json={**body, "accepted_by": PERSON}).status_code == 404
    with hub.as_(OFFICE) as office:
        assert office.post(path, json=body).status_code == 422, "whoever takes the child over is named"
        placed = office.post(path, json={**body, "accepted_by": PERSON})
        assert placed.status_code == 200, placed.text
        assert office.post(path, json={**body, "accepted_by": PERSON}).json() == placed.json()
        another = {**body, "accepted_by": {**PERSON, "name": "Somebody Else"}}
        assert office.post(path, json=another).status_code == 409, "another answer is not taken for the first"
    assert [one["person"]["name"] for one in held(hub, STRANGER)] == [PERSON["name"]]
    [given] = [one for one in child_of(hub, SENDER, mine)["history"] if one["how"] == "placed"]
    assert (given["holder"], given["person"]["name"]) == (STRANGER, PERSON["name"]), (
        "from whose hands it was taken"
    )
    [heard] = [one for one in child_of(hub, TAKER, mine)["history"] if one["how"] == "placed"]
    assert (heard["holder"], heard["person"]) == (None, None)
    kept = hub.rows("SELECT unplaced::text AS row FROM unplaced UNION ALL SELECT audit::text FROM audit")
    assert not [row for row in kept if PERSON["name"] in row.row or "were rung" in row.row], (
        "none of it in the clear"
    )
    assert "responsibility.placed" in {one["event"] for one in hub.get(SENDER, "/v1/events").json()["events"]}


@pytest.mark.parametrize("path", ["/v1/responsibility", "/v1/alarms"])
def test_a_name_is_never_in_the_clear(hub: Served, path: str) -> None:
    _, shares = hub.sent()
    accepted(hub, shares[TAKER])
    assert hub.get(TAKER, path).status_code == 200
    rows = hub.rows("SELECT holding::text AS row FROM holding")
    assert all(PERSON["name"] not in row.row and HANDOVER not in row.row for row in rows)
