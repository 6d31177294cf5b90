"""Leave to read: given by a message, decided by the protocol, for a purpose and a time; every reading is a row."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from agencies import wire
from agencies.client import Checkback
from hub import clock
from hub.ids import new_id
from tests.web.served import STRANGER, Served, current
from tests.web.test_document import keychain
from workers.housekeep import Housekeeper

LENDER, READER, SCHOOL = "sandwell-childrens-social-care", "sandwell-adult-social-care", "sandwell-school-1"
AUTHOR = "camden-childrens-social-care"  # of a handover that the lender was sent
LEAVE = "read-grant-for-adult-social-care"
BY = {"name": "Test Practitioner", "role": "Social worker, adults"}


def leave(of: UUID, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - a message's fields
    return {**current(LEAVE), "of": str(of), **more}


def lent(hub: Served, of: UUID, *, by: str = LENDER, **more: Any) -> UUID:  # noqa: ANN401 - a message's fields
    answer = hub.send({"message": leave(of, **more)}, by=by)
    assert answer.status_code == 202, answer.text
    hub.drain()
    message = answer.json()["id"]
    (row,) = hub.rows("SELECT id, recipient FROM share WHERE message_id = :m", m=message)
    assert row.recipient == READER
    return UUID(str(row.id))


def of_the_lenders_own(hub: Served) -> UUID:
    """A concern that children's social care sent: about neglect, with its neighbour's address held open."""
    answer = hub.send({"message": current("concern-neglect")}, by=LENDER)
    assert answer.status_code == 202, answer.text
    hub.drain()
    return UUID(answer.json()["id"])


def events(hub: Served, agency: str) -> set[tuple[str, str, str]]:
    found, after = set(), ""
    while page := hub.get(agency, f"/v1/events?limit=100{after}").json()["events"]:
        found |= {(one["event"], one["message"], one["by"]) for one in page}
        after = f"&after={page[-1]['id']}"
    return found


def read(hub: Served, share: UUID, agency: str = READER) -> httpx.Response:
    with hub.as_(agency) as caller:
        return caller.post(f"/v1/shares/{share}/read", json={"by": BY})


def test_it_is_read_as_the_protocol_shows_it_and_every_reading_is_a_row(hub: Served) -> None:
    of = of_the_lenders_own(hub)
    share = lent(hub, of)
    first, second = read(hub, share), read(hub, share)
    assert first.status_code == second.status_code == 200, first.text
    told = first.json()
    assert (told["of"], told["author"], told["lent_by"]) == (str(of), LENDER, LENDER)
    seen = hub.opened(READER, told["envelope"])
    assert seen["message"]["view"]["name"] == "reader"
    assert "services" not in seen["message"], "a view of the protocol's, and not the whole message"
    assert seen["message"]["situation"] == current("concern-neglect")["situation"]
    assert [turn["kind"] for turn in seen["thread"]] == ["check_back"]
    rows = hub.rows("SELECT * FROM audit WHERE event IN ('share.read', 'message.read') ORDER BY id")
    assert [(row.event, row.by_agency) for row in rows] == [
        ("share.read", READER),
        ("message.read", READER),
    ] * 2
    assert all(row.person_hidden for row in rows)
    assert ("message.read", str(of), READER) in events(hub, LENDER)
    assert "share.read" in {event for event, _, by in events(hub, READER) if by == READER}


def test_what_was_shared_with_the_lender_is_lent_no_wider_and_its_author_hears(hub: Served) -> None:
    answer = hub.send({"message": current("concern-bruise-non-mobile-baby")}, by="sandwell-0-19")
    hub.drain()
    of = UUID(answer.json()["id"])
    mash = "sandwell-mash"
    share = lent(hub, of, by=mash)
    seen = hub.opened(READER, read(hub, share).json()["envelope"])
    assert seen["from"] == "sandwell-0-19"
    assert seen["lent_by"] == mash
    assert ("message.read", str(of), READER) in events(hub, "sandwell-0-19")


def test_nobody_else_reads_it_nor_learns_of_it(hub: Served) -> None:
    share = lent(hub, of_the_lenders_own(hub))
    for agency in (STRANGER, SCHOOL, LENDER):
        assert read(hub, share, agency).status_code == 404
    assert hub.get(READER, f"/v1/shares/{share}").json()["kind"] == "read_grant"
    assert not hub.rows("SELECT 1 FROM audit WHERE event = 'share.read' AND share_id = :s", s=share)


def test_it_ends_by_itself_and_its_copy_is_destroyed(hub: Served) -> None:
    share = lent(hub, of_the_lenders_own(hub))
    ends = hub.rows("SELECT expires_at FROM reading_copy WHERE share_id = :s", s=share)[0].expires_at
    assert ends <= clock.now() + timedelta(days=28), "the protocol's limit, however late a day was named"
    with hub.engine.begin() as conn:
        conn.execute(text("UPDATE reading_copy SET expires_at = now() WHERE share_id = :s"), {"s": share})
    answer = read(hub, share)
    assert answer.status_code == 409
    assert "has ended" in answer.json()["detail"]
    assert Housekeeper(hub.line).end_what_was_lent() >= 1
    assert hub.rows("SELECT envelope FROM reading_copy WHERE share_id = :s", s=share)[0].envelope is None
    assert read(hub, share).status_code == 409


def test_a_leave_that_asks_for_too_long_says_when_it_ends(hub: Served) -> None:
    of, asks = of_the_lenders_own(hub), {"until": (clock.now() + timedelta(days=300)).date().isoformat()}
    with hub.as_(LENDER) as lender:
        told = lender.post("/v1/messages/preview", json={"message": leave(of, **asks)}).json()
    assert [party["reads_for"] for party in told["parties"]] == ["28 days"]
    share = lent(hub, of, **asks)
    until = read(hub, share).json()["until"]
    seen = hub.opened(READER, hub.get(READER, f"/v1/shares/{share}").json()["envelope"])
    ends = seen["leave_ends_at"]
    assert datetime.fromisoformat(ends) == datetime.fromisoformat(until)


def test_whoever_gave_it_takes_it_back(hub: Served) -> None:
    share = lent(hub, of_the_lenders_own(hub))
    message = hub.rows("SELECT message_id FROM share WHERE id = :s", s=share)[0].message_id
    with hub.as_(LENDER) as lender:
        lender.post(
            f"/v1/messages/{message}/withdraw", json={"by": BY, "reason": "They do not work with her."}
        )
    assert read(hub, share).status_code == 409


def test_what_its_author_takes_back_is_not_read_any_more(hub: Served) -> None:
    of = of_the_lenders_own(hub)
    share = lent(hub, of)
    with hub.as_(LENDER) as lender:
        assert lender.post(
            f"/v1/messages/{of}/withdraw", json={"by": BY, "reason": "The wrong family."}
        ).is_success
    assert read(hub, share).status_code == 409
    assert Housekeeper(hub.line).end_what_was_lent() == 1
    [kept] = hub.rows("SELECT envelope FROM reading_copy WHERE share_id = :s", s=share)
    assert kept.envelope is None, "and its copy is destroyed"


def test_nobody_lends_what_they_do_not_have(hub: Served) -> None:
    of = of_the_lenders_own(hub)
    for sender, message in ((STRANGER, of), (LENDER, new_id())):
        answer = hub.send({"message": leave(message)}, by=sender)
        assert answer.status_code == 422, answer.text
        (fault,) = answer.json()["errors"]
        assert fault["field"] == "message.of"
        assert "that your agency sent or was sent a share of" in fault["says"]


def test_nobody_lends_to_a_party_from_whom_it_is_withheld(hub: Served) -> None:
    body = {
        "message": current("concern-neglect"),
        "withhold": [
            {"role": "adult_social_care", "reason": "Her brother works there and must not hear of it."}
        ],
    }
    answer = hub.send(body, by=LENDER)
    hub.drain()
    refused = hub.send({"message": leave(UUID(answer.json()["id"]))}, by=LENDER)
    assert refused.status_code == 422
    assert "cannot be lent to them" in refused.json()["errors"][0]["says"]


def test_from_whom_another_withholds_it_no_lender_is_told(hub: Served) -> None:
    """It is not lent, and whoever would read it is told to ask."""
    mash, teacher = "sandwell-mash", "sandwell-0-19"
    body = {"message": current("concern-bruise-non-mobile-baby")}
    withheld = {"withhold": [{"role": "adult_social_care", "reason": "Her brother works there."}]}
    told = []
    for one in (body, {**body, **withheld}):
        of = UUID(hub.send(one, by=teacher).json()["id"])
        hub.drain()
        with hub.as_(mash) as caller:
            told.append(caller.post("/v1/messages/preview", json={"message": leave(of)}))
    assert [answer.status_code for answer in told] == [200, 200]
    assert told[0].json() == told[1].json()
    answer = read(hub, lent(hub, of, by=mash))
    assert answer.status_code == 409
    assert "ask whoever gave it" in answer.json()["next"]


def test_another_share_is_no_leave_to_read(hub: Served) -> None:
    message = of_the_lenders_own(hub)
    share, recipient = next(
        (row.id, row.recipient)
        for row in hub.rows("SELECT id, recipient FROM share WHERE message_id = :m", m=message)
    )
    answer = read(hub, share, recipient)
    assert answer.status_code == 409
    assert "no leave to read" in answer.json()["detail"]


def test_the_client_reads_and_opens_it(hub: Served) -> None:
    share = lent(hub, of_the_lenders_own(hub))
    with Checkback(hub.url, hub.tokens[READER], keychain(hub, READER)) as reader:
        reading = reader.read(share, wire.Read(by=wire.Person(**BY)))
        assert reader.keys.open_reading(reading)["leave"] == str(share)
