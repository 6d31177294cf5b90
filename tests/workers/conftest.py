"""The town that the workers' tests are set in."""

from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.workers.town import Town


@pytest.fixture
def town(database: str) -> Iterator[Town]:
    made = Town.on(database)
    yield made
    made.engine.dispose()


@pytest.fixture(autouse=True)
def lines() -> Iterator[list[Any]]:
    """What is logged meanwhile. Not printed: an unconfigured logger would show every frame of a fault."""
    with capture_logs() as captured:
        yield captured
