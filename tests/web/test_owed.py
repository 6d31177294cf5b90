"""GET /v1/owed: every duty has an owner and a clock, and those whom it concerns can look; nobody else."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from hub import clock
from hub.ids import new_id
from tests.web.served import SENDER, STRANGER, TAKER, Served, check_back
from workers.chase import chase

OFFICE = "birmingham-partnership"


def owed(hub: Served, agency: str, **asked: Any) -> dict[str, Any]:  # noqa: ANN401 - a query
    with hub.as_(agency) as caller:
        answer = caller.get("/v1/owed", params=asked)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def long_ago(hub: Served, message: UUID, days: int = 30) -> None:
    """As if it had been sent so many days earlier."""
    with hub.engine.begin() as conn:
        conn.execute(
            text("UPDATE owed SET due_at = due_at - :d, next_at = next_at - :d WHERE message_id = :m"),
            {"d": timedelta(days=days), "m": message},
        )


def test_both_ends_see_what_is_owed_between_them(hub: Served) -> None:
    message, shares = hub.sent()
    mine = owed(hub, TAKER)["owed"]
    assert [one["what"] for one in mine] == ["receipt", "call_account", "check_back", "acceptance"], (
        "the first due first"
    )
    first = mine[0]
    assert (first["owed_by"], first["owed_to"], first["message"]) == (TAKER, SENDER, str(message))
    assert first["share"] == str(shares[TAKER])
    assert (first["overdue"], first["told"], first["next_at"]) == (False, 0, first["due_at"])
    assert first["clause"]
    assert first["ladder"]
    to_sender = owed(hub, SENDER, side="to")["owed"]
    assert first in to_sender
    assert {one["owed_by"] for one in to_sender} == set(shares)
    assert owed(hub, SENDER)["owed"] == owed(hub, STRANGER)["owed"] == []


def test_what_is_done_is_not_owed_any_more(hub: Served) -> None:
    hub.received()
    assert [one["what"] for one in owed(hub, TAKER)["owed"]] == ["call_account", "check_back", "acceptance"]


def test_what_has_lapsed_is_seen_by_those_who_were_told(hub: Served) -> None:
    message, _ = hub.sent()
    assert owed(hub, TAKER, overdue=True)["owed"] == []
    assert hub.get(TAKER, "/v1/inbox").json()["overdue"] == 0
    long_ago(hub, message)
    chase(hub.line)
    late = owed(hub, TAKER, overdue=True)["owed"]
    assert {one["what"] for one in late} == {"receipt", "call_account", "check_back", "acceptance"}
    assert all(one["overdue"] and one["told"] == 3 and one["next_at"] is None for one in late)
    assert hub.get(TAKER, "/v1/inbox").json()["overdue"] == 4
    told = owed(hub, OFFICE, side="told")["owed"]
    assert {one["id"] for one in late} <= {one["id"] for one in told}
    events = hub.get(OFFICE, "/v1/events").json()["events"]
    assert {(one["event"], one["by"]) for one in events} == {("owed.lapse", "hub")}
    assert {one["what"] for one in events} >= {"receipt", "check_back"}
    assert owed(hub, STRANGER, side="told")["owed"] == []


def test_one_of_them_is_for_those_whom_it_concerns(hub: Served) -> None:
    message, _ = hub.sent()
    one = owed(hub, TAKER)["owed"][0]
    path = f"/v1/owed/{one['id']}"
    assert hub.get(TAKER, path).json() == hub.get(SENDER, path).json() == one
    for agency in (STRANGER, OFFICE):
        assert hub.get(agency, path).status_code == 404
    assert hub.get(TAKER, f"/v1/owed/{new_id()}").status_code == 404
    long_ago(hub, message)
    chase(hub.line)
    assert hub.get(OFFICE, path).status_code == 200, "it was told"
    hub.line.engine.dispose()
    with hub.as_(TAKER) as taker:
        taker.post("/v1/inbox/received", json={"shares": [one["share"]]})
    done = hub.get(TAKER, path).json()
    assert (done["met_how"], done["overdue"], done["next_at"]) == ("done", False, None)
    assert done["met_at"] <= clock.now().isoformat()


def test_it_is_read_in_pages(hub: Served) -> None:
    for _ in range(3):
        hub.sent()
    whole = [one["id"] for one in owed(hub, TAKER)["owed"]]
    assert len(whole) == 12
    found, after = [], None
    while True:
        page = owed(hub, TAKER, limit=2, **({"after": after} if after else {}))
        found += [one["id"] for one in page["owed"]]
        after = page["next"]
        if after is None:
            break
    assert found == whole


def test_a_cursor_that_is_none_is_refused(hub: Served) -> None:
    for after in ("x", f"999999999999999999.{new_id()}"):
        with hub.as_(TAKER) as caller:
            answer = caller.get("/v1/owed", params={"after": after})
        assert answer.status_code in (200, 422), answer.text
        assert answer.status_code == 422 or answer.json()["owed"] == []


def test_an_action_is_said_to_be_done_and_the_other_end_reads_it(hub: Served) -> None:
    _, shares = hub.received()
    path = f"/v1/shares/{shares[TAKER]}"
    with hub.as_(TAKER) as taker:
        assert taker.post(f"{path}/check-back", json=check_back()).status_code == 200
    (action,) = [one for one in owed(hub, TAKER)["owed"] if one["what"] == "action"]
    done = {
        "by": {"name": "Test Practitioner", "role": "Health visitor"},
        "done": "Seen and weighed at home.",
    }
    where = f"/v1/owed/{action['id']}/met"
    for agency, status in ((STRANGER, 404), (SENDER, 403), (TAKER, 200), (TAKER, 409)):
        with hub.as_(agency) as caller:
            answer = caller.post(where, json=done)
        assert answer.status_code == status, answer.text
    assert hub.get(TAKER, f"/v1/owed/{action['id']}").json()["met_how"] == "done"
    thread = hub.get(SENDER, path).json()["thread"]
    assert [one["kind"] for one in thread] == ["check_back", "meet"]
    assert hub.opened(SENDER, thread[1]["envelope"])["done"] == "Seen and weighed at home."


def test_a_task_is_not_met_by_words(hub: Served) -> None:
    message, _ = hub.sent()
    with hub.engine.begin() as conn:
        conn.execute(
            text(
                "INSERT INTO owed (id, what, owed_by, owed_to, message_id, started_at, due_at)"
                " VALUES (:id, 'resolve_refusal', :office, :sender, :message, now(), now())"
            ),
            {"id": (task := new_id()), "office": OFFICE, "sender": SENDER, "message": message},
        )
    with hub.as_(OFFICE) as office:
        answer = office.post(
            f"/v1/owed/{task}/met", json={"by": {"name": "T", "role": "Officer"}, "done": "mended"}
        )
    assert answer.status_code == 409
    assert "checkback tasks done" in answer.json()["next"]
