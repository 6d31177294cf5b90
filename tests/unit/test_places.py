"""Places: a postcode answers with one authority, or says why it does not. It never guesses."""

from pathlib import Path

import pytest

from agencies.places import (
    HAS_ENDED,
    NO_AUTHORITY,
    NOT_A_POSTCODE,
    NOT_KNOWN,
    Found,
    Places,
    PlacesFault,
    Unknown,
    shipped,
)

SANDWELL, BIRMINGHAM, CAMDEN = "E08000028", "E08000025", "E09000007"

# The columns as one of the ONS's releases has them, with some of the others in between.
NEW = """pcd7,pcd8,pcds,dointr,doterm,cty25cd,ctry25cd,lad25cd,wd25cd
B1  1BB,B1   1BB,B1 1BB,198001,,E99999999,E92000001,E08000025,E05011118
B66 3PX,B66  3PX,B66 3PX,198001,,E99999999,E92000001,E08000028,E05001262
B69 3DE,B69  3DE,B69 3DE,198001,202106,E99999999,E92000001,E08000028,E05001267
IM1 1AA,IM1  1AA,IM1 1AA,199706,,M99999999,M83000003,M99999999,M99999999
WS111AA,WS11 1AA,WS11 1AA,198001,,E10000028,E92000001,E07000192,E05006832
CF101AA,CF10 1AA,CF10 1AA,198001,,W99999999,W92000004,W06000015,W05001266
"""
OLD = """pcd,pcd2,pcds,dointr,doterm,oscty,oslaua,osward
"B1  1BB","B1   1BB","B1 1BB","198001","","E99999999","E08000025","E05011118"
"B66 3PX","B66  3PX","B66 3PX","198001","","E99999999","E08000028","E05001262"
"""


def places(tmp_path: Path, text: str) -> Places:
    path = tmp_path / "onspd.csv"
    path.write_text(text, encoding="utf-8")
    return Places.read(path)


def fault(tmp_path: Path, text: str) -> str:
    with pytest.raises(PlacesFault) as refusal:
        places(tmp_path, text)
    return str(refusal.value)


@pytest.mark.parametrize(
    "text", [NEW, OLD, "\ufeff" + OLD, OLD + "\n\n", OLD.upper(), OLD.replace("\n", "\r\n")]
)
def test_the_columns_of_every_release_are_read(tmp_path: Path, text: str) -> None:
    found = places(tmp_path, text)
    assert found.area_of("B66 3PX") == SANDWELL
    assert found.area_of("B1 1BB") == BIRMINGHAM


@pytest.mark.parametrize("name", ["pcds", "pcd8", "pcd7", "pcd2", "pcd"])
@pytest.mark.parametrize("district", ["oslaua", "laua", "lad23cd", "lad25cd", "lad24"])
def test_an_extract_of_two_columns_is_enough(tmp_path: Path, name: str, district: str) -> None:
    found = places(tmp_path, f"{district},{name}\n{SANDWELL},b663px\n{CAMDEN},NW1 8QL\n")
    assert (found.area_of("B66 3PX"), found.area_of("NW1 8QL"), len(found)) == (SANDWELL, CAMDEN, 2)


@pytest.mark.parametrize("written", ["B66 3PX", "b66 3px", "B663PX", "  b66   3px ", "B6 6 3PX", "b66\t3px"])
def test_a_postcode_is_known_however_it_is_written(tmp_path: Path, written: str) -> None:
    assert places(tmp_path, NEW).look_up(written) == Found("B66 3PX", SANDWELL, "Sandwell")


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("B69 3DE", HAS_ENDED),
        ("IM1 1AA", NO_AUTHORITY),
        ("B66 3PZ", NOT_KNOWN),
        ("AA1 1AA", NOT_KNOWN),
        ("ZZ99 9ZZ", NOT_KNOWN),
        ("", NOT_A_POSTCODE),
        ("B66", NOT_A_POSTCODE),
        ("B66 3PXX", NOT_A_POSTCODE),
        ("66B 3PX", NOT_A_POSTCODE),
        ("B٦٦ 3PX", NOT_A_POSTCODE),
        ("Oldbury", NOT_A_POSTCODE),
        ("B66 3PX; DROP TABLE", NOT_A_POSTCODE),
    ],
)
def test_what_is_not_known_says_why_and_never_an_area(tmp_path: Path, written: str, why: str) -> None:
    found = places(tmp_path, NEW)
    assert found.look_up(written) == Unknown(why)
    assert found.area_of(written) is None


