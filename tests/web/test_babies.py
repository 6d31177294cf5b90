"""A baby over HTTP: what a birth follows is checked at the door, shown by the preview, and joined to one child."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from hub import clock
from hub.ids import new_id
from tests.examples import GONE, spoilt
from tests.web.served import STRANGER, Served, current

MIDWIFE, VISITORS, PROBATION = "sandwell-midwifery", "sandwell-0-19", "sandwell-probation"


def unborn() -> dict[str, Any]:
    due = clock.now().date() + timedelta(days=3)
    return spoilt(current("unborn-sandwell"), children__0__due_date=due.isoformat(), assessment_by=GONE)


def birth(before: dict[str, Any], follows: object) -> dict[str, Any]:
    born = current("birth-sandwell")
    return {
        **born,
        "due_date": before["children"][0]["due_date"],
        "household": before["household"],
        "follows": str(follows),
    }


def sent(hub: Served, message: dict[str, Any], by: str = MIDWIFE) -> UUID:
    answer = hub.send({"message": message}, by=by)
    assert answer.status_code == 202, answer.text
    hub.drain()
    return UUID(answer.json()["id"])


def hears(hub: Served, message: dict[str, Any], by: str = MIDWIFE) -> set[str]:
    with hub.as_(by) as client:
        answer = client.post("/v1/messages/preview", json={"message": message})
    assert answer.status_code == 200, answer.text
    return {one["agency"] for one in answer.json()["parties"] if one["outcome"] == "share"}


def test_the_notice_and_the_birth_are_one_childs(hub: Served) -> None:
    before = unborn()
    notice = sent(hub, before)
    told = birth(before, notice)
    assert PROBATION in hears(hub, told)
    assert PROBATION not in hears(hub, spoilt(told, follows=GONE)), "it is the notice that names them"
    born = sent(hub, told)
    [share] = hub.rows("SELECT id FROM share WHERE message_id = :m AND recipient = :r", m=born, r=VISITORS)
    [here] = hub.get(VISITORS, f"/v1/shares/{share.id}").json()["children"]
    child = hub.get(VISITORS, f"/v1/children/{here['child']}").json()
    assert [(one["kind"], one["message"]) for one in child["messages"]] == [
        ("unborn", str(notice)),
        ("birth", str(born)),
    ]
    assert hub.get(STRANGER, f"/v1/children/{here['child']}").status_code == 404


def test_a_birth_follows_a_notice_that_its_sender_knows_or_nothing(hub: Served) -> None:
    before = unborn()
    notice = sent(hub, before)
    said = []
    for follows, by in ((notice, "sandwell-hospital"), (new_id(), "sandwell-hospital"), (new_id(), MIDWIFE)):
        message = birth(before, follows)
        refused = hub.send({"message": message}, by=by)
        with hub.as_(by) as client:
            previewed = client.post("/v1/messages/preview", json={"message": message})
        for answer in (refused, previewed):
            assert answer.status_code == 422, answer.text
            said.append(answer.json()["errors"])
    assert [error["field"] for error in said[0]] == ["message.follows"]
    assert all(one == said[0] for one in said), "one that is not yours and one that never was look the same"


@pytest.mark.parametrize("by", ["sandwell-gp-2", VISITORS])
def test_nobody_says_for_a_practice_whom_it_has_registered(hub: Served, by: str) -> None:
    refused = hub.send({"message": current("registration-sandwell")}, by=by)
    assert refused.status_code == 422
    assert [one["field"] for one in refused.json()["errors"]] == ["message.services.gp.ods"]
