"""Bodies: how deep JSON is, and whether a content type is JSON's."""

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Invalid
from hub.web.bodies import check_depth, is_json

TEXTS = st.text(alphabet='[]{}"\\ab\n,:é', max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=25,
)


def depth(value: Any) -> int:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0


@given(value=VALUES, ascii_only=st.booleans(), most=st.integers(min_value=0, max_value=8))
def test_depth_is_counted_as_json_counts_it(value: Any, ascii_only: bool, most: int) -> None:  # noqa: ANN401, FBT001
    body = json.dumps(value, ensure_ascii=ascii_only).encode()
    if depth(value) <= most:
        check_depth(body, most=most)
    else:
        with pytest.raises(Invalid):
            check_depth(body, most=most)


@given(body=st.binary(max_size=300) | st.text(alphabet='[]{}"\\', max_size=300).map(str.encode))
def test_whatever_comes_is_looked_at_without_harm(body: bytes) -> None:
    with suppress(Invalid):
        check_depth(body, most=3)


@pytest.mark.parametrize(
    "body",
    [b'"\\"' * 80_000, b'"' + b'\\"' * 120_000, b"{" * 40 + b'"\\' * 100_000],
    ids=["many", "unended", "escapes"],
)
def test_a_hostile_text_takes_no_time(body: bytes) -> None:
    begun = time.process_time()
    with suppress(Invalid):
        check_depth(body, most=1)
    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize(
    ("content_type", "is_it"),
    [
        (b"application/json", True),
        (b"Application/JSON; charset=UTF-8", True),
        (b'application/json; charset="utf-8"', True),
        (b"application/json;charset=iso-8859-1", False),
        (b"application/json; boundary=x", False),
        (b"application/jsonp", False),
        (b"text/json", False),
        (b"", False),
    ],
)
def test_what_counts_as_json(content_type: bytes, is_it: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert is_json(content_type) is is_it
