"""A process of several parts ends with the first of them, and is started again whole."""

import threading

import pytest

from hub.errors import NotReady
from workers.run import together


def waits(stop: threading.Event) -> None:
    stop.wait(20)


def fails(_: threading.Event) -> None:
    raise RuntimeError("Jane Doe")  # what a fault says may be anybody's name


def test_a_part_that_ends_ends_the_process(
    capfd: pytest.CaptureFixture[str], lines: list[dict[str, object]]
) -> None:
    stop = threading.Event()
    with pytest.raises(NotReady):
        together([waits, fails], stop)
    assert stop.is_set()
    assert "Jane Doe" not in "".join(capfd.readouterr()) + str(lines)


def test_asked_to_stop_all_parts_end_well() -> None:
    stop = threading.Event()
    threading.Timer(0.1, stop.set).start()
    together([waits, waits], stop)
