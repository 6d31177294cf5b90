"""The same request again does nothing twice; a bad neighbour in a group hurts nobody."""

import json
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from tests.web.served import PERSON, SENDER, STRANGER, TAKER, Served, check_back, current


def test_the_same_key_and_body_is_answered_as_before(open_hub: Served) -> None:
    key, body = str(uuid4()), {"message": current()}
    first, again = open_hub.send(body, key=key), open_hub.send(body, key=key)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert first.headers["location"] == first.json()["follow"]
    found = open_hub.rows(
        "SELECT count(*) AS n FROM message WHERE idempotency_key = :k", k=open_hub.mark(key)
    )
    assert found[0].n == 1


def test_the_same_key_with_another_body_is_refused(open_hub: Served) -> None:
    key = str(uuid4())
    open_hub.send({"message": current()}, key=key)
    other = open_hub.send({"message": {**current(), "urgency": "routine"}}, key=key)
    assert other.status_code == 409
    assert other.json()["type"].endswith("idempotency-key-reused")


def test_the_same_key_of_another_agency_is_another_key(open_hub: Served) -> None:
    key, body = str(uuid4()), {"message": current("concern-below-threshold")}
    ids = {open_hub.send(body, key=key, by=agency).json()["id"] for agency in (SENDER, STRANGER)}
    assert len(ids) == 2


def test_the_same_key_many_times_at_once_is_one_message(open_hub: Served) -> None:
    key, body = str(uuid4()), {"message": current()}
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: open_hub.send(body, key=key), range(32)))
    assert {one.status_code for one in answers} == {202}
    assert len({one.text for one in answers}) == 1


def test_an_act_that_is_tried_again_is_told_what_it_did(open_hub: Served) -> None:
    _, shares = open_hub.received()
    headers = {"idempotency-key": str(uuid4())}
    body = check_back()
    with open_hub.as_(TAKER) as taker:
        path = f"/v1/shares/{shares[TAKER]}/check-back"
        first, again = (taker.post(path, json=body, headers=headers) for _ in range(2))
        other = taker.post(path, json=body)
    assert first.status_code == again.status_code == 200, again.text
    assert first.json()["note"] == again.json()["note"]
    assert other.status_code == 409, "without the key it is another act, and comes too late"
    notes = open_hub.rows("SELECT count(*) AS n FROM note WHERE share_id = :s", s=shares[TAKER])
    assert notes[0].n == 1


def test_one_bad_row_of_a_group_fails_alone(hub: Served) -> None:
    """A trigger refuses one message as PostgreSQL would refuse a row that nobody foresaw."""
    keys = [f"bad-{n}" if n % 8 == 3 else f"good-{n}" for n in range(32)]
    bad = ", ".join(f"'{hub.mark(key)}'" for key in keys if key.startswith("bad"))
    with hub.engine.begin() as conn:
        conn.execute(
            text(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" IF NEW.idempotency_key IN ({bad}) THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$"
            )
        )
        conn.execute(
            text("CREATE TRIGGER refuse BEFORE INSERT ON message FOR EACH ROW EXECUTE FUNCTION refuse()")
        )
    body = {"message": current()}
    with ThreadPoolExecutor(32) as pool:
        answers = dict(zip(keys, pool.map(lambda key: hub.send(body, key=key), keys), strict=True))
    for key, answer in answers.items():
        assert answer.status_code == (500 if key.startswith("bad") else 202), (key, answer.text)
    assert hub.rows("SELECT count(*) AS n FROM message")[0].n == 28
    problem = answers["bad-3"].json()
    assert "no" not in problem["detail"].split(), "what went wrong inside is not told"


def test_acts_of_many_at_once_each_have_their_own_answer(open_hub: Served) -> None:
    made = [open_hub.received()[1] for _ in range(6)]

    def act(shares: dict[str, object]) -> list[int]:
        with open_hub.as_(TAKER) as taker:
            done = taker.post(f"/v1/shares/{shares[TAKER]}/check-back", json=check_back())
            late = taker.post(f"/v1/shares/{shares[TAKER]}/check-back", json=check_back())
            return [done.status_code, late.status_code]

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(act, made)) == [[200, 409]] * 6


def test_two_who_act_on_one_share_at_once_do_not_both_win(open_hub: Served) -> None:
    _, shares = open_hub.received()
    path = f"/v1/shares/{shares[TAKER]}/decline"
    body = {"by": PERSON, "reason": "not_our_child", "explanation": "e"}

    def decline(_: int) -> httpx.Response:
        with open_hub.as_(TAKER) as taker:
            return taker.post(path, content=json.dumps(body), headers={"content-type": "application/json"})

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(one.status_code for one in pool.map(decline, range(8)))
    assert statuses == [200] + [409] * 7


@pytest.mark.parametrize("count", [1, 3])
def test_received_is_told_line_by_line(open_hub: Served, count: int) -> None:
    _, shares = open_hub.sent()
    ids = [str(shares[TAKER])] * count
    with open_hub.as_(TAKER) as taker:
        first = taker.post("/v1/inbox/received", json={"shares": ids}).json()["shares"]
        again = taker.post("/v1/inbox/received", json={"shares": ids}).json()["shares"]
    assert [one["state"] for one in first] == ["received"] * count
    assert [one["moved"] for one in again] == [False] * count
