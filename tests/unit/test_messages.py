"""The door: what comes in, what is refused, and that a refusal never repeats what was written."""

import json
import traceback
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from protocols.messages import Concern, Fault, Invalid, Safer, read, schema, write
from protocols.messages.examples import WRITTEN_ON, brought_to
from protocols.messages.faults import MOST
from protocols.messages.fields import is_nhs_number
from protocols.messages.read import KINDS, NEWEST
from tests.examples import GONE, NAMES, NOW, example, spoilt

BRUISE = "concern-bruise-non-mobile-baby"
MOVE = "handover-sandwell-to-birmingham"


def faults(raw: Any) -> dict[str, str]:  # noqa: ANN401 - whatever comes over the wire
    with pytest.raises(Invalid) as caught:
        read(raw, now=NOW)
    return {fault.path: fault.says for fault in caught.value.faults}


@pytest.mark.parametrize("name", NAMES)
def test_every_example_is_read_and_written_and_read_again(name: str) -> None:
    message = read(example(name), now=NOW)
    assert read(json.loads(write(message)), now=NOW) == message
    assert type(message) is NEWEST[message.kind]
    assert name.startswith(message.kind.replace("_", "-"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("days", [1, 7, 8, 220, 1000, -20])
def test_every_example_can_be_brought_to_another_day(name: str, days: int) -> None:
    today = WRITTEN_ON + timedelta(days=days)
    moved = brought_to(example(name), today)
    message = read(moved, now=NOW.replace(hour=0) + timedelta(days=days))
    assert message.kind == moved["kind"]


def test_an_example_brought_to_another_day_keeps_its_ages_and_its_words() -> None:
    first, moved = example(MOVE), brought_to(example(MOVE), WRITTEN_ON + timedelta(days=30))
    assert moved["children"][0]["date_of_birth"] == "2026-01-06"  # 28 days on
    assert moved["recording"]["phoned_already"][0]["when"] == "2026-05-12T15:20:00+01:00"
    assert moved["situation"]["facts"][0]["fact"] == first["situation"]["facts"][0]["fact"]


def test_what_was_not_said_is_not_written() -> None:
    assert b"null" not in write(read(example(MOVE), now=NOW))


# -- kinds and versions -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["referral", None, 7, ["concern"], {"a": 1}, True, ""])
def test_an_unknown_kind_is_told_the_known_ones(kind: object) -> None:
    assert faults(spoilt(example(BRUISE), kind=kind)) == {
        "kind": f"must be one of the kinds known here: {', '.join(KINDS)}"
    }


@pytest.mark.parametrize("version", [0, 2, "1", None, True, 1.0, [1], GONE])
def test_an_unknown_version_is_told_the_known_ones(version: object) -> None:
    assert faults(spoilt(example(BRUISE), version=version)) == {
        "version": "must be a version known here of this kind: 1"
    }


@pytest.mark.parametrize("raw", [None, [], "text", 7, [{"kind": "concern"}]])
def test_what_is_no_object_is_refused(raw: object) -> None:
    assert faults(raw) == {"message": "must be an object with named fields"}


def test_each_kind_and_version_has_a_schema_that_describes_its_fields() -> None:
    for kind in ("concern", "handover"):
        described = schema(kind, 1)
        assert described["additionalProperties"] is False
        assert described["properties"]["urgency"]["enum"] == ["immediate", "urgent", "routine"]
        assert described["$defs"]["Fact"]["properties"]["on"]["anyOf"][0]["format"] == "date"
        assert described["properties"]["childs_voice"]["description"] == "What the child says or shows."


# -- faults say where and what to do ------------------------------------------------------------------------


def test_all_faults_are_told_at_once() -> None:
    raw = spoilt(
        example(MOVE),
        practitioner=GONE,
        urgency="now",
        children__0__nhs_number="9990000019",
        children__1__date_of_birth="2026-13-01",
        household__0__lives_there=True,
        move__moved_on="2027-06-01",
    )
    told = faults(raw)
    assert told == {
        "practitioner": "is missing. Who writes, and how to reach them.",
        "urgency": "must be one of 'immediate', 'urgent' or 'routine'",
        "children.0.nhs_number": (
            "is not an NHS number: ten figures whose last one checks the others; look for a slip of the pen"
        ),
        "children.1.date_of_birth": "is not a day of the calendar",
        "household.0.lives_there": "must be 'yes', 'no', 'sometimes' or 'not_known'",
        "move.moved_on": "must be the day of the move, at most a year ahead",
    }


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("practitioner__name", 7, "must be text"),
        ("practitioner__name", "  ", "must not be empty"),
        ("practitioner__name", "x" * 201, "is too long: at most 200 characters"),
        ("practitioner__name", "two\nlines", "must be one line, without control characters"),
        ("practitioner__name", "\u202eevil", "must be one line, without control characters"),
        ("practitioner__name", "\ud800", "holds characters that are not text; write it again"),
        ("assessment__opinion", "a\x00b", "must be plain text, without control characters"),
        ("assessment__opinion", "x" * 4001, "is too long: at most 4000 characters"),
        ("practitioner__phone", "ring me", "must be a telephone number"),
        ("practitioner__email", "nobody", "must be an email address"),
        ("practitioner", [], "must be an object with named fields"),
        ("children", {}, "must be a list"),
        ("children", [], "needs at least 1"),
        ("categories", ["bruising"] * 9, "has too many entries: at most 8"),
        ("children__0__mobile", "false", "must be true or false"),
        ("children__0__mobile", 0, "must be true or false"),
        ("address__restricted", None, "must be true or false"),
        ("address__postcode", "B66", "must be a whole postcode, as on an envelope"),
        ("address__area", "Sandwell", 'must be the GSS code of a local authority, such as "E08000028"'),
        ("services__gp__ods", "m8 1", "must be an ODS code: 3 to 10 capital letters and figures"),
        ("services__others__0__agency", "Sandwell MASH", 'must be the id of an agency, such as "sandwell-0-19"'),
        ("sender_reference", "a b", "must be a reference of letters, figures, dots, dashes and strokes, at most 64"),
        ("children__0__date_of_birth", 1767571200, "must be text"),
        ("children__0__date_of_birth", "05/01/2026", "must be a date written as 2026-04-01"),
        ("children__0__date_of_birth", "2026-02-30", "is not a day of the calendar"),
        ("children__0__date_of_birth", "2026-04-16", "must not lie in the future, nor before 1900"),
        ("children__0__date_of_birth", "1820-01-01", "must not lie in the future, nor before 1900"),
        ("situation__facts__0__on", "2026-04-16", "must not lie in the future, nor before 1900"),
        ("recording__phoned_already__0__when", "2026-04-15T10:40:00", ("must be a moment with its time zone, "
         "written as 2026-04-01T09:30:00+01:00")),
        ("recording__phoned_already__0__when", "2026-04-15T25:40:00Z", "is not a moment of the calendar"),
        ("recording__phoned_already__0__when", "2026-04-15T12:06:00Z", "must not lie in the future"),
    ],
)  # fmt: skip
def test_a_fault_says_which_field_and_what_to_do(path: str, value: object, says: str) -> None:
    assert faults(spoilt(example(BRUISE), **{path: value})) == {path.replace("__", "."): says}


