"""The town that the workers' tests are set in."""

from collections.abc import Iterator

import pytest

from tests.workers.town import Town


@pytest.fixture
def town(database: str) -> Iterator[Town]:
    made = Town.on(database)
    yield made
    made.engine.dispose()
