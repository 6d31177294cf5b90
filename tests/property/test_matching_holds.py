"""Matching never guesses: what is certain has a number behind it, and whatever else agrees becomes a question."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from hypothesis import example, given
from hypothesis import strategies as st

from hub.children import grouped
from hub.matching import Certainty, Entry, Marks, People, match
from hub.pseudonyms import What

# A small world, so that marks are shared often: two numbers, two days of birth, two names, two pregnancies.
NUMBERS, DAYS, NAMES, DUE = "12", "ab", "xy", "pq"


def one_of(values: str) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from(values)


@st.composite
def entries(draw: st.DrawFn, part: str = "children") -> Entry:
    number, day, name = draw(one_of(NUMBERS)), draw(one_of(DAYS)), draw(one_of(NAMES))
    due = draw(one_of(DUE))
    marks: dict[What, bytes] = {}
    if due is not None and number is None:
        near = frozenset({b"due " + other.encode() for other in DUE if other != due})
        return Entry(part, 0, "child", {What.MOTHER_AND_DUE: b"due " + due.encode()}, near=near)
    if number is not None:
        marks[What.NHS_NUMBER] = b"number " + number.encode()
    if number is not None and day is not None:
        marks[What.NUMBER_AND_BIRTH] = b"number and birth " + (number + day).encode()
    if name is not None and day is not None:
        marks[What.NAME_AND_BIRTH] = b"name and birth " + (name + day).encode()
    return Entry(part, 0, "child", marks)


def known_of(people: Mapping[UUID, list[Entry]]) -> dict[UUID, Marks]:
    known: dict[UUID, dict[What, set[bytes]]] = {}
    for person, spoken in people.items():
        marks = known.setdefault(person, {})
        for entry in spoken:
            for what, mark in entry.marks.items():
                marks.setdefault(what, set()).add(mark)
    return known  # type: ignore[return-value]  # a set is a set that nobody changes


PERSONS = st.dictionaries(
    st.integers(1, 6).map(lambda number: UUID(int=number)), st.lists(entries(), max_size=3), max_size=5
)


NAMED = Entry("children", 0, "child", {What.NAME_AND_BIRTH: b"name and birth xa"})


@example(NAMED, {UUID(int=1): [NAMED]})
@given(entries(), PERSONS)
def test_every_child_that_is_certain_has_a_number_or_a_pregnancy_in_common(
    entry: Entry, people: dict[UUID, list[Entry]]
) -> None:
    known = known_of(people)
    found = match(entry, known, frozenset(known))  # a child is not known by those beside it
    assert (found.person is not None) == (found.certainty is Certainty.CERTAIN)
    if found.person is None:
        return
    marks = known[found.person]
    shared = [what for what, mark in entry.marks.items() if mark in marks.get(what, ())]
    assert {What.NHS_NUMBER, What.MOTHER_AND_DUE} & set(shared)
    if What.NHS_NUMBER in shared and What.NUMBER_AND_BIRTH in entry.marks:
        assert What.NUMBER_AND_BIRTH in shared or not marks.get(What.NUMBER_AND_BIRTH)


@given(entries(), PERSONS)
def test_whoever_shares_a_mark_is_the_one_or_is_asked_about(
    entry: Entry, people: dict[UUID, list[Entry]]
) -> None:
    known = known_of(people)
    found = match(entry, known)
    telling = {
        entry.marks.get(what) for what in (What.NHS_NUMBER, What.NAME_AND_BIRTH, What.MOTHER_AND_DUE)
    } | entry.near
    sharing = {
        one for one, marks in known.items() if any(telling & set(kept) for kept in marks.values())
    }  # fmt: skip
    named = {like.person for like in found.likes} | ({found.person} - {None})
    assert named == sharing
    assert (found.certainty is Certainty.UNKNOWN) == (not sharing)
    assert all(like.why for like in found.likes)


@given(entries(), PERSONS)
def test_two_that_fit_alike_are_both_asked_about(entry: Entry, people: dict[UUID, list[Entry]]) -> None:
    known = known_of(people)
    found = match(entry, known)
    if found.person is None:
        return
    twin = UUID(int=99)
    again = match(entry, {**known, twin: known[found.person]})
    assert again.certainty is Certainty.LIKELY
    assert {found.person, twin} <= {like.person for like in again.likes}


@given(entries("household"), PERSONS)
def test_round_a_child_a_name_is_enough_beside_the_same_family_alone(
    entry: Entry, people: dict[UUID, list[Entry]]
) -> None:
    known = known_of(people)
    apart = match(entry, known)
    assert match(replace(entry, part="children"), known) == apart
    beside = match(entry, known, frozenset(known))
    if beside.person is not None and apart.person is None:
        assert entry.marks[What.NAME_AND_BIRTH] in known[beside.person][What.NAME_AND_BIRTH]
        assert What.NHS_NUMBER not in entry.marks or not known[beside.person].get(What.NHS_NUMBER)
        assert not beside.tells


@given(st.lists(entries(), max_size=6), entries())
def test_what_a_batch_learns_is_what_the_database_would_say(spoken: list[Entry], entry: Entry) -> None:
    """One after the other in one transaction, or each in its own: the same is found."""
    batch = People()
    rows = []
    for place, one in enumerate(spoken):
        person = UUID(int=place % 3)
        for what, mark in one.marks.items():
            if batch.learn(person, what, mark):
                rows.append((person, person, str(what), mark))
    stored = People(rows)
    for people in (batch, stored):
        assert match(entry, people.sharing(entry, but=set())) == match(entry, batch.sharing(entry, but=set()))
    but = set(batch.roots()[:1])
    assert but.isdisjoint(batch.sharing(entry, but=but))


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=8))
def test_groups_are_those_that_are_joined_by_any_way(pairs: list[tuple[int, int]]) -> None:
    ids = [UUID(int=number) for number in range(7)]
    joined = [(UUID(int=one), UUID(int=other)) for one, other in pairs if one != other]
    roots = grouped(ids, joined)
    assert set(roots) == set(ids)
    assert all(roots[one] == roots[other] for one, other in joined)
    assert all(roots[root] == root for root in roots.values())
    parents = {one: one for one in ids}  # the same in another way

    def top(one: UUID) -> UUID:
        return one if parents[one] == one else top(parents[one])

    for one, other in joined:
        low, high = sorted((top(one), top(other)))
        parents[high] = low
    assert roots == {one: top(one) for one in ids}
