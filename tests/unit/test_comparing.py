"""Two records of the same shares, compared: each difference is told in plain words, and nothing else is."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest

from agencies import comparing, wire
from hub.journey import MOVES

US, THEM = "sandwell-mash", "sandwell-0-19"
SHARE, OTHER = UUID(int=1), UUID(int=2)
AT = datetime(2026, 7, 3, 9, 30, tzinfo=UTC)


def line(state: str, *, share: UUID = SHARE, **more: Any) -> wire.Line:  # noqa: ANN401 - a line's own fields
    given = {
        "share": share,
        "message": UUID(int=9),
        "sender": THEM,
        "recipient": US,
        "kind": "concern",
        "accepted_at": None,
        "sent_at": AT,
        "standing": comparing.standing(state),
        "state": state,
        "case_reference": None,
        "due_at": AT,
        "overdue": False,
    }
    return wire.Line(**{**given, **more})


CASE: dict[str, Any] = {"case_reference": "M-1"}


@pytest.mark.parametrize(
    ("here", "mine", "differs"),
    [
        (None, {}, ("not_known_here",)),
        (line("sent"), {}, ("not_marked_received",)),
        (line("received"), {}, ()),
        (line("received"), CASE, ("case_not_registered_here",)),
        (line("sent"), CASE, ("not_marked_received", "case_not_registered_here")),
        (line("agreed", **CASE), CASE, ()),
        (line("agreed", **CASE), {}, ("no_case_in_yours",)),
        (line("agreed", **CASE), {"case_reference": "M-2"}, ("case_reference_differs",)),
        (line("closed", **CASE), {**CASE, "open": True}, ("ended_here",)),
        (line("closed", **CASE), {**CASE, "open": False}, ()),
        (line("released"), {"open": True}, ("ended_here",)),
        (line("declined"), {"open": True}, ("ended_here",)),
        (line("checked_back", **CASE), {**CASE, "open": False}, ("open_here",)),
        (line("checked_back", **CASE), {**CASE, "open": True}, ()),
    ],
)
def test_what_a_recipient_has_otherwise(
    here: wire.Line | None, mine: dict[str, Any], differs: tuple[str, ...]
) -> None:
    own = [wire.Mine(share=SHARE, **mine)]
    found = list(comparing.compare([here] if here else [], own, agency=US))
    assert [one.differs for one in found] == ([differs] if differs else [])
    for one in found:
        assert (one.share, one.here) == (SHARE, here)
        assert len(one.says) == len(differs)


@pytest.mark.parametrize(
    ("here", "mine", "differs"),
    [
        (line("sent"), {}, ()),
        (line("agreed", **CASE), {}, ()),
        (line("agreed", **CASE), {"case_reference": "M-2"}, ("case_reference_differs",)),
        (line("declined"), {"open": True}, ()),
        (line("declined"), {"open": False}, ("open_here",)),
        (line("redirected"), {"open": True}, ("ended_here",)),
    ],
)
def test_what_a_sender_has_otherwise(here: wire.Line, mine: dict[str, Any], differs: tuple[str, ...]) -> None:
    """It need not keep the other end's case; and what was declined is its own to redirect."""
    found = list(comparing.compare([here], [wire.Mine(share=SHARE, **mine)], agency=THEM))
    assert [one.differs for one in found] == ([differs] if differs else [])


@pytest.mark.parametrize(
    ("state", "received", "sent"),
    [
        ("sent", "not_fetched", "not_in_yours"),
        ("received", "taken_and_dropped", "not_in_yours"),
        ("checked_back", "not_in_yours", "not_in_yours"),
        ("agreed", "not_in_yours", "not_in_yours"),
        ("declined", None, "not_in_yours"),
        ("closed", None, None),
        ("released", None, None),
        ("redirected", None, None),
    ],
)
def test_what_is_not_in_ones_records(state: str, received: str | None, sent: str | None) -> None:
    """What is over may have gone from there as well."""
    for side, told in (("received", received), ("sent", sent)):
        found = list(comparing.missing([line(state)], [OTHER], side=side))  # type: ignore[arg-type]
        assert [one.differs for one in found] == ([(told,)] if told else [])
        assert list(comparing.missing([line(state)], [SHARE], side=side)) == []  # type: ignore[arg-type]


