"""Any message at all: what is read is written as it was, no view shows more than it names, no error tells."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.messages import Invalid, Message, read, schema, write
from protocols.messages.read import KINDS
from protocols.minimise import ALWAYS, ATTACHMENTS, SECTION_OF, minimise
from protocols.vocabulary import STANDS_IN, Section, View, Withheld
from tests.examples import NAMES, NOW, example

OWN_WORDS = json.dumps([schema(kind, version) for kind, versions in KINDS.items() for version in versions])
EXAMPLES = {name: example(name) for name in NAMES}
MESSAGES = {name: read(raw, now=NOW) for name, raw in EXAMPLES.items()}

messages = st.sampled_from(NAMES).map(MESSAGES.__getitem__)
views = st.builds(
    View,
    name=st.sampled_from(["first_contact", "full", "handover"]),
    sections=st.frozensets(st.sampled_from(Section)),
    withhold=st.frozensets(st.sampled_from(Withheld)),
)
words = st.text(st.characters(codec="utf-8"), max_size=30)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)


def texts(value: Any) -> set[str]:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {text for inner in value.values() for text in texts(inner)}
    if isinstance(value, list):
        return {text for inner in value for text in texts(inner)}
    return {value} if isinstance(value, str) else set()


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:  # noqa: ANN401 - JSON
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for step, inner in steps for found in places(inner, (*path, step)))]


PLACES = {name: places(raw)[1:] for name, raw in EXAMPLES.items()}


def replaced(value: Any, path: tuple[str | int, ...], new: Any) -> Any:  # noqa: ANN401 - JSON
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[dict[str, Any], Any]:
    name = draw(st.sampled_from(NAMES))
    new = draw(json_values)
    return replaced(EXAMPLES[name], draw(st.sampled_from(PLACES[name])), new), new


@given(spoilt())
@settings(max_examples=400)
def test_whatever_is_put_anywhere_is_read_and_written_or_refused_without_a_word_of_it(
    case: tuple[dict[str, Any], Any],
) -> None:
    raw, new = case
    try:
        message = read(raw, now=NOW)
    except Invalid as error:
        told = str(error)
    else:
        assert read(json.loads(write(message)), now=NOW) == message
        return
    assert told
    # Long enough not to stand in our own sentences by chance, and no part of a field's own name.
    assert not any(text in told for text in texts(new) if len(text) > 8 and text not in OWN_WORDS)


@given(json_values)
def test_anything_that_is_no_message_is_refused(raw: Any) -> None:  # noqa: ANN401 - that is the point
    with pytest.raises(Invalid) as caught:
        read(raw, now=NOW)
    assert caught.value.faults


def sectioned(dump: dict[str, Any]) -> list[tuple[str, Section | None, Any]]:
    """Every part of a message with the section that it stands in; of what is attached, every form."""
    forms = dump.get(ATTACHMENTS, {})
    return [
        *((field, SECTION_OF.get(field), part) for field, part in dump.items() if field != ATTACHMENTS),
        *((f"{ATTACHMENTS}.{form}", Section(form), filled_in) for form, filled_in in forms.items()),
    ]


def told_by(message: Message, section: Section) -> set[str]:
    """Every text of a message that stands in this section, and in no other part of it."""
    parts = sectioned(message.model_dump(mode="json", exclude_none=True))
    inside = texts([part for _, stands_in, part in parts if stands_in is section])
    outside = texts([part for _, stands_in, part in parts if stands_in is not section])
    return inside - outside


@given(messages, views)
def test_no_view_shows_a_section_that_it_does_not_name(message: Message, view: View) -> None:
    shown = minimise(message, view)
    del shown["view"]
    assert {section for field, section, _ in sectioned(shown) if field not in ALWAYS} <= view.sections
    for section in set(Section) - view.sections:
        assert not texts(shown) & told_by(message, section)


@given(messages, views, st.sampled_from(Withheld))
def test_withholding_only_ever_takes_away(message: Message, view: View, thing: Withheld) -> None:
    less = View(view.name, view.sections, view.withhold | {thing})
    before, after = minimise(message, view), minimise(message, less)
    assert texts({**after, "view": {}}) <= texts({**before, "view": {}})
    del before["view"], after["view"]
    for (field, section, part), (_, _, left) in zip(sectioned(before), sectioned(after), strict=True):
        if section not in STANDS_IN[thing]:
            assert part == left, field


@given(messages, views, views)
def test_what_both_allow_is_within_what_each_allows(message: Message, a: View, b: View) -> None:
    both = texts({**minimise(message, a.intersect(b)), "view": {}})
    assert both <= texts(minimise(message, a))
    assert both <= texts(minimise(message, b))


@given(messages, views, views)
def test_what_either_allows_is_nothing_that_neither_allowed(message: Message, a: View, b: View) -> None:
    one, other, wide = ({**minimise(message, view), "view": {}} for view in (a, b, a.widen(b)))
    assert texts(wide) <= texts(one) | texts(other)
    assert set(wide) == set(one) | set(other)


@given(views, views)
def test_which_view_comes_first_does_not_matter(a: View, b: View) -> None:
    assert (a.widen(b).sections, a.widen(b).withhold) == (b.widen(a).sections, b.widen(a).withhold)
    assert (a.intersect(b).sections, a.intersect(b).withhold) == (
        b.intersect(a).sections,
        b.intersect(a).withhold,
    )


@given(views)
def test_a_view_combined_with_itself_is_itself(view: View) -> None:
    assert view.widen(view) == view.intersect(view) == view


@given(messages, st.lists(views, min_size=1, max_size=5))
def test_any_number_of_clauses_uncover_nothing_that_none_of_them_shows(
    message: Message, many: list[View]
) -> None:
    widest = many[0]
    for view in many[1:]:
        widest = widest.widen(view)
    union = {text for view in many for text in texts({**minimise(message, view), "view": {}})}
    assert texts({**minimise(message, widest), "view": {}}) <= union
