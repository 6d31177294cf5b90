"""The whole way of a message over HTTP: sent, previewed, fetched, checked back, challenged, agreed, closed."""

from tests.web.served import HANDOVER, PERSON, SENDER, TAKER, Served, check_back, current


def test_the_way_of_a_handover(hub: Served) -> None:
    message, shares = hub.received()
    taken = shares[TAKER]
    with hub.as_(SENDER) as sender, hub.as_(TAKER) as taker:
        inbox = taker.get("/v1/inbox").json()
        assert inbox["shares"] == [], "what was received is no longer in the inbox"
        done = taker.post(f"/v1/shares/{taken}/check-back", json=check_back())
        assert done.status_code == 200, done.text
        assert done.json()["state"] == "checked_back"
        sender.post(f"/v1/shares/{taken}/challenge", json={"by": PERSON, "reason": "not only last week"})
        taker.post(f"/v1/shares/{taken}/answer", json={"by": PERSON, "answer": "in April, then"})
        sender.post(f"/v1/shares/{taken}/agree", json={"by": PERSON})
        accepted = taker.post(f"/v1/shares/{taken}/accept", json={"by": PERSON})
        assert accepted.status_code == 200, accepted.text
        share = sender.get(f"/v1/shares/{taken}").json()
        assert [note["kind"] for note in share["thread"]] == [
            "check_back", "challenge", "answer", "agree", "accept",
        ]  # fmt: skip
        assert share["case_reference"] == "B-1"
        assert share["envelope"] is None, "the sender has the file copy, not the recipient's"
        said = hub.opened(SENDER, share["thread"][0]["envelope"])
        assert said["understanding"] == "they moved last week"
        grid = sender.get(f"/v1/messages/{message}").json()
        assert grid["responsibility"]["agency"] == TAKER
        assert grid["responsibility"]["person"]["name"] == PERSON["name"]
        assert hub.opened(SENDER, grid["copy_envelope"])["message"]["kind"] == "handover"
        events = taker.get("/v1/events").json()["events"]
        assert [one["event"] for one in events][:3] == ["share.send", "share.receive", "share.check_back"]


def test_preview_says_who_and_keeps_nothing(hub: Served) -> None:
    with hub.as_(SENDER) as sender:
        answer = sender.post("/v1/messages/preview", json={"message": current(HANDOVER)})
        assert answer.status_code == 200, answer.text
        parties = answer.json()["parties"]
        assert TAKER in [one["agency"] for one in parties if one["outcome"] == "share"]
    assert hub.rows("SELECT 1 FROM message") == []