def test_a_clock_that_runs_a_little_ahead_is_forgiven() -> None:
    read(spoilt(example(BRUISE), recording__phoned_already__0__when="2026-04-15T12:04:00Z"), now=NOW)


def test_a_field_we_do_not_know_is_refused_and_the_near_one_is_named() -> None:
    told = faults(spoilt(example(BRUISE), children__0__dateOfBirth="2026-01-05", adress={}))
    assert told == {
        "children.0.dateOfBirth": 'is not a field here; perhaps "date_of_birth"',
        "adress": 'is not a field here; perhaps "address"',
    }


def test_the_name_of_a_field_that_could_be_somebodys_data_is_not_repeated() -> None:
    told = faults(spoilt(example(BRUISE), address__9990000042="x", address__jodie=1))
    known = "area, lines, postcode, restricted, restricted_because, unknown_because"
    assert told == {"address": f"has a field that is not one of these: {known}"}


def test_missing_fields_say_what_they_are_for() -> None:
    told = faults({"kind": "concern", "version": 1})
    assert told["childs_voice"] == "is missing. What the child says or shows."
    assert told["household"].startswith("is missing. Everybody who lives there or plays a part, father")
    assert len(told) == 12


SECRET = "Zebediah"  # a value that stands nowhere else


def every_place(value: Any, path: str = "") -> list[str]:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        inner = [(f"{path}__{name}" if path else name, one) for name, one in value.items()]
    elif isinstance(value, list):
        inner = [(f"{path}__{place}", one) for place, one in enumerate(value)]
    else:
        return [path]
    return [path, *(found for where, one in inner for found in every_place(one, where))][not path :]


