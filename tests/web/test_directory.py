"""Who and where, over HTTP: agencies and their successors, places that are not guessed, protocols explained, keys."""

import base64
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from agencies.keys import kid_of
from hub import clock, keyfiles
from hub.store import registry
from protocols.parse import parse
from protocols.shipped import sources
from tests.web.served import PERSON, SEAL_KEYS, SENDER, TAKER, Served, check_back, current


def test_the_directory_or_a_part_of_it(open_hub: Served) -> None:
    told = open_hub.get(SENDER, "/v1/agencies?limit=500").json()
    whole = told["agencies"]
    assert [one["id"] for one in whole] == sorted(SEAL_KEYS)
    assert told["next"] is None
    mash = open_hub.get(SENDER, "/v1/agencies?role=mash&area=E08000028").json()["agencies"]
    assert [one["id"] for one in mash] == ["sandwell-mash"]
    assert mash[0] in whole
    assert open_hub.get(SENDER, "/v1/agencies?role=mash&area=W06000015").json() == {
        "agencies": [], "next": None,
    }  # fmt: skip


@pytest.mark.parametrize("choice", ["", "&area=E08000025", "&role=gp_practice"])
def test_the_directory_page_by_page(open_hub: Served, choice: str) -> None:
    whole = open_hub.get(SENDER, f"/v1/agencies?limit=500{choice}").json()["agencies"]
    pages = [open_hub.get(SENDER, f"/v1/agencies?limit=4{choice}").json()]
    while pages[-1]["next"]:
        pages.append(open_hub.get(SENDER, f"/v1/agencies?limit=4{choice}&after={pages[-1]['next']}").json())
    assert [one for page in pages for one in page["agencies"]] == whole
    assert [len(page["agencies"]) for page in pages[:-1]] == [4] * (len(whole) // 4 - (len(whole) % 4 == 0))
    assert all(one["keys"] for one in whole)


def test_a_page_begins_after_an_agency_that_is_gone(open_hub: Served) -> None:
    """Whoever reads on may have been told of it yesterday."""
    closed, _ = open_hub.closed_agency()
    told = open_hub.get(SENDER, f"/v1/agencies?limit=1&after={closed}").json()
    assert told["agencies"][0]["id"] == min(one for one in SEAL_KEYS if one > closed)
    last = max(SEAL_KEYS)
    assert open_hub.get(SENDER, f"/v1/agencies?after={last}").json() == {"agencies": [], "next": None}


def test_one_agency_with_its_keys(open_hub: Served) -> None:
    told = open_hub.get(SENDER, f"/v1/agencies/{TAKER}").json()
    (key,) = told["keys"]
    assert key["use"] == "seal"
    assert kid_of(base64.urlsafe_b64decode(key["public"] + "==")) == key["kid"] == SEAL_KEYS[TAKER].kid
    assert told["contacts"]
    assert told["hours"]


def test_an_agency_that_closed_names_who_came_after_it(open_hub: Served) -> None:
    closed, successor = open_hub.closed_agency()
    told = open_hub.get(SENDER, f"/v1/agencies/{closed}").json()
    assert told["closes"] < str(clock.now().date())
    assert told["successor"] == successor
    assert open_hub.get(SENDER, f"/v1/agencies/{successor}").json()["closes"] is None


@pytest.mark.parametrize(
    "path", ["/v1/agencies/nobody", "/v1/protocols/nothing", "/v1/agencies/%00", "/v1/agencies/é"]
)
def test_who_is_not_there(open_hub: Served, path: str) -> None:
    told = open_hub.get(SENDER, path)
    assert told.status_code == 404
    assert "lists them" in told.json()["next"]


@pytest.mark.parametrize("postcode", ["B66 3PX", "b663px", "B66%203PX"])
def test_a_postcode_has_its_area(open_hub: Served, postcode: str) -> None:
    told = open_hub.get(SENDER, f"/v1/places/{postcode}").json()
    assert (told["known"], told["area"], told["area_name"]) == (True, "E08000028", "Sandwell")


@pytest.mark.parametrize("postcode", ["ZZ99 9ZZ", "nonsense", "%00", "B66"])
def test_a_postcode_that_is_not_known_is_not_guessed(open_hub: Served, postcode: str) -> None:
    told = open_hub.get(SENDER, f"/v1/places/{postcode}").json()
    assert (told["known"], told["area"]) == (False, None)
    assert told["explanation"]


def test_protocols_and_what_they_say(open_hub: Served) -> None:
    listed = open_hub.get(SENDER, "/v1/protocols").json()["protocols"]
    assert {one["id"] for one in listed} == {"sandwell", "birmingham", "camden"}
    one = open_hub.get(SENDER, "/v1/protocols/sandwell").json()
    assert "MASH" in one["explanation"]
    assert {**one, "explanation": None} in listed


def test_the_hubs_own_keys(open_hub: Served) -> None:
    told = open_hub.get(SENDER, "/v1/keys").json()
    assert told["hub"] == open_hub.web.hub
    assert {(one["kid"], one["signs"]) for one in told["keys"]} == {
        (keyfiles.note_signer(open_hub.web).kid, "notes"),
        (keyfiles.share_signer(open_hub.workers).kid, "shares"),
    }


def test_a_newer_version_of_a_protocol_takes_over_on_its_day(hub: Served) -> None:
    file, source = next(one for one in sources() if one[0].startswith("sandwell"))
    protocol = parse(source, file=file)
    tomorrow = (clock.now() + timedelta(days=1)).date()
    later = source.replace(f'version = "{protocol.version}"', 'version = "2099.1"').replace(
        f"effective = {protocol.effective}", f"effective = {tomorrow}"
    )
    with hub.engine.begin() as conn:
        registry.save_protocol(conn, later, parse(later, file="later"), at=clock.now())
    told = hub.get(SENDER, "/v1/protocols/sandwell").json()
    assert told["version"] == protocol.version


def test_a_protocol_past_its_dates_decides_nothing(hub: Served) -> None:
    yesterday = (clock.now() - timedelta(days=1)).date()
    with hub.engine.begin() as conn:
        for file, source in sources():
            protocol = parse(source, file=file)
            conn.execute(text("DELETE FROM protocol WHERE id = :id"), {"id": protocol.id})
            ended = source.replace(f"review_by = {protocol.review_by}", f"review_by = {yesterday}")
            registry.save_protocol(conn, ended, parse(ended, file=file), at=clock.now())
    hub.wait_until_known()
    answer = hub.send({"message": current("concern-below-threshold")})
    assert answer.status_code == 422
    assert "telephone" in answer.json()["next"] + answer.json()["detail"]
    assert hub.rows("SELECT 1 FROM message") == []


def test_a_sender_that_has_closed_is_told_its_successor(hub: Served) -> None:
    closed, successor = hub.closed_agency()
    with hub.engine.begin() as conn:
        hub.let_in(conn, closed)
    hub.wait_until_known()
    answer = hub.send({"message": current()}, by=closed)
    assert answer.status_code == 403
    assert successor in answer.text


def test_an_end_without_a_key_is_told_as_such(hub: Served) -> None:
    _, shares = hub.received()
    with hub.engine.begin() as conn:
        conn.execute(text("UPDATE agency_key SET revoked_at = now() WHERE agency = :a"), {"a": SENDER})
        conn.execute(text("UPDATE known_version SET number = number + 1"))
    hub.wait_until_known()
    with hub.as_(TAKER) as taker:
        answer = taker.post(f"/v1/shares/{shares[TAKER]}/check-back", json=check_back())
    assert answer.status_code == 503
    assert answer.json()["type"].endswith("no-key")
    assert hub.rows("SELECT 1 FROM note") == []


def test_a_preview_says_who_has_no_key_to_be_sealed_to(hub: Served) -> None:
    with hub.engine.begin() as conn:
        conn.execute(text("UPDATE agency_key SET revoked_at = now() WHERE agency = :a"), {"a": TAKER})
        conn.execute(text("UPDATE known_version SET number = number + 1"))
    hub.wait_until_known()
    with hub.as_(SENDER) as sender:
        parties = sender.post("/v1/messages/preview", json={"message": current()}).json()["parties"]
    waits = {one["agency"]: one["waits_for_key"] for one in parties if one["outcome"] == "share"}
    assert [agency for agency, waiting in waits.items() if waiting] == [TAKER]


def test_a_copy_that_was_closed_and_is_taken_back_is_handed_out_no_more(hub: Served) -> None:
    answer = hub.send({"message": current("concern-below-threshold")}, by="birmingham-gp-1")
    hub.drain()
    message, help_ = answer.json()["id"], "birmingham-early-help"
    [share] = hub.rows(
        "SELECT id FROM share WHERE message_id = :m AND recipient = :r", m=UUID(message), r=help_
    )
    own = f"/v1/shares/{share.id}"
    with hub.as_(help_) as early, hub.as_("birmingham-gp-1") as doctor:
        early.post("/v1/inbox/received", json={"shares": [str(share.id)]})
        early.post(f"{own}/check-back", json=check_back())
        doctor.post(f"{own}/agree", json={"by": PERSON})
        closing = {"by": PERSON, "outcome": "done", "review_held_on": clock.now().date().isoformat()}
        assert early.post(f"{own}/close", json=closing).status_code == 200
        assert early.get(own).json()["envelope"] is not None
        gone = {"by": PERSON, "reason": "another family"}
        assert doctor.post(f"/v1/messages/{message}/withdraw", json=gone).is_success
        told = early.get(own).json()
    assert (told["state"], told["envelope"]) == ("closed", None)
    assert told["thread"][-1]["kind"] == "withdraw", "and they hear why"


def test_a_copy_that_was_taken_back_is_handed_out_no_more(hub: Served) -> None:
    message, shares = hub.sent()
    own = f"/v1/shares/{shares[TAKER]}"
    assert hub.get(TAKER, own).json()["envelope"] is not None
    with hub.as_(SENDER) as sender:
        assert sender.post(
            f"/v1/messages/{message}/withdraw", json={"by": PERSON, "reason": "the wrong family"}
        ).is_success
    told = hub.get(TAKER, own).json()
    assert (told["state"], told["envelope"]) == ("released", None)
    assert [one["kind"] for one in told["thread"]] == ["withdraw"], "and they hear why"
    assert hub.get(TAKER, "/v1/inbox").json()["shares"] == []


def test_across_a_border_both_sides_are_cited_at_both_ends(hub: Served) -> None:
    message, shares = hub.sent()
    own = hub.get(TAKER, f"/v1/shares/{shares[TAKER]}").json()
    grid = hub.get(SENDER, f"/v1/messages/{message}").json()
    of_taker = next(one for one in grid["shares"] if one["recipient"] == TAKER)
    for told in (own, of_taker):
        assert [one["protocol"] for one in told["also"]] == ["birmingham"]
        assert told["also"][0]["clauses"]
    line = next(one for one in grid["decisions"] if one["agency"] == TAKER)
    assert {"receipt", "check_back"} <= {one["what"] for one in line["deadlines"]}


def test_an_office_hears_what_it_is_asked(hub: Served) -> None:
    with hub.engine.begin() as conn:
        conn.execute(text("UPDATE agency_key SET revoked_at = now() WHERE agency = :a"), {"a": TAKER})
        conn.execute(text("UPDATE known_version SET number = number + 1"))
    hub.wait_until_known()
    assert hub.send().status_code == 202
    hub.drain()
    events = hub.get("birmingham-partnership", "/v1/events").json()["events"]
    assert [(one["event"], one["what"]) for one in events] == [("message.task", "register_key")]


def test_declined_redirected_and_seen_in_the_grid(hub: Served) -> None:
    message, shares = hub.sent()
    practice = next(one for one in shares if "-gp-" in one)
    with hub.as_(practice) as declining, hub.as_(SENDER) as sender:
        declining.post(
            f"/v1/shares/{shares[practice]}/decline",
            json={"by": PERSON, "reason": "not_registered_here", "explanation": "not on our list"},
        )
        others = sender.get("/v1/agencies?role=gp_practice&area=E08000025").json()["agencies"]
        other = next(one["id"] for one in others if one["id"] != practice)
        moved = sender.post(
            f"/v1/shares/{shares[practice]}/redirect",
            json={"by": PERSON, "to": other, "reason": "their list"},
        )
        assert moved.status_code == 200, moved.text
        fresh = moved.json()["redirected_to"]
        hub.drain()
        grid = sender.get(f"/v1/messages/{message}").json()
        states = {one["recipient"]: (one["state"], one["redirected_to"]) for one in grid["shares"]}
        assert states[practice] == ("redirected", fresh)
        assert states[other] == ("sent", None)
        assert declining.get(f"/v1/shares/{shares[practice]}").json()["redirected_to"] is None
        with hub.as_(other) as next_one:
            assert [one["share"] for one in next_one.get("/v1/inbox").json()["shares"]] == [fresh]
    lines = {one["agency"]: one for one in grid["decisions"] if one["outcome"] == "share"}
    assert lines[TAKER]["takes_responsibility"]
    assert lines[TAKER]["says"]
    assert lines[TAKER]["sections"]
    owed = {one["what"]: one for share in grid["shares"] for one in share["deadlines"]}
    assert owed["check_back"]["due_at"] > owed["receipt"]["due_at"]
    assert grid["responsibility"] == {
        "agency": SENDER, "person": None, "since": grid["accepted_at"],
    }  # fmt: skip