def test_no_reason_repeats_the_postcode() -> None:
    """A postcode says where a child lives: what is refused goes to logs and screens, so it must not hold one."""
    for why in (NOT_A_POSTCODE, NOT_KNOWN, HAS_ENDED, NO_AUTHORITY):
        assert "B66" not in why


def test_where_a_county_stands_above_the_district_childrens_services_are_the_countys(tmp_path: Path) -> None:
    assert places(tmp_path, NEW).look_up("WS11 1AA") == Found("WS11 1AA", "E10000028", "Staffordshire")


def test_an_area_that_nobody_has_named_is_still_an_area(tmp_path: Path) -> None:
    assert places(tmp_path, NEW).look_up("CF10 1AA") == Found("CF10 1AA", "W06000015", None)


def test_an_extract_need_not_be_sorted(tmp_path: Path) -> None:
    lines = OLD.splitlines()
    backwards = places(tmp_path, "\n".join([lines[0], *reversed(lines[1:])]))
    assert backwards.area_of("B66 3PX") == SANDWELL
    assert backwards.area_of("B1 1BB") == BIRMINGHAM


def test_two_postcodes_that_read_alike_without_their_gap_are_two(tmp_path: Path) -> None:
    """B1 1BB and B11 1BB differ by a figure that a careless key would lose."""
    found = places(tmp_path, f"pcds,oslaua\nB1 1BB,{BIRMINGHAM}\nB11 1BB,{SANDWELL}\n")
    assert (found.area_of("B1 1BB"), found.area_of("B11 1BB")) == (BIRMINGHAM, SANDWELL)


# -- files that cannot be used ------------------------------------------------------------------------------


def test_faults_are_counted_and_the_first_twenty_are_shown_with_their_lines(tmp_path: Path) -> None:
    said = fault(tmp_path, "pcds,oslaua\n" + "Oldbury,E08000028\n" * 30 + "B66 3PX,Sandwell\n")
    assert "line 2: a postcode is missing, or not one" in said
    assert "and 11 more" in said
    assert len(said.splitlines()) == 22


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("pcds,oslaua\nB66 3PX,Sandwell\n", "line 2: a local authority's code is missing, or not one"),
        ("pcds,oslaua\nB66 3PX\n", "line 2: a postcode is missing"),
        (f"pcds,oslaua\nB66 3PX,{SANDWELL}\nB663PX,{CAMDEN}\n", "1 postcodes stand there more than once"),
        ("name,oslaua\n", "the first line must name ONSPD's columns"),
        ("pcds,ward\n", "the first line must name ONSPD's columns"),
        ("", "the first line must name ONSPD's columns"),
    ],
)
def test_a_file_that_cannot_be_used_says_what_is_wrong(tmp_path: Path, text: str, says: str) -> None:
    assert says in fault(tmp_path, text)


def test_a_file_that_is_not_there_or_not_text_says_so(tmp_path: Path) -> None:
    with pytest.raises(PlacesFault, match="cannot be read"):
        Places.read(tmp_path / "none.csv")
    (tmp_path / "zip.csv").write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(PlacesFault, match="not a CSV file in UTF-8"):
        Places.read(tmp_path / "zip.csv")


# -- the sample ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("postcode", "area"),
    [
        ("B69 3DB", SANDWELL),
        ("B66 3PX", SANDWELL),
        ("B1 1BB", BIRMINGHAM),
        ("B13 8JP", BIRMINGHAM),
        ("NW1 8QL", CAMDEN),
    ],
)
def test_the_sample_knows_the_three_areas(postcode: str, area: str) -> None:
    assert shipped().area_of(postcode) == area


def test_the_sample_has_ended_postcodes_and_neighbours_too() -> None:
    assert shipped().look_up("B69 3DE") == Unknown(HAS_ENDED)
    assert 300 < len(shipped()) < 1000
