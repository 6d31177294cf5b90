"""A hub that serves, one for each test that wants its own, and one for all that only read and refuse."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.served import Served, serving


@pytest.fixture
def hub(database: str, redis_url: str, tmp_path: Path) -> Iterator[Served]:
    served = Served.on(database, redis_url, tmp_path)
    with serving(served):
        yield served
