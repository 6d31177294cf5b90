"""Whatever postcodes there are: each answers with its own area, and no other postcode answers at all."""

import string
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from agencies.places import Places

LETTERS = st.sampled_from(string.ascii_uppercase)
FIGURES = st.sampled_from(string.digits)
outward = st.one_of(
    st.tuples(LETTERS, FIGURES),
    st.tuples(LETTERS, FIGURES, st.one_of(FIGURES, LETTERS)),
    st.tuples(LETTERS, LETTERS, FIGURES),
    st.tuples(LETTERS, LETTERS, FIGURES, st.one_of(FIGURES, LETTERS)),
).map("".join)
postcodes = st.tuples(outward, st.tuples(FIGURES, LETTERS, LETTERS).map("".join)).map(" ".join)
areas = st.integers(0, 40).map(lambda n: f"E0900{n:04d}")


@given(
    known=st.dictionaries(postcodes, areas, max_size=40),
    asked=st.lists(postcodes, max_size=20),
    tidy=st.booleans(),
)
def test_a_postcode_has_its_own_answer_or_none(
    known: dict[str, str], asked: list[str], *, tidy: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "places.csv")
        rows = sorted(known.items()) if tidy else known.items()
        path.write_text("pcds,oslaua\n" + "".join(f"{postcode},{area}\n" for postcode, area in rows))
        places = Places.read(path)
    for postcode in [*known, *asked]:
        for written in (postcode, postcode.lower(), postcode.replace(" ", "")):
            assert places.area_of(written) == known.get(postcode)


@given(st.text(max_size=12))
def test_no_text_at_all_breaks_it(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "places.csv")
        path.write_text("pcds,oslaua\nB66 3PX,E08000028\n")
        assert Places.read(path).area_of(text) in (None, "E08000028")
