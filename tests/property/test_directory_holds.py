"""Whatever directory there is: who closes is never found, who succeeds is open, and nobody is in two rows at once."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from agencies.agency import Agency, AgencyError, ClosedAgency
from agencies.directory import Directory
from protocols.decision import Gone, Party
from protocols.vocabulary import Role

START = date(2020, 1, 1)
AREAS = ("E08000028", "E08000025", "E09000007")
days = st.integers(0, 400).map(lambda n: START + timedelta(days=n))


@st.composite
def directories(draw: st.DrawFn) -> Directory:
    """Up to eight agencies. Each may have several rows; one that ends may be succeeded by one that ends later."""
    count = draw(st.integers(1, 8))
    spans = [draw(st.lists(st.integers(1, 60), min_size=1, max_size=3)) for _ in range(count)]
    last_days: list[date | None] = []
    rows: list[Agency] = []
    for number, lengths in enumerate(spans):
        opens = draw(days)
        role, open_ended = (
            draw(st.sampled_from([Role.MASH, Role.GP_PRACTICE, Role.POLICE])),
            draw(st.booleans()),
        )
        for place, length in enumerate(lengths):
            last = place == len(lengths) - 1
            closes = None if last and open_ended else opens + timedelta(days=length)
            rows.append(
                Agency.model_validate(
                    {
                        "id": f"agency-{number}",
                        "name": "An agency",
                        "role": role,
                        "area": draw(st.sampled_from(AREAS)),
                        "ods": f"Y{number:05d}" if role is Role.GP_PRACTICE else None,
                        "hours": "always",
                        "opens": opens,
                        "closes": closes,
                    }
                )
            )
            opens = (closes or opens) + timedelta(days=1 + draw(st.integers(0, 20)))
        last_days.append(rows[-1].closes)
    return Directory(_succeeded(draw, row, last_days) for row in rows)


def _succeeded(draw: st.DrawFn, row: Agency, last_days: list[date | None]) -> Agency:
    number = int(row.id.removeprefix("agency-"))
    if row.closes is None or row.closes != last_days[number]:
        return row
    later = [
        f"agency-{n}" for n, end in enumerate(last_days) if n != number and (end is None or end > row.closes)
    ]
    return row.model_copy(update={"successor": draw(st.sampled_from([None, *later]))})


@given(directories(), days)
def test_each_agency_is_open_in_one_row_or_says_why_not(directory: Directory, day: date) -> None:
    for agency in {row.id for row in directory.rows}:
        holding = [row for row in directory.history(agency) if row.is_open(day)]
        try:
            assert [directory.get(agency, day)] == holding
        except AgencyError as refusal:
            assert not holding
            if isinstance(refusal, ClosedAgency):
                assert all(row.closes is not None and row.closes < day for row in directory.history(agency))


@given(directories(), days)
def test_a_successor_is_open_and_is_somebody_else(directory: Directory, day: date) -> None:
    for agency in {row.id for row in directory.rows}:
        successor = directory.successor_of(agency, day)
        if successor is not None:
            assert successor != agency
            assert directory.get(successor, day).is_open(day)


@given(directories(), days)
def test_everybody_who_is_found_is_open_and_everybody_open_is_found(directory: Directory, day: date) -> None:
    found = {party for role in Role for area in AREAS for party in directory.find(role, area, day)}
    assert found == {Party(row.id, row.role, row.area) for row in directory.rows if row.is_open(day)}
    assert found == {Party(row.id, row.role, row.area) for row in directory.agencies(day)}


@given(directories(), days)
def test_a_name_and_a_code_lead_to_the_same_answer(directory: Directory, day: date) -> None:
    for row in directory.rows:
        named = directory.named(row.id, day)
        assert isinstance(named, Party) == any(other.is_open(day) for other in directory.history(row.id))
        if row.ods is not None and not isinstance(named, Gone):
            assert directory.gp(row.ods, day) == named or named is None


@given(directories())
def test_rows_go_out_and_come_back(directory: Directory) -> None:
    assert Directory.from_rows(reversed(directory.to_rows())).rows == directory.rows
