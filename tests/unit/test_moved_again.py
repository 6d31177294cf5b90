"""A handover may say that it goes after a family that moved again: by the id of the one before, and nothing else."""

import pytest

from hub.ids import new_id
from protocols.messages import Handover, Invalid, read
from protocols.vocabulary import Kind
from tests.examples import NOW, example, spoilt

HANDOVER = "handover-sandwell-to-birmingham"


def test_it_names_a_handover_that_its_sender_must_know() -> None:
    earlier = new_id()
    message = read(spoilt(example(HANDOVER), move__moved_again={"follows": str(earlier)}), now=NOW)
    assert isinstance(message, Handover)
    assert message.follows == earlier
    [reference] = message.refers_to
    assert (reference.field, reference.message, reference.kinds) == (
        "move.moved_again.follows", earlier, (Kind.HANDOVER,),
    )  # fmt: skip


def test_one_that_says_nothing_of_it_follows_nothing() -> None:
    message = read(example(HANDOVER), now=NOW)
    assert isinstance(message, Handover)
    assert message.follows is None
    assert message.refers_to == ()


@pytest.mark.parametrize("wrong", ["the first one", 7, None, ""])
def test_anything_but_an_id_is_a_fault(wrong: object) -> None:
    with pytest.raises(Invalid) as found:
        read(spoilt(example(HANDOVER), move__moved_again={"follows": wrong}), now=NOW)
    assert [fault.path for fault in found.value.faults] == ["move.moved_again.follows"]
