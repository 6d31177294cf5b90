"""Two that are likely one: a person answers, may think better of it, and everything lies again where it lay."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from agencies import wire
from hub import asked, children, errors
from hub.children import Answer, Said
from hub.ids import new_id
from hub.store import asks
from hub.store.tables import SAME_CHILD
from tests.workers.test_people import OFFICE, child, of, questions, sent, without_number
from tests.workers.town import PERSON, RECORDS, Town

WHY = "The school and the health visitor know one mother."


def said(because: str = WHY) -> Said:
    return Said(PERSON, because, OFFICE, RECORDS, "c")


def answer(town: Town, match: UUID, what: Answer) -> None:
    with town.engine.begin() as conn:
        children.answer(conn, match, said(), what, known=town.known(), at=town.now)


def unmerge(town: Town, person: UUID) -> None:
    with town.engine.begin() as conn:
        children.unmerge(conn, person, said(), known=town.known(), at=town.now)


def audited(town: Town) -> list[Any]:
    return town.rows("SELECT * FROM audit WHERE event LIKE 'child.%' ORDER BY id")


def two(town: Town) -> tuple[UUID, UUID, Any]:
    """One child with a number, one of its name and birth without, and the question about them."""
    first, second = sent(town, of()), sent(town, without_number())
    return first, second, questions(town)[0]


def test_the_same_are_followed_as_one_and_told_apart_again(town: Town) -> None:
    first, second, match = two(town)
    one, other = child(town, first), child(town, second)
    answer(town, match.id, "same")
    assert child(town, first) == child(town, second) == one  # the longest known stands for both
    assert town.tasks(second) == []
    answer(town, match.id, "different")
    assert (child(town, first), child(town, second)) == (one, other)
    assert [row.event for row in audited(town)] == ["child.merge", "child.unmerge"]


def test_the_same_answer_again_changes_nothing(town: Town) -> None:
    first, second, match = two(town)
    answer(town, match.id, "same")
    before = town.rows("SELECT * FROM likeness"), town.rows("SELECT * FROM likeness_answer"), audited(town)
    answer(town, match.id, "same")
    assert before == (
        town.rows("SELECT * FROM likeness"),
        town.rows("SELECT * FROM likeness_answer"),
        audited(town),
    )
    assert child(town, first) == child(town, second)


def test_an_answer_is_kept_with_its_reason_and_whoever_gave_it_under_the_records_key(town: Town) -> None:
    _, second, match = two(town)
    answer(town, match.id, "same")
    [kept] = town.rows("SELECT * FROM likeness_answer")
    assert RECORDS.show(kept.because_hidden, where=f"because {kept.id}") == WHY
    [row] = audited(town)
    assert (row.by_agency, row.credential, row.sender, row.recipient) == (OFFICE, "c", OFFICE, None)
    assert row.message_id == second
    named = RECORDS.show(row.person_hidden, where=f"person {row.detail['person']}")
    assert wire.Person.model_validate_json(named or "") == PERSON
    assert set(row.detail) == {"one", "other", "about", "person"}


def test_different_is_an_answer_and_settles_the_task(town: Town) -> None:
    first, second, match = two(town)
    answer(town, match.id, "different")
    assert child(town, first) != child(town, second)
    assert town.tasks(second) == []
    assert [row.event for row in audited(town)] == ["child.differ"]
    done = town.rows("SELECT met_by, met_how FROM owed WHERE what = 'same_child'")
    assert [(row.met_by, row.met_how) for row in done] == [(OFFICE, "done")]


def three(town: Town) -> tuple[list[UUID], dict[frozenset[UUID], Any]]:
    """A child with a number and two of its name and birth without; each is asked about with each."""
    sent_ = [sent(town, of()), sent(town, without_number()), sent(town, without_number())]
    matches = {frozenset((row.one, row.other)): row.id for row in questions(town)}
    assert len(matches) == 3
    return [child(town, one) for one in sent_], matches


def roots(town: Town, persons: list[UUID]) -> list[UUID]:
    found = {row.id: row.root for row in town.rows("SELECT id, root FROM person")}
    return [found[one] for one in persons]


def test_nobody_is_merged_past_a_person_who_told_them_apart(town: Town) -> None:
    (a, b, c), matches = three(town)
    answer(town, matches[frozenset((a, b))], "same")
    answer(town, matches[frozenset((b, c))], "different")
    with pytest.raises(errors.Conflict, match="different"):
        answer(town, matches[frozenset((a, c))], "same")
    assert roots(town, [a, b, c]) == [a, a, c]
    answer(town, matches[frozenset((b, c))], "same")  # thought better of
    assert roots(town, [a, b, c]) == [a, a, a]


def test_who_is_joined_by_others_is_not_told_apart_by_one_answer(town: Town) -> None:
    (a, b, c), matches = three(town)
    for pair in ((a, b), (b, c)):
        answer(town, matches[frozenset(pair)], "same")
    with pytest.raises(errors.Conflict, match="other answers"):
        answer(town, matches[frozenset((a, c))], "different")
    assert [
        row.answer for row in questions(town) if frozenset((row.one, row.other)) == frozenset((a, c))
    ] == [None]


def test_an_un_merge_parts_one_from_all(town: Town) -> None:
    (a, b, c), matches = three(town)
    for pair in ((a, b), (b, c)):
        answer(town, matches[frozenset(pair)], "same")
    unmerge(town, b)
    assert roots(town, [a, b, c]) == [a, b, c]  # nothing but b held a and c together
    assert [row.event for row in audited(town)][-1] == "child.unmerge"
    assert len(town.rows("SELECT * FROM likeness_answer")) == 4
    unmerge(town, b)  # a retry
    assert len(town.rows("SELECT * FROM likeness_answer")) == 4
    with pytest.raises(errors.Conflict, match="nobody said"):
        unmerge(town, child(town, sent(town, of()), 1))
    with pytest.raises(errors.NotFound):
        unmerge(town, new_id())


def test_what_came_while_they_were_one_is_after_it_with_whom_it_speaks_of(town: Town) -> None:
    first = sent(town, of())
    second = sent(town, of(children__0__nhs_number="9990000212"))
    [match] = questions(town)
    answer(town, match.id, "same")
    third = sent(town, of(children__0__nhs_number="9990000212"))
    assert child(town, third) == child(town, first)
    answer(town, match.id, "different")
    assert child(town, third) == child(town, second) != child(town, first)


def test_after_an_answer_the_next_message_is_no_new_question_about_the_same_two(town: Town) -> None:
    _, _, match = two(town)
    answer(town, match.id, "different")
    sent(town, of())
    assert len(questions(town)) == 1
    sent(town, without_number())  # somebody new, who may be either of the two
    assert len(questions(town)) == 3


def test_after_a_merge_one_question_is_asked_about_somebody_like_them(town: Town) -> None:
    _, _, match = two(town)
    answer(town, match.id, "same")
    sent(town, without_number())
    assert len(questions(town)) == 2


def test_a_question_is_not_done_by_saying_that_it_is(town: Town) -> None:
    _, second, _ = two(town)
    with town.engine.connect() as conn:
        [task] = [one for one in asks.still_open(conn, limit=10) if one.what == SAME_CHILD]
        with pytest.raises(errors.Conflict, match="answered"):
            asked.done(conn, task, at=town.now)
    assert (SAME_CHILD, OFFICE) in town.tasks(second)


def test_a_match_that_is_not_there_is_said_so(town: Town) -> None:
    with pytest.raises(errors.NotFound):
        answer(town, new_id(), "same")


def test_whatever_is_answered_roots_follow_from_the_answers_alone(town: Town) -> None:
    (a, b, c), matches = three(town)
    for pair, what in (((a, b), "same"), ((b, c), "same"), ((a, c), "same"), ((a, b), "different")):
        with_conflict = what == "different"
        try:
            answer(town, matches[frozenset(pair)], what)  # type: ignore[arg-type]
        except errors.Conflict:
            assert with_conflict  # a and b are still joined through c
    with town.engine.begin() as conn:
        conn.execute(text("UPDATE likeness SET answer = NULL, answered_at = NULL"))
        children.answer(conn, matches[frozenset((b, c))], said(), "same", known=town.known(), at=town.now)
    assert roots(town, [a, b, c]) == [a, b, b]
