"""A world on a fresh database."""

from collections.abc import Iterator

import pytest

from hub.store.connect import engine
from tests.journey.world import World


@pytest.fixture
def world(database: str) -> Iterator[World]:
    pool = engine(database)
    yield World.on(pool)
    pool.dispose()
