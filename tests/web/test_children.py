"""One child over the API: each agency follows what it knows itself, and only the office that is asked sees more."""

from typing import Any
from uuid import UUID

import pytest

from hub import keyfiles
from hub.ids import new_id
from tests.examples import GONE, spoilt
from tests.web.served import PERSON, SENDER, STRANGER, Served, current

BRUISE = "concern-bruise-non-mobile-baby"
SCHOOL, MASH, OFFICE = "sandwell-school-1", "sandwell-mash", "sandwell-partnership"
WHY = "Both know one mother by name."
SAME = {"by": PERSON, "answer": "same", "because": WHY}
DIFFERENT = {**SAME, "answer": "different"}
_next = iter(range(9_990_000_300, 9_999_999_999))


def fresh_number() -> str:
    """One that no other test of this hub's uses."""
    for number in _next:
        digits = str(number)
        total = sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), digits, strict=False))
        if (11 - total % 11) % 11 == int(digits[9]):
            return digits
    raise AssertionError("there are no more")


class Family:
    """A message about one child, with its number and without: nobody else's in this hub."""

    def __init__(self) -> None:
        self.number = fresh_number()

    def message(self, **changes: object) -> dict[str, Any]:
        alone = {
            "children__0__nhs_number": self.number,
            "children__0__name": "Child " + "".join(chr(97 + int(digit)) for digit in self.number),
            "children__1": GONE,
            "household__0__nhs_number": GONE,
            "household__0__date_of_birth": GONE,
        }
        return spoilt(current(BRUISE), **{**alone, **changes})

    def without_number(self) -> dict[str, Any]:
        because = {"children__0__nhs_number_unknown_because": "Not on the school's system."}
        return self.message(children__0__nhs_number=GONE, **because)


@pytest.fixture
def family() -> Family:
    return Family()


def sent(hub: Served, message: dict[str, Any], by: str) -> UUID:
    answer = hub.send({"message": message}, by=by)
    assert answer.status_code == 202, answer.text
    hub.drain()
    return UUID(answer.json()["id"])


def child_of(hub: Served, message: UUID, by: str) -> str:
    [child] = hub.get(by, f"/v1/messages/{message}").json()["children"]
    assert child["place"] == 0
    return str(child["child"])


def share_of(hub: Served, message: UUID, recipient: str) -> UUID:
    [row] = hub.rows("SELECT id FROM share WHERE message_id = :m AND recipient = :r", m=message, r=recipient)
    return UUID(str(row.id))


