"""Agencies see only their own. Another's, not sent and not there are one and the same answer."""

from uuid import UUID

from hub.ids import new_id
from tests.web.served import PERSON, SENDER, STRANGER, TAKER, Served, check_back, current
from tests.workers.town import one_step

ACTS = {
    "check-back": check_back(),
    "call": {
        "by": PERSON,
        "spoke_to": {"name": "n", "role": "r", "at": "2026-01-01T09:30:00Z", "understood": "u"},
    },
    "agree": {"by": PERSON},
    "challenge": {"by": PERSON, "reason": "r"},
    "answer": {"by": PERSON, "answer": "a"},
    "escalate": {"by": PERSON, "reason": "r"},
    "conclude": {"by": PERSON, "outcome": "agreed", "decision": "d"},
    "decline": {"by": PERSON, "reason": "not_our_child", "explanation": "e"},
    "redirect": {"by": PERSON, "to": "birmingham-mash", "reason": "r"},
    "release": {"by": PERSON, "reason": "r"},
    "accept": {"by": PERSON},
    "close": {"by": PERSON, "outcome": "o", "review_held_on": "2026-01-01"},
}


def test_a_strangers_share_is_not_there(open_hub: Served) -> None:
    _, shares = open_hub.received()
    with open_hub.as_(STRANGER) as stranger:
        for share in (shares[TAKER], new_id()):
            assert stranger.get(f"/v1/shares/{share}").status_code == 404
        told = [stranger.get(f"/v1/shares/{share}").json() for share in (shares[TAKER], new_id())]
        assert told[0] == told[1]
        for act, body in ACTS.items():
            answers = [
                stranger.post(f"/v1/shares/{share}/{act}", json=body) for share in (shares[TAKER], new_id())
            ]
            assert [one.status_code for one in answers] == [404, 404], act
            assert answers[0].json() == answers[1].json()
        received = stranger.post("/v1/inbox/received", json={"shares": [str(shares[TAKER]), str(new_id())]})
        assert [one["state"] for one in received.json()["shares"]] == [None, None]


def test_a_message_is_its_senders_alone(open_hub: Served) -> None:
    message, shares = open_hub.received()
    withdraw = {"by": PERSON, "reason": "r"}
    for agency in (TAKER, STRANGER):
        with open_hub.as_(agency) as other:
            found, missing = (other.get(f"/v1/messages/{one}") for one in (message, new_id()))
            assert found.status_code == missing.status_code == 404
            assert found.json() == missing.json()
            assert other.post(f"/v1/messages/{message}/withdraw", json=withdraw).status_code == 404
    assert open_hub.rows("SELECT state FROM message WHERE id = :m", m=message)[0].state == "routed"
    assert shares


def test_one_recipient_knows_nothing_of_another(open_hub: Served) -> None:
    _, shares = open_hub.received()
    mine = shares[TAKER]
    others = {str(share) for share in shares.values()} - {str(mine)}
    assert others, "the example has several recipients"
    with open_hub.as_(TAKER) as taker:
        for other in others:
            assert taker.get(f"/v1/shares/{other}").status_code == 404
        seen = taker.get(f"/v1/shares/{mine}").text + taker.get("/v1/events").text
        assert not any(other in seen for other in others)


def test_a_share_is_not_there_before_it_is_sent(hub: Served) -> None:
    message = UUID(hub.send().json()["id"])
    one_step(hub.line, "route")
    planned = hub.rows("SELECT id, recipient, state FROM share WHERE message_id = :m", m=message)
    assert {row.state for row in planned} == {"planned"}
    share = next(row.id for row in planned if row.recipient == TAKER)
    with hub.as_(TAKER) as taker, hub.as_(SENDER) as sender:
        assert taker.get(f"/v1/shares/{share}").status_code == 404
        assert taker.post(f"/v1/shares/{share}/decline", json=ACTS["decline"]).status_code == 404
        assert taker.get("/v1/events").json()["events"] == []
        assert taker.get("/v1/inbox").json()["shares"] == []
        assert sender.get(f"/v1/shares/{share}").status_code == 200
        assert (
            sender.post(f"/v1/messages/{message}/withdraw", json={"by": PERSON, "reason": "r"}).status_code
            == 200
        )
        # Taken back before it was ever sent: it never was there.
        assert taker.get(f"/v1/shares/{share}").status_code == 404
        assert taker.post(f"/v1/shares/{share}/decline", json=ACTS["decline"]).status_code == 404
        received = taker.post("/v1/inbox/received", json={"shares": [str(share)]}).json()
        assert received["shares"][0]["state"] is None
        assert taker.get("/v1/events").json()["events"] == []


def test_a_note_is_sealed_to_each_end_and_to_nobody_else(open_hub: Served) -> None:
    _, shares = open_hub.received()
    mine = shares[TAKER]
    with open_hub.as_(TAKER) as taker, open_hub.as_(SENDER) as sender:
        taker.post(f"/v1/shares/{mine}/check-back", json=check_back())
        theirs = taker.get(f"/v1/shares/{mine}").json()["thread"][0]["envelope"]
        ours = sender.get(f"/v1/shares/{mine}").json()["thread"][0]["envelope"]
    assert theirs["to"] != ours["to"]
    assert open_hub.opened(TAKER, theirs) == open_hub.opened(SENDER, ours)


def test_the_reason_for_withholding_is_shown_to_the_sender_alone(open_hub: Served) -> None:
    reason = "The mother fears that her cousin works there."
    answer = open_hub.send(
        {"message": current(), "withhold": [{"agency": "birmingham-probation", "reason": reason}]}
    )
    open_hub.drain()
    message = answer.json()["id"]
    with open_hub.as_(SENDER) as sender:
        grid = sender.get(f"/v1/messages/{message}").json()
    withheld = [one for one in grid["decisions"] if one["outcome"] == "withhold"]
    assert [one["explanation"] for one in withheld] == [reason]
    kept = open_hub.rows("SELECT reason_hidden FROM decision WHERE outcome = 'withhold'")
    assert all(reason.encode() not in bytes(row.reason_hidden) for row in kept)
