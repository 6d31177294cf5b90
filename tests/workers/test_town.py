"""What a test that fails leaves behind must not be told of another test."""

import gc

from sqlalchemy import text

from tests.workers.looking import eventually
from tests.workers.town import Town


def test_a_town_that_nobody_hung_up_leaves_no_connection(town: Town, database: str) -> None:
    def connected() -> int:
        sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        with town.engine.connect() as conn:
            return int(conn.execute(text(sql)).scalar_one())

    before = connected()
    looking = Town.reading(database)
    looking.outbox()
    looking.knot = looking  # type: ignore[attr-defined]  # as the frames of a failure hold each other
    assert connected() == before + 1
    del looking
    gc.collect()
    eventually(lambda: connected() == before)