def test_a_message_that_nobody_hears_is_in_nobodys_records_of_shares() -> None:
    unheard = line("sent", share=SHARE).model_copy(update={"share": None, "recipient": None})
    assert list(comparing.missing([unheard], [], side="sent")) == []


def test_every_state_stands_somewhere() -> None:
    shares = {state for row in MOVES if row.of == "share" for state in (row.before, row.after)}
    assert {state for state in shares if comparing.standing(state)} == shares
    assert set(comparing.states_of(wire.Standing.__args__)) == shares  # type: ignore[attr-defined]
    messages = {state for row in MOVES if row.of == "message" for state in (row.before, row.after)}
    assert {state for state in messages if comparing.standing(state, of_share=False)} == messages


def test_a_case_is_registered_once_and_stays() -> None:
    """What the statement of a day rests on: a case reference comes with the check-back, and that comes once."""
    back = {row.before for row in MOVES if row.of == "share" and row.event == "check_back"}
    assert back == {"received"}
    assert {row.before for row in MOVES if row.of == "share" and row.after == "received"} <= {
        "sent",
        "received",
    }
    assert {row.before for row in MOVES if row.of == "share" and row.after == "sent" != row.before} == {
        "sealed"
    }
    assert {row.before for row in MOVES if row.of == "share" and row.after == "sealed"} == {"planned"}
    assert not [row for row in MOVES if row.of == "share" and row.after == "planned"]


# -- the digest ---------------------------------------------------------------------------------------------


def test_the_digest_is_as_the_document_says() -> None:
    """Lines as another system would write them from the answer, and hash them."""
    first = line("received", overdue=True, due_at=datetime(2026, 7, 3, 13, 30, tzinfo=UTC))
    second = line("agreed", share=OTHER, case_reference='Fälle "7"')
    assert comparing.digest([first, second]) == sha256(WRITTEN.encode()).hexdigest()
    assert comparing.digest([second, first]) != comparing.digest([first, second])
    assert comparing.digest([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


IDS = "00000000-0000-0000-0000-00000000000"
WRITTEN = (
    f'["{IDS}1","{IDS}9","sandwell-0-19","sandwell-mash","concern",null,"2026-07-03T09:30:00Z","not_registered",'
    '"received",null,"2026-07-03T13:30:00Z",true]\n'
    f'["{IDS}2","{IDS}9","sandwell-0-19","sandwell-mash","concern",null,"2026-07-03T09:30:00Z","registered",'
    '"agreed","Fälle \\"7\\"","2026-07-03T09:30:00Z",false]\n'
)


@pytest.mark.parametrize("name", comparing.FIELDS)
def test_every_field_is_in_the_digest(name: str) -> None:
    one = line("received")
    other = one.model_copy(update={name: "closed" if name == "state" else None})
    if getattr(one, name) is None:
        other = one.model_copy(update={name: "M-1" if name == "case_reference" else AT})
    assert comparing.digest([one]) != comparing.digest([other])


def test_the_digest_has_every_field_of_a_line() -> None:
    assert set(comparing.FIELDS) == set(wire.Line.model_fields)


def test_lines_are_told_apart_by_the_other_end() -> None:
    received = line("received")
    unsent = line("planned", share=OTHER, sender=US, recipient=THEM, sent_at=None, accepted_at=AT)
    sent = line("sent", share=UUID(int=3), sender=US, recipient=THEM)
    found = comparing.by_other_end([received, unsent, sent], agency=US)
    assert found == {("received", THEM): [received], ("sent", THEM): [sent]}, (
        "of what was not sent, one end knows"
    )