def events_of(hub: Served, agency: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        page = hub.get(agency, f"/v1/events?limit=100{after}").json()
        found += page["events"]
        if len(page["events"]) < 100:
            return found
        after = f"&after={page['next']}"


def match_of(hub: Served, message: UUID) -> str:
    [row] = hub.rows("SELECT id FROM likeness WHERE message_id = :m", m=message)
    return str(row.id)


def answered(hub: Served, match: str, body: dict[str, Any], by: str = OFFICE) -> Any:  # noqa: ANN401 - a response
    with hub.as_(by) as caller:
        return caller.post(f"/v1/matches/{match}", json=body)


def test_each_follows_the_child_by_what_it_knows_itself(open_hub: Served, family: Family) -> None:
    first = sent(open_hub, family.message(), SENDER)
    second = sent(open_hub, family.message(), SCHOOL)
    mine = child_of(open_hub, second, SCHOOL)
    seen = open_hub.get(SCHOOL, f"/v1/children/{mine}").json()
    assert [(one["message"], one["share"], one["state"]) for one in seen["messages"]] == [
        (str(second), None, "routed")
    ]
    share = share_of(open_hub, second, MASH)
    [told] = open_hub.get(MASH, f"/v1/shares/{share}").json()["children"]
    seen = open_hub.get(MASH, f"/v1/children/{told['child']}").json()
    assert [(one["message"], one["sender"]) for one in seen["messages"]] == [
        (str(first), SENDER),
        (str(second), SCHOOL),
    ]
    assert {one["state"] for one in seen["messages"]} == {"sent"}


def test_who_knows_no_message_about_a_child_is_told_of_none(open_hub: Served, family: Family) -> None:
    mine = child_of(open_hub, sent(open_hub, family.message(), SENDER), SENDER)
    for agency in (STRANGER, OFFICE):
        answers = [open_hub.get(agency, f"/v1/children/{one}") for one in (mine, new_id())]
        assert [one.status_code for one in answers] == [404, 404]
        assert answers[0].json() == answers[1].json()


def test_a_merge_tells_an_agency_nothing_of_a_message_that_it_does_not_know(
    open_hub: Served, family: Family
) -> None:
    """Neither the id changes under which it knows the child, nor is the other id good for it."""
    first = sent(open_hub, family.message(), SENDER)
    second = sent(open_hub, family.without_number(), SCHOOL)
    one, other = child_of(open_hub, first, SENDER), child_of(open_hub, second, SCHOOL)
    before = open_hub.get(SCHOOL, f"/v1/children/{other}").json()
    grid = open_hub.get(SCHOOL, f"/v1/messages/{second}").json()
    events = events_of(open_hub, SCHOOL)
    answer = answered(open_hub, match_of(open_hub, second), SAME)
    assert answer.json()["are_one"], answer.text
    assert open_hub.get(SCHOOL, f"/v1/children/{other}").json() == before
    assert open_hub.get(SCHOOL, f"/v1/messages/{second}").json() == grid
    assert events_of(open_hub, SCHOOL) == events
    assert open_hub.get(SCHOOL, f"/v1/children/{one}").status_code == 404
    seen = open_hub.get(MASH, f"/v1/children/{one}").json()  # who was sent both follows them as one
    assert [UUID(message["message"]) for message in seen["messages"]] == [first, second]


def test_neither_sender_hears_of_the_question(open_hub: Served, family: Family) -> None:
    first = sent(open_hub, family.message(), SENDER)
    second = sent(open_hub, family.without_number(), SCHOOL)
    match = match_of(open_hub, second)
    for agency, message in ((SENDER, first), (SCHOOL, second), (MASH, first)):
        paths = (
            "/v1/owed?limit=500",
            "/v1/owed?side=to&limit=500",
            "/v1/owed?side=told&limit=500",
            "/v1/matches",
        )
        answers = [open_hub.get(agency, path) for path in paths]
        assert {one.status_code for one in answers} == {200}
        grid = open_hub.get(agency, f"/v1/messages/{message}").text
        told = "".join([grid, str(events_of(open_hub, agency)), *(one.text for one in answers)])
        assert match not in told
        assert "same_child" not in told
        assert answered(open_hub, match, SAME, by=agency).status_code == 404


def test_the_office_sees_whom_to_ask_and_answers(open_hub: Served, family: Family) -> None:
    first = sent(open_hub, family.message(), SENDER)
    second = sent(open_hub, family.without_number(), SCHOOL)
    match = match_of(open_hub, second)
    told = open_hub.get(OFFICE, "/v1/matches?limit=500").json()["matches"]
    [mine] = [one for one in told if one["id"] == match]
    assert (mine["why"], mine["raised_by"], mine["answer"]) == (["name_and_birth"], str(second), None)
    assert mine["due_at"] is not None
    spoken = [(one["message"], one["sender"]) for end in ("one", "other") for one in mine[end]["messages"]]
    assert sorted(spoken) == sorted([(str(first), SENDER), (str(second), SCHOOL)])
    assert family.number not in str(told)
    answer = answered(open_hub, match, SAME)
    assert (answer.status_code, answer.json()["answer"], answer.json()["are_one"]) == (200, "same", True)
    assert answered(open_hub, match, SAME).json() == answer.json()  # a retry
    open_still = open_hub.get(OFFICE, "/v1/matches?limit=500").json()["matches"]
    assert match not in {one["id"] for one in open_still}
    events = open_hub.rows("SELECT event FROM audit WHERE detail ->> 'about' = :m ORDER BY id", m=match)
    assert [row.event for row in events] == ["message.task", "child.merge", "message.task_done"]
    records = keyfiles.records(open_hub.web)
    [kept] = open_hub.rows("SELECT id, because_hidden FROM likeness_answer WHERE likeness_id = :m", m=match)
    assert records.show(kept.because_hidden, where=f"because {kept.id}") == WHY


def test_another_office_may_neither_look_nor_answer(open_hub: Served, family: Family) -> None:
    sent(open_hub, family.message(), SENDER)
    second = sent(open_hub, family.without_number(), SCHOOL)
    match = match_of(open_hub, second)
    other = "birmingham-partnership"
    assert match not in open_hub.get(other, "/v1/matches?limit=500").text
    answers = [answered(open_hub, one, SAME, by=other) for one in (match, str(new_id()))]
    assert [one.status_code for one in answers] == [404, 404]
    assert answers[0].json() == answers[1].json()


def test_a_merge_is_taken_back(open_hub: Served, family: Family) -> None:
    sent(open_hub, family.message(), SENDER)
    second = sent(open_hub, family.without_number(), SCHOOL)
    match = match_of(open_hub, second)
    answered(open_hub, match, SAME)
    other = child_of(open_hub, second, SCHOOL)
    body = {"by": PERSON, "because": "They are cousins."}
    for agency in (SENDER, SCHOOL, "birmingham-partnership"):
        with open_hub.as_(agency) as caller:
            assert caller.post(f"/v1/children/{other}/unmerge", json=body).status_code == 404
    with open_hub.as_(OFFICE) as caller:
        for _ in range(2):
            assert caller.post(f"/v1/children/{other}/unmerge", json=body).json()["child"] == other
    assert [row.answer for row in open_hub.rows("SELECT answer FROM likeness WHERE id = :m", m=match)] == [
        "different"
    ]
    with open_hub.as_(MASH) as caller:
        [told] = caller.get(f"/v1/shares/{share_of(open_hub, second, MASH)}").json()["children"]
        seen = caller.get(f"/v1/children/{told['child']}").json()
    assert [one["message"] for one in seen["messages"]] == [str(second)]


def test_what_cannot_be_is_a_conflict_that_says_what_to_do(open_hub: Served, family: Family) -> None:
    first = sent(open_hub, family.message(), SENDER)
    second = sent(open_hub, family.without_number(), SCHOOL)
    third = sent(open_hub, family.without_number(), SCHOOL)
    a, b, c = (
        child_of(open_hub, one, by) for one, by in ((first, SENDER), (second, SCHOOL), (third, SCHOOL))
    )
    rows = open_hub.rows(
        "SELECT id, one, other FROM likeness WHERE message_id IN (:x, :y)", x=second, y=third
    )
    pairs = {frozenset((str(row.one), str(row.other))): str(row.id) for row in rows}
    answered(open_hub, pairs[frozenset((a, b))], SAME)
    answered(open_hub, pairs[frozenset((b, c))], DIFFERENT)
    refused = answered(open_hub, pairs[frozenset((a, c))], SAME)
    assert refused.status_code == 409
    assert pairs[frozenset((b, c))] in refused.json()["detail"]
    assert "answer that one again" in refused.json()["next"]


def test_pages_of_matches_go_on_where_the_last_ended(open_hub: Served) -> None:
    for _ in range(3):
        family = Family()
        sent(open_hub, family.message(), SENDER)
        sent(open_hub, family.without_number(), SCHOOL)
    found, after = [], ""
    while True:
        page = open_hub.get(OFFICE, f"/v1/matches?limit=1{after}").json()
        found += [one["id"] for one in page["matches"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert len(found) == len(set(found)) >= 3
    whole = open_hub.get(OFFICE, "/v1/matches?limit=500").json()["matches"]
    assert found == [one["id"] for one in whole]


def test_the_messages_about_one_child_are_read_in_pages(hub: Served, family: Family) -> None:
    for _ in range(3):
        sent(hub, family.message(), SENDER)
    first = hub.rows(
        "SELECT person_id FROM appearance WHERE part = 'children' ORDER BY message_id DESC LIMIT 1"
    )
    path = f"/v1/children/{first[0].person_id}"
    whole = hub.get(SENDER, path).json()
    assert (len(whole["messages"]), whole["next"]) == (3, None)
    found, after = [], ""
    while True:
        page = hub.get(SENDER, f"{path}?limit=1{after}").json()
        found += page["messages"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert found == whole["messages"]
    assert hub.get(SENDER, f"{path}?limit=0").status_code == 422