@pytest.mark.parametrize("wrong", [SECRET, [SECRET], {SECRET: SECRET}, SECRET * 1000, f"\x00{SECRET}"])
def test_no_error_and_no_traceback_repeats_what_was_written(wrong: object) -> None:
    raw = example(MOVE)
    refused = [error for place in every_place(raw) if (error := refusal(spoilt(raw, **{place: wrong})))]
    assert len(refused) > 100
    for error in refused:
        assert SECRET not in "".join(traceback.format_exception(error)) + repr(error) + repr(error.faults)
        assert (error.__cause__, error.__context__) == (None, None)


def told(raw: dict[str, Any]) -> Safer:
    message = read(raw, now=NOW)
    assert isinstance(message, Safer)
    return message


def refusal(raw: dict[str, Any]) -> Invalid | None:
    try:
        read(raw, now=NOW)
    except Invalid as error:
        return error
    return None


def test_a_message_does_not_print_itself() -> None:
    message = told(example(MOVE))
    assert f"{message!r} {message} {message.children[0]}" == "<Handover> <Handover> <Child>"


# -- bounds -------------------------------------------------------------------------------------------------


def nested(depth: int) -> Any:  # noqa: ANN401 - JSON
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "place", ["assessment__opinion", "children", "children__0", "situation", "urgency", "address__lines"]
)
def test_depth_is_refused_without_being_followed(place: str) -> None:
    assert faults(spoilt(example(BRUISE), **{place: nested(100_000)}))


def test_a_body_of_countless_names_is_refused_unread() -> None:
    raw = {**example(BRUISE), **{f"field{number}": 1 for number in range(10_000)}}
    assert faults(raw) == {"message": "has too many fields: at most 64"}


def test_no_more_faults_are_told_than_anybody_reads() -> None:
    raw = spoilt(
        example(BRUISE), children__0={f"field_{'x' * (n % 30)}": n for n in range(30)}, household=[{}] * 30
    )
    with pytest.raises(Invalid) as caught:
        read(raw, now=NOW)
    assert len(caught.value.faults) == MOST


# -- NHS numbers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "good"), [
    ("9990000018", True), ("9990000026", True), ("4010232137", True),
    ("9990000019", False), ("9990000081", False), ("999000001", False), ("99900000180", False),
    ("0000000000", False), ("1111111111", False), ("٩990000018", False), ("999000001X", False), ("", False),
])  # fmt: skip
def test_an_nhs_number_checks_itself(text: str, good: bool) -> None:  # noqa: FBT001 - a table
    assert is_nhs_number(text) is good


def test_the_check_figure_ten_is_no_nhs_number() -> None:
    assert not any(is_nhs_number(f"999000014{figure}") for figure in range(10))


def test_an_nhs_number_may_be_written_in_groups_and_a_postcode_run_together() -> None:
    raw = spoilt(example(BRUISE), children__0__nhs_number="999 000 0042", address__postcode="b663px")
    message = told(raw)
    assert message.children[0].nhs_number == "9990000042"
    assert message.address.postcode == "B66 3PX"


def test_an_nhs_number_is_no_reference() -> None:
    told = faults(spoilt(example(BRUISE), sender_reference="999-000-0042"))
    assert "not an NHS number" in told["sender_reference"]


def test_spaces_round_a_value_are_a_slip_and_no_fault() -> None:
    raw = spoilt(
        example(BRUISE),
        practitioner__phone=" 0121 496 0143 ",
        address__postcode=" B66 3PX",
        assessment__opinion=" ? ",
    )
    message = told(raw)
    assert (message.practitioner.phone, message.address.postcode) == ("0121 496 0143", "B66 3PX")
    assert message.assessment.opinion == "?"


def test_a_plan_reaches_two_years_ahead() -> None:
    assert read(spoilt(example(MOVE), open_work__0__by="2028-04-16"), now=NOW)
    assert "open_work.0.by" in faults(spoilt(example(MOVE), open_work__0__by="2028-04-18"))


def test_a_message_cannot_be_changed() -> None:
    message = told(example(MOVE))
    with pytest.raises(ValidationError) as caught:
        message.address.restricted = True  # type: ignore[misc]
    assert "frozen" in str(caught.value)


def test_a_message_is_only_read_with_the_time_at_hand() -> None:
    with pytest.raises(TypeError, match="told what the time is"):
        Concern.model_validate(example(BRUISE))


def test_invalid_reads_as_a_sentence() -> None:
    assert (
        str(Invalid([Fault("a.b", "must be text"), Fault("c", "is missing.")]))
        == "a.b: must be text; c: is missing."
    )
