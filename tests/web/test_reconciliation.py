"""Reconciliation over HTTP: both ends are told the same, nobody else a word, and a day that is over stays as it was."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from agencies import wire
from hub import clock
from hub.ids import new_id
from hub.store import days
from tests.web.served import SENDER, STRANGER, TAKER, Served, check_back
from tests.workers.town import one_step

YESTERDAY = days.last_ended(clock.now())


def asked(hub: Served, agency: str, **query: Any) -> dict[str, Any]:  # noqa: ANN401 - a query
    with hub.as_(agency) as caller:
        answer = caller.get("/v1/reconciliation", params=query)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def lines(hub: Served, agency: str, **query: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - a query
    found: list[dict[str, Any]] = asked(hub, agency, **query)["lines"]
    return found


def compared(hub: Served, agency: str, **own: Any) -> dict[str, Any]:  # noqa: ANN401 - a body
    with hub.as_(agency) as caller:
        answer = caller.post("/v1/reconciliation/compare", json=own)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def checked_back(hub: Served, share: UUID) -> None:
    with hub.as_(TAKER) as taker:
        assert taker.post(f"/v1/shares/{share}/check-back", json=check_back()).status_code == 200


def test_both_ends_are_told_the_same_and_nobody_else_a_word(hub: Served) -> None:
    _, shares = hub.sent()
    mine = lines(hub, TAKER, side="received")
    assert [one["standing"] for one in mine] == ["not_fetched"]
    assert mine[0]["share"] == str(shares[TAKER])
    assert mine == [one for one in lines(hub, SENDER) if one["recipient"] == TAKER]
    assert {one["share"] for one in lines(hub, SENDER, side="sent")} == set(map(str, shares.values()))
    for agency, side in ((STRANGER, "sent"), (STRANGER, "received"), (TAKER, "sent"), (SENDER, "received")):
        assert lines(hub, agency, side=side) == []


def test_a_case_reference_is_shown_to_both_ends_once_there_is_one(hub: Served) -> None:
    _, shares = hub.received()
    for agency, side in ((SENDER, "sent"), (TAKER, "received")):
        [one] = lines(hub, agency, side=side, standing="not_registered")
        assert (one["state"], one["case_reference"], one["accepted_at"]) == ("received", None, None)
        assert one["due_at"] > one["sent_at"]
    checked_back(hub, shares[TAKER])
    for agency, side in ((SENDER, "sent"), (TAKER, "received")):
        assert lines(hub, agency, side=side, standing="not_registered") == []
        [one] = lines(hub, agency, side=side, standing="registered")
        assert (one["state"], one["case_reference"], one["overdue"]) == ("checked_back", "B-1", False)
        assert str(shares[TAKER]) not in {
            one["share"] for one in lines(hub, agency, side=side, standing="missing")
        }


def test_what_was_never_sent_only_its_sender_knows_of(hub: Served) -> None:
    unheard = hub.send().json()["id"]
    [one] = lines(hub, SENDER, standing="missing")
    assert (one["message"], one["share"], one["standing"]) == (unheard, None, "nobody_hears")
    assert one["accepted_at"]
    one_step(hub.line, "route")
    assert lines(hub, SENDER, standing="nobody_hears") == []
    planned = lines(hub, SENDER, standing="not_sent")
    assert {one["state"] for one in planned} == {"planned"}
    assert planned == lines(hub, SENDER) == lines(hub, SENDER, standing="missing")
    recipients = {one["recipient"] for one in planned}
    assert TAKER in recipients
    for standing in (None, "not_sent", "nobody_hears", "missing"):
        query = {"standing": standing} if standing else {}
        assert lines(hub, TAKER, side="received", **query) == []
    told = compared(hub, TAKER, shares=[{"share": planned[0]["share"]}])
    assert [one["differs"] for one in told["differences"]] == [["not_known_here"]]


def test_what_was_declined_is_its_senders_to_redirect(hub: Served) -> None:
    _, shares = hub.received()
    decline = {"by": check_back()["by"], "reason": "not_our_child", "explanation": "not known to us"}
    with hub.as_(TAKER) as taker:
        taker.post(f"/v1/shares/{shares[TAKER]}/decline", json=decline)
    [one] = lines(hub, SENDER, standing="declined")
    assert one["share"] == str(shares[TAKER])
    assert one in lines(hub, SENDER, standing="missing")
    assert lines(hub, TAKER, side="received", standing="missing") == []
    assert lines(hub, TAKER, side="received", standing="declined") == [one]


def test_it_is_read_in_pages_and_by_period(hub: Served) -> None:
    for _ in range(3):
        hub.sent()
    hub.send()  # and one that nobody hears of yet
    whole = lines(hub, SENDER)
    for standing in (None, "missing"):
        found, after = [], None
        while True:
            more = {name: value for name, value in (("after", after), ("standing", standing)) if value}
            page = asked(hub, SENDER, limit=2, **more)
            found += page["lines"]
            after = page["next"]
            if after is None:
                break
        assert found == whole
    middle = whole[3]["sent_at"]
    later = lines(hub, SENDER, since=middle)
    earlier = lines(hub, SENDER, before=middle)
    assert earlier + later == whole
    assert 0 < len(earlier) < len(whole)


@pytest.mark.parametrize(
    "query",
    [
        {"since": "2026-07-03T00:00:00Z", "before": "2026-07-02T00:00:00Z"},
        {"since": "2026-07-03"},
        {"since": "0"},
        {"before": "2026-07-03T00:00:00"},
        {"side": "both"},
        {"standing": "lost"},
        {"after": "x"},
        {"limit": "0"},
        {"limit": "501"},
    ],
)
def test_what_cannot_be_is_refused(open_hub: Served, query: dict[str, str]) -> None:
    with open_hub.as_(TAKER) as caller:
        answer = caller.get("/v1/reconciliation", params=query)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"]


# -- compared with an agency's own records ------------------------------------------------------------------


def test_what_differs_is_told_in_plain_words(hub: Served) -> None:
    _, first = hub.received()
    checked_back(hub, first[TAKER])
    _, second = hub.received()
    _, third = hub.sent()
    today = clock.now() - timedelta(days=1)
    own = [{"share": str(first[TAKER]), "case_reference": "B-2", "open": True}]
    told = compared(hub, TAKER, since=today.isoformat(), shares=own)
    assert told["compared"] == 1
    assert {one["share"]: one["differs"] for one in told["differences"]} == {
        str(first[TAKER]): ["case_reference_differs"],
        str(second[TAKER]): ["taken_and_dropped"],
        str(third[TAKER]): ["not_fetched"],
    }
    assert all(one["says"] and one["here"]["state"] for one in told["differences"])
    only = compared(hub, TAKER, shares=own)
    assert [one["share"] for one in only["differences"]] == [str(first[TAKER])], (
        "without a period, only what is posted"
    )


def test_anothers_share_and_one_that_is_not_there_are_the_same_answer(hub: Served) -> None:
    _, shares = hub.received()
    checked_back(hub, shares[TAKER])
    theirs, nowhere = str(shares[TAKER]), str(new_id())
    own = [{"share": one, "case_reference": "B-1", "open": True} for one in (theirs, nowhere)]
    first, second = compared(hub, STRANGER, since="2020-01-01T00:00:00Z", shares=own)["differences"]
    assert first["share"] == theirs
    assert {**first, "share": nowhere} == second
    assert (second["differs"], second["here"]) == (["not_known_here"], None)


def test_only_so_many_are_compared_at_once(hub: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [{"share": str(new_id())} for _ in range(wire.MOST_COMPARED + 1)]
    with hub.as_(TAKER) as caller:
        answer = caller.post("/v1/reconciliation/compare", json={"shares": many})
        assert answer.status_code == 422
        whole = caller.post("/v1/reconciliation/compare", json={"shares": many[:-1]})
        assert whole.json()["compared"] == wire.MOST_COMPARED
    for _ in range(3):
        hub.sent()
    monkeypatch.setattr(wire, "MOST_COMPARED", 2)
    with hub.as_(TAKER) as caller:
        answer = caller.post("/v1/reconciliation/compare", json={"since": "2020-01-01T00:00:00Z"})
    assert answer.status_code == 422, "a page of differences would say less than there are"
    assert "shorter periods" in answer.json()["next"]


# -- the statement of a day ---------------------------------------------------------------------------------


def yesterday(hub: Served) -> None:
    """As if all that happened had happened at noon of that day."""
    ago = clock.now() - (clock.whole_day_after(YESTERDAY) - timedelta(hours=12))
    with hub.engine.begin() as conn:
        for statement in (
            "UPDATE audit SET at = at - :ago",
            "UPDATE share SET sent_at = sent_at - :ago, state_at = state_at - :ago",
            "UPDATE message SET accepted_at = accepted_at - :ago",
            "DELETE FROM day_end",  # which was closed before any of it
        ):
            conn.execute(text(statement), {"ago": ago} if ":ago" in statement else {})


def test_the_statement_of_a_day_is_the_same_whenever_it_is_asked_for(hub: Served) -> None:
    _, shares = hub.received()
    yesterday(hub)
    path = f"/v1/statements/{YESTERDAY}"
    before = {agency: hub.get(agency, path).json() for agency in (SENDER, TAKER, STRANGER)}
    [mine] = before[TAKER]["lines"]
    assert (mine["share"], mine["standing"]) == (str(shares[TAKER]), "not_registered")
    assert before[SENDER]["count"] == len(shares)
    assert (before[STRANGER]["count"], before[STRANGER]["lines"], before[STRANGER]["between"]) == (0, [], [])
    [between] = before[TAKER]["between"]
    assert {**between, "side": "sent", "agency": TAKER} in before[SENDER]["between"]
    checked_back(hub, shares[TAKER])
    hub.sent()
    assert {agency: hub.get(agency, path).json() for agency in before} == before


def test_it_is_read_in_pages_that_have_one_digest(hub: Served) -> None:
    for _ in range(2):
        hub.sent()
    yesterday(hub)
    whole = hub.get(SENDER, f"/v1/statements/{YESTERDAY}").json()
    found, after = [], ""
    while after is not None:
        page = hub.get(SENDER, f"/v1/statements/{YESTERDAY}?limit=3{after and '&after='}{after}").json()
        assert {**page, "lines": [], "next": None} == {**whole, "lines": []}
        found += page["lines"]
        after = page["next"]
    assert found == whole["lines"]
    assert len(found) == whole["count"] > 3


def test_a_day_that_is_not_over_has_no_statement_yet(open_hub: Served) -> None:
    today = clock.now().astimezone(clock.LONDON).date()
    for day in (today, today + timedelta(days=1), "9999-12-31"):
        answer = open_hub.get(TAKER, f"/v1/statements/{day}")
        assert answer.status_code == 409, answer.text
    for day in ("2026-02-30", "yesterday", "2026-7-3", "20260703"):
        assert open_hub.get(TAKER, f"/v1/statements/{day}").status_code == 404


def test_of_a_day_before_there_was_a_hub_nothing_is_told_or_kept(open_hub: Served) -> None:
    for day in ("0001-01-01", "1970-01-01", "2020-02-29"):
        told = open_hub.get(TAKER, f"/v1/statements/{day}").json()
        assert (told["day"], told["count"], told["lines"]) == (day, 0, [])
    assert open_hub.rows("SELECT 1 FROM day_end WHERE day < '2026-01-01'") == []
