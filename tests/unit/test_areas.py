"""Areas: names and school terms by GSS code, and "not known" where nobody has said."""

from datetime import date
from pathlib import Path

import pytest

from agencies.areas import Areas, AreasFault, shipped

SANDWELL = """
[[area]]
code = "E08000028"
name = "Sandwell"
closed = [2026-09-04]
terms = [
  { first = 2026-09-01, last = 2026-10-23 },
  { first = 2026-11-02, last = 2026-12-18 },
]
"""


def areas(tmp_path: Path, text: str) -> Areas:
    path = tmp_path / "areas.toml"
    path.write_text(text)
    return Areas.read(path)


@pytest.mark.parametrize(
    ("day", "answer"),
    [
        (date(2026, 9, 1), True),
        (date(2026, 9, 4), False),  # a training day
        (date(2026, 9, 5), False),  # a Saturday
        (date(2026, 10, 23), True),
        (date(2026, 10, 26), False),  # half-term
        (date(2026, 12, 18), True),
        (date(2026, 12, 21), None),  # beyond what is known
        (date(2026, 8, 31), None),
    ],
)
def test_a_school_day_is_in_a_term_and_beyond_the_terms_nobody_knows(
    tmp_path: Path, day: date, *, answer: bool | None
) -> None:
    assert areas(tmp_path, SANDWELL).is_school_day("E08000028", day) is answer


def test_an_area_without_terms_or_without_an_entry_is_not_known(tmp_path: Path) -> None:
    found = areas(tmp_path, '[[area]]\ncode = "E08000027"\nname = "Dudley"\n')
    assert found.is_school_day("E08000027", date(2026, 9, 1)) is None
    assert found.is_school_day("E09000007", date(2026, 9, 1)) is None
    assert (found.name("E08000027"), found.name("E09000007")) == ("Dudley", None)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (SANDWELL + SANDWELL, "stands there twice"),
        (SANDWELL.replace("2026-10-23", "2026-08-23"), '"last" lies before "first"'),
        (SANDWELL.replace("E08000028", "Sandwell"), "code"),
        (SANDWELL.replace("name", "title"), "name: Field required"),
        ("[[area]", "this is not TOML"),
    ],
)
def test_a_list_that_cannot_be_used_says_why(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(AreasFault, match=r".") as refusal:
        areas(tmp_path, text)
    assert says in str(refusal.value)


def test_a_list_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(AreasFault, match="cannot be read"):
        Areas.read(tmp_path / "none.toml")


def test_the_shipped_list_names_the_three_areas_and_follows_a_code_that_changed() -> None:
    names = {area.code: area.name for area in shipped()}
    assert names["E08000028"] == "Sandwell"
    assert names["E08000025"] == "Birmingham"
    assert names["E09000007"] == "Camden"
    barnsley = shipped().get("E08000016")
    assert barnsley is not None
    assert barnsley.replaced_by in names
