"""Faults are logged by the hundred here."""

from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs


@pytest.fixture(autouse=True)
def lines() -> Iterator[list[Any]]:
    """What is logged meanwhile. Not printed: an unconfigured logger would show every frame of a fault."""
    with capture_logs() as captured:
        yield captured
